use super::draft::{Drafted, PingsDraft};
use super::{COLUMNS, row};
use crate::limits::GROUP_ROWS;
use crate::sheet::{SheetWriter, write, write_optional};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedRowGroupWriter;
use std::io::Write;

/// Writes a draft, whose rows it sorts.
pub(crate) fn write_draft<W: Write + Send>(
    draft: &mut PingsDraft,
    out: W,
) -> Result<(), ParquetError> {
    draft.sort();
    let records = (draft.records(), draft.fingerprint());
    let mut sheet = SheetWriter::begin(COLUMNS, records, out)?;
    for rows in draft.groups(GROUP_ROWS) {
        sheet.group(|group| write_group(group, rows))?;
    }
    sheet.finish()
}

/// The columns in their order, see [`COLUMNS`].
fn write_group<'d, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: impl Iterator<Item = Drafted<'d>> + Clone,
) -> Result<(), ParquetError> {
    let pings = rows.clone().map(|row| row.ping);
    write::<ByteArrayType, W>(group, couriers(rows.clone()))?;
    write::<Int64Type, W>(group, pings.clone().map(|ping| ping.at.0))?;
    write::<DoubleType, W>(group, pings.clone().map(|ping| row::degrees(ping.position.lat_e7)))?;
    write::<DoubleType, W>(group, pings.clone().map(|ping| row::degrees(ping.position.lng_e7)))?;
    let speeds = pings.clone().map(|ping| ping.speed_cm_s.map(row::hundredths));
    write_optional::<FloatType, W>(group, speeds)?;
    let headings = pings.clone().map(|ping| ping.heading_cdeg.map(row::hundredths));
    write_optional::<FloatType, W>(group, headings)?;
    let accuracies = pings.clone().map(|ping| ping.accuracy_dm.map(row::tenths));
    write_optional::<FloatType, W>(group, accuracies)?;
    write_optional::<Int32Type, W>(group, pings.map(|ping| ping.battery_percent.map(i32::from)))?;
    write::<Int64Type, W>(group, rows.clone().map(|row| row.appended_at.0))?;
    // Offsets and indices count records: they are far below half of their types.
    write::<Int64Type, W>(group, rows.clone().map(|row| row.offset as i64))?;
    write::<Int32Type, W>(group, rows.map(|row| row.index as i32))
}

/// The couriers' names; one that repeats shares its bytes.
fn couriers<'d>(rows: impl Iterator<Item = Drafted<'d>>) -> impl Iterator<Item = ByteArray> {
    let mut last: Option<(&str, ByteArray)> = None;
    rows.map(move |row| match &last {
        Some((name, bytes)) if *name == row.courier => bytes.clone(),
        _ => {
            let bytes = ByteArray::from(row.courier);
            last.insert((row.courier, bytes)).1.clone()
        }
    })
}
