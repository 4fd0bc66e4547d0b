//! Tasks, read.

use crate::{Row, StoreError, Tx, TxExt};
use std::str::FromStr;

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It will be tried.
    Waiting,
    /// Somebody is at it.
    Running,
    /// It was done, or given up by a person.
    Done,
    /// It failed for the last time.
    Parked,
}

impl State {
    /// Every one.
    pub const ALL: [State; 4] = [State::Waiting, State::Running, State::Done, State::Parked];

    /// As kept and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Running => "running",
            State::Done => "done",
            State::Parked => "parked",
        }
    }
}

/// Tasks that one kind of runners takes, so that whoever is slow costs nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pool {
    /// Somebody is told something.
    Telling,
    /// A provider is asked something: kinds that begin with `provider.`.
    Asking,
}

impl Pool {
    /// Which rows of `task` these are.
    pub(super) fn condition(self) -> &'static str {
        match self {
            Pool::Telling => "substr(kind, 1, 9) <> 'provider.'",
            Pool::Asking => "substr(kind, 1, 9) = 'provider.'",
        }
    }
}

impl FromStr for State {
    type Err = String;
    fn from_str(text: &str) -> Result<State, String> {
        let found = State::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is not waiting, running, done or parked"))
    }
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// Its name.
    pub task_id: String,
    /// What is to be done.
    pub kind: String,
    /// For whom.
    pub owner: String,
    /// What it was made for.
    pub dedupe_key: String,
    /// What runs one after another.
    pub order_key: Option<String>,
    /// What the work needs, in its encoding.
    pub payload: Vec<u8>,
    /// How it stands.
    pub state: State,
    /// When it may be taken: of a running one the end of the lease; in microseconds.
    pub due_at_us: i64,
    /// How often it was tried, with the attempt under way.
    pub attempts: i64,
    /// How often it is tried.
    pub attempts_max: i64,
    /// Who is at it.
    pub lease_owner: Option<String>,
    /// Counts its leases.
    pub fence: i64,
    /// How the last attempt failed.
    pub last_error: Option<String>,
    /// Microseconds.
    pub created_at_us: i64,
    /// When it was done or parked, in microseconds.
    pub ended_at_us: Option<i64>,
}

pub(super) const COLUMNS: &str = "task_id, kind, owner, dedupe_key, order_key, payload, state,
    due_at_us, attempts, attempts_max, lease_owner, fence, last_error, created_at_us, ended_at_us";

pub(super) fn row_of(row: &Row<'_>) -> Result<TaskRow, StoreError> {
    Ok(TaskRow {
        task_id: row.text(0)?.to_owned(),
        kind: row.text(1)?.to_owned(),
        owner: row.text(2)?.to_owned(),
        dedupe_key: row.text(3)?.to_owned(),
        order_key: row.optional_text(4)?.map(str::to_owned),
        payload: row.bytes(5)?.to_owned(),
        state: row.text(6)?.parse().map_err(StoreError::invalid)?,
        due_at_us: row.int(7)?,
        attempts: row.int(8)?,
        attempts_max: row.int(9)?,
        lease_owner: row.optional_text(10)?.map(str::to_owned),
        fence: row.int(11)?,
        last_error: row.optional_text(12)?.map(str::to_owned),
        created_at_us: row.int(13)?,
        ended_at_us: row.optional_int(14)?,
    })
}

/// A task by name.
pub fn load(tx: &mut dyn Tx, task_id: &str) -> Result<Option<TaskRow>, StoreError> {
    let sql = format!("select {COLUMNS} from task where task_id = $1");
    tx.query_optional(&sql, &[task_id.into()], row_of)
}

/// Which tasks; an empty text is any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter<'a> {
    /// How they stand.
    pub state: Option<State>,
    /// What is to be done.
    pub kind: &'a str,
    /// For whom.
    pub owner: &'a str,
}

/// Tasks, the newest first, before this one (empty for the newest), at most `limit`.
pub fn list(
    tx: &mut dyn Tx,
    filter: Filter<'_>,
    before: &str,
    limit: u32,
) -> Result<Vec<TaskRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from task
         where ($1 = '' or state = $1) and ($2 = '' or kind = $2) and ($3 = '' or owner = $3)
             and ($4 = '' or task_id < $4)
         order by task_id desc limit $5"
    );
    let state = filter.state.map_or("", State::as_str);
    let params =
        [state.into(), filter.kind.into(), filter.owner.into(), before.into(), limit.into()];
    tx.query_all(&sql, &params, row_of)
}

/// An owner's tasks of names in `[from, to)` behind `after`, the oldest first, at most `limit`.
pub fn read(
    tx: &mut dyn Tx,
    owner: &str,
    (after, from, to): (&str, &str, &str),
    limit: u32,
) -> Result<Vec<TaskRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from task
         where owner = $1 and task_id > $2 and task_id >= $3 and task_id < $4
         order by task_id limit $5"
    );
    let params = [owner.into(), after.into(), from.into(), to.into(), limit.into()];
    tx.query_all(&sql, &params, row_of)
}

/// When the next task of a pool is due or the next lease ends, in microseconds; none where nothing
/// waits.
pub fn next_due_us(tx: &mut dyn Tx, pool: Pool) -> Result<Option<i64>, StoreError> {
    let pool = pool.condition();
    let of = |state: &str| {
        format!(
            "(select min(due_at_us) from task
              where is_next = 1 and state = '{state}' and {pool})"
        )
    };
    let sql = format!("select {}, {}", of("waiting"), of("running"));
    let (waiting, running) =
        tx.query_one(&sql, &[], |row| Ok((row.optional_int(0)?, row.optional_int(1)?)))?;
    Ok(waiting.into_iter().chain(running).min())
}

/// How many tasks of a state there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Which state; never done.
    pub state: State,
    /// How many.
    pub tasks: i64,
    /// When the oldest of them was made, in microseconds.
    pub oldest_us: i64,
}

/// The states that tasks are in, but for done.
pub fn depths(tx: &mut dyn Tx) -> Result<Vec<Depth>, StoreError> {
    tx.query_all(
        "select state, count(*), min(created_at_us) from task where state <> 'done'
         group by state order by state",
        &[],
        |row| {
            Ok(Depth {
                state: row.text(0)?.parse().map_err(StoreError::invalid)?,
                tasks: row.int(1)?,
                oldest_us: row.int(2)?,
            })
        },
    )
}
