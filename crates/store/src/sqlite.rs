//! SQLite, the embedded engine: one writer, readers beside it. The only file that names the driver.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::ffi::SQLITE_CONSTRAINT_DATATYPE;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, ToSql};

use crate::engine::{Engine, LanePlan, Session};
use crate::sql::{Dialect, question_marks};
use crate::value::Columns;
use crate::{Row, StoreError, Tx, TxExt, Value, limits};

/// A database file.
pub(crate) struct SqliteEngine {
    path: PathBuf,
}

impl SqliteEngine {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    fn connect(&self, mode: OpenFlags, pragmas: &str) -> Result<SqliteSession, StoreError> {
        let open = || {
            let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&self.path, flags)?;
            let busy_timeout = Duration::from_millis(limits::SQLITE_BUSY_TIMEOUT_MS);
            connection.busy_timeout(busy_timeout)?;
            connection.set_prepared_statement_cache_capacity(limits::STATEMENTS_MAX);
            // A plan is for good: without this, where a partial index might serve, a statement is
            // prepared anew for each other parameter, which was a fifth of closing a day.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.execute_batch(pragmas)?;
            Ok(connection)
        };
        let connection = open().map_err(|error: rusqlite::Error| match store_error(error) {
            contended @ StoreError::Contended { .. } => contended,
            other => StoreError::Open { detail: format!("{}: {other}", self.path.display()) },
        })?;
        Ok(SqliteSession { connection, texts: HashMap::new() })
    }
}

impl Engine for SqliteEngine {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn dialect(&self) -> Dialect {
        Dialect {
            int: "integer",
            text: "text",
            bytes: "blob",
            real: "real",
            table_options: "strict, without rowid",
            wide_table_options: "strict",
        }
    }

    fn writer(&self) -> Result<Box<dyn Session>, StoreError> {
        let pragmas = format!(
            "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; \
             pragma cache_size = -{}; pragma wal_autocheckpoint = {}",
            limits::SQLITE_WRITER_CACHE_KIB,
            limits::SQLITE_CHECKPOINT_PAGES,
        );
        let mode = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        Ok(Box::new(self.connect(mode, &pragmas)?))
    }

    fn reader(&self) -> Result<Box<dyn Session>, StoreError> {
        let pragmas = format!("pragma cache_size = -{}", limits::SQLITE_READER_CACHE_KIB);
        Ok(Box::new(self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY, &pragmas)?))
    }

    fn copy_into(&self, file: &Path) -> Result<(), StoreError> {
        let text = file
            .to_str()
            .ok_or_else(|| StoreError::invalid(format!("{} is not UTF-8", file.display())))?;
        let mut session = self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY, "")?;
        session.execute("vacuum into $1", &[Value::Text(text)])?;
        Ok(())
    }

    fn lanes(&self) -> LanePlan {
        LanePlan {
            workers: 1,
            batch_commands_max: limits::SQLITE_BATCH_COMMANDS_MAX,
            mixes_lanes: true,
        }
    }
}

struct SqliteSession {
    connection: Connection,
    /// Statements as written, and as SQLite wants them.
    texts: HashMap<String, String>,
}

impl SqliteSession {
    fn prepare(&mut self, sql: &str, given: usize) -> Result<CachedStatement<'_>, StoreError> {
        if !self.texts.contains_key(sql) {
            if self.texts.len() >= limits::STATEMENTS_MAX {
                self.texts.clear();
            }
            self.texts.insert(sql.to_owned(), question_marks(sql).into_owned());
        }
        let statement = self.connection.prepare_cached(&self.texts[sql]).map_err(store_error)?;
        let wanted = statement.parameter_count();
        if wanted != given {
            let detail = format!("{wanted} parameters wanted, {given} given: {sql}");
            return Err(StoreError::Statement { detail });
        }
        Ok(statement)
    }
}

fn bind(statement: &mut CachedStatement<'_>, params: &[Value<'_>]) -> Result<(), StoreError> {
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Bound(*value)).map_err(store_error)?;
    }
    Ok(())
}

