use crate::limits::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX};
use crate::run::{Entry, Run, put_number, take_bytes, take_number};

/// The body is the payload itself.
const FORMAT_PLAIN: u32 = 1;
/// The body is the payload as one zstd frame.
const FORMAT_ZSTD: u32 = 2;
/// Below this many bytes a frame's own overhead eats what it saves.
const COMPRESSED_FROM_BYTES: usize = 256;
/// The fastest standard level: events are JSON and shrink eightfold at it already.
const LEVEL_CLOSE: i32 = 1;
/// A level that looks less closely: three times as fast, both ways. Blocks of pings are dense, and
/// shrink to 59 % of their size at it, to 50 % at the other.
const LEVEL_FAST: i32 = -3;
/// What shrinks at least so many times is worth a close look.
const CLOSE_FROM_RATIO: usize = 4;

/// One row as it lies on disk. A payload is a sequence of runs, each: append time (zigzag LEB128
/// microseconds after the batch's), number of records, then per record key and value, each with
/// its length before it. Numbers are LEB128.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredBatch<'a> {
    pub(crate) first_offset: u64,
    pub(crate) records: u64,
    pub(crate) appended_at_us: i64,
    pub(crate) format: u32,
    pub(crate) payload_bytes: u64,
    pub(crate) checksum: u32,
    pub(crate) body: &'a [u8],
}

impl StoredBatch<'_> {
    /// CRC-32 (IEEE) over every other column, so that a row moved or altered anywhere is noticed.
    fn checksum(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.first_offset.to_le_bytes());
        hasher.update(&self.records.to_le_bytes());
        hasher.update(&self.appended_at_us.to_le_bytes());
        hasher.update(&self.format.to_le_bytes());
        hasher.update(&self.payload_bytes.to_le_bytes());
        hasher.update(self.body);
        hasher.finalize()
    }
}

/// Composes batches of runs, one after another, in buffers of its own.
pub(crate) struct Composer {
    payload: Vec<u8>,
    compressed: Vec<u8>,
    records: u64,
    appended_at_us: i64,
    compressor: Option<zstd::bulk::Compressor<'static>>,
    level: i32,
}

impl Composer {
    pub(crate) fn new() -> Composer {
        Composer {
            payload: Vec::new(),
            compressed: Vec::new(),
            records: 0,
            appended_at_us: 0,
            // Without a compressor batches are stored plain: larger, and as good.
            compressor: zstd::bulk::Compressor::new(LEVEL_CLOSE).ok(),
            level: LEVEL_CLOSE,
        }
    }

    pub(crate) fn records(&self) -> u64 {
        self.records
    }

    pub(crate) fn has_room_for(&self, run: &Run) -> bool {
        self.records == 0
            || (self.payload.len() + run.encoded.len() <= BATCH_BYTES_MAX
                && self.records + run.records <= BATCH_RECORDS_MAX)
    }

    pub(crate) fn push(&mut self, run: &Run) {
        if self.records == 0 {
            self.appended_at_us = run.appended_at_us;
        }
        let after_us = run.appended_at_us.wrapping_sub(self.appended_at_us);
        put_number(&mut self.payload, zigzag(after_us));
        put_number(&mut self.payload, run.records);
        self.payload.extend_from_slice(&run.encoded);
        self.records += run.records;
    }

    /// The batch composed so far, as the row that starts at `first_offset`.
    pub(crate) fn seal(&mut self, first_offset: u64) -> StoredBatch<'_> {
        let smaller = self.compress();
        let mut batch = StoredBatch {
            first_offset,
            records: self.records,
            appended_at_us: self.appended_at_us,
            format: if smaller { FORMAT_ZSTD } else { FORMAT_PLAIN },
            payload_bytes: self.payload.len() as u64,
            checksum: 0,
            body: if smaller { &self.compressed } else { &self.payload },
        };
        batch.checksum = batch.checksum();
        batch
    }

    pub(crate) fn clear(&mut self) {
        self.payload.clear();
        self.records = 0;
    }

    /// Whether the compressed payload is worth keeping: every later read pays for it.
    fn compress(&mut self) -> bool {
        let Some(compressor) = self.compressor.as_mut() else {
            return false;
        };
        if self.payload.len() < COMPRESSED_FROM_BYTES {
            return false;
        }
        self.compressed.clear();
        self.compressed.reserve(zstd::zstd_safe::compress_bound(self.payload.len()));
        let written = compressor.compress_to_buffer(&self.payload, &mut self.compressed);
        let Ok(bytes) = written else { return false };
        // The next batch of a partition is of the same kind.
        let shrinks_well = bytes * CLOSE_FROM_RATIO <= self.payload.len();
        let level = if shrinks_well { LEVEL_CLOSE } else { LEVEL_FAST };
        if level != self.level && compressor.set_compression_level(level).is_ok() {
            self.level = level;
        }
        bytes < self.payload.len() / 4 * 3
    }
}

