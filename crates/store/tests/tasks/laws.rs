//! Random steps against a model of the states that a page can hold.

use std::collections::BTreeMap;

use doorstep_store::task::{self, Settled, State, TaskRow};
use doorstep_store::{Store, StoreError};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{LEASE_US, adds, claims, named, settles, tasks};
use crate::engines::Place;

/// What may happen. Numbers choose among what is there.
#[derive(Debug, Clone, Copy)]
enum Step {
    Add {
        key: Option<u8>,
        place: i64,
    },
    Claim {
        limit: u32,
    },
    Settle {
        which: usize,
        how: u8,
    },
    /// The lease behind it may be lost.
    SettleLate {
        which: usize,
    },
    Retry {
        which: usize,
    },
    Discard {
        which: usize,
    },
    Wait {
        us: i64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let added = (proptest::option::of(0..3_u8), 0..4_i64);
    let added = added.prop_map(|(key, place)| Step::Add { key, place });
    let step = prop_oneof![
        3 => added,
        3 => (1..4_u32).prop_map(|limit| Step::Claim { limit }),
        4 => (0..8_usize, 0..3_u8).prop_map(|(which, how)| Step::Settle { which, how }),
        1 => (0..8_usize).prop_map(|which| Step::SettleLate { which }),
        1 => (0..8_usize).prop_map(|which| Step::Retry { which }),
        1 => (0..8_usize).prop_map(|which| Step::Discard { which }),
        2 => (1..LEASE_US * 2).prop_map(|us| Step::Wait { us }),
    ];
    proptest::collection::vec(step, 1..60)
}

#[derive(Debug, Clone)]
struct Told {
    key: Option<u8>,
    place: i64,
    state: State,
    due_at_us: i64,
    attempts: i64,
}

#[derive(Default)]
struct Model {
    now_us: i64,
    tasks: BTreeMap<String, Told>,
    leases: Vec<TaskRow>,
    old_leases: Vec<TaskRow>,
}

impl Model {
    /// Whether nothing of its key is before it, or running.
    fn may_run(&self, name: &str) -> bool {
        let told = &self.tasks[name];
        let others =
            self.tasks.iter().filter(|(_, other)| told.key.is_some() && other.key == told.key);
        let mut open = others.filter(|(other, _)| *other != name);
        told.state == State::Waiting
            && told.due_at_us <= self.now_us
            && !open.any(|(other, found)| {
                found.state == State::Running
                    || found.state == State::Waiting
                        && (found.place, other.as_str()) < (told.place, name)
            })
    }

    fn step(&mut self, store: &Store, step: Step) {
        match step {
            Step::Add { key, place } => self.adds(store, key, place),
            Step::Claim { limit } => self.claims(store, limit),
            Step::Settle { which, how } if !self.leases.is_empty() => {
                let lease = self.leases.remove(which % self.leases.len());
                self.settles(store, lease, how);
            }
            Step::SettleLate { which } if !self.old_leases.is_empty() => {
                let lease = &self.old_leases[which % self.old_leases.len()];
                assert!(!settles(store, lease, Settled::Done, self.now_us), "{lease:?}");
            }
            Step::Retry { which } => self.acts(store, which, State::Waiting),
            Step::Discard { which } => self.acts(store, which, State::Done),
            Step::Wait { us } => self.waits(store, us),
            Step::Settle { .. } | Step::SettleLate { .. } => {}
        }
    }

    fn adds(&mut self, store: &Store, key: Option<u8>, place: i64) {
        let name = format!("task-{:03}", self.tasks.len());
        let text = key.map(|key| format!("key-{key}"));
        let new = named(&name, "x", text.as_deref().map(|key| (key, place)));
        assert!(adds(store, task::NewTask { due_at_us: self.now_us, ..new.clone() }));
        assert!(!adds(store, new), "once");
        let due_at_us = self.now_us;
        self.tasks.insert(name, Told { key, place, state: State::Waiting, due_at_us, attempts: 0 });
    }

