//! Histories: what many did at once is what one after another could have done.

use super::race::buys;
use super::{Shop, basket};
use crate::dispatch::sf;
use doorstep_server::app::App;
use doorstep_server::error::AppError;
use doorstep_server::orders::claims;
use doorstep_server::orders::place::Decided;
use doorstep_server::stock::movements::{self, Entered, Enterer, Entry};
use doorstep_store::StoreError;
use doorstep_store::movement::{self, EntryKind, MovementRow};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// Something that was asked and answered: when, and what it said of the row.
#[derive(Debug)]
struct Done {
    begun: u64,
    ended: u64,
    /// The movement it made is that of this cause and sign; none where it was refused.
    made: Option<(String, i64)>,
    /// Units it said there are, where it said so.
    said: Option<i64>,
}

/// Units that must have been there, or fewer, at some moment while a refusal was decided.
fn is_short(done: &Done) -> bool {
    done.made.is_none()
}

/// Counts the beginnings and endings of what is asked: an order that real time has.
#[derive(Default)]
struct Ticks(AtomicU64);

impl Ticks {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, SeqCst)
    }
}

/// What one of many does, again and again; each knows the orders it has placed.
fn acts(app: &App, who: usize, ticks: &Ticks, log: &mut Vec<Done>) {
    let mut placed: Vec<String> = Vec::new();
    for step in 0..24 {
        let name = format!("{who}-{step}");
        let begun = ticks.next();
        let (made, said) = match (who + step) % 6 {
            0 => entered(app, EntryKind::Receive, 3, &name),
            1 if step > 12 => entered(app, EntryKind::Count, 4, &name),
            2 if !placed.is_empty() => {
                let order = placed.remove(0);
                claims::cancel(app, &order, None, "a story").unwrap();
                (Some((order, 1)), None)
            }
            _ => match buys(app, &basket(&[("oats", 2)]), &name) {
                Ok(Decided::New(row)) => {
                    placed.push(row.order.clone());
                    (Some((row.order, -1)), None)
                }
                Err(AppError::Shortage { lines }) => (None, Some(lines[0].available)),
                other => panic!("{other:?}"),
            },
        };
        log.push(Done { begun, ended: ticks.next(), made, said });
    }
}

/// An entry's movement, and how many it says there are.
fn entered(
    app: &App,
    kind: EntryKind,
    quantity: i64,
    key: &str,
) -> (Option<(String, i64)>, Option<i64>) {
    let lines = serde_json::json!([{ "item_id": "oats", "quantity": quantity }]);
    let entry = Entry {
        kind,
        center_id: "near".parse().unwrap(),
        to_center_id: None,
        reference: None,
        reason: None,
        lines: serde_json::from_value(lines).unwrap(),
    };
    let enterer = Enterer {
        actor: "a story".to_owned(),
        merchant: None,
        scope: "a story stock.enter".to_owned(),
        key: key.to_owned(),
        fingerprint: [1; 32],
    };
    let Entered::New(answer) = movements::enter(app, &entry, enterer).unwrap() else {
        panic!("entered twice");
    };
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    let cause = answer["movement"].as_str().unwrap().to_owned();
    (Some((cause, 0)), answer["lines"][0]["quantity"].as_i64())
}

/// The whole chain of a row, the oldest first.
fn chain(app: &App, center: &str, item: &str) -> Vec<MovementRow> {
    let center = app.stock.center(center).unwrap();
    let item = app.stock.item(&sf(), item).unwrap();
    let store = app.stock.store_of(app, &sf());
    let found = store.read(|tx| {
        let row = movement::stock(tx, center.center_no, &[item.item_no])?.pop();
        let from = row.map(|row| (row.last_seq, row.last_line)).unwrap();
        movement::chain(tx, center.lane_no, from, 100_000)
    });
    let mut found = Result::<_, StoreError>::unwrap(found);
    found.reverse();
    found
}

/// Does many things at once at these processes and checks what they were told against the chain.
pub(crate) fn is_linearizable(apps: &[&App], many: usize) {
    let (ticks, start) = (Ticks::default(), Barrier::new(many));
    let log: Vec<Done> = std::thread::scope(|scope| {
        let run = |who: usize| {
            let (ticks, start, app) = (&ticks, &start, apps[who % apps.len()]);
            scope.spawn(move || {
                let mut log = Vec::new();
                start.wait();
                acts(app, who, ticks, &mut log);
                log
            })
        };
        let runs: Vec<_> = (0..many).map(run).collect();
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect()
    });
    agrees(&chain(apps[0], "near", "oats"), &log);
}

/// Whether a chain explains what was answered: it counts on without a gap, each answer is a link of
/// it, and of two of which one was answered before the other was asked, the first comes first.
fn agrees(chain: &[MovementRow], log: &[Done]) {
    let (mut before, mut quantity) = (None, 0);
    for (revision, row) in (1..).zip(chain) {
        assert_eq!((row.revision, row.before), (revision, before), "{row:?}");
        quantity += row.delta;
        assert_eq!(row.quantity, quantity, "{row:?}");
        assert!(quantity >= 0, "{row:?}");
        before = Some((row.seq, row.line));
    }
    let place: BTreeMap<(&str, i64), usize> = chain
        .iter()
        .enumerate()
        .map(|(place, row)| {
            // An entry moves a row once, up or down; an order takes and gives back.
            let sign = if row.cause.starts_with("mov_") { 0 } else { row.delta.signum() };
            ((row.cause.as_str(), sign), place)
        })
        .collect();
    let mut placed: Vec<(&Done, usize)> = Vec::new();
    for done in log {
        if let Some((cause, sign)) = &done.made {
            let place = place[&(cause.as_str(), *sign)];
            assert!(done.said.is_none_or(|said| said == chain[place].quantity), "{done:?}");
            placed.push((done, place));
        }
    }
    placed.sort_by_key(|(_, place)| *place);
    // Of those behind it none may have been answered before it was asked.
    let mut first_end = u64::MAX;
    for (done, place) in placed.iter().rev() {
        assert!(first_end > done.begun, "{place}: real time has another order: {done:?}");
        first_end = first_end.min(done.ended);
    }
    // A refusal saw the row as it was at a moment while it was decided.
    for refused in log.iter().filter(|done| is_short(done)) {
        let at_least = placed.iter().filter(|(done, _)| done.ended < refused.begun);
        let at_most = placed.iter().filter(|(done, _)| done.begun < refused.ended);
        let from = at_least.map(|(_, place)| *place + 1).max().unwrap_or(0);
        let to = at_most.map(|(_, place)| *place + 1).max().unwrap_or(0);
        let was = |links: usize| links.checked_sub(1).map_or(0, |last| chain[last].quantity);
        let said = refused.said.unwrap();
        assert!((from..=to).any(|links| was(links) == said), "{refused:?} between {from} and {to}");
    }
}

/// D4, D6, D11: orders, deliveries to the shop, counts and cancellations at once: there is one
/// order of them that explains every answer and that real time allows.
#[test]
fn what_many_did_at_once_could_have_been_one_after_another() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 5)]);
    is_linearizable(&[shop.app()], 12);
    shop.settles();
    shop.is_in_order();
}
