use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior, params};

use crate::batch::StoredBatch;
use crate::error::LogError;
use crate::limits::{
    BUSY_TIMEOUT_MS, CHECKPOINT_PAGES, FORGET_BATCHES_MAX, PAGE_BYTES, WAL_BYTES_KEPT,
};
use crate::partition::Identity;

/// "DOOR": tells a partition from any other SQLite file.
const APPLICATION_ID: u32 = 0x444f_4f52;
/// The version of the tables below.
const FORMAT_VERSION: u32 = 1;

/// Every commit is synced before it is answered; the level below may lose the last ones.
const SYNCHRONOUS_FULL: u64 = 2;

const TABLES: &str = "
    create table batch (
        first_offset integer primary key,
        records integer not null check (records > 0),
        appended_at_us integer not null,
        format integer not null,
        payload_bytes integer not null,
        checksum integer not null,
        body blob not null
    ) strict;
    create table partition (
        topic text not null,
        number integer not null,
        start_offset integer not null
    ) strict;";

/// The columns of a batch, in the order of `StoredBatch`.
macro_rules! select_batch {
    ($rest:literal) => {
        concat!(
            "select first_offset, records, appended_at_us, format, payload_bytes, checksum, body ",
            "from batch ",
            $rest
        )
    };
}

/// The batch that holds an offset, or the last one before it.
pub(super) const BATCH_AT: &str =
    select_batch!("where first_offset <= ?1 order by first_offset desc limit 1");
/// Every batch, in order.
pub(super) const ALL_BATCHES: &str = select_batch!("order by first_offset");

const INSERT_BATCH: &str = "insert into batch values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// Opens the partition's file for its one writer, and makes it where `may_create` allows.
pub(super) fn open_for_writing(
    identity: &Identity,
    may_create: bool,
) -> Result<Connection, LogError> {
    let path = &identity.path;
    if !may_create && !path.exists() {
        return Err(LogError::format(path, "the file of the partition is missing"));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = open(path, flags).map_err(LogError::storage(path))?;
    let is_new = may_create && is_blank(&connection).map_err(LogError::storage(path))?;
    if !is_new {
        check_identity(&connection, identity)?;
    }
    configure(&connection, path)?;
    if is_new {
        create_tables(&mut connection, identity).map_err(LogError::storage(path))?;
    }
    Ok(connection)
}

/// Opens the partition's file for reading what is committed.
pub(crate) fn open_for_reading(path: &Path) -> rusqlite::Result<Connection> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn open(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS.into()))?;
    Ok(connection)
}

/// The page size comes first: it is fixed once the file has a page. SQLite does not fail where a
/// file system cannot share memory between connections, it only keeps another journal mode.
fn configure(connection: &Connection, path: &Path) -> Result<(), LogError> {
    let storage = |error| LogError::storage(path)(error);
    let set = |name, value| connection.pragma_update(None, name, value).map_err(storage);
    set("page_size", u64::from(PAGE_BYTES))?;
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(storage)?;
    if mode != "wal" {
        let reason = format!("the file system allows journal mode {mode} only, not wal");
        return Err(LogError::format(path, reason));
    }
    set("synchronous", SYNCHRONOUS_FULL)?;
    set("wal_autocheckpoint", u64::from(CHECKPOINT_PAGES))?;
    set("journal_size_limit", WAL_BYTES_KEPT)
}

fn is_blank(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("select count(*) = 0 from sqlite_schema", [], |row| row.get(0))
}

/// All or nothing: a crash in between leaves a blank file, which is made again.
fn create_tables(connection: &mut Connection, identity: &Identity) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(TABLES)?;
    transaction.execute(
        "insert into partition (topic, number, start_offset) values (?1, ?2, 0)",
        params![identity.topic, identity.number],
    )?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", FORMAT_VERSION)?;
    transaction.commit()
}

