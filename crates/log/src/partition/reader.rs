use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};

use crate::batch::{Batch, StoredBatch};
use crate::error::LogError;
use crate::limits::READERS_KEPT_MAX;
use crate::partition::{Identity, file};
use crate::run::Entry;

/// What a verified partition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The first offset still there, and the offset the next record will get.
    pub offsets: Range<u64>,
    /// How many batches hold them.
    pub batches: u64,
    /// What the batches take on disk, in bytes.
    pub stored_bytes: u64,
}

/// How much one read may still take.
pub(super) struct Room {
    pub(super) records: usize,
    pub(super) bytes: usize,
}

/// The idle readers of a partition, newest last.
#[derive(Default)]
pub(super) struct Readers {
    idle: Mutex<Vec<Reader>>,
}

/// A read-only connection and the batch it opened last: a consumer takes a batch in several
/// reads, and one that is unpacked already costs a walk instead of a row.
pub(super) struct Reader {
    connection: Connection,
    last: Option<Batch>,
}

impl Readers {
    /// Reads `offsets`, which lie between the partition's bounds, as far as there is room.
    pub(super) fn read(
        &self,
        identity: &Identity,
        offsets: Range<u64>,
        room: Room,
    ) -> Result<Vec<Entry>, LogError> {
        let idle = self.take_idle(offsets.start);
        let mut reader = idle.map_or_else(|| Reader::open(identity), Ok)?;
        let entries = reader.read(identity, offsets, room)?;
        self.keep(reader);
        Ok(entries)
    }

    /// Closes every idle connection.
    pub(super) fn clear(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn take_idle(&self, offset: u64) -> Option<Reader> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.iter().position(|reader| reader.stands_at(offset)) {
            Some(fitting) => Some(idle.swap_remove(fitting)),
            None if idle.len() < READERS_KEPT_MAX => None,
            None => idle.pop(),
        }
    }

    fn keep(&self, reader: Reader) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < READERS_KEPT_MAX {
            idle.push(reader);
        }
    }
}

impl Reader {
    fn open(identity: &Identity) -> Result<Reader, LogError> {
        let connection = file::open_for_reading(&identity.path);
        let connection = connection.map_err(LogError::storage(&identity.path))?;
        Ok(Reader { connection, last: None })
    }

    /// Whether it has the offset's batch open, or has just read the one before it.
    fn stands_at(&self, offset: u64) -> bool {
        let open = self.last.as_ref();
        open.is_some_and(|batch| batch.contains(offset) || batch.end() == offset)
    }

    fn read(
        &mut self,
        identity: &Identity,
        offsets: Range<u64>,
        mut room: Room,
    ) -> Result<Vec<Entry>, LogError> {
        let mut entries = Vec::new();
        let mut next = offsets.start;
        while next < offsets.end && room.records > 0 {
            let batch = self.batch_at(identity, next)?;
            let taken = take_entries(batch, next, &mut room, &mut entries);
            let taken =
                taken.map_err(|why| LogError::damaged(&identity.path, batch.first_offset, why))?;
            if taken == 0 {
                break;
            }
            next += taken;
        }
        Ok(entries)
    }

    fn batch_at(&mut self, identity: &Identity, offset: u64) -> Result<&Batch, LogError> {
        let open = self.last.take().filter(|batch| batch.contains(offset));
        let batch = match open {
            Some(batch) => batch,
            None => self.load(identity, offset)?,
        };
        Ok(self.last.insert(batch))
    }

    fn load(&self, identity: &Identity, offset: u64) -> Result<Batch, LogError> {
        let storage = |error| LogError::storage(&identity.path)(error);
        let mut statement = self.connection.prepare_cached(file::BATCH_AT).map_err(storage)?;
        let opened = statement
            .query_row([offset], |row| Ok(open_batch(identity, &file::stored_batch(row)?)))
            .optional()
            .map_err(storage)?;
        if let Some(batch) = opened.transpose()?
            && batch.contains(offset)
        {
            return Ok(batch);
        }
        Err(self.missing(identity, offset))
    }

