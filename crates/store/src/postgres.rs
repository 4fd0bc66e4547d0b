//! Postgres, the engine that scales out: writers side by side. The only file that names the driver.
//!
//! The synchronous client owns a runtime and must neither be used nor dropped on an async thread.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::path::Path;
use std::time::Duration;

use ::postgres::error::SqlState;
use ::postgres::fallible_iterator::FallibleIterator;
use ::postgres::types::private::BytesMut;
use ::postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use ::postgres::{Client, Config, NoTls, RowIter, Statement};

use crate::engine::{Engine, LanePlan, Session};
use crate::sql::Dialect;
use crate::value::Columns;
use crate::{Row, StoreError, Tx, TxExt, Value, limits};

/// "doorstep" in a telephone's letters: the advisory lock of everybody who changes the schema.
const SCHEMA_LOCK: i64 = 36_677_837;

/// A statement's plan is kept from when it was first run, and its table may have been empty then:
/// to go through all of it was right, and would be done until somebody analyses it, which in a new
/// and busy store takes minutes. Every statement here has its index, or means the whole table; and
/// none is worth compiling.
const PLANNING: &str = "set enable_seqscan = off; set jit = off";

/// A Postgres database.
pub(crate) struct PostgresEngine {
    config: Config,
}

impl PostgresEngine {
    pub(crate) fn new(url: &str) -> Result<Self, StoreError> {
        let mut config: Config = url
            .parse()
            .map_err(|error: ::postgres::Error| StoreError::Url { detail: words(&error) })?;
        if config.get_application_name().is_none() {
            config.application_name("doorstep");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        config.keepalives_idle(Duration::from_secs(30));
        Ok(Self { config })
    }

    fn connect(&self, settings: &str) -> Result<Box<dyn Session>, StoreError> {
        let mut client = self
            .config
            .connect(NoTls)
            .map_err(|error| StoreError::Disconnected { detail: words(&error) })?;
        let settings = format!("{PLANNING}; {settings}");
        client.batch_execute(&settings).map_err(|error| store_error(&error))?;
        Ok(Box::new(PostgresSession { client: Some(client), statements: HashMap::new() }))
    }
}

impl Engine for PostgresEngine {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn dialect(&self) -> Dialect {
        Dialect {
            int: "bigint",
            text: "text collate \"C\"",
            bytes: "bytea",
            real: "double precision",
            table_options: "",
            wide_table_options: "",
        }
    }

    fn writer(&self) -> Result<Box<dyn Session>, StoreError> {
        // "off" would answer before the commit is durable; stronger settings are left alone.
        self.connect(&format!(
            "set idle_in_transaction_session_timeout = {}; \
             select set_config('synchronous_commit', 'on', false) \
             where current_setting('synchronous_commit') = 'off'",
            limits::POSTGRES_IDLE_IN_TRANSACTION_MS,
        ))
    }

    fn reader(&self) -> Result<Box<dyn Session>, StoreError> {
        self.connect("set default_transaction_read_only = on")
    }

    fn copy_into(&self, _file: &Path) -> Result<(), StoreError> {
        let detail = "Postgres is copied by its own tools, such as pg_dump".to_owned();
        Err(StoreError::Snapshot { detail })
    }

    fn lanes(&self) -> LanePlan {
        LanePlan {
            workers: limits::POSTGRES_LANE_WORKERS,
            batch_commands_max: limits::POSTGRES_BATCH_COMMANDS_MAX,
            mixes_lanes: false,
        }
    }
}

struct PostgresSession {
    /// Taken only when dropped.
    client: Option<Client>,
    statements: HashMap<String, Statement>,
}

impl PostgresSession {
    fn client(&mut self) -> Result<&mut Client, StoreError> {
        self.client.as_mut().ok_or(StoreError::Closed)
    }

