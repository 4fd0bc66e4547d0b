use crate::column::Sheet;
use crate::disk::{Disk, Put};
use crate::error::ArchiveError;
use crate::fingerprint::Fingerprint;
use crate::hour::Hour;
use crate::pings::draft::PingsDraft;
use crate::pings::track::{self, ArchivedPing, Looked, TrackAsked};
use crate::pings::{self, block};
use crate::place::{self, Form, Place};
use crate::records::{self, Kept, RecordsDraft};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Day;
use parquet::errors::ParquetError;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

/// Closed hours of the log, as files. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Archive {
    disk: Arc<Disk>,
}

/// What became of a file that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is there now, durable.
    New,
    /// It was there already, with the same content.
    Already,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Rows of its table.
    pub rows: u64,
    /// Records of the log.
    pub records: u64,
    /// Its size.
    pub bytes: u64,
}

/// What a file is to hold.
struct Content {
    rows: u64,
    records: u64,
    fingerprint: Fingerprint,
}

fn told(rows: u64, records: u64, fingerprint: &str) -> String {
    format!("{rows} rows of {records} records ({fingerprint})")
}

/// The directory that a URL names.
fn directory_of(url: &str) -> Result<&Path, ArchiveError> {
    match url.split_once(':') {
        Some(("file", directory)) if !directory.is_empty() => Ok(Path::new(directory)),
        Some((scheme, _)) => Err(ArchiveError::Url { url: format!("{scheme}:") }),
        None => Err(ArchiveError::Url { url: url.to_owned() }),
    }
}

impl Archive {
    /// Opens `file:DIRECTORY`, and makes it where it is not there. Errors: the URL names another
    /// engine, or the directory cannot be made.
    pub fn open(url: &str) -> Result<Archive, ArchiveError> {
        Ok(Archive { disk: Arc::new(Disk::open(directory_of(url)?)?) })
    }

    /// What is at `file:DIRECTORY`, for reading; nothing is made or tidied there. Errors: the URL
    /// names another engine.
    pub(crate) fn over(url: &str) -> Result<Archive, ArchiveError> {
        Ok(Archive { disk: Arc::new(Disk::over(directory_of(url)?)) })
    }

    /// The topics of which there are files.
    pub(crate) fn topics(&self) -> Result<Vec<String>, ArchiveError> {
        let mut names = self.disk.list("")?;
        names.retain(|name| !name.starts_with('.'));
        Ok(names)
    }

    /// A file as it lies there.
    pub(crate) fn read(&self, place: &Place) -> Result<File, ArchiveError> {
        self.disk.read(&place.path()?)
    }

    /// Writes blocks of pings, which it sorts. Answers once the file is durable. Errors:
    /// [`ArchiveError::Differs`] where a file of that name holds something else.
    pub fn write_pings(
        &self,
        place: &Place,
        draft: &mut PingsDraft,
    ) -> Result<Written, ArchiveError> {
        let (rows, records) = (draft.pings() as u64, draft.records() as u64);
        let content = Content { rows, records, fingerprint: draft.fingerprint() };
        self.write(place, content, |out| pings::write::write_draft(draft, out))
    }

    /// Writes records as they are. As [`Archive::write_pings`].
    pub fn write_records(
        &self,
        place: &Place,
        draft: &RecordsDraft,
    ) -> Result<Written, ArchiveError> {
        let records = draft.records() as u64;
        let content = Content { rows: records, records, fingerprint: draft.fingerprint() };
        self.write(place, content, |out| records::write_draft(draft, out))
    }

    fn write(
        &self,
        place: &Place,
        content: Content,
        write: impl FnOnce(BufWriter<&mut File>) -> Result<(), ParquetError>,
    ) -> Result<Written, ArchiveError> {
        let name = place.path()?;
        let path = self.disk.path(&name);
        let put = self
            .disk
            .put(&name, |file| write(BufWriter::new(file)).map_err(ArchiveError::parquet(&path)))?;
        if put == Put::New {
            return Ok(Written::New);
        }
        let there = self.open_sheet(place, |sheet, _| {
            Ok(told(sheet.rows(), sheet.records()?, sheet.fingerprint()))
        })?;
        let come = told(content.rows, content.records, &content.fingerprint.to_hex());
        match there == come {
            true => Ok(Written::Already),
            false => Err(ArchiveError::Differs { path, there, come }),
        }
    }

    /// What a file holds, by what it says of itself. Errors: it is not what its name says.
    pub fn about(&self, place: &Place) -> Result<About, ArchiveError> {
        self.open_sheet(place, |sheet, bytes| {
            Ok(About { rows: sheet.rows(), records: sheet.records()?, bytes })
        })
    }