    /// An offset between the bounds without a batch: forgotten a moment ago, or lost.
    fn missing(&self, identity: &Identity, offset: u64) -> LogError {
        match file::bounds(&self.connection) {
            Ok(bounds) if offset < bounds.start => identity.forgotten(offset, bounds.start),
            Ok(_) => LogError::damaged(&identity.path, offset, "the batch is missing"),
            Err(error) => LogError::storage(&identity.path)(error),
        }
    }
}

fn open_batch(identity: &Identity, stored: &StoredBatch<'_>) -> Result<Batch, LogError> {
    Batch::open(stored).map_err(|why| LogError::damaged(&identity.path, stored.first_offset, why))
}

/// Takes a batch's records from `from` on while there is room, and one in any case, so that a
/// reader with little room still gets on.
fn take_entries(
    batch: &Batch,
    from: u64,
    room: &mut Room,
    entries: &mut Vec<Entry>,
) -> Result<u64, &'static str> {
    let mut taken = 0;
    for entry in batch.entries() {
        let entry = entry?;
        if entry.offset < from {
            continue;
        }
        let bytes = entry.bytes();
        let fits = bytes <= room.bytes || entries.is_empty();
        if room.records == 0 || !fits {
            return Ok(taken);
        }
        room.records -= 1;
        room.bytes = room.bytes.saturating_sub(bytes);
        entries.push(entry.to_entry());
        taken += 1;
    }
    let reached_its_end = from + taken == batch.end();
    reached_its_end.then_some(taken).ok_or("it holds another number of records than announced")
}

/// Reads a whole partition and checks that its pages are sound, every checksum is right, and
/// offsets follow one another from the first kept to the last acknowledged.
pub(super) fn verify(identity: &Identity, acknowledged_end: u64) -> Result<Verified, LogError> {
    let storage = |error| LogError::storage(&identity.path)(error);
    let reader = Reader::open(identity)?;
    // One read transaction: what is appended or forgotten meanwhile does not confuse the walk.
    let connection = &reader.connection;
    let snapshot = connection.unchecked_transaction().map_err(storage)?;
    let bounds = file::bounds(&snapshot).map_err(storage)?;
    check_pages(identity, &snapshot)?;
    let mut verified =
        Verified { offsets: bounds.start..bounds.start, batches: 0, stored_bytes: 0 };
    let mut statement = snapshot.prepare(file::ALL_BATCHES).map_err(storage)?;
    let mut rows = statement.query([]).map_err(storage)?;
    while let Some(row) = rows.next().map_err(storage)? {
        verified.follow(identity, &file::stored_batch(row).map_err(storage)?)?;
    }
    if verified.offsets.end < acknowledged_end {
        let reason = "acknowledged records are missing";
        return Err(LogError::damaged(&identity.path, verified.offsets.end, reason));
    }
    Ok(verified)
}

fn check_pages(identity: &Identity, connection: &Connection) -> Result<(), LogError> {
    let found: String = connection
        .query_row("pragma quick_check(1)", [], |row| row.get(0))
        .map_err(LogError::storage(&identity.path))?;
    if found == "ok" { Ok(()) } else { Err(LogError::format(&identity.path, found)) }
}

impl Verified {
    fn follow(&mut self, identity: &Identity, stored: &StoredBatch<'_>) -> Result<(), LogError> {
        let damaged = |why| LogError::damaged(&identity.path, stored.first_offset, why);
        let batch = open_batch(identity, stored)?;
        if batch.first_offset != self.offsets.end {
            return Err(damaged("it does not follow the batch before it"));
        }
        let mut room = Room { records: usize::MAX, bytes: usize::MAX };
        take_entries(&batch, batch.first_offset, &mut room, &mut Vec::new()).map_err(damaged)?;
        self.offsets.end = batch.end();
        self.batches += 1;
        self.stored_bytes += stored.body.len() as u64;
        Ok(())
    }
}
