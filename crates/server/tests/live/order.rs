//! Nobody is ever told an older position after a newer one.

use super::ping;
use super::stream::Stream;
use crate::served::Served;
use crate::world::World;
use doorstep_live::{Bbox, Change, Scope};
use doorstep_server::tracking::watch::{Dots, Followed, Watch};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};

/// C15: while two writers move couriers, one watcher stays, one comes back after every event and
/// one begins anew: for none of them time goes back, for any courier.
#[test]
fn no_watcher_sees_time_go_back() {
    const EVENTS: usize = 4;
    let served = Served::new(World::new());
    let app = &served.world.app;
    let market = "sf".parse().unwrap();
    let done = AtomicBool::new(false);
    let writes = |writer: usize| {
        let names: Vec<String> = (0..50).map(|number| format!("w{writer}-{number}")).collect();
        for second in 0_i64.. {
            if done.load(Ordering::Relaxed) {
                return;
            }
            // A late ping beside each new one: it must not be seen any more.
            let times = [second, second - 5];
            let pings = names.iter().flat_map(|name| {
                times.map(|at| (name.as_str(), ping(37.77 + at as f64 * 1e-7, -122.42, at)))
            });
            app.live.apply(&market, pings);
        }
    };
    let watches = |comes_back: bool, remembers: bool| {
        let path = "/v1/watch?bbox=-123,37,-122,38";
        let mut newest: HashMap<String, String> = HashMap::new();
        let mut stream = Stream::of(&served.operator, path, "");
        for _ in 0..EVENTS {
            let event = stream.next().unwrap();
            for dot in event.body["positions"].as_array().unwrap() {
                let (courier, at) = (dot["courier_id"].as_str().unwrap(), &dot["at"]);
                // All are of one day, so that times compare as they are written.
                let at = at.as_str().unwrap().to_owned();
                let before = newest.insert(courier.to_owned(), at.clone());
                assert!(before.is_none_or(|before| padded(&before) <= padded(&at)), "{courier}");
            }
            if comes_back {
                let id = if remembers { stream.id.clone() } else { String::new() };
                stream = Stream::of(&served.operator, path, &id);
            }
        }
        newest.len()
    };
    std::thread::scope(|scope| {
        for writer in 0..2 {
            scope.spawn(move || writes(writer));
        }
        let cases = [(false, false), (true, true), (true, false)];
        let watchers: Vec<_> =
            cases.map(|(back, remembers)| scope.spawn(move || watches(back, remembers))).into();
        let seen: Vec<usize> = watchers.into_iter().map(|it| it.join().unwrap()).collect();
        done.store(true, Ordering::Relaxed);
        assert!(seen.iter().all(|couriers| *couriers > 50), "{seen:?}");
    });
}

/// RFC 3339 with as many decimals as there are.
fn padded(at: &str) -> doorstep_domain::time::Micros {
    at.parse().unwrap()
}

/// What happens between two looks of a watcher.
#[derive(Debug, Clone)]
enum Step {
    /// A courier is now in this of a row of places, some of them outside.
    Moves(usize, i32),
    /// The watcher looks.
    Looks,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let moves = (0_usize..4, 0_i32..8).prop_map(|(courier, place)| Step::Moves(courier, place));
    proptest::collection::vec(prop_oneof![3 => moves, 1 => Just(Step::Looks)], 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// C7, C15: however rarely a watcher looks, after each look it knows exactly who is in its box
    /// and where, and nobody it has seen there is left behind who has gone.
    #[test]
    fn a_slow_watcher_loses_what_lay_between_and_never_the_newest(steps in steps()) {
        let live = doorstep_live::Live::open("memory:", 1).unwrap();
        let market = "sf".parse().unwrap();
        // Places are two kilometres apart; the box ends between the fourth and the fifth.
        let lat = |place: i32| 37.70 + f64::from(place) * 0.02;
        let bbox = Bbox::from_degrees(-122.5, 37.69, -122.3, 37.77).unwrap();
        let scope = Scope::Box(bbox, None);
        let (mut real, mut known) = (BTreeMap::new(), BTreeMap::new());
        let (mut since, mut second) = (0, 0);
        for step in steps.into_iter().chain([Step::Looks]) {
            match step {
                Step::Moves(courier, place) => {
                    second += 3_600;
                    let name = format!("c{courier}");
                    let ping = ping(lat(place), -122.4, second);
                    live.apply(&market, [(name.as_str(), ping)].into_iter());
                    real.insert(name, ping);
                }
                Step::Looks => {
                    let mut changes: Vec<Change> = Vec::new();
                    since = live.changes(&scope, since, &mut changes).unwrap();
                    for Change { courier, ping, .. } in changes {
                        known.insert(courier.to_string(), ping);
                    }
                    known.retain(|_, ping| bbox.contains(ping.position));
                    let inside: BTreeMap<_, _> = real
                        .iter()
                        .filter(|(_, ping)| bbox.contains(ping.position))
                        .map(|(name, ping)| (name.clone(), *ping))
                        .collect();
                    prop_assert_eq!(&known, &inside);
                }
            }
        }
    }
}

/// A watch that looks again without anything having happened has nothing to say.
#[test]
fn an_idle_map_is_told_once() {
    let world = World::new();
    super::are_seen(&world, &[("anna", ping(37.77, -122.42, 0))]);
    let map = Some(Scope::Market("sf".parse().unwrap()));
    let mut watch = Watch::begin(Followed { map, deliveries: Vec::new() }, 10);
    let first = watch.look(&world.app);
    assert!(matches!(&first.dots, Dots::Moved(changes) if changes.len() == 1));
    let second = watch.look(&world.app);
    assert!(second.is_empty() && second.id() == first.id());
}
