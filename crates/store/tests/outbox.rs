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

/// What several lanes have announced is read at once, of each its own, in order.
#[test]
fn several_lanes_are_read_at_once() {
    on_each_engine(|place| {
        let store = place.open();
        announce(&store, "a", &["a1", "a2", "a3"]);
        announce(&store, "b", &["b1", "b2"]);
        announce(&store, "c", &["c1"]);
        let (a, b, c, d) = (lane("a"), lane("b"), lane("c"), lane("d"));
        let read = |wanted: &[(&doorstep_store::LaneId, i64, i64)]| {
            let mut rows = vec![Vec::new(); wanted.len()];
            let taken = store
                .read(|tx| outbox::read_lanes(tx, wanted, &mut |place, row| rows[place].push(row)));
            assert_eq!(taken, Ok::<(), StoreError>(()));
            let subjects = |rows: Vec<Announced>| rows.into_iter().map(|row| row.subject).collect();
            rows.into_iter().map(subjects).collect::<Vec<Vec<String>>>()
        };
        let found = read(&[(&c, 0, 9), (&a, 1, 9), (&d, 0, 9), (&b, 0, 1), (&a, 0, 0)]);
        let none: [&str; 0] = [];
        let expected: [&[&str]; 5] = [&["c1"], &["a2", "a3"], &none, &["b1"], &none];
        assert_eq!(found, expected);
        assert!(read(&[]).is_empty());
        let many: Vec<_> =
            (0..70).map(|place| (if place % 2 == 0 { &a } else { &b }, 0, 1)).collect();
        assert_eq!(read(&many)[67..], [["b1"], ["a1"], ["b1"]], "beyond one statement too");
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
