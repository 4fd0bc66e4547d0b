//! A command on its way through a lane.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::StoreError;
use crate::lane::{LaneId, LaneTx};

/// A command whose types the worker does not know.
pub(crate) trait Job: Send {
    /// The lanes it needs, by ascending name.
    fn lanes(&self) -> &[LaneId];

    /// Runs the command once and keeps its outcome; answers whether its writes shall stay.
    fn run(&mut self, tx: &mut LaneTx<'_>) -> bool;

    /// Replaces the outcome.
    fn fail(&mut self, error: StoreError);

    /// Hands the outcome to whoever waits.
    fn answer(self: Box<Self>);
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
        let mut lanes = lanes.to_vec();
        lanes.sort_unstable();
        lanes.dedup();
        if lanes.is_empty() {
            return Err(StoreError::invalid("a command without a lane"));
        }
        Ok(Self { lanes, command, answer, outcome: None })
    }
}

impl<C, A, T, E> Job for Command<C, A, T, E>
where
    C: Fn(&mut LaneTx<'_>) -> Result<T, E> + Send,
    A: FnOnce(Result<T, E>) + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn lanes(&self) -> &[LaneId] {
        &self.lanes
    }

    fn run(&mut self, tx: &mut LaneTx<'_>) -> bool {
        // A panic is an error of this command: its neighbours and the worker live on. Nothing it
        // leaves half-done survives, since its writes are rolled back and its captures are shared.
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.command)(tx)));
        let outcome = outcome.unwrap_or_else(|panic| {
            Err(StoreError::Panicked { detail: panic_message(panic.as_ref()) }.into())
        });
        let keep = outcome.is_ok();
        self.outcome = Some(outcome);
        keep
    }

    fn fail(&mut self, error: StoreError) {
        self.outcome = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(StoreError::Closed.into()));
        let answer = self.answer;
        if catch_unwind(AssertUnwindSafe(|| answer(outcome))).is_err() {
            tracing::error!("handing over an answer panicked");
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let message = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    message.unwrap_or("no message").to_owned()
}
