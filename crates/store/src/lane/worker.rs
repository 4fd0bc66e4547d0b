//! A thread that serves lanes.

use std::sync::Arc;
use std::thread::JoinHandle;

use crate::StoreError;
use crate::engine::{Engine, LanePlan, Session};
use crate::lane::batch::{self, Link};
use crate::lane::job::Job;
use crate::lane::queue::{Queue, WhenFull};

/// The threads of a store that write, each with its queue and its connection.
pub(crate) struct Worker {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts as many as the engine wants; `session` is the connection of the first.
    pub(crate) fn start_all(
        engine: &Arc<dyn Engine>,
        session: Box<dyn Session>,
    ) -> Result<Vec<Worker>, StoreError> {
        let plan = engine.lanes();
        let mut session = Some(session);
        (0..plan.workers).map(|index| Self::start(index, plan, engine, session.take())).collect()
    }

    fn start(
        index: usize,
        plan: LanePlan,
        engine: &Arc<dyn Engine>,
        session: Option<Box<dyn Session>>,
    ) -> Result<Worker, StoreError> {
        let queue = Arc::new(Queue::new(index));
        let mut link = Link::new(Arc::clone(engine), session);
        let waiting = Arc::clone(&queue);
        let serve = move || {
            while let Some(jobs) = waiting.take(plan) {
                batch::run(&mut link, jobs);
            }
        };
        let thread = std::thread::Builder::new()
            .name(format!("lane-{index}"))
            .spawn(serve)
            .map_err(|error| StoreError::Open { detail: format!("thread: {error}") })?;
        Ok(Worker { queue, thread: Some(thread) })
    }

    /// The worker that serves a job, whose lanes are sorted and not empty.
    pub(crate) fn of<'w>(workers: &'w [Worker], job: &dyn Job) -> Option<&'w Worker> {
        let first = job.lanes().first()?;
        let place = match job.kind() {
            Some(_) => first.worker_of_all(workers.len()),
            None => first.worker(workers.len()),
        };
        workers.get(place)
    }

    pub(crate) fn push(&self, job: Box<dyn Job>, when_full: WhenFull) -> Result<(), StoreError> {
        self.queue.push(job, when_full)
    }

    /// Ends it once everything that waits has been answered.
    pub(crate) fn close(&self) {
        self.queue.close();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.queue.close();
        let Some(thread) = self.thread.take() else {
            return;
        };
        // The last handle may have been held by a command, and then this is the worker itself.
        if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
            tracing::error!("a lane worker panicked");
        }
    }
}
