//! Tasks: made once, run by one, in order where they must, tried again, parked, forgotten.

mod laws;
mod race;

use doorstep_store::task::{self, Attempted, Claim, NewTask, Pool, Settled, State, TaskRow};
use doorstep_store::{LaneId, Store, StoreError};

use crate::engines::{lane, on_each_engine};

const LEASE_US: i64 = 100;

pub(crate) fn tasks() -> LaneId {
    lane(task::LANE)
}

/// A task of this name, for an owner, perhaps in the order of a key.
fn named(name: &str, owner: &str, order: Option<(&str, i64)>) -> NewTask {
    NewTask {
        task_id: name.to_owned(),
        kind: "test".to_owned(),
        owner: owner.to_owned(),
        dedupe_key: format!("for {name}"),
        order_key: order.map(|(key, _)| key.to_owned()),
        place: order.map_or(0, |(_, place)| place),
        payload: name.as_bytes().to_vec(),
        due_at_us: 10,
        attempts_max: 3,
        created_at_us: 1,
    }
}

fn adds(store: &Store, new: NewTask) -> bool {
    store.lane(&tasks(), move |tx| task::add(tx, &new)).unwrap()
}

fn claims(store: &Store, now_us: i64, limit: u32, per_owner: u32) -> Vec<TaskRow> {
    let mut claimed = store
        .lane(&tasks(), move |tx| {
            let worker = "worker-1";
            task::claim(
                tx,
                Claim { worker, pool: Pool::Telling, now_us, lease_us: LEASE_US, limit, per_owner },
            )
        })
        .unwrap();
    claimed.sort_by(|one, other| one.task_id.cmp(&other.task_id));
    claimed
}

fn names(tasks: &[TaskRow]) -> Vec<&str> {
    tasks.iter().map(|task| task.task_id.as_str()).collect()
}

fn settles(store: &Store, task: &TaskRow, settled: Settled, now_us: i64) -> bool {
    let (task_id, fence) = (task.task_id.clone(), task.fence);
    let outcome: Result<bool, StoreError> = store.lane(&tasks(), move |tx| {
        let (outcome, detail) = ("tried", "as the story has it");
        let attempted = Attempted { began_at_us: now_us - 1, ended_at_us: now_us, outcome, detail };
        task::settle(tx, &task_id, fence, settled, &attempted)
    });
    outcome.unwrap()
}

fn loaded(store: &Store, name: &str) -> TaskRow {
    store.read(|tx| task::load(tx, name)).unwrap().unwrap()
}

/// E7: the same cause makes one task, however often it is told.
#[test]
fn a_task_is_made_once_and_taken_by_one() {
    on_each_engine(|place| {
        let store = place.open();
        assert!(adds(&store, named("a", "x", None)));
        let again = NewTask { task_id: "b".to_owned(), ..named("a", "x", None) };
        assert!(!adds(&store, again), "made for the same");
        assert_eq!(claims(&store, 9, 9, 9), [], "not due");
        let claimed = claims(&store, 10, 9, 9);
        assert_eq!((names(&claimed), claimed[0].attempts), (vec!["a"], 1));
        assert_eq!((claimed[0].state, claimed[0].due_at_us), (State::Running, 10 + LEASE_US));
        assert_eq!(claimed[0].payload, b"a");
        assert_eq!(claims(&store, 11, 9, 9), [], "it is taken");
        assert!(settles(&store, &claimed[0], Settled::Done, 12));
        assert!(!settles(&store, &claimed[0], Settled::Done, 13), "it is done");
        assert_eq!(loaded(&store, "a").state, State::Done);
    });
}

