//! Memory follows what was committed, by whichever process, and is not trusted for too long.

use super::{HOME, Shops, available, beside, enters, had, receives, sf};
use crate::world::{SF, World};
use doorstep_domain::tracking::Position;
use doorstep_server::app::App;
use doorstep_server::metric;
use doorstep_server::stock::available::{Asked, Wanted, ask};
use doorstep_server::stock::{follow, stock_lane};
use doorstep_store::movement::EntryKind;
use doorstep_store::{Tx, center, outbox, quantity};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;

/// What an application answers, as JSON.
fn answers(app: &App, item: &str, after: Option<&str>) -> Value {
    let asked = Asked {
        market: Some(sf()),
        place: Position::from_degrees(HOME.0, HOME.1).unwrap(),
        wanted: Wanted::Items(vec![item.to_owned()]),
        after: after.map(|token| token.parse().unwrap()),
    };
    serde_json::to_value(ask(app, &asked).unwrap()).unwrap()
}

/// D5: what is bought in one process is seen in another as soon as that has followed.
#[test]
fn what_one_process_sells_another_one_sees() {
    let shops = Shops::new();
    shops.receives("near", "milk", 9);
    let (other, _directory) = beside(&shops.served.world);
    follow::step(&other).unwrap();
    assert_eq!(available(&answers(&other, "milk", None)), had(&[("milk", 9)]));
    enters(shops.app(), EntryKind::WriteOff, "near", "milk", 2);
    assert_eq!(available(&answers(&other, "milk", None)), had(&[("milk", 9)]), "not followed yet");
    assert_eq!(follow::step(&other).unwrap(), 1);
    assert_eq!(available(&answers(&other, "milk", None)), had(&[("milk", 7)]));
    assert_eq!(follow::step(&other).unwrap(), 0);
}

/// D6: whoever shows the token of what they have done is answered with it, whatever memory knows.
#[test]
fn whoever_has_ordered_sees_it_at_once() {
    let shops = Shops::new();
    shops.receives("near", "milk", 9);
    shops.follows();
    let token = enters(shops.app(), EntryKind::WriteOff, "near", "milk", 4);
    assert_eq!(available(&shops.has("items=milk")), had(&[("milk", 9)]));
    let after = format!("items=milk&after={token}");
    assert_eq!(available(&shops.has(&after)), had(&[("milk", 5)]));
    let category = format!("category=DAIRY&after={token}");
    assert_eq!(available(&shops.has(&category)), had(&[("milk", 5)]));
    shops.follows();
    assert_eq!(available(&shops.has("items=milk")), had(&[("milk", 5)]));
    assert_eq!(available(&shops.has(&after)), had(&[("milk", 5)]));
    let (lane_no, _) = token.split_once('.').unwrap();
    let never = shops.asks(&format!("items=milk&after={lane_no}.99"));
    assert_eq!((never.status, &never.problem()["errors"][0]["pointer"]), (400, &"after".into()));
}

/// D5: memory that nobody keeps up is believed for sixty seconds, and says how old it is.
#[test]
fn memory_that_nobody_keeps_up_is_not_believed_for_long() {
    let shops = Shops::new();
    assert_eq!(shops.has("items=milk")["age_ms"], 0, "nothing was loaded: the store was read");
    shops.receives("near", "milk", 9);
    shops.follows();
    enters(shops.app(), EntryKind::WriteOff, "near", "milk", 9);
    for (seconds, age_ms, units) in [(0, 0, 9), (59, 59_000, 9), (1, 60_000, 9), (1, 0, 0)] {
        shops.passes(seconds);
        let found = shops.has("items=milk");
        assert_eq!(
            (&found["age_ms"], available(&found)),
            (&age_ms.into(), had(&[("milk", units)]))
        );
    }
    assert_eq!(available(&shops.has("category=DAIRY")), had(&[]), "the same of a category");
    shops.follows();
    assert_eq!(shops.has("items=milk")["age_ms"], 0);
    metric::start();
    let metrics = String::from_utf8(shops.served.operator.gets("/metrics").body).unwrap();
    for figure in ["doorstep_stock_index_age_seconds{market=\"sf\"}", "doorstep_stock_index_rows"] {
        assert!(metrics.contains(figure), "{figure} {metrics}");
    }
}

