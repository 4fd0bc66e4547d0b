//! Random commands with random failures, against a model that a page can hold.

use std::collections::BTreeMap;

use doorstep_store::{LaneTx, Store, StoreError, Tx, outbox, timer};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::engines::{Gate, ON_PURPOSE, Place, lane, silence_panics_on_purpose, submitted};

const LANES: [&str; 3] = ["first", "second", "third"];

/// A command: sets or cancels a timer of its lane, announces that, and may fail after any of it.
#[derive(Debug, Clone, Copy)]
struct Step {
    lane: usize,
    timer: u8,
    due_at_us: Option<i64>,
    announcements: u8,
    end: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Fine,
    Fails,
    Panics,
    BadStatement,
    SwallowedStatement,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let end = prop_oneof![
        4 => Just(End::Fine),
        1 => Just(End::Fails),
        1 => Just(End::Panics),
        1 => Just(End::BadStatement),
        1 => Just(End::SwallowedStatement),
    ];
    let step = (0..LANES.len(), 0..4_u8, any::<Option<i64>>(), 0..3_u8, end).prop_map(
        |(lane, timer, due_at_us, announcements, end)| Step {
            lane,
            timer,
            due_at_us,
            announcements,
            end,
        },
    );
    proptest::collection::vec(step, 0..40)
}

impl Step {
    fn timer_id(&self) -> String {
        format!("{}-{}", LANES[self.lane], self.timer)
    }

    fn run(&self, tx: &mut LaneTx<'_>) -> Result<i64, StoreError> {
        match self.due_at_us {
            Some(due_at_us) => timer::set(tx, &self.timer_id(), due_at_us, "model", b"")?,
            None => drop(timer::cancel(tx, &self.timer_id())?),
        }
        for _ in 0..self.announcements {
            tx.announce("set", &self.timer_id(), b"", 1)?;
        }
        let bad = "insert into nothing values (1)";
        match self.end {
            End::Fine => Ok(0),
            End::Fails => Err(StoreError::NoRow),
            End::Panics => panic!("{ON_PURPOSE}"),
            End::BadStatement => tx.execute(bad, &[]).map(|_| 0),
            End::SwallowedStatement => Ok(tx.execute(bad, &[]).map_or(0, |_| 0)),
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Model {
    timers: BTreeMap<String, i64>,
    outboxes: BTreeMap<&'static str, Vec<(i64, String)>>,
}

impl Model {
    fn apply(&mut self, step: &Step) {
        if step.end != End::Fine {
            return;
        }
        match step.due_at_us {
            Some(due_at_us) => drop(self.timers.insert(step.timer_id(), due_at_us)),
            None => drop(self.timers.remove(&step.timer_id())),
        }
        for _ in 0..step.announcements {
            let outbox = self.outboxes.entry(LANES[step.lane]).or_default();
            outbox.push((outbox.len() as i64 + 1, step.timer_id()));
        }
    }

    fn read(tx: &mut dyn Tx) -> Result<Self, StoreError> {
        let timers = timer::due(tx, i64::MAX, None, 1_000)?;
        let timers = timers.into_iter().map(|found| (found.timer_id, found.due_at_us)).collect();
        let mut model = Model { timers, outboxes: BTreeMap::new() };
        for name in LANES {
            let rows = outbox::read(tx, &lane(name), 0, 1_000)?;
            if !rows.is_empty() {
                let rows = rows.into_iter().map(|row| (row.seq, row.subject)).collect();
                model.outboxes.insert(name, rows);
            }
        }
        Ok(model)
    }
}

fn hold_against_the_model(store: &Store, steps: &[Step]) {
    let gate = Gate::close(store, &lane("gate"));
    let queue = |step: &Step| {
        let step = *step;
        submitted(store, &lane(LANES[step.lane]), Box::new(move |tx| step.run(tx)))
    };
    let answers: Vec<_> = steps.iter().map(queue).collect();
    gate.open();
    let mut model = Model::default();
    for (step, answer) in steps.iter().zip(answers) {
        assert_eq!(answer.recv().unwrap().is_ok(), step.end == End::Fine, "{step:?}");
        model.apply(step);
    }
    assert_eq!(store.read(Model::read), Ok(model));
    assert_eq!(store.check(), Ok(vec![]));
}

fn run_cases(cases: u32, fresh: impl Fn() -> Place) {
    silence_panics_on_purpose();
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let outcome = runner.run(&steps(), |steps| {
        let place = fresh();
        hold_against_the_model(&place.open(), &steps);
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn random_commands_with_random_failures_keep_what_the_model_keeps() {
    run_cases(64, Place::sqlite);
    if Place::postgres().is_some() {
        run_cases(16, || Place::postgres().expect("it was there a moment ago"));
    }
}