/// E7: whoever has lost the lease cannot finish the task; what failed last is parked, and visible.
#[test]
fn a_lost_lease_cannot_finish_and_the_last_try_parks() {
    on_each_engine(|place| {
        let store = place.open();
        adds(&store, named("a", "x", None));
        let lost = claims(&store, 10, 9, 9).remove(0);
        let ends = |now_us| store.lane(&tasks(), move |tx| task::end_leases(tx, now_us, 10));
        assert_eq!((ends(109), ends(110)), (Ok(0), Ok(1)));
        let second = claims(&store, 110, 9, 9).remove(0);
        assert!(!settles(&store, &lost, Settled::Done, 111), "the lease is another's");
        assert!(settles(&store, &second, Settled::Again(500), 112));
        assert_eq!(claims(&store, 499, 9, 9), []);
        let third = claims(&store, 500, 9, 9).remove(0);
        assert_eq!((third.attempts, ends(600)), (3, Ok(1)));
        let parked = loaded(&store, "a");
        assert_eq!((parked.state, parked.ended_at_us), (State::Parked, Some(600)));
        assert!(parked.last_error.unwrap().contains("worker-1"));
        let attempts = store.read(|tx| task::attempts(tx, "a")).unwrap();
        let outcomes: Vec<_> = attempts.iter().map(|one| (one.attempt, &*one.outcome)).collect();
        assert_eq!(outcomes, [(1, "lost"), (2, "tried"), (3, "lost")]);

        let retry = |now_us| store.lane(&tasks(), move |tx| task::retry(tx, "a", now_us));
        assert_eq!(retry(700), Ok(true));
        let again = claims(&store, 700, 9, 9).remove(0);
        assert_eq!((again.attempts, retry(701)), (1, Ok(false)), "it counts anew; it is running");
        assert!(settles(&store, &again, Settled::Done, 702));
    });
}

/// E7, B11: what asks a provider is taken by whoever asks, and what tells by whoever tells; what
/// there was no room for is tried as often as before.
#[test]
fn each_pool_has_its_own_and_no_room_counts_for_nothing() {
    on_each_engine(|place| {
        let store = place.open();
        let booking = NewTask { kind: "provider.book".to_owned(), ..named("b", "x", None) };
        adds(&store, booking);
        assert_eq!(claims(&store, 10, 9, 9), [], "nobody is told anything");
        let due = |pool| store.read(|tx| task::next_due_us(tx, pool)).unwrap();
        assert_eq!((due(Pool::Telling), due(Pool::Asking)), (None, Some(10)));
        let asks = |now_us| {
            let claim = Claim {
                worker: "asker",
                pool: Pool::Asking,
                now_us,
                lease_us: LEASE_US,
                limit: 9,
                per_owner: 9,
            };
            store.lane(&tasks(), move |tx| task::claim(tx, claim)).unwrap()
        };
        for now_us in (20..120).step_by(10) {
            let taken = asks(now_us).remove(0);
            assert_eq!(taken.attempts, 1, "at {now_us}");
            assert!(settles(&store, &taken, Settled::Untried(now_us + 10), now_us));
        }
        let kept = loaded(&store, "b");
        assert_eq!((kept.state, kept.attempts), (State::Waiting, 0));
        assert_eq!(store.read(|tx| task::attempts(tx, "b")).unwrap().len(), 0);
    });
}

/// E7: whoever begins alone frees what was held by whoever was there before.
#[test]
fn whoever_begins_alone_ends_all_leases() {
    on_each_engine(|place| {
        let store = place.open();
        adds(&store, named("a", "x", None));
        let lost = claims(&store, 10, 9, 9).remove(0);
        let ends = || store.lane(&tasks(), move |tx| task::end_all_leases(tx, 11, 10));
        assert_eq!((ends(), ends()), (Ok(1), Ok(0)));
        assert!(!settles(&store, &lost, Settled::Done, 12), "the lease has ended");
        assert_eq!(claims(&store, 12, 9, 9)[0].attempts, 2);
    });
}

/// E7: of one order key nothing overtakes, whatever becomes of the one before.
#[test]
fn tasks_of_an_order_key_run_one_after_another() {
    on_each_engine(|place| {
        let store = place.open();
        // Made in another order than theirs.
        for (name, order) in [("c", 3), ("a", 1), ("b", 2)] {
            adds(&store, named(name, "x", Some(("key", order))));
        }
        adds(&store, named("other", "x", Some(("other", 9))));
        let claimed = claims(&store, 10, 9, 9);
        assert_eq!(names(&claimed), ["a", "other"]);
        assert!(settles(&store, &claimed[0], Settled::Again(50), 11));
        assert_eq!(claims(&store, 49, 9, 9), [], "those behind wait for the first");
        let first = claims(&store, 50, 9, 9).remove(0);
        assert!(settles(&store, &first, Settled::Parked, 51));
        let second = claims(&store, 52, 9, 9);
        assert_eq!(names(&second), ["b"], "what is parked holds nobody up");
        store.lane(&tasks(), |tx| task::retry(tx, "a", 53)).unwrap();
        assert_eq!(claims(&store, 53, 9, 9), [], "one of the key is running");
        assert!(settles(&store, &second[0], Settled::Done, 54));
        assert_eq!(names(&claims(&store, 54, 9, 9)), ["a"], "the first of those that are open");
        assert_eq!(store.lane(&tasks(), |tx| task::discard(tx, "c", 55)), Ok(true));
        assert_eq!(store.lane(&tasks(), |tx| task::discard(tx, "c", 55)), Ok(false));
        assert_eq!(loaded(&store, "c").state, State::Done);
    });
}

