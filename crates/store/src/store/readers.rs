//! A small pool of connections that cannot write.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::engine::{Engine, Session};
use crate::limits::READERS_MAX;
use crate::{StoreError, Tx, Violation};

/// Read-only connections, made when first needed.
pub(crate) struct Readers {
    engine: Arc<dyn Engine>,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Box<dyn Session>>,
    lent: usize,
}

impl Readers {
    pub(crate) fn new(engine: Arc<dyn Engine>) -> Self {
        Self { engine, state: Mutex::default(), returned: Condvar::new() }
    }

    /// Runs a query in a read-only transaction of its own.
    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        query: impl FnOnce(&mut dyn Tx) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut lent = self.lend()?;
        let mut session = lent.begin()?;
        let outcome = query(session.as_mut());
        if session.rollback().is_ok() {
            lent.session = Some(session);
        }
        outcome
    }

    /// What the engine finds wrong with its own files.
    pub(crate) fn self_check(&self) -> Result<Vec<Violation>, StoreError> {
        let mut lent = self.lend()?;
        let mut session = lent.begin()?;
        let findings = session.self_check()?;
        let invariant = "the engine's own check";
        Ok(findings.into_iter().map(|detail| Violation { invariant, detail }).collect())
    }

    /// Closes the connections that nobody uses.
    pub(crate) fn close(&self) {
        let idle = std::mem::take(&mut self.state().idle);
        drop(idle);
    }

    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let mut state = self.state();
        while state.lent >= READERS_MAX {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.lent += 1;
        Ok(Lent { readers: self, session: state.idle.pop() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to use a connection; given back when dropped, with the connection if there is one.
struct Lent<'r> {
    readers: &'r Readers,
    session: Option<Box<dyn Session>>,
}

impl Lent<'_> {
    fn begin(&mut self) -> Result<Box<dyn Session>, StoreError> {
        // An idle connection may have been closed by the server meanwhile: then a new one.
        if let Some(mut idle) = self.session.take()
            && idle.begin_read().is_ok()
        {
            return Ok(idle);
        }
        let mut session = self.readers.engine.reader()?;
        session.begin_read()?;
        Ok(session)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut state = self.readers.state();
        state.lent -= 1;
        state.idle.extend(self.session.take());
        drop(state);
        self.readers.returned.notify_one();
    }
}
