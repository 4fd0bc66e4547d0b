//! One commit for many commands.

use std::sync::Arc;

use metrics::{counter, histogram};

use crate::engine::{Engine, Session};
use crate::lane::job::{Job, Ran};
use crate::lane::together::{apart, together};
use crate::lane::{LaneTx, Ledger, Left};
use crate::limits::BATCH_ATTEMPTS_MAX;
use crate::{StoreError, backoff};

/// A worker's connection, made again after it was lost.
pub(crate) struct Link {
    engine: Arc<dyn Engine>,
    session: Option<Box<dyn Session>>,
}

impl Link {
    pub(crate) fn new(engine: Arc<dyn Engine>, session: Option<Box<dyn Session>>) -> Self {
        Self { engine, session }
    }

    fn session(&mut self) -> Result<&mut dyn Session, StoreError> {
        let session = match self.session.take() {
            Some(session) => session,
            None => self.engine.writer()?,
        };
        Ok(self.session.insert(session).as_mut())
    }

    /// Leaves no transaction open, and no connection that could have one.
    fn abandon(&mut self) {
        let rolled_back = self.session.as_mut().is_some_and(|session| session.rollback().is_ok());
        if !rolled_back {
            self.session = None;
        }
    }
}

/// Runs the commands, commits once, and only then answers them all.
pub(crate) fn run(link: &mut Link, jobs: Vec<Box<dyn Job>>) {
    let mut jobs = together(jobs);
    if let Err(error) = commit_together(link, &mut jobs) {
        let is_undone = !error.is_transient() && !matches!(error, StoreError::Unknown { .. });
        if is_undone && commands(&jobs) > 1 {
            // One of them spoiled the whole transaction (a deferred constraint, a full disk).
            // Nothing was committed, so each gets a transaction of its own.
            apart(jobs).into_iter().for_each(|job| run(link, vec![job]));
            return;
        }
        jobs.iter_mut().for_each(|job| job.fail(error.clone()));
    }
    jobs.into_iter().for_each(|job| job.answer());
}

fn commands(jobs: &[Box<dyn Job>]) -> usize {
    jobs.iter().map(|job| job.commands()).sum()
}

/// Commits the commands, again while that may help and nothing can have been committed.
fn commit_together(link: &mut Link, jobs: &mut Vec<Box<dyn Job>>) -> Result<(), StoreError> {
    let mut undo = Undo::Everything;
    let mut attempt = 1;
    loop {
        match attempt_commit(link, jobs, undo) {
            Ok(Attempt::Done { kept }) => {
                histogram!("doorstep_lane_commit_commands").record(kept as f64);
                counter!("doorstep_store_commits_total").increment(u64::from(kept > 0));
                return Ok(());
            }
            Ok(Attempt::OneMustBeUndone) => {
                link.abandon();
                undo = Undo::Each;
                *jobs = apart(std::mem::take(jobs));
            }
            Err(error) if error.is_transient() && attempt < BATCH_ATTEMPTS_MAX => {
                link.abandon();
                tracing::warn!(attempt, %error, "trying a batch again");
                backoff::wait(attempt);
                attempt += 1;
            }
            Err(error) => {
                link.abandon();
                return Err(error);
            }
        }
    }
}

/// What can be undone. Commands decide before they write, so that hardly one ever needs it: a
/// batch is first run without savepoints, which on Postgres are a round trip for each command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undo {
    Everything,
    Each,
}

enum Attempt {
    /// This many commands were committed; the others have been undone.
    Done { kept: usize },
    /// A command must be undone, and its neighbours cannot be kept without savepoints.
    OneMustBeUndone,
}

fn attempt_commit(
    link: &mut Link,
    jobs: &mut [Box<dyn Job>],
    undo: Undo,
) -> Result<Attempt, StoreError> {
    let session = link.session()?;
    session.begin_write()?;
    let mut ledger = Ledger::lock(session, jobs.iter().flat_map(|job| job.lanes()))?;
    let is_alone = commands(jobs) == 1;
    let mut kept = 0;
    for (index, job) in jobs.iter_mut().enumerate() {
        if undo == Undo::Each {
            session.batch(match index {
                0 => "savepoint command",
                _ => "release savepoint command; savepoint command",
            })?;
        }
        let mark = ledger.mark();
        match run_one(session, &mut ledger, job.as_mut())? {
            Writes::Stay(commands) => kept += commands,
            Writes::None => {}
            Writes::Go if undo == Undo::Each => {
                ledger.rewind(mark);
                session.batch("rollback to savepoint command")?;
            }
            Writes::Go if is_alone => {}
            Writes::Go => return Ok(Attempt::OneMustBeUndone),
        }
    }
    if kept == 0 {
        session.rollback()?;
    } else {
        ledger.write(session)?;
        session.commit()?;
    }
    Ok(Attempt::Done { kept })
}

/// What shall become of a command's writes.
enum Writes {
    /// They are those of so many commands.
    Stay(usize),
    /// It was refused before it wrote anything.
    None,
    Go,
}

/// Runs one command and answers what shall become of its writes. An error means that the
/// transaction of the whole batch is gone or should be run again.
fn run_one(
    session: &mut dyn Session,
    ledger: &mut Ledger,
    job: &mut dyn Job,
) -> Result<Writes, StoreError> {
    let lanes = job.lanes().to_vec();
    let mut tx = LaneTx::new(session, ledger, &lanes);
    let ran = job.run(&mut tx);
    let Left { failure, has_written } = tx.left();
    if let Some(error) = &failure {
        if error.is_transient() {
            return Err(error.clone());
        }
        if matches!(ran, Ran::Done(_)) {
            job.fail(error.clone());
        }
    }
    if !session.in_transaction() {
        let detail = "the engine ended the transaction".to_owned();
        return Err(failure.unwrap_or(StoreError::Statement { detail }));
    }
    Ok(match (ran, failure) {
        (Ran::Done(commands), None) => Writes::Stay(commands),
        (Ran::Refused, None) if !has_written => Writes::None,
        _ => Writes::Go,
    })
}
