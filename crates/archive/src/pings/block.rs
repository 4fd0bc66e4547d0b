//! Blocks of the log, made again of rows.

use super::{row, track};
use crate::column::Sheet;
use crate::error::ArchiveError;
use crate::records::Kept;
use doorstep_domain::tracking::batch;
use parquet::data_type::ByteArray;

/// The blocks of a file, in the order of their offsets, under the market's name.
pub(crate) fn blocks(sheet: &Sheet<'_>, market: &str) -> Result<Vec<Kept>, ArchiveError> {
    let mut rows: Vec<(row::ReadRow, ByteArray)> = Vec::new();
    for number in 0..sheet.groups() {
        let group = sheet.group(number)?;
        let of_group = row::rows(&group, 0..group.rows())?;
        let couriers = row::couriers(&group)?;
        // Tracks go by the bounds: what they leave out would be lost to them.
        if !track::has_true_bounds(sheet, number, &of_group, &couriers) {
            return Err(sheet.damaged("the bounds of a group are not those of its rows"));
        }
        rows.extend(of_group.into_iter().zip(couriers));
    }
    rows.sort_unstable_by_key(|(row, _)| (row.offset, row.index));
    let blocks = rows.chunk_by(|(one, _), (other, _)| one.offset == other.offset);
    blocks.map(|rows| block(sheet, market, rows)).collect()
}

fn block(
    sheet: &Sheet<'_>,
    market: &str,
    rows: &[(row::ReadRow, ByteArray)],
) -> Result<Kept, ArchiveError> {
    let damaged = |reason: &str| ArchiveError::damaged(sheet.path, reason);
    let mut batch = batch::Writer::new();
    for (index, (row, courier)) in (0..).zip(rows) {
        if row.index != index {
            return Err(damaged(&format!("ping {index} of offset {} is missing", row.offset)));
        }
        let courier = courier.as_utf8().map_err(|_| damaged("a courier's name is not UTF-8"))?;
        batch.push(courier, &row.ping);
    }
    let (first, _) = rows.first().ok_or_else(|| damaged("a block has no pings"))?;
    Ok(Kept {
        offset: first.offset,
        appended_at: first.appended_at,
        key: market.as_bytes().to_vec(),
        value: batch.finish(),
    })
}
