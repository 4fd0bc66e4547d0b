//! Following: how far others were pulled, and what of our own log is theirs.

use doorstep_store::StoreError;
use doorstep_store::follow::{self, LANE, Place, PlaceId};

use crate::engines::{lane, on_each_engine};

const HERE: PlaceId<'static> = PlaceId { source: "https://b", topic: "events", partition: 1 };

fn place(next_offset: i64, end_offset: i64, answered_at_us: i64) -> Place {
    let (digest, markets) = (format!("d{next_offset}"), "oak sf".to_owned());
    Place { next_offset, digest, end_offset, markets, answered_at_us }
}

/// E6: a place is kept for each partition of each node, and together they say how far behind.
#[test]
fn places_are_kept_by_node_topic_and_partition() {
    on_each_engine(|on| {
        let store = on.open();
        let load = |id| store.read(|tx| follow::load(tx, id)).unwrap();
        let standing = |source| store.read(|tx| follow::standing(tx, source)).unwrap();
        assert_eq!((load(HERE), standing("https://b")), (None, (0, None)));
        let cases = [
            (HERE, place(4, 10, 70)),
            (PlaceId { partition: 2, ..HERE }, place(0, 1, 60)),
            (PlaceId { source: "https://c", ..HERE }, place(9, 9, 80)),
            (HERE, place(7, 10, 90)),
        ];
        for (id, place) in cases.clone() {
            let kept = place.clone();
            let before = load(id);
            let saved =
                store.lane(&lane(LANE), move |tx| follow::move_on(tx, id, before.as_ref(), &kept));
            assert_eq!(saved, Ok::<_, StoreError>(true));
            assert_eq!(load(id), Some(place));
        }
        // Whoever read it before it moved is late.
        for before in [None, Some(place(4, 10, 70))] {
            let late = place(2, 10, 99);
            let moved = store
                .lane(&lane(LANE), move |tx| follow::move_on(tx, HERE, before.as_ref(), &late));
            assert_eq!(moved, Ok::<_, StoreError>(false));
        }
        assert_eq!(load(HERE), Some(place(7, 10, 90)));
        assert_eq!(standing("https://b"), (4, Some(60)));
        assert_eq!(standing("https://c"), (0, Some(80)));
    });
}

/// E6: runs that touch are one, and are found from any offset on.
#[test]
fn what_was_pulled_is_kept_as_runs() {
    on_each_engine(|on| {
        let store = on.open();
        for offsets in [0..3, 3..5, 9..10, 12..20, 10..12] {
            let noted =
                store.lane(&lane(LANE), move |tx| follow::note(tx, "events", 0, offsets.clone()));
            assert_eq!(noted, Ok::<(), StoreError>(()), "it");
        }
        let noted = |partition, after, limit| {
            store.read(|tx| follow::noted(tx, "events", partition, after, limit)).unwrap()
        };
        assert_eq!(noted(0, 0, 9), [0..5, 9..12, 12..20]);
        assert_eq!(noted(0, 4, 2), [0..5, 9..12]);
        assert_eq!(noted(0, 5, 9), [9..12, 12..20]);
        assert_eq!(noted(1, 0, 9), []);
    });
}
