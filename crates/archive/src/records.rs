//! Records as the log carried them, with what can be read of them beside.

use crate::column::{Column, Kind, Sheet};
use crate::error::ArchiveError;
use crate::fingerprint::Fingerprint;
use crate::limits::GROUP_ROWS;
use crate::sheet::{SheetWriter, write, write_optional};
use doorstep_domain::time::Micros;
use parquet::basic::Encoding;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedRowGroupWriter;
use std::io::Write;

/// The columns of a file: the record, and what an event says of itself.
pub(crate) const COLUMNS: &[Column] = &[
    Column::of("offset", Kind::Long).encoded(Encoding::DELTA_BINARY_PACKED),
    Column::of("appended_at", Kind::Instant).encoded(Encoding::DELTA_BINARY_PACKED),
    Column::of("key", Kind::Bytes),
    Column::of("value", Kind::Bytes),
    Column::of("id", Kind::Text).or_null(),
    Column::of("type", Kind::Text).or_null(),
    Column::of("subject", Kind::Text).or_null(),
    Column::of("time", Kind::Instant).or_null(),
];

/// A record as the log carried it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its place in the partition.
    pub offset: u64,
    /// When it was appended.
    pub appended_at: Micros,
    /// What decided its partition.
    pub key: Vec<u8>,
    /// What it carried.
    pub value: Vec<u8>,
}

/// What can be read of a record, for those who search the archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readable {
    /// The event's own name.
    pub id: Option<String>,
    /// What happened.
    pub kind: Option<String>,
    /// To what.
    pub subject: Option<String>,
    /// When.
    pub time: Option<Micros>,
}

/// Records of one market, in the order of their offsets, that are to be archived together.
#[derive(Debug, Default)]
pub struct RecordsDraft {
    rows: Vec<(Kept, Readable)>,
    bytes: usize,
    fingerprint: Fingerprint,
}

impl RecordsDraft {
    /// Adds a record.
    pub fn push(&mut self, record: Kept, readable: Readable) {
        self.fingerprint.add(record.offset, record.appended_at, &record.value);
        self.bytes += record.key.len() + record.value.len();
        self.rows.push((record, readable));
    }

    /// How many it has.
    pub fn records(&self) -> usize {
        self.rows.len()
    }

    /// What tells its records from others.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Bytes of keys and values.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Writes a draft.
pub(crate) fn write_draft<W: Write + Send>(
    draft: &RecordsDraft,
    out: W,
) -> Result<(), ParquetError> {
    let records = (draft.records(), draft.fingerprint());
    let mut sheet = SheetWriter::begin(COLUMNS, records, out)?;
    for rows in draft.rows.chunks(GROUP_ROWS) {
        sheet.group(|group| write_group(group, rows))?;
    }
    sheet.finish()
}

/// The columns in their order, see [`COLUMNS`].
fn write_group<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[(Kept, Readable)],
) -> Result<(), ParquetError> {
    let kept = rows.iter().map(|(kept, _)| kept);
    let readable = rows.iter().map(|(_, readable)| readable);
    let bytes = |bytes: &Vec<u8>| ByteArray::from(bytes.clone());
    let text = |text: &Option<String>| text.as_deref().map(ByteArray::from);
    // Offsets count records: they are far below half of their type.
    write::<Int64Type, W>(group, kept.clone().map(|record| record.offset as i64))?;
    write::<Int64Type, W>(group, kept.clone().map(|record| record.appended_at.0))?;
    write::<ByteArrayType, W>(group, kept.clone().map(|record| bytes(&record.key)))?;
    write::<ByteArrayType, W>(group, kept.map(|record| bytes(&record.value)))?;
    write_optional::<ByteArrayType, W>(group, readable.clone().map(|event| text(&event.id)))?;
    write_optional::<ByteArrayType, W>(group, readable.clone().map(|event| text(&event.kind)))?;
    write_optional::<ByteArrayType, W>(group, readable.clone().map(|event| text(&event.subject)))?;
    write_optional::<Int64Type, W>(group, readable.map(|event| event.time.map(|time| time.0)))
}

/// The records of a file, in the order of their offsets.
pub(crate) fn records(sheet: &Sheet<'_>) -> Result<Vec<Kept>, ArchiveError> {
    let mut records = Vec::new();
    for number in 0..sheet.groups() {
        let group = sheet.group(number)?;
        let rows = 0..group.rows();
        let offsets = group.read::<Int64Type>(0, rows.clone())?;
        let appended_at = group.read::<Int64Type>(1, rows.clone())?;
        let keys = group.read::<ByteArrayType>(2, rows.clone())?;
        let values = group.read::<ByteArrayType>(3, rows)?;
        let places = offsets.into_iter().zip(appended_at);
        for ((offset, appended_at), (key, value)) in places.zip(keys.iter().zip(values)) {
            let offset = u64::try_from(offset);
            let offset = offset.map_err(|_| group.damaged("an offset is negative"))?;
            let (key, value) = (key.data().to_vec(), value.data().to_vec());
            records.push(Kept { offset, appended_at: Micros(appended_at), key, value });
        }
    }
    Ok(records)
}