    fn claims(&mut self, store: &Store, limit: u32) {
        let may: Vec<String> =
            self.tasks.keys().filter(|name| self.may_run(name)).cloned().collect();
        let claimed = claims(store, self.now_us, limit, 100);
        assert_eq!(claimed.len(), may.len().min(limit as usize), "{may:?}");
        for row in claimed {
            assert!(may.contains(&row.task_id), "{row:?} of {may:?}");
            let told = self.tasks.get_mut(&row.task_id).unwrap();
            (told.state, told.attempts) = (State::Running, told.attempts + 1);
            told.due_at_us = self.now_us + LEASE_US;
            self.leases.push(row);
        }
    }

    fn settles(&mut self, store: &Store, lease: TaskRow, how: u8) {
        let later_us = self.now_us + 7;
        let (settled, state) = match how {
            0 => (Settled::Done, State::Done),
            1 => (Settled::Parked, State::Parked),
            _ => (Settled::Again(later_us), State::Waiting),
        };
        assert!(settles(store, &lease, settled, self.now_us));
        let told = self.tasks.get_mut(&lease.task_id).unwrap();
        (told.state, told.due_at_us) = (state, later_us);
        self.old_leases.push(lease);
    }

    fn acts(&mut self, store: &Store, which: usize, to: State) {
        let count = self.tasks.len().max(1);
        let Some((name, told)) = self.tasks.iter_mut().nth(which % count) else {
            return;
        };
        let (id, now_us) = (name.clone(), self.now_us);
        let may = match to {
            State::Waiting => told.state != State::Running,
            _ => matches!(told.state, State::Waiting | State::Parked),
        };
        let done: Result<bool, StoreError> = store.lane(&tasks(), move |tx| match to {
            State::Waiting => task::retry(tx, &id, now_us),
            _ => task::discard(tx, &id, now_us),
        });
        assert_eq!(done, Ok(may), "{name} {told:?}");
        if may {
            told.state = to;
            if to == State::Waiting {
                (told.due_at_us, told.attempts) = (now_us, 0);
            }
        }
    }

    /// Time passes, and leases that are over are ended.
    fn waits(&mut self, store: &Store, us: i64) {
        self.now_us += us;
        let now_us = self.now_us;
        store.lane(&tasks(), move |tx| task::end_leases(tx, now_us, 1_000)).unwrap();
        let is_over = |lease: &TaskRow| lease.due_at_us <= now_us;
        for lease in self.leases.iter().filter(|lease| is_over(lease)) {
            let told = self.tasks.get_mut(&lease.task_id).unwrap();
            (told.state, told.due_at_us) = match told.attempts < 3 {
                true => (State::Waiting, now_us),
                false => (State::Parked, told.due_at_us),
            };
        }
        self.old_leases.extend(self.leases.extract_if(.., |lease| is_over(lease)));
    }

    fn is_kept(&self, store: &Store) {
        let all = task::Filter::default();
        let kept = store.read(|tx| task::list(tx, all, "", 1_000)).unwrap();
        assert_eq!(kept.len(), self.tasks.len());
        for row in kept {
            let told = &self.tasks[&row.task_id];
            assert_eq!((row.state, row.attempts), (told.state, told.attempts), "{row:?}");
        }
    }
}

/// E7: whatever happens in whatever order, a task is where the model has it.
#[test]
fn random_steps_leave_tasks_where_the_model_has_them() {
    run_cases(48, Place::sqlite);
    if Place::postgres().is_some() {
        run_cases(8, || Place::postgres().expect("it was there a moment ago"));
    }
}

fn run_cases(cases: u32, fresh: impl Fn() -> Place) {
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        let place = fresh();
        let store = place.open();
        let mut model = Model { now_us: 100, ..Model::default() };
        for step in steps {
            model.step(&store, step);
        }
        model.is_kept(&store);
        Ok(())
    });
    outcome.unwrap();
}
