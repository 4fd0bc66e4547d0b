//! Many claimants, of several processes' worth of connections.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

use doorstep_store::Store;
use doorstep_store::task::{self, Attempted, Claim, NewTask, Pool, Settled};

use super::{named, tasks};
use crate::engines::on_each_engine;

const TASKS: usize = 90;

/// E7: however many stores and threads claim, each attempt is made by one, each task done once, and
/// tasks of one order key come in order.
#[test]
fn of_many_claimants_each_task_is_run_by_one() {
    on_each_engine(|place| {
        let stores: Vec<Store> = (0..4).map(|_| place.open()).collect();
        let new: Vec<NewTask> = (0..TASKS).map(new_task).collect();
        stores[0]
            .lane(&tasks(), move |tx| new.iter().try_for_each(|new| task::add(tx, new).map(drop)))
            .unwrap();
        let done: Mutex<BTreeMap<String, Vec<String>>> = Mutex::default();
        thread::scope(|scope| {
            for (number, store) in stores.iter().enumerate() {
                for claimant in 0..2 {
                    let done = &done;
                    scope.spawn(move || runs_all(store, &format!("{number}-{claimant}"), done));
                }
            }
        });
        let done = done.into_inner().unwrap();
        assert_eq!(done.values().map(Vec::len).sum::<usize>(), TASKS);
        for (key, names) in &done {
            assert!(names.is_sorted(), "{key}: {names:?}");
        }
        assert_eq!(stores[0].read(task::depths), Ok(vec![]));
        assert_eq!(stores[0].check(), Ok(vec![]));
    });
}

fn new_task(number: usize) -> NewTask {
    let key = format!("key-{}", number % 7);
    let place = i64::try_from(number).unwrap();
    NewTask { due_at_us: 1, ..named(&format!("task-{number:03}"), &key, Some((&key, place))) }
}

/// Claims until nothing is left; a task that somebody else has finished meanwhile is a failure.
fn runs_all(store: &Store, worker: &str, done: &Mutex<BTreeMap<String, Vec<String>>>) {
    loop {
        let name = worker.to_owned();
        let claimed = store.lane(&tasks(), move |tx| {
            let claim = Claim {
                worker: &name,
                pool: Pool::Telling,
                now_us: 10,
                lease_us: 1_000,
                limit: 3,
                per_owner: 1,
            };
            task::claim(tx, claim)
        });
        let claimed = claimed.unwrap();
        if claimed.is_empty() && store.read(task::depths).unwrap().is_empty() {
            return;
        }
        for row in claimed {
            let key = row.order_key.clone().unwrap();
            done.lock().unwrap().entry(key).or_default().push(row.task_id.clone());
            let settled = store.lane(&tasks(), move |tx| {
                let attempted =
                    Attempted { began_at_us: 10, ended_at_us: 10, outcome: "done", detail: "" };
                task::settle(tx, &row.task_id, row.fence, Settled::Done, &attempted)
            });
            assert_eq!(settled, Ok(true));
        }
    }
}
