//! Couriers: registered once, in one market for good.

use crate::engines::{lane, on_each_engine};
use doorstep_store::courier::{self, CourierRow};
use doorstep_store::{Store, StoreError};
use std::collections::BTreeMap;

fn row(courier: &str, market: &str, registered_at_us: i64) -> CourierRow {
    CourierRow { courier: courier.to_owned(), market: market.to_owned(), registered_at_us }
}

fn adds(store: &Store, rows: Vec<CourierRow>) -> u64 {
    store.lane(&lane("couriers"), move |tx| courier::add(tx, &rows)).unwrap()
}

fn page(store: &Store, market: Option<&str>, after: &str, limit: u32) -> Vec<String> {
    let rows = store.read(|tx| courier::page(tx, market, after, limit)).unwrap();
    rows.into_iter().map(|row| row.courier).collect()
}

#[test]
fn whoever_is_known_stays_as_they_are() {
    on_each_engine(|place| {
        let store = place.open();
        assert_eq!(adds(&store, vec![row("anna", "sf", 1), row("bea", "ny", 2)]), 2);
        let again = vec![row("anna", "ny", 3), row("bea", "ny", 4), row("Zoë 7", "sf", 5)];
        assert_eq!(adds(&store, again), 1);
        let by_id = |id: &str| store.read(|tx| courier::by_id(tx, id)).unwrap();
        assert_eq!(by_id("anna"), Some(row("anna", "sf", 1)));
        assert_eq!(by_id("bea"), Some(row("bea", "ny", 2)));
        assert_eq!(by_id("Zoë 7"), Some(row("Zoë 7", "sf", 5)));
        assert_eq!(by_id("carl"), None);
    });
}

#[test]
fn pages_follow_one_another_in_a_market_and_in_all() {
    on_each_engine(|place| {
        let store = place.open();
        let market = |number: usize| if number.is_multiple_of(3) { "ny" } else { "sf" };
        let rows = (0..200).map(|number| row(&format!("c{number:03}"), market(number), 0));
        assert_eq!(adds(&store, rows.collect()), 200);
        for (asked, expected) in [(None, 200), (Some("sf"), 133), (Some("ny"), 67), (Some("la"), 0)]
        {
            let (mut after, mut seen) = (String::new(), Vec::new());
            loop {
                let found = page(&store, asked, &after, 30);
                let Some(last) = found.last() else { break };
                after.clone_from(last);
                seen.extend(found);
            }
            assert_eq!(seen.len(), expected, "{asked:?}");
            assert!(seen.is_sorted_by(|a, b| a < b), "{asked:?}");
        }
    });
}

#[test]
fn everybody_is_handed_over_until_that_fails() {
    on_each_engine(|place| {
        let store = place.open();
        adds(&store, vec![row("anna", "sf", 1), row("bea", "ny", 2)]);
        let mut found = BTreeMap::new();
        let all = store.read(|tx| {
            courier::each(tx, &mut |courier, market| {
                found.insert(courier.to_owned(), market.to_owned());
                Ok(())
            })
        });
        assert_eq!(all, Ok(()));
        let expected = [("anna", "sf"), ("bea", "ny")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(found, BTreeMap::from(expected));
        let failed = store.read(|tx| courier::each(tx, &mut |_, _| Err(StoreError::NoRow)));
        assert_eq!(failed, Err(StoreError::NoRow));
    });
}
