//! Lanes: where claims are decided, one after another, many to a commit.

mod batch;
mod job;
mod ledger;
mod queue;
mod together;
mod worker;

use crate::limits::KEY_BYTES_MAX;
use crate::{Row, StoreError, Tx, Value};

pub(crate) use job::{Command, Job};
pub(crate) use ledger::Ledger;
pub(crate) use queue::WhenFull;
pub use together::Decide;
pub(crate) use together::Together;
pub(crate) use worker::Worker;

/// The name of a lane: everything that must be decided one after another shares one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneId(String);

impl LaneId {
    /// A lane by name, such as `dispatch:sf`; refused when empty, longer than 256 bytes, or
    /// holding a zero byte, which Postgres cannot keep in text.
    pub fn new(name: impl Into<String>) -> Result<Self, StoreError> {
        let name = name.into();
        keepable("lane", &name)?;
        Ok(Self(name))
    }

    /// A lane that was named before: by a command, or in the store.
    fn known(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Which of `workers` threads runs this lane.
    fn worker(&self, workers: usize) -> usize {
        worker(&self.0, workers)
    }

    /// Which of them runs what is decided together in this lane and its sisters, whose names differ
    /// in what stands behind the last stroke: all of it the same one.
    fn worker_of_all(&self, workers: usize) -> usize {
        worker(self.0.rsplit_once('/').map_or(&self.0, |(sisters, _)| sisters), workers)
    }
}

impl std::fmt::Display for LaneId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn worker(name: &str, workers: usize) -> usize {
    // The remainder is below `workers`, which is a usize.
    usize::try_from(hash(name) % workers.max(1) as u64).unwrap_or(0)
}

/// FNV-1a, the same in every process and release.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// A command's transaction: its lanes are held, and what it announces is numbered in them.
///
/// A statement that fails fails the command, on both engines, whatever the command makes of the
/// error: Postgres accepts nothing more in such a transaction, and SQLite shall not differ.
pub struct LaneTx<'a> {
    tx: &'a mut dyn Tx,
    ledger: &'a mut Ledger,
    lanes: &'a [LaneId],
    failure: Option<StoreError>,
    has_written: bool,
}

/// What a command has left behind in its transaction.
pub(crate) struct Left {
    /// The statement that failed.
    pub(crate) failure: Option<StoreError>,
    /// Whether there is anything to undo.
    pub(crate) has_written: bool,
}

impl<'a> LaneTx<'a> {
    pub(crate) fn new(tx: &'a mut dyn Tx, ledger: &'a mut Ledger, lanes: &'a [LaneId]) -> Self {
        Self { tx, ledger, lanes, failure: None, has_written: false }
    }

    /// The lane of the command; of several, the first by name.
    pub fn lane(&self) -> &'a LaneId {
        &self.lanes[0]
    }

    /// Puts a row into the outbox of [`LaneTx::lane`], visible once the command is committed, and
    /// answers its number: without gaps per lane, in the order of commits.
    pub fn announce(
        &mut self,
        kind: &str,
        subject: &str,
        payload: &[u8],
        now_us: i64,
    ) -> Result<i64, StoreError> {
        self.announce_in(self.lane(), kind, subject, payload, now_us)
    }

    /// Like [`LaneTx::announce`], in the given one of the command's lanes.
    pub fn announce_in(
        &mut self,
        lane: &LaneId,
        kind: &str,
        subject: &str,
        payload: &[u8],
        now_us: i64,
    ) -> Result<i64, StoreError> {
        keepable("kind", kind)?;
        keepable("subject", subject)?;
        if !self.lanes.contains(lane) {
            return Err(StoreError::invalid(format!("the command does not hold lane {lane}")));
        }
        self.has_written = true;
        self.ledger.announce(lane, kind, subject, payload, now_us)
    }

    pub(crate) fn left(self) -> Left {
        Left { failure: self.failure, has_written: self.has_written }
    }

    fn guarded<T>(
        &mut self,
        run: impl FnOnce(&mut dyn Tx) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        let outcome = run(self.tx);
        if let Err(error) = &outcome {
            self.failure = Some(error.clone());
        }
        outcome
    }
}

impl Tx for LaneTx<'_> {
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.has_written = true;
        self.guarded(|tx| tx.execute(sql, params))
    }

    fn execute_each(
        &mut self,
        sql: &str,
        columns: usize,
        rows: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        self.has_written = true;
        self.guarded(|tx| tx.execute_each(sql, columns, rows))
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.has_written |= !only_reads(sql);
        self.guarded(|tx| tx.query(sql, params, each))
    }

    fn insert_rows_max(&self) -> usize {
        self.tx.insert_rows_max()
    }
}

/// Whether a query cannot have changed anything. The one body of SQL writes in no `with`; what else
/// begins like that is taken for a change, which costs time and nothing else.
fn only_reads(sql: &str) -> bool {
    sql.trim_start().get(..6).is_some_and(|verb| verb.eq_ignore_ascii_case("select"))
}

/// Refuses an identifier that one of the engines could not keep.
pub(crate) fn keepable(what: &str, text: &str) -> Result<(), StoreError> {
    let why = match text {
        "" => "is empty".to_owned(),
        _ if text.len() > KEY_BYTES_MAX => format!("is longer than {KEY_BYTES_MAX} bytes"),
        _ if text.contains('\0') => "has a zero byte".to_owned(),
        _ => return Ok(()),
    };
    Err(StoreError::invalid(format!("{what} {why}")))
}
