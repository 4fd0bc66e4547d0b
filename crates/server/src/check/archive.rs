//! The archive: every record below the archiver's offset lies there once, as it was written. Each
//! file is read whole.

use super::Tally;
use crate::app::App;
use crate::archiving::{self, ARCHIVED_TOPICS};
use crate::error::AppError;
use doorstep_archive::{Hour, Place};
use std::collections::BTreeSet;

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
            let followed = Followed { app, topic, partition, archived };
            followed.ranges(&of_partition, tally)?;
            let bounds = app.log.bounds(topic, partition)?;
            if bounds.start > archived || bounds.end < archived {
                let name = format!("{topic}/{partition}");
                tally.broken(format!("{name} is archived up to {archived}, the log is {bounds:?}"));
            }
        }
    }
    Ok(())
}

/// A partition whose ranges are followed.
struct Followed<'a> {
    app: &'a App,
    topic: &'static str,
    partition: u32,
    /// The offset up to which it is archived.
    archived: u64,
}

impl Followed<'_> {
    /// Follows the ranges in their order up to where they should reach.
    fn ranges(&self, places: &[&Place], tally: &mut Tally) -> Result<(), AppError> {
        let mut reached = 0;
        for range in places.chunk_by(|one, other| one.offsets == other.offsets) {
            let Some(first) = range.first() else {
                continue;
            };
            self.gap(reached, first.offsets.first, tally)?;
            self.range(range, first, tally)?;
            reached = first.offsets.end;
        }
        self.gap(reached, self.archived, tally)
    }

    /// Reads the files of a range, whole: together they hold each of its records once.
    fn range(&self, range: &[&Place], first: &Place, tally: &mut Tally) -> Result<(), AppError> {
        let (mut found, mut is_damaged) = (Vec::new(), false);
        for place in range {
            tally.look();
            match self.app.archive.records(place) {
                Ok(records) => found.extend(records.iter().map(|record| record.offset)),
                Err(error) => {
                    is_damaged = true;
                    tally.broken(error.to_string());
                }
            }
        }
        found.sort_unstable();
        if found.iter().copied().eq(first.offsets.range()) {
            return Ok(());
        }
        let there: BTreeSet<&Place> = range.iter().copied().collect();
        let partition = (self.topic, self.partition);
        match archiving::files_of_range(self.app, partition, first.offsets.first) {
            Some(expected) => {
                let missing: Vec<_> =
                    expected.iter().filter(|place| !there.contains(place)).collect();
                for place in &missing {
                    tally.broken(format!("{} is missing", place.path()?));
                }
                if missing.is_empty() && !is_damaged {
                    tally.broken(self.wrong(first, found.len())?);
                }
            }
            None if is_damaged => {}
            None => tally.broken(self.wrong(first, found.len())?),
        }
        Ok(())
    }

    /// What is said of a range whose files are whole and yet hold other records than they should,
    /// where nobody knows which of them is missing.
    fn wrong(&self, first: &Place, records: usize) -> Result<String, AppError> {
        let path = first.path()?;
        let (_, name) = path.rsplit_once('/').unwrap_or_default();
        let expected = first.offsets.end - first.offsets.first;
        Ok(format!(
            "{}: the files {name} of all markets hold {records} records instead of {expected}: \
             that of another market is missing, or one is there twice",
            self.topic
        ))
    }

    /// Tells of offsets that lie in no file, if there are any.
    fn gap(&self, from: u64, to: u64, tally: &mut Tally) -> Result<(), AppError> {
        let Followed { app, topic, partition, .. } = *self;
        if from > to {
            tally.broken(format!("{topic}/{partition}: ranges reach {from}, the next is {to}"));
        }
        let mut next = from;
        while next < to {
            // Which range it was is known as long as the log has its records.
            let files = archiving::files_of_range(app, (topic, partition), next);
            let files = files.unwrap_or_default();
            let end = files.first().map_or(to, |place| place.offsets.end);
            for place in &files {
                tally.broken(format!("{} is missing", place.path()?));
            }
            if files.is_empty() {
                tally.broken(format!("{topic}/{partition}: no file holds offsets {next} to {to}"));
            }
            next = end;
        }
        Ok(())
    }
}