/// E7: who is slow or down holds nobody else up.
#[test]
fn owners_have_so_many_at_once_and_rest_after_failures() {
    on_each_engine(|place| {
        let store = place.open();
        for number in 0..6 {
            adds(&store, named(&format!("slow-{number}"), "slow", None));
        }
        adds(&store, named("well", "well", None));
        let claimed = claims(&store, 10, 9, 2);
        assert_eq!(names(&claimed), ["slow-0", "slow-1", "well"]);
        assert_eq!(claims(&store, 11, 9, 2), [], "two of slow's are running");
        let fails = |now_us: i64| {
            store.lane(&tasks(), move |tx| {
                task::rest_after_failure(tx, "slow", now_us, |failures| failures * 100)
            })
        };
        assert!(settles(&store, &claimed[0], Settled::Again(20), 12));
        assert_eq!((fails(12), fails(13)), (Ok(()), Ok(())), "the second was under way before");
        adds(&store, named("slow-new", "slow", None));
        assert_eq!(loaded(&store, "slow-new").due_at_us, 112, "who comes meanwhile rests too");
        assert_eq!(claims(&store, 111, 9, 9), [], "until 112 they rest");
        assert_eq!(names(&claims(&store, 112, 1, 2)).len(), 1, "one beside the one that runs");
        assert_eq!(fails(113), Ok(()), "the second in a row: twice as long");
        assert_eq!(claims(&store, 312, 9, 9), []);
        store.lane(&tasks(), |tx| task::recovered(tx, "slow")).unwrap();
        assert_eq!(
            store.read(|tx| task::next_due_us(tx, Pool::Telling)),
            Ok(Some(110)),
            "the oldest lease"
        );
        assert!(!claims(&store, 313, 9, 9).is_empty());
    });
}

/// E7: tasks can be seen by what they are; what was done is forgotten, what is parked is not.
#[test]
fn tasks_are_listed_counted_and_forgotten() {
    on_each_engine(|place| {
        let store = place.open();
        for name in ["a", "b", "c"] {
            adds(&store, named(name, name, None));
        }
        let claimed = claims(&store, 10, 2, 9);
        settles(&store, &claimed[0], Settled::Done, 20);
        settles(&store, &claimed[1], Settled::Parked, 20);
        let list = |state, owner, before: &str| {
            let filter = task::Filter { state, kind: "test", owner };
            let found = store.read(|tx| task::list(tx, filter, before, 10)).unwrap();
            names(&found).concat()
        };
        assert_eq!((list(None, "", ""), list(None, "", "c")), ("cba".into(), "ba".into()));
        assert_eq!(list(Some(State::Parked), "", ""), "b");
        assert_eq!(
            (list(None, "c", ""), list(Some(State::Done), "c", "")),
            ("c".into(), "".into())
        );
        let depths = store.read(task::depths).unwrap();
        let depths: Vec<_> = depths.iter().map(|one| (one.state, one.tasks)).collect();
        assert_eq!(depths, [(State::Parked, 1), (State::Waiting, 1)]);
        let forget = |before_us| store.lane(&tasks(), move |tx| task::forget(tx, before_us, 10));
        assert_eq!((forget(20), forget(21), forget(99)), (Ok(0), Ok(1), Ok(0)));
        assert_eq!(store.read(|tx| task::attempts(tx, "a")), Ok(vec![]));
        let newest = store.read(|tx| task::attempts_of_owner(tx, "b", (i64::MAX, "", 0), 10));
        assert_eq!(newest.unwrap()[0].took_us, 1);
        let range = store.read(|tx| task::read(tx, "b", ("", "a", "c"), 10)).unwrap();
        assert_eq!(names(&range), ["b"]);
    });
}
