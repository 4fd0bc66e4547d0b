//! One courier's pings out of a file: only the groups that can hold them are read.

use super::row::{self, ReadRow};
use super::{AT, COURIER};
use crate::column::{Group, Sheet};
use crate::error::ArchiveError;
use crate::hour::Hour;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::{Micros, Span};
use doorstep_domain::tracking::Ping;
use parquet::data_type::ByteArray;
use std::ops::Range;

/// Whose pings, of when, and where they can lie.
#[derive(Debug, Clone, Copy)]
pub struct TrackAsked<'a> {
    /// Whose.
    pub courier: &'a str,
    /// Of when, by their own `at`.
    pub at: Span,
    /// The hours in which they can have been appended, the last not included.
    pub appended: (Hour, Hour),
    /// Only this market's.
    pub market: Option<&'a MarketId>,
    /// The partition of the courier.
    pub partition: u32,
    /// Only files that end at or below this offset.
    pub before_offset: u64,
}

/// A ping as it was archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchivedPing {
    /// What the device said.
    pub ping: Ping,
    /// When it was appended.
    pub appended_at: Micros,
    /// Where its block stood in the partition.
    pub offset: u64,
    /// Where it stood in the block.
    pub index: u32,
}

/// How much was looked at for an answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// Files opened.
    pub files: u64,
    /// Groups of rows that were read.
    pub groups_read: u64,
    /// Groups of rows that could not hold what was asked for.
    pub groups_skipped: u64,
}

/// Hands over one courier's pings of a file, sorted by `at`; `each` says whether to go on.
pub(crate) fn of_file(
    sheet: &Sheet<'_>,
    asked: &TrackAsked<'_>,
    looked: &mut Looked,
    each: &mut dyn FnMut(ArchivedPing) -> bool,
) -> Result<bool, ArchiveError> {
    looked.files += 1;
    for number in 0..sheet.groups() {
        if !can_hold(sheet, number, asked) {
            looked.groups_skipped += 1;
            continue;
        }
        looked.groups_read += 1;
        let group = sheet.group(number)?;
        let rows = rows_of(&group, asked.courier)?;
        for row in row::rows(&group, rows)? {
            let ReadRow { ping, appended_at, offset, index } = row;
            let is_asked = asked.at.contains(ping.at);
            if is_asked && !each(ArchivedPing { ping, appended_at, offset, index }) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Whether a group can hold what is asked for, as far as its bounds say.
fn can_hold(sheet: &Sheet<'_>, group: usize, asked: &TrackAsked<'_>) -> bool {
    let of_courier = sheet.bounds(group, COURIER).is_none_or(|(least, greatest)| {
        least <= asked.courier.as_bytes() && asked.courier.as_bytes() <= greatest
    });
    let of_time = instants(sheet, group)
        .is_none_or(|(first, last)| first < asked.at.end && asked.at.start <= last);
    of_courier && of_time
}

/// Whether the bounds of a group are about its rows.
pub(crate) fn has_true_bounds(
    sheet: &Sheet<'_>,
    group: usize,
    rows: &[ReadRow],
    couriers: &[ByteArray],
) -> bool {
    let of_couriers = sheet.bounds(group, COURIER).is_none_or(|(least, greatest)| {
        couriers.iter().all(|name| least <= name.data() && name.data() <= greatest)
    });
    let of_times = instants(sheet, group)
        .is_none_or(|(first, last)| rows.iter().all(|row| (first..=last).contains(&row.ping.at)));
    of_couriers && of_times
}

fn instants(sheet: &Sheet<'_>, group: usize) -> Option<(Micros, Micros)> {
    let (first, last) = sheet.bounds(group, AT)?;
    let instant = |bytes: &[u8]| bytes.try_into().map(i64::from_le_bytes).map(Micros).ok();
    Some((instant(first)?, instant(last)?))
}

/// The rows of a courier: they follow one another.
fn rows_of(group: &Group<'_>, courier: &str) -> Result<Range<usize>, ArchiveError> {
    let couriers = row::couriers(group)?;
    let first = couriers.partition_point(|name| name.data() < courier.as_bytes());
    let after = couriers.partition_point(|name| name.data() <= courier.as_bytes());
    Ok(first..after)
}