/// D5: what was forgotten before it was followed is made good by loading everything.
#[test]
fn what_was_forgotten_is_loaded() {
    let shops = Shops::new();
    let (other, _directory) = beside(&shops.served.world);
    follow::step(&other).unwrap();
    shops.receives("near", "milk", 9);
    receives(shops.app(), "corner", "milk", 1);
    let lane = stock_lane(&sf(), center::bucket("near")).unwrap();
    shops.app().store.lane(&lane, |tx| outbox::forget(tx, 1)).unwrap();
    while follow::step(&other).unwrap() > 0 {}
    assert_eq!(available(&answers(&other, "milk", None)), had(&[("milk", 10)]));
}

/// D8: a market's stock is kept where it is configured, and answered from there.
#[test]
fn a_market_may_keep_its_stock_elsewhere() {
    if std::env::var_os("DOORSTEP_STORIES_ON").is_some() {
        // On Postgres the other database is a file all the same: one of each.
        println!("told on both engines at once");
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sf.sqlite");
    let config = SF.replacen(
        "[markets.sf]\n",
        &format!("[markets.sf]\nstore = \"sqlite:{}\"\n", path.display()),
        1,
    );
    let shops = Shops::of(World::with(&config));
    shops.receives("near", "milk", 9);
    shops.follows();
    assert_eq!(available(&shops.has("items=milk")), had(&[("milk", 9)]));
    let app = shops.app();
    let rows = |store: &doorstep_store::Store| {
        let mut rows = 0;
        let count = |tx: &mut dyn doorstep_store::Tx| {
            quantity::each(tx, (0, i64::MAX), &mut |_, _, _| {
                rows += 1;
                Ok(())
            })
        };
        store.read(count).unwrap();
        rows
    };
    assert_eq!((rows(&app.store), rows(app.stock.store_of(app, &sf()))), (0, 1));
}

/// What somebody does to a stock row.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Receives(i64),
    Counts(i64),
    Follows,
}

fn deed() -> impl Strategy<Value = (usize, usize, Deed)> {
    let deed = prop_oneof![
        3 => (1_i64..50).prop_map(Deed::Receives),
        2 => (0_i64..50).prop_map(Deed::Counts),
        1 => Just(Deed::Follows),
    ];
    (0_usize..6, 0_usize..8, deed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// D5: whatever is done, by two processes, both indexes come to what the store has.
    #[test]
    fn both_indexes_come_to_what_the_store_has(deeds in prop::collection::vec(deed(), 1..60)) {
        let shops = Shops::new();
        for number in 0..6 {
            shops.opens(&format!("c{number}"), f64::from(number), "");
        }
        for number in 0..8 {
            shops.sells(&format!("i{number}"), "Thing", "THINGS", 100);
        }
        let (other, _directory) = beside(&shops.served.world);
        other.stock.catalogue().follow().unwrap();
        let mut model: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for (place, (center, item, deed)) in deeds.into_iter().enumerate() {
            let app = if place % 2 == 0 { shops.app() } else { &other };
            let (center_id, item_id) = (format!("c{center}"), format!("i{item}"));
            let units = model.entry((center, item)).or_default();
            match deed {
                Deed::Receives(more) => {
                    receives(app, &center_id, &item_id, more);
                    *units += more;
                }
                Deed::Counts(found) => {
                    enters(app, EntryKind::Count, &center_id, &item_id, found);
                    *units = found;
                }
                Deed::Follows => drop(follow::step(app).unwrap()),
            }
        }
        for app in [shops.app(), &other] {
            while follow::step(app).unwrap() > 0 {}
            for ((center, item), units) in &model {
                let center_no = app.stock.center(&format!("c{center}")).unwrap().center_no;
                let item_no = app.stock.item(&sf(), &format!("i{item}")).unwrap().item_no;
                let known = app.stock.hint(center_no, item_no);
                prop_assert_eq!(known, *units, "c{} i{}", center, item);
            }
        }
    }
}

/// D5: where the store has gone back behind the index, everything is loaded anew.
#[test]
fn a_store_that_went_back_is_loaded_anew() {
    let shops = Shops::new();
    shops.receives("near", "milk", 3);
    shops.receives("near", "milk", 4);
    shops.follows();
    assert_eq!(available(&shops.has("items=milk")), had(&[("milk", 7)]));
    let story = doorstep_store::LaneId::new("story").unwrap();
    let goes_back = |tx: &mut doorstep_store::LaneTx<'_>| {
        tx.execute("update stock set quantity = 3 where quantity = 7", &[])?;
        let sql = "update lane set last_seq = 1 where lane_id like 'stock/%' and last_seq = 2";
        tx.execute(sql, &[])
    };
    assert_eq!(shops.app().store.lane(&story, goes_back).unwrap(), 1);
    shops.follows();
    assert_eq!(available(&shops.has("items=milk")), had(&[("milk", 3)]));
}
