//! A command on its way through a lane.

use std::any::{Any, TypeId};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::StoreError;
use crate::lane::{LaneId, LaneTx};

/// A command whose types the worker does not know.
pub(crate) trait Job: Send {
    /// The lanes it needs, by ascending name.
    fn lanes(&self) -> &[LaneId];

    /// Runs the command once and keeps its outcome.
    fn run(&mut self, tx: &mut LaneTx<'_>) -> Ran;

    /// Replaces the outcome.
    fn fail(&mut self, error: StoreError);

    /// Hands the outcome to whoever waits.
    fn answer(self: Box<Self>);

    /// How many commands it is.
    fn commands(&self) -> usize {
        1
    }

    /// What it may be decided together with.
    fn kind(&self) -> Option<TypeId> {
        None
    }

    /// Takes in the commands of another of its kind.
    fn absorb(&mut self, _other: Box<dyn Job>) {}

    /// Its commands, for a job of its kind.
    fn give_up(self: Box<Self>) -> Box<dyn Any> {
        Box::new(())
    }

    /// Each of its commands for itself.
    fn split(self: Box<Self>) -> Vec<Box<dyn Job>>;
}

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ran {
    /// So many commands were done: what was written shall stay.
    Done(usize),
    /// Nothing shall stay.
    Refused,
    /// Nothing shall stay, and of several commands each is to be tried alone: one has spoilt it for
    /// the others.
    Spoilt,
}

/// A command with its lanes, its outcome, and who waits for it.
pub(crate) struct Command<C, A, T, E> {
    lanes: Vec<LaneId>,
    command: C,
    answer: A,
    outcome: Option<Result<T, E>>,
}

impl<C, A, T, E> Command<C, A, T, E> {
    pub(crate) fn new(lanes: &[LaneId], command: C, answer: A) -> Result<Self, StoreError> {
        Ok(Self { lanes: sorted(lanes)?, command, answer, outcome: None })
    }
}

impl<C, A, T, E> Job for Command<C, A, T, E>
where
    C: Fn(&mut LaneTx<'_>) -> Result<T, E> + Send + 'static,
    A: FnOnce(Result<T, E>) + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    fn lanes(&self) -> &[LaneId] {
        &self.lanes
    }

    fn run(&mut self, tx: &mut LaneTx<'_>) -> Ran {
        let outcome = guarded(|| (self.command)(tx)).unwrap_or_else(|panic| Err(panic.into()));
        let ran = if outcome.is_ok() { Ran::Done(1) } else { Ran::Refused };
        self.outcome = Some(outcome);
        ran
    }

    fn fail(&mut self, error: StoreError) {
        self.outcome = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(StoreError::Closed.into()));
        hand_over(self.answer, outcome);
    }

    fn split(self: Box<Self>) -> Vec<Box<dyn Job>> {
        vec![self]
    }
}

/// Lanes by ascending name, each once. Errors: there is none.
pub(super) fn sorted(lanes: &[LaneId]) -> Result<Vec<LaneId>, StoreError> {
    let mut lanes = lanes.to_vec();
    lanes.sort_unstable();
    lanes.dedup();
    if lanes.is_empty() {
        return Err(StoreError::invalid("a command without a lane"));
    }
    Ok(lanes)
}

/// Runs what may panic. A panic is an error of this command: its neighbours and the worker live on.
/// Nothing it leaves half-done survives, since its writes are rolled back and its captures are
/// shared.
pub(super) fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(run))
        .map_err(|panic| StoreError::Panicked { detail: panic_message(panic.as_ref()) })
}

/// Hands an outcome to whoever waits for it.
pub(super) fn hand_over<O>(answer: impl FnOnce(O), outcome: O) {
    if catch_unwind(AssertUnwindSafe(|| answer(outcome))).is_err() {
        tracing::error!("handing over an answer panicked");
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let message = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    message.unwrap_or("no message").to_owned()
}
