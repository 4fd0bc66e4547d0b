//! Reading and forgetting what lanes announced.

use doorstep_store::outbox::{self, Announced, Unread};
use doorstep_store::{Store, StoreError};

use crate::engines::{lane, on_each_engine, run};

fn announce(store: &Store, name: &str, subjects: &'static [&'static str]) {
    let announced = store.lane(&lane(name), move |tx| {
        subjects.iter().try_for_each(|subject| {
            tx.announce("delivery.accepted", subject, subject.as_bytes(), 77).map(|_| ())
        })
    });
    assert_eq!(announced, Ok::<(), StoreError>(()));
}

#[test]
fn announcements_are_read_in_order_and_forgotten_once_told() {
    on_each_engine(|place| {
        let store = place.open();
        announce(&store, "a", &["x", "y", "z"]);
        announce(&store, "b", &["x"]);
        let rows = store.read(|tx| outbox::read(tx, &lane("a"), 1, 1)).unwrap();
        let expected = Announced {
            seq: 2,
            kind: "delivery.accepted".to_owned(),
            subject: "y".to_owned(),
            payload: b"y".to_vec(),
            announced_at_us: 77,
        };
        assert_eq!(rows, [expected]);

        assert_eq!(store.lane(&lane("a"), |tx| outbox::forget(tx, 2)), Ok(2));
        assert_eq!(store.lane(&lane("a"), |tx| outbox::forget(tx, 1)), Ok(0));
        assert_eq!(store.lane(&lane("b"), |tx| outbox::forget(tx, 1)), Ok(1));
        let bounds = |name: &'static str| store.read(|tx| outbox::bounds(tx, &lane(name)));
        assert_eq!([bounds("a"), bounds("b"), bounds("c")], [Ok((2, 3)), Ok((1, 1)), Ok((0, 0))]);
        let beyond = store.lane(&lane("b"), |tx| outbox::forget(tx, 2));
        assert!(matches!(beyond, Err(StoreError::Invalid { .. })), "{beyond:?}");

        let unread = store.read(|tx| outbox::unread(tx, 10));
        assert_eq!(unread, Ok(vec![Unread { lane: lane("a"), forgotten_seq: 2, last_seq: 3 }]));
        assert_eq!(store.check(), Ok(vec![]));
        announce(&store, "b", &["next"]);
        let rows = store.read(|tx| outbox::read(tx, &lane("b"), 1, 10)).unwrap();
        assert_eq!(rows[0].seq, 2, "numbers are never used again");
    });
}

#[test]
fn a_missing_or_foreign_row_is_a_violation() {
    let damages = [
        ("a gap", "delete from outbox where seq = 2", "no gap in an outbox"),
        ("no lane", "update outbox set lane_id = 'nobody'", "outbox rows are numbered by a lane"),
    ];
    on_each_engine(|place| {
        let store = place.open();
        announce(&store, "a", &["x", "y", "z"]);
        for (name, damage, invariant) in damages {
            assert!(store.check().unwrap().iter().all(|found| found.invariant != invariant));
            run(&store, damage);
            let violations = store.check().unwrap();
            let found = violations.iter().any(|violation| violation.invariant == invariant);
            assert!(found, "{name}: {violations:?}");
        }
    });
}