    /// The files of a topic whose hour lies in a range, of one market or of all, in the order of
    /// partition and offsets. What is not named like a file of ours is passed over.
    pub fn list(
        &self,
        topic: &str,
        market: Option<&MarketId>,
        hours: (Hour, Hour),
    ) -> Result<Vec<Place>, ArchiveError> {
        let mut places = Vec::new();
        for step in self.disk.list(topic)? {
            let Some(of_step) = place::market_of_step(&step) else {
                continue;
            };
            if market.is_some() && market != of_step.as_ref() {
                continue;
            }
            let directory = format!("{topic}/{step}");
            for (hour, directory) in self.hours(&directory, hours)? {
                let names = self.disk.list(&directory)?;
                let named = names.iter().filter_map(|name| place::of_name(name));
                places.extend(named.map(|(partition, offsets, form)| Place {
                    topic: topic.to_owned(),
                    partition,
                    offsets,
                    hour,
                    market: of_step.clone(),
                    form,
                }));
            }
        }
        places.sort_unstable();
        Ok(places)
    }

    /// The hours that a market's directory has within a range, with their directories.
    fn hours(
        &self,
        market: &str,
        (first, end): (Hour, Hour),
    ) -> Result<Vec<(Hour, String)>, ArchiveError> {
        let mut found = Vec::new();
        let (first_day, end_day) = (first.day(), end.day());
        for step in self.disk.list(market)? {
            let day: Option<Day> = place::day_of_step(&step);
            let Some(day) = day.filter(|day| (first_day..=end_day).contains(day)) else {
                continue;
            };
            let directory = format!("{market}/{step}");
            let names = self.disk.list(&directory)?;
            let hours = (0..24).map(|of_day| Hour::at(day, of_day));
            for hour in hours.filter(|hour| (first..end).contains(hour)) {
                let step = place::hour_step(hour);
                if names.binary_search(&step).is_ok() {
                    found.push((hour, format!("{directory}/{step}")));
                }
            }
        }
        Ok(found)
    }

    /// Where a range of a partition ends that begins at an offset and was at least begun to be
    /// written, if there is one: whoever writes it again must end there too.
    pub fn begun(
        &self,
        topic: &str,
        hour: Hour,
        partition: u32,
        first: u64,
    ) -> Result<Option<u64>, ArchiveError> {
        let places = self.list(topic, None, (hour, hour.next()))?;
        let begins = |place: &&Place| place.partition == partition && place.offsets.first == first;
        Ok(places.iter().find(begins).map(|place| place.offsets.end))
    }

    /// The records of a file as the log carried them, in the order of their offsets. Errors: it
    /// is damaged, were it by one bit.
    pub fn records(&self, place: &Place) -> Result<Vec<Kept>, ArchiveError> {
        let market = place.market.as_ref().map_or("", MarketId::as_str);
        self.open_sheet(place, |sheet, _| {
            let records = match place.form {
                Form::Pings => block::blocks(sheet, market)?,
                Form::Records => records::records(sheet)?,
            };
            let mut fingerprint = Fingerprint::default();
            for record in &records {
                fingerprint.add(record.offset, record.appended_at, &record.value);
            }
            let is_whole = fingerprint.to_hex() == sheet.fingerprint()
                && records.len() as u64 == sheet.records()?;
            match is_whole {
                true => Ok(records),
                false => Err(sheet.damaged("it no longer holds the records it was written with")),
            }
        })
    }

    /// Hands over a courier's pings, file by file, each sorted by `at`, until `each` says no.
    pub fn pings_of(
        &self,
        topic: &str,
        asked: &TrackAsked<'_>,
        each: &mut dyn FnMut(ArchivedPing) -> bool,
    ) -> Result<Looked, ArchiveError> {
        let mut looked = Looked::default();
        for place in self.list(topic, asked.market, asked.appended)? {
            let can_hold = place.form == Form::Pings
                && place.partition == asked.partition
                && place.offsets.end <= asked.before_offset;
            let goes_on = !can_hold
                || self.open_sheet(&place, |sheet, _| {
                    track::of_file(sheet, asked, &mut looked, each)
                })?;
            if !goes_on {
                break;
            }
        }
        Ok(looked)
    }

    fn open_sheet<T>(
        &self,
        place: &Place,
        read: impl FnOnce(&Sheet<'_>, u64) -> Result<T, ArchiveError>,
    ) -> Result<T, ArchiveError> {
        let name = place.path()?;
        let path = self.disk.path(&name);
        let file = self.disk.read(&name)?;
        let bytes = file.metadata().map_err(ArchiveError::io(&path))?.len();
        let columns = match place.form {
            Form::Pings => pings::COLUMNS,
            Form::Records => records::COLUMNS,
        };
        read(&Sheet::open(&path, file, columns)?, bytes)
    }
}