impl Tx for SqliteSession {
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        self.execute_each(sql, params.len(), params)
    }

    /// A statement is found once for all rows: to find it costs as much as to insert a small one.
    fn execute_each(
        &mut self,
        sql: &str,
        columns: usize,
        rows: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        let mut statement = self.prepare(sql, columns)?;
        if columns == 0 {
            return Ok(statement.raw_execute().map_err(store_error)? as u64);
        }
        let mut changed = 0;
        for row in rows.chunks_exact(columns) {
            bind(&mut statement, row)?;
            changed += statement.raw_execute().map_err(store_error)? as u64;
        }
        Ok(changed)
    }

    fn query(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.prepare(sql, params.len())?;
        bind(&mut statement, params)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(store_error)? {
            each(&Row::new(row))?;
        }
        Ok(())
    }

    fn insert_rows_max(&self) -> usize {
        limits::SQLITE_INSERT_ROWS_MAX
    }
}

impl Session for SqliteSession {
    fn begin_write(&mut self) -> Result<(), StoreError> {
        self.batch("begin immediate")
    }

    fn row_lock(&self) -> &'static str {
        ""
    }

    fn begin_read(&mut self) -> Result<(), StoreError> {
        // A deferred transaction takes its snapshot at the first read, so there is one here.
        self.batch("begin; select 1 from sqlite_schema limit 1")
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(store_error)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.batch("commit").map_err(|error| match error {
            known @ (StoreError::Contended { .. } | StoreError::Constraint { .. }) => known,
            // The commit record may have reached the file before the sync failed.
            other => StoreError::Unknown { detail: other.to_string() },
        })
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        if self.in_transaction() { self.batch("rollback") } else { Ok(()) }
    }

    fn in_transaction(&mut self) -> bool {
        !self.connection.is_autocommit()
    }

    fn lock_schema(&mut self) -> Result<(), StoreError> {
        // `begin immediate` already keeps every other writer out.
        Ok(())
    }

    fn self_check(&mut self) -> Result<Vec<String>, StoreError> {
        let mut findings =
            self.query_all("pragma integrity_check", &[], |row| Ok(row.text(0)?.to_owned()))?;
        findings.retain(|finding| finding != "ok");
        self.query("pragma foreign_key_check", &[], &mut |row| {
            let (child, parent) = (row.text(0)?, row.text(2)?);
            findings.push(format!("a row of {child} refers to a missing row of {parent}"));
            Ok(())
        })?;
        Ok(findings)
    }
}

struct Bound<'a>(Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(integer) => ValueRef::Integer(integer),
            Value::Real(real) => ValueRef::Real(real),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Columns for rusqlite::Row<'_> {
    fn int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        let found = self.get_ref(column).map_err(store_error)?.as_i64_or_null();
        found.map_err(|_| StoreError::Column { column, expected: "an integer" })
    }

    fn real(&self, column: usize) -> Result<Option<f64>, StoreError> {
        let found = self.get_ref(column).map_err(store_error)?.as_f64_or_null();
        found.map_err(|_| StoreError::Column { column, expected: "a double" })
    }

    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        let found = self.get_ref(column).map_err(store_error)?.as_str_or_null();
        found.map_err(|_| StoreError::Column { column, expected: "text" })
    }

    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        let found = self.get_ref(column).map_err(store_error)?.as_blob_or_null();
        found.map_err(|_| StoreError::Column { column, expected: "bytes" })
    }
}

fn store_error(error: rusqlite::Error) -> StoreError {
    let detail = error.to_string();
    let extended = error.sqlite_error().map(|sqlite| sqlite.extended_code);
    match error.sqlite_error_code() {
        // Text for an integer is the program's mistake, as on Postgres, and not a constraint.
        _ if extended == Some(SQLITE_CONSTRAINT_DATATYPE) => StoreError::Statement { detail },
        Some(ErrorCode::ConstraintViolation) => StoreError::Constraint { detail },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Contended { detail }
        }
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly { detail },
        _ => StoreError::Statement { detail },
    }
}
