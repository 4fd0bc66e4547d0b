//! The archive: every record below the archiver's offset lies there once.

use super::Tally;
use crate::app::App;
use crate::archiving::{self, ARCHIVED_TOPICS};
use crate::error::AppError;
use doorstep_archive::{Hour, Place};

pub(super) fn ranges(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    for topic in ARCHIVED_TOPICS {
        // The offsets are read first: files are there before their offsets say so.
        let partitions = 0..app.log.partitions(topic)?;
        let archived = partitions
            .map(|partition| archiving::next_offset(app, topic, partition))
            .collect::<Result<Vec<u64>, _>>()?;
        let places = app.archive.list(topic, None, Hour::EVER)?;
        for (partition, archived) in (0..).zip(archived) {
            tally.look();
            let of_partition = places.iter().filter(|place| place.partition == partition);
            let of_partition: Vec<&Place> =
                of_partition.filter(|place| place.offsets.first < archived).collect();
            let reached = follow(app, &of_partition, tally)?;
            let name = format!("{topic}/{partition}");
            if reached != archived {
                tally.broken(format!("{name} is archived up to {archived}, files reach {reached}"));
            }
            let bounds = app.log.bounds(topic, partition)?;
            if bounds.start > archived || bounds.end < archived {
                tally.broken(format!("{name} is archived up to {archived}, the log is {bounds:?}"));
            }
        }
    }
    Ok(())
}

/// Follows the ranges of a partition, in their order, and answers up to where they reach without
/// a gap.
fn follow(app: &App, places: &[&Place], tally: &mut Tally) -> Result<u64, AppError> {
    let mut reached = 0;
    for range in places.chunk_by(|one, other| one.offsets == other.offsets) {
        let Some(first) = range.first() else {
            continue;
        };
        let offsets = first.offsets;
        let mut records = 0;
        for place in range {
            tally.look();
            match app.archive.about(place) {
                Ok(about) => records += about.records,
                Err(error) => tally.broken(error.to_string()),
            }
        }
        let path = first.path()?;
        if offsets.first != reached {
            tally.broken(format!("{path} begins there, the range before it ended at {reached}"));
        }
        if records != offsets.end - offsets.first {
            tally.broken(format!("{path} and its siblings hold {records} records"));
        }
        reached = offsets.end;
    }
    Ok(reached)
}