    fn prepare(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        if self.statements.len() >= limits::STATEMENTS_MAX {
            self.statements.clear();
        }
        let statement = self.client()?.prepare(sql).map_err(|error| store_error(&error))?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn run(&mut self, sql: &str, params: &[Value<'_>]) -> Result<RowIter<'_>, StoreError> {
        let statement = self.prepare(sql)?;
        let bound = params.iter().map(|value| Bound(*value));
        self.client()?.query_raw(&statement, bound).map_err(|error| store_error(&error))
    }
}

impl Drop for PostgresSession {
    fn drop(&mut self) {
        // Dropping a client runs its runtime, which panics on an async thread: here it never does.
        let client = self.client.take();
        let _ = std::thread::spawn(move || drop(client)).join();
    }
}

impl Tx for PostgresSession {
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let mut rows = self.run(sql, params)?;
        while rows.next().map_err(|error| store_error(&error))?.is_some() {}
        Ok(rows.rows_affected().unwrap_or(0))
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut rows = self.run(sql, params)?;
        while let Some(row) = rows.next().map_err(|error| store_error(&error))? {
            each(&Row::new(&row))?;
        }
        Ok(())
    }

    fn insert_rows_max(&self) -> usize {
        limits::POSTGRES_INSERT_ROWS_MAX
    }
}

impl Session for PostgresSession {
    fn begin_write(&mut self) -> Result<(), StoreError> {
        // Not stricter: the lane's row is the lock, and what follows it must see what the
        // previous holder committed.
        self.batch("begin isolation level read committed")
    }

    fn begin_read(&mut self) -> Result<(), StoreError> {
        self.batch("begin isolation level repeatable read read only; select 1")
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.client()?.batch_execute(sql).map_err(|error| store_error(&error))
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.batch("commit").map_err(|error| match error {
            StoreError::Disconnected { detail } => StoreError::Unknown { detail },
            answered => answered,
        })
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.batch("rollback")
    }

    fn in_transaction(&mut self) -> bool {
        self.client.as_ref().is_some_and(|client| !client.is_closed())
    }

    fn lock_schema(&mut self) -> Result<(), StoreError> {
        self.batch(&format!("select pg_advisory_xact_lock({SCHEMA_LOCK})"))?;
        // A URL may give the store a Postgres schema of its own (`?options=-csearch_path%3Dname`),
        // which is created when it is not there.
        let missing = self.query_optional(
            "select replace(split_part(current_setting('search_path'), ',', 1), '\"', '') \
             where current_schema() is null",
            &[],
            |row| Ok(row.text(0)?.to_owned()),
        )?;
        missing.map_or(Ok(()), |name| self.batch(&format!("create schema \"{name}\"")))
    }

    fn self_check(&mut self) -> Result<Vec<String>, StoreError> {
        // Postgres watches its own files; its checksums and amcheck are the operator's.
        Ok(Vec::new())
    }
}

#[derive(Debug)]
struct Bound<'a>(Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        column: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match (self.0, column) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(integer), &Type::INT4) => i32::try_from(integer)?.to_sql(column, out),
            (Value::Int(integer), &Type::INT8) => integer.to_sql(column, out),
            (Value::Real(real), &Type::FLOAT8) => real.to_sql(column, out),
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(column, out),
            (Value::Text(text), column) if <&str as ToSql>::accepts(column) => {
                text.to_sql(column, out)
            }
            (_, column) => Err(format!("a value of another type was given for {column}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Columns for ::postgres::Row {
    fn int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        let expected = StoreError::Column { column, expected: "an integer" };
        let found = match self.columns().get(column).map(|named| named.type_()) {
            Some(&Type::INT8) => self.try_get::<_, Option<i64>>(column),
            Some(&Type::INT4) => self.try_get::<_, Option<i32>>(column).map(|i| i.map(i64::from)),
            Some(&Type::BOOL) => self.try_get::<_, Option<bool>>(column).map(|b| b.map(i64::from)),
            _ => return Err(expected),
        };
        found.map_err(|_| expected)
    }

    fn real(&self, column: usize) -> Result<Option<f64>, StoreError> {
        self.try_get(column).map_err(|_| StoreError::Column { column, expected: "a double" })
    }

    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.try_get(column).map_err(|_| StoreError::Column { column, expected: "text" })
    }

    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        self.try_get(column).map_err(|_| StoreError::Column { column, expected: "bytes" })
    }
}

fn store_error(error: &::postgres::Error) -> StoreError {
    let detail = words(error);
    let Some(state) = error.code() else {
        let is_io = error.source().is_some_and(|cause| cause.is::<std::io::Error>());
        return match error.is_closed() || is_io {
            true => StoreError::Disconnected { detail },
            false => StoreError::Statement { detail },
        };
    };
    if *state == SqlState::READ_ONLY_SQL_TRANSACTION {
        return StoreError::ReadOnly { detail };
    }
    match (state.code(), &state.code()[..2]) {
        (_, "23") => StoreError::Constraint { detail },
        // Serialization failure, deadlock, lock not available.
        ("40001" | "40P01" | "55P03", _) => StoreError::Contended { detail },
        // Connection exceptions; too many connections; shutdown, crash, starting up, idle too long.
        (_, "08") | ("53300" | "57P01" | "57P02" | "57P03" | "57P05" | "25P03", _) => {
            StoreError::Disconnected { detail }
        }
        _ => StoreError::Statement { detail },
    }
}

/// The driver's error with its cause, which it leaves out of its own words.
fn words(error: &::postgres::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
