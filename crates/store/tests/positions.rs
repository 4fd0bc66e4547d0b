//! What a restart of the map needs: buckets of positions, and who is online.

use crate::engines::{lane, on_each_engine};
use doorstep_store::courier::{self, CourierRow};
use doorstep_store::position::{self, BucketRow};
use doorstep_store::presence::{self, PresenceRow};
use doorstep_store::{Store, StoreError};

fn row(market: &str, bucket: i64, taken_at_us: i64, pings: &[u8]) -> BucketRow {
    BucketRow { market: market.to_owned(), bucket, taken_at_us, pings: pings.to_vec() }
}

fn saves(store: &Store, rows: Vec<BucketRow>) {
    store.lane(&lane("tracker"), move |tx| position::save(tx, &rows)).unwrap();
}

/// C12: the last snapshot of each bucket is what is there.
#[test]
fn a_bucket_is_what_was_written_last() {
    on_each_engine(|place| {
        let store = place.open();
        saves(
            &store,
            vec![row("sf", 0, 1, b"old"), row("sf", 63, 1, b"kept"), row("ny", 0, 1, b"")],
        );
        saves(&store, vec![row("sf", 0, 2, b"new")]);
        let load = |market: &str, bucket| store.read(|tx| position::load(tx, market, bucket));
        assert_eq!(load("sf", 0), Ok(Some(row("sf", 0, 2, b"new"))));
        assert_eq!(load("ny", 63), Ok(None));
        let mut all = Vec::new();
        let read: Result<(), StoreError> = store.read(|tx| {
            position::each(tx, &mut |market, pings| {
                all.push((market.to_owned(), pings.to_vec()));
                Ok(())
            })
        });
        assert_eq!(read, Ok(()));
        let expected = [("ny", &b""[..]), ("sf", b"new"), ("sf", b"kept")];
        assert_eq!(all, expected.map(|(market, pings)| (market.to_owned(), pings.to_vec())));
    });
}

#[test]
fn who_is_online_is_what_was_told_last() {
    on_each_engine(|place| {
        let store = place.open();
        let told = [("anna", 1, true), ("anna", 3, false), ("anna", 2, true), ("bea", 1, true)];
        for (courier, at_us, online) in told {
            let row = PresenceRow {
                courier: courier.to_owned(),
                at_us,
                source: "/test".to_owned(),
                event_id: format!("{courier}-{at_us}"),
                online,
            };
            store.lane(&lane("sf"), move |tx| presence::join(tx, "sf", &row)).unwrap();
        }
        let cases = [("sf", "anna", Some(false)), ("sf", "bea", Some(true)), ("ny", "bea", None)];
        for (market, courier, expected) in cases {
            let newest = store.read(|tx| presence::newest(tx, market, courier));
            assert_eq!(newest, Ok(expected), "{courier}");
        }
        let registered: Vec<CourierRow> = ["anna", "bea", "carl"]
            .map(|courier| CourierRow {
                courier: courier.to_owned(),
                market: "sf".to_owned(),
                registered_at_us: 1,
            })
            .into();
        store.lane(&lane("couriers"), move |tx| courier::add(tx, &registered)).unwrap();
        let all = |after, limit| {
            store.read(|tx| presence::newest_of_registered(tx, "sf", after, limit)).unwrap()
        };
        let (anna, bea) = (("anna".to_owned(), Some(false)), ("bea".to_owned(), Some(true)));
        assert_eq!(all("", 9), [anna.clone(), bea.clone(), ("carl".to_owned(), None)]);
        assert_eq!(all("", 1), [anna]);
        assert_eq!(all("anna", 1), [bea]);
    });
}