/// One batch opened for reading: its checksum is right and its payload unpacked.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) first_offset: u64,
    pub(crate) records: u64,
    appended_at_us: i64,
    payload: Vec<u8>,
}

impl Batch {
    /// Opens a row; fails with what is wrong with it.
    pub(crate) fn open(stored: &StoredBatch<'_>) -> Result<Batch, &'static str> {
        if stored.checksum() != stored.checksum {
            return Err("the checksum differs");
        }
        let payload = match stored.format {
            FORMAT_PLAIN => stored.body.to_vec(),
            FORMAT_ZSTD => decompress(stored)?,
            _ => return Err("the format is of a newer version"),
        };
        if payload.len() as u64 != stored.payload_bytes {
            return Err("the payload has another length than announced");
        }
        Ok(Batch {
            first_offset: stored.first_offset,
            records: stored.records,
            appended_at_us: stored.appended_at_us,
            payload,
        })
    }

    /// The offset after its last record.
    pub(crate) fn end(&self) -> u64 {
        self.first_offset.saturating_add(self.records)
    }

    pub(crate) fn contains(&self, offset: u64) -> bool {
        (self.first_offset..self.end()).contains(&offset)
    }

    pub(crate) fn entries(&self) -> Entries<'_> {
        Entries {
            offset: self.first_offset,
            batch_appended_at_us: self.appended_at_us,
            appended_at_us: self.appended_at_us,
            left_in_run: 0,
            rest: &self.payload,
        }
    }
}

fn decompress(stored: &StoredBatch<'_>) -> Result<Vec<u8>, &'static str> {
    // Framing may take a payload a little over the limit; more was never written.
    let capacity = usize::try_from(stored.payload_bytes).unwrap_or(usize::MAX);
    if capacity > 2 * BATCH_BYTES_MAX {
        return Err("the payload is longer than any batch");
    }
    zstd::bulk::decompress(stored.body, capacity).map_err(|_| "it cannot be decompressed")
}

/// A record inside an opened batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryView<'a> {
    pub(crate) offset: u64,
    appended_at_us: i64,
    key: &'a [u8],
    value: &'a [u8],
}

impl EntryView<'_> {
    /// What counts against a reader's limit: key and value.
    pub(crate) fn bytes(&self) -> usize {
        self.key.len() + self.value.len()
    }

    pub(crate) fn to_entry(self) -> Entry {
        Entry {
            offset: self.offset,
            appended_at_us: self.appended_at_us,
            key: self.key.to_vec(),
            value: self.value.to_vec(),
        }
    }
}

/// Walks the records of a batch; `None` ends the payload, an error is a payload cut short.
pub(crate) struct Entries<'a> {
    offset: u64,
    batch_appended_at_us: i64,
    appended_at_us: i64,
    left_in_run: u64,
    rest: &'a [u8],
}

impl<'a> Entries<'a> {
    fn take_entry(&mut self) -> Option<EntryView<'a>> {
        if self.left_in_run == 0 {
            let after_us = unzigzag(take_number(&mut self.rest)?);
            self.appended_at_us = self.batch_appended_at_us.wrapping_add(after_us);
            self.left_in_run = take_number(&mut self.rest)?;
        }
        let key = take_bytes(&mut self.rest)?;
        let value = take_bytes(&mut self.rest)?;
        let entry =
            EntryView { offset: self.offset, appended_at_us: self.appended_at_us, key, value };
        self.left_in_run = self.left_in_run.checked_sub(1)?;
        self.offset += 1;
        Some(entry)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<EntryView<'a>, &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() && self.left_in_run == 0 {
            return None;
        }
        let entry = self.take_entry();
        if entry.is_none() {
            (self.rest, self.left_in_run) = (&[], 0);
        }
        Some(entry.ok_or("the payload is cut short"))
    }
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

#[cfg(test)]
mod tests;
