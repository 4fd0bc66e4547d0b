//! Readers beside a writer.

use crate::{live, market, ping, position};
use doorstep_domain::time::Micros;
use doorstep_live::{Bbox, Change, Live, Scope};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

const COURIERS: usize = 200;
const ROUNDS: i64 = 150;

/// Drives north and south over the edge of the watched box, telling some pings late or twice.
fn drive(live: &Live, names: &[String]) {
    let lat = |seconds: i64| 37.76 + 0.01 * (seconds as f64 / 40.0).sin();
    for round in 0..ROUNDS {
        let pings = (0..).zip(names).flat_map(|(number, name)| {
            let told = [round, round, (round - number % 5).max(0)];
            told.map(|round| (name.as_str(), ping(round * 10, position(lat(round * 10), -122.42))))
        });
        live.apply(&market("sf"), pings);
    }
}

/// Pulls until the writer is done and once more; answers where it saw each courier last.
fn watch(live: &Live, scope: &Scope, done: &AtomicBool) -> HashMap<String, Change> {
    let (mut since, mut seen, mut changes) = (0, HashMap::new(), Vec::new());
    loop {
        let last = done.load(Ordering::Acquire);
        let version = live.changes(scope, since, &mut changes).expect("nothing is forgotten");
        assert!(version >= since);
        since = version;
        for change in changes.drain(..) {
            let at: Micros = change.ping.at;
            let before: Option<Change> = seen.insert(change.courier.to_string(), change);
            assert!(before.is_none_or(|before| before.ping.at <= at), "an older position");
        }
        if last {
            return seen;
        }
        thread::yield_now();
    }
}

/// C15: a watcher never sees an older position after a newer one, and ends with the newest.
#[test]
fn watchers_beside_a_writer_never_see_anybody_go_back_in_time() {
    let live = live();
    let names: Vec<String> = (0..COURIERS).map(|number| format!("cab-{number}")).collect();
    let bbox = Bbox::from_degrees(-122.5, 37.75, -122.4, 37.765).expect("a box");
    let couriers = names.iter().map(|name| name.parse().expect("a courier")).collect();
    let scopes = [Scope::Box(bbox, None), Scope::Market(market("sf")), Scope::Couriers(couriers)];
    let done = AtomicBool::new(false);
    thread::scope(|threads| {
        let watchers = scopes.each_ref().map(|scope| {
            let (live, done) = (live.clone(), &done);
            threads.spawn(move || watch(&live, scope, done))
        });
        drive(&live, &names);
        done.store(true, Ordering::Release);
        for watcher in watchers {
            let seen = watcher.join().expect("a watcher");
            assert_eq!(seen.len(), COURIERS);
            for (courier, change) in seen {
                let now = live.position(&courier).expect("seen");
                let is_inside = bbox.contains(change.ping.position);
                assert_eq!(is_inside, bbox.contains(now.ping.position), "{courier}");
                assert!(!is_inside || change.ping == now.ping, "{courier}");
            }
        }
    });
}
