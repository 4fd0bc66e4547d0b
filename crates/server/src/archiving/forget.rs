//! What the log of pings no longer needs to hold. Events are not forgotten: reconciliation reads
//! the log.

use super::step::next_offset;
use crate::app::App;
use crate::error::AppError;
use crate::tracking::tracker::TRACKER;
use crate::wire::PINGS;
use doorstep_domain::time::Micros;
use doorstep_store::cursor::{self, Cursor, CursorId};

/// The offset below which nobody needs a partition of the pings: it is archived, and a tracker
/// that starts anew does not begin before it.
pub fn may_forget(app: &App, partition: u32) -> Result<u64, AppError> {
    let archived = next_offset(app, PINGS, partition)?;
    let id = CursorId { consumer: TRACKER, topic: PINGS, partition };
    let tracked: Cursor = app.store.read(|tx| cursor::load(tx, id))?;
    let has_tracked = tracked.updated_at_us.is_some();
    let tracked = u64::try_from(tracked.next_offset).unwrap_or(0);
    Ok(if has_tracked { archived.min(tracked) } else { archived })
}

/// Forgets pings that were appended longer ago than they are to be kept, as far as they may be.
pub fn forget(app: &App) -> Result<(), AppError> {
    let before = app.clock.now().plus(-app.config.tracking.keep_pings.0);
    for partition in 0..app.log.partitions(PINGS)? {
        let start = app.log.bounds(PINGS, partition)?.start;
        let most = may_forget(app, partition)?;
        let old = first_appended_from(app, partition, (start, most), before)?;
        if old > start {
            app.log.forget(PINGS, partition, old)?;
        }
    }
    Ok(())
}

/// The first offset of a range whose record was appended at an instant or after, by bisection:
/// times grow with offsets, but for a few that overtook one another.
pub(super) fn first_appended_from(
    app: &App,
    partition: u32,
    (mut first, mut end): (u64, u64),
    instant: Micros,
) -> Result<u64, AppError> {
    while first < end {
        let middle = first + (end - first) / 2;
        let entries = app.log.read(PINGS, partition, middle, 1, 0)?;
        let is_before = entries.first().is_some_and(|entry| entry.appended_at_us < instant.0);
        if is_before {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    Ok(first)
}
