//! The store: a handle to one database.

mod readers;

use std::sync::{Arc, mpsc};

use crate::engine::Engine;
use crate::lane::{Command, Decide, Job, LaneId, LaneTx, Together, WhenFull, Worker};
use crate::store::readers::Readers;
use crate::{StoreError, Tx, Violation, check, schema, url};

/// A handle to one database; clones share its threads and connections. The last one to be dropped
/// waits until every queued command has been answered.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Arc<dyn Engine>,
    readers: Readers,
    workers: Vec<Worker>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The connection that closes last must be one that writes: only that one can shorten
        // SQLite's write-ahead log on its way out.
        self.readers.close();
        // All of them finish at the same time, and then each is waited for.
        self.workers.iter().for_each(Worker::close);
    }
}

impl Store {
    /// Whether another handle is a clone of this one.
    pub fn is_same(&self, other: &Store) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Opens `sqlite:PATH` or `postgres://…` and brings its schema up to date; a schema newer than
    /// this program is refused with [`StoreError::SchemaNewer`].
    pub fn open(url: &str) -> Result<Store, StoreError> {
        let engine: Arc<dyn Engine> = Arc::from(url::engine(url)?);
        let session = std::thread::scope(|scope| {
            // On a thread of its own, since a driver may not be used on an async one.
            let opening = scope.spawn(|| schema::open(engine.as_ref()));
            let panicked = StoreError::Open { detail: "opening panicked".to_owned() };
            opening.join().unwrap_or(Err(panicked))
        })?;
        let workers = Worker::start_all(&engine, session)?;
        let readers = Readers::new(Arc::clone(&engine));
        Ok(Store { inner: Arc::new(Inner { engine, readers, workers }) })
    }

    /// A copy that another server keeps up, such as a hot standby of Postgres: it is only read, and
    /// nothing is looked at before that. Commands on it are refused as [`StoreError::Closed`].
    pub fn open_replica(url: &str) -> Result<Store, StoreError> {
        let engine: Arc<dyn Engine> = Arc::from(url::engine(url)?);
        let readers = Readers::new(Arc::clone(&engine));
        Ok(Store { inner: Arc::new(Inner { engine, readers, workers: Vec::new() }) })
    }

    /// The engine's name: `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        self.inner.engine.name()
    }

    /// Runs a query on one state of the database, on the calling thread, which must not be async.
    /// Writing fails. Of many readers some wait: a query must not start another one.
    pub fn read<T, E: From<StoreError>>(
        &self,
        query: impl FnOnce(&mut dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.inner.readers.read(query)
    }

    /// Runs a command in its lane and answers once it is durable. An error undoes this command
    /// and none of those committed with it.
    ///
    /// The command may run more than once, after a lost connection or a deadlock: only the run
    /// that is committed counts. It must not wait for another command.
    pub fn lane<T, E>(
        &self,
        lane: &LaneId,
        command: impl Fn(&mut LaneTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.lanes(std::slice::from_ref(lane), command)
    }

    /// Like [`Store::lane`] with several lanes held at once; they are taken in sorted order.
    pub fn lanes<T, E>(
        &self,
        lanes: &[LaneId],
        command: impl Fn(&mut LaneTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.wait_for(lanes, command, WhenFull::Wait)
    }

    /// Like [`Store::lane`], but [`StoreError::Busy`] at once when the lane's queue is full.
    pub fn try_lane<T, E>(
        &self,
        lane: &LaneId,
        command: impl Fn(&mut LaneTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.wait_for(std::slice::from_ref(lane), command, WhenFull::Refuse)
    }

    /// Queues a command without waiting; `answer` is called on the lane's thread once the command
    /// is durable, and must be quick. When the queue is full, [`StoreError::Busy`] at once.
    pub fn submit<T, E>(
        &self,
        lanes: &[LaneId],
        command: impl Fn(&mut LaneTx<'_>) -> Result<T, E> + Send + 'static,
        answer: impl FnOnce(Result<T, E>) + Send + 'static,
    ) -> Result<(), StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.push(lanes, command, answer, WhenFull::Refuse)
    }

    /// Runs a command, together with those of its kind that its commit holds, and answers once it
    /// is durable.
    pub fn together<C: Decide>(
        &self,
        lanes: &[LaneId],
        command: C,
    ) -> Result<C::Outcome, C::Error> {
        let (sender, receiver) = mpsc::sync_channel(1);
        // Whoever waited may have gone; the outcome stands all the same.
        let answer = move |outcome| drop(sender.send(outcome));
        self.queue(Together::new(lanes, command, answer)?, WhenFull::Wait)?;
        receiver.recv().unwrap_or_else(|_| Err(unanswered().into()))
    }

    /// Queues a command of [`Store::together`] as [`Store::submit`] does.
    pub fn submit_together<C: Decide>(
        &self,
        lanes: &[LaneId],
        command: C,
        answer: impl FnOnce(Result<C::Outcome, C::Error>) + Send + 'static,
    ) -> Result<(), StoreError> {
        self.queue(Together::new(lanes, command, answer)?, WhenFull::Refuse)
    }

    /// Verifies every invariant of the database; empty when all hold.
    pub fn check(&self) -> Result<Vec<Violation>, StoreError> {
        let mut violations = self.inner.readers.self_check()?;
        self.read(|tx| check::run(tx, &mut violations))?;
        Ok(violations)
    }

    fn wait_for<T, E>(
        &self,
        lanes: &[LaneId],
        command: impl Fn(&mut LaneTx<'_>) -> Result<T, E> + Send + 'static,
        when_full: WhenFull,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        // Whoever waited may have gone; the outcome stands all the same.
        let answer = move |outcome| drop(sender.send(outcome));
        self.push(lanes, command, answer, when_full)?;
        receiver.recv().unwrap_or_else(|_| Err(unanswered().into()))
    }

    fn push<T, E>(
        &self,
        lanes: &[LaneId],
        command: impl Fn(&mut LaneTx<'_>) -> Result<T, E> + Send + 'static,
        answer: impl FnOnce(Result<T, E>) + Send + 'static,
        when_full: WhenFull,
    ) -> Result<(), StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.queue(Command::new(lanes, command, answer)?, when_full)
    }

    fn queue(&self, job: impl Job + 'static, when_full: WhenFull) -> Result<(), StoreError> {
        let worker = Worker::of(&self.inner.workers, &job).ok_or(StoreError::Closed)?;
        worker.push(Box::new(job), when_full)
    }
}

fn unanswered() -> StoreError {
    StoreError::Unknown { detail: "the lane ended without an answer".to_owned() }
}