/// Refuses a file that is something else, of another version, or of another partition.
fn check_identity(connection: &Connection, identity: &Identity) -> Result<(), LogError> {
    let path = &identity.path;
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    if pragma("application_id").map_err(LogError::storage(path))? != APPLICATION_ID {
        return Err(LogError::format(path, "not a partition of a log"));
    }
    let version = pragma("user_version").map_err(LogError::storage(path))?;
    if version != FORMAT_VERSION {
        let reason = format!("format version {version}, this program reads {FORMAT_VERSION}");
        return Err(LogError::format(path, reason));
    }
    let (topic, number): (String, u32) = connection
        .query_row("select topic, number from partition", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(LogError::storage(path))?;
    if topic != identity.topic || number != identity.number {
        return Err(LogError::format(path, format!("it is partition {number} of topic {topic}")));
    }
    Ok(())
}

/// Reads a row of [`BATCH_AT`] or [`ALL_BATCHES`] without copying its body.
pub(super) fn stored_batch<'a>(row: &'a Row<'_>) -> rusqlite::Result<StoredBatch<'a>> {
    Ok(StoredBatch {
        first_offset: row.get(0)?,
        records: row.get(1)?,
        appended_at_us: row.get(2)?,
        format: row.get(3)?,
        payload_bytes: row.get(4)?,
        checksum: row.get(5)?,
        body: row.get_ref(6)?.as_blob()?,
    })
}

pub(super) fn insert(
    transaction: &Transaction<'_>,
    batch: &StoredBatch<'_>,
) -> rusqlite::Result<()> {
    transaction.prepare_cached(INSERT_BATCH)?.execute(params![
        batch.first_offset,
        batch.records,
        batch.appended_at_us,
        batch.format,
        batch.payload_bytes,
        batch.checksum,
        batch.body,
    ])?;
    Ok(())
}

/// Writes what is committed into a new file, while the writer goes on.
pub(crate) fn copy_into(path: &Path, new: &Path) -> Result<(), LogError> {
    let connection = open_for_reading(path).map_err(LogError::storage(path))?;
    let text = new.to_str();
    let text = text.ok_or_else(|| LogError::format(new, "the path is not UTF-8"))?;
    let copied = connection.execute("vacuum into ?1", [text]);
    copied.map(|_| ()).map_err(LogError::storage(new))
}

/// The first offset still there, and the offset the next record will get.
pub(crate) fn bounds(connection: &Connection) -> rusqlite::Result<Range<u64>> {
    connection.query_row(
        "select start_offset, coalesce(
            (select first_offset + records from batch order by first_offset desc limit 1),
            start_offset) from partition",
        [],
        |row| Ok(row.get(0)?..row.get(1)?),
    )
}

/// Drops up to [`FORGET_BATCHES_MAX`] batches that lie wholly below `before`; answers the offset
/// the partition now starts at, and whether more remain to be dropped.
pub(super) fn forget_some(
    connection: &mut Connection,
    before: u64,
) -> rusqlite::Result<(u64, bool)> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let end = bounds(&transaction)?.end;
    let dropped = transaction.execute(
        "delete from batch where first_offset in (
            select first_offset from batch where first_offset + records <= ?1
            order by first_offset limit ?2)",
        params![before.min(end), FORGET_BATCHES_MAX],
    )?;
    let start: u64 = transaction.query_row(
        "select coalesce((select min(first_offset) from batch), ?1)",
        [end],
        |row| row.get(0),
    )?;
    transaction.execute("update partition set start_offset = ?1", [start])?;
    transaction.commit()?;
    Ok((start, dropped == FORGET_BATCHES_MAX as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A1: an answer means durable; no later line may undo what makes it so.
    #[test]
    fn a_writer_syncs_every_commit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("000.sqlite");
        let identity = Identity { topic: "events", number: 0, path };
        for may_create in [true, false] {
            let connection = open_for_writing(&identity, may_create).unwrap();
            let pragma = |name: &str| {
                connection.query_row(
                    &format!("select cast({name} as text) from pragma_{name}"),
                    [],
                    |row| row.get::<_, String>(0),
                )
            };
            for (name, value) in
                [("journal_mode", "wal"), ("synchronous", "2"), ("page_size", "16384")]
            {
                assert_eq!(pragma(name).unwrap(), value, "{name}");
            }
        }
    }
}
