//! The bounded queue before a worker.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use metrics::{Gauge, gauge};

use crate::StoreError;
use crate::engine::LanePlan;
use crate::lane::LaneId;
use crate::lane::job::Job;
use crate::limits::{BUSY_RETRY_AFTER_MS, LANE_QUEUE_COMMANDS_MAX};

/// What the names of lanes begin with that share commits where others do not.
const SHARING: &str = "stock/";

/// Commands waiting for one worker, first come first served within a lane.
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    drained: Condvar,
    depth: Gauge,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Box<dyn Job>>,
    closed: bool,
}

/// What a sender does when the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenFull {
    Wait,
    Refuse,
}

impl Queue {
    pub(crate) fn new(worker: usize) -> Self {
        Self {
            state: Mutex::default(),
            filled: Condvar::new(),
            drained: Condvar::new(),
            depth: gauge!("doorstep_lane_queue_depth", "worker" => worker.to_string()),
        }
    }

    /// Queues a command, or refuses with [`StoreError::Busy`] or [`StoreError::Closed`].
    pub(crate) fn push(&self, job: Box<dyn Job>, when_full: WhenFull) -> Result<(), StoreError> {
        let mut state = self.state();
        while state.jobs.len() >= LANE_QUEUE_COMMANDS_MAX && !state.closed {
            if when_full == WhenFull::Refuse {
                return Err(StoreError::Busy { retry_after_ms: BUSY_RETRY_AFTER_MS });
            }
            state = self.drained.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Err(StoreError::Closed);
        }
        state.jobs.push_back(job);
        self.depth.set(state.jobs.len() as f64);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Waits for commands and takes those of one commit; none once closed and empty.
    pub(crate) fn take(&self, plan: LanePlan) -> Option<Vec<Box<dyn Job>>> {
        let mut state = self.state();
        while state.jobs.is_empty() {
            if state.closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let batch = state.take(plan);
        self.depth.set(state.jobs.len() as f64);
        drop(state);
        self.drained.notify_all();
        Some(batch)
    }

    /// Refuses further commands; those that wait are still done.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
        self.drained.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements, so a panic elsewhere leaves it usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether lanes may share a commit with others of their kind: the many lanes of stock, whose
/// commands are short and all alike. A commit for each is what they would wait for otherwise.
fn share(lanes: &[LaneId]) -> bool {
    lanes.iter().all(|lane| lane.as_str().starts_with(SHARING))
}

impl State {
    fn take(&mut self, plan: LanePlan) -> Vec<Box<dyn Job>> {
        if plan.mixes_lanes || self.jobs.len() <= 1 {
            let batch_commands = self.jobs.len().min(plan.batch_commands_max);
            return self.jobs.drain(..batch_commands).collect();
        }
        // Those that need exactly the lanes of the first, so that no other lane is held; or lanes
        // that may share a commit.
        let mut batch: Vec<Box<dyn Job>> = Vec::new();
        let mut others = VecDeque::with_capacity(self.jobs.len());
        for job in self.jobs.drain(..) {
            let is_alike = batch.first().is_none_or(|first| {
                first.lanes() == job.lanes() || share(first.lanes()) && share(job.lanes())
            });
            if is_alike && batch.len() < plan.batch_commands_max {
                batch.push(job);
            } else {
                others.push_back(job);
            }
        }
        self.jobs = others;
        batch
    }
}
