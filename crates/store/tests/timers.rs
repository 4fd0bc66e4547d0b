//! Timers: replaced, cancelled, found when due, and taken once.

use std::thread;

use doorstep_store::{Store, StoreError, timer};

use crate::engines::{lane, on_each_engine};

fn set(store: &Store, timers: &'static [(&'static str, i64, &'static str)]) {
    let outcome: Result<(), StoreError> = store.lane(&lane("timers"), move |tx| {
        timers.iter().try_for_each(|(id, due, kind)| timer::set(tx, id, *due, kind, id.as_bytes()))
    });
    outcome.unwrap();
}

fn due(store: &Store, now_us: i64, kind: Option<&'static str>, limit: u32) -> Vec<String> {
    let found = store.read(|tx| timer::due(tx, now_us, kind, limit)).unwrap();
    assert!(found.iter().all(|timer| timer.payload == timer.timer_id.as_bytes()));
    found.into_iter().map(|timer| timer.timer_id).collect()
}

#[test]
fn timers_are_found_when_due_the_longest_due_first() {
    on_each_engine(|place| {
        let store = place.open();
        set(&store, &[("b", 20, "widen"), ("a", 10, "expire"), ("c", 30, "widen")]);
        assert_eq!(due(&store, 9, None, 10), [""; 0]);
        assert_eq!(due(&store, 20, None, 10), ["a", "b"]);
        assert_eq!(due(&store, 99, Some("widen"), 10), ["b", "c"]);
        assert_eq!(due(&store, 99, None, 1), ["a"]);
        set(&store, &[("a", 40, "widen")]);
        assert_eq!(due(&store, 99, Some("widen"), 10), ["b", "c", "a"], "set again: replaced");
        let cancelled = store.lane(&lane("timers"), |tx| timer::cancel(tx, "b"));
        let again = store.lane(&lane("timers"), |tx| timer::cancel(tx, "b"));
        assert_eq!((cancelled, again), (Ok(true), Ok(false)));
        assert_eq!(due(&store, 99, None, 10), ["c", "a"]);
    });
}

#[test]
fn of_many_who_find_a_timer_due_one_takes_it() {
    on_each_engine(|place| {
        let store = place.open();
        set(&store, &[("a", 10, "expire"), ("moved", 10, "expire")]);
        set(&store, &[("moved", 20, "expire")]);
        let stale = store.lane(&lane("timers"), |tx| timer::take(tx, "moved", 10));
        assert_eq!(stale, Ok(false), "it was set to another time since");
        let take = |finder: usize| {
            store.lane(&lane(&format!("finder-{finder}")), |tx| timer::take(tx, "a", 10))
        };
        let taken: usize = thread::scope(|scope| {
            let finders: Vec<_> = (0..6).map(|finder| scope.spawn(move || take(finder))).collect();
            finders.into_iter().map(|finder| usize::from(finder.join().unwrap().unwrap())).sum()
        });
        assert_eq!(taken, 1);
    });
}
