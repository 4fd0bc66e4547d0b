//! Which records make up the next range of a partition, sorted by market.

use crate::app::App;
use crate::error::AppError;
use crate::wire::PINGS;
use doorstep_archive::limits::{RANGE_BYTES_MAX, RANGE_PINGS_MAX};
use doorstep_archive::{Hour, Kept, PingsDraft, Readable, RecordsDraft, can_name};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_log::Entry;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Records and bytes read at once.
const RECORDS_AT_ONCE: usize = 4_096;
const BYTES_AT_ONCE: usize = 4 << 20;

/// The records of a range.
pub(super) struct Gathered {
    /// The hour in which the first was appended. Whatever follows it with an earlier time, since
    /// clocks are set and appends overtake one another, belongs to the range as well.
    pub(super) hour: Hour,
    /// The offset after the last.
    pub(super) end: u64,
    /// Blocks of pings.
    pub(super) pings: BTreeMap<MarketId, PingsDraft>,
    /// Everything else, as it is.
    pub(super) records: BTreeMap<Option<MarketId>, RecordsDraft>,
}

/// Reads the next range of a partition from `first` on: records of one hour before `open`, as
/// many as fit. None where the next record's hour is not closed, or there is none.
///
/// Errors: the log ends before a range that was begun.
pub(super) fn gather(
    app: &App,
    (topic, partition): (&str, u32),
    first: u64,
    open: Hour,
) -> Result<Option<Gathered>, AppError> {
    let read = |from| app.log.read(topic, partition, from, RECORDS_AT_ONCE, BYTES_AT_ONCE);
    let mut entries = read(first)?;
    let Some(hour) = entries.first().map(|entry| Hour::of(Micros(entry.appended_at_us))) else {
        return Ok(None);
    };
    if hour >= open {
        return Ok(None);
    }
    let begun = app.archive.begun(topic, hour, partition, first)?;
    let (pings, records) = Default::default();
    let mut gathered = Gathered { hour, end: first, pings, records };
    while !entries.is_empty() {
        for entry in entries {
            let ends_here = match begun {
                Some(end) => entry.offset == end,
                None => Hour::of(Micros(entry.appended_at_us)) > hour || gathered.is_full(),
            };
            if ends_here {
                return Ok(Some(gathered));
            }
            gathered.take(topic, entry);
        }
        entries = read(gathered.end)?;
    }
    match begun {
        Some(end) if gathered.end != end => {
            let reason = format!("ends at {}, but {end} was archived", gathered.end);
            Err(AppError::machine(format!("{topic}/{partition}"), reason))
        }
        _ => Ok(Some(gathered)),
    }
}

impl Gathered {
    fn is_full(&self) -> bool {
        let pings: usize = self.pings.values().map(PingsDraft::pings).sum();
        let bytes: usize = self.records.values().map(RecordsDraft::bytes).sum();
        pings >= RANGE_PINGS_MAX || bytes >= RANGE_BYTES_MAX
    }

    fn take(&mut self, topic: &str, entry: Entry) {
        self.end = entry.offset + 1;
        if !(topic == PINGS && self.take_block(&entry)) {
            self.take_record(entry);
        }
    }

    /// Takes a block of pings; not what rows could not give back as it was.
    fn take_block(&mut self, entry: &Entry) -> bool {
        let name = std::str::from_utf8(&entry.key).ok();
        let Some(market) = name.and_then(|name| name.parse().ok()).filter(can_name) else {
            return false;
        };
        let block = |draft: &mut PingsDraft| {
            draft.push(entry.offset, Micros(entry.appended_at_us), &entry.value).is_ok()
        };
        match self.pings.get_mut(&market) {
            Some(draft) => block(draft),
            None => {
                let mut draft = PingsDraft::default();
                let taken = block(&mut draft);
                if taken {
                    self.pings.insert(market, draft);
                }
                taken
            }
        }
    }

    fn take_record(&mut self, entry: Entry) {
        let (market, readable) = read(&entry.value);
        let draft = self.records.entry(market).or_default();
        let Entry { offset, appended_at_us, key, value } = entry;
        draft.push(Kept { offset, appended_at: Micros(appended_at_us), key, value }, readable);
    }
}

/// What an event says of itself, as far as it says it.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    subject: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    time: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    market: Option<Cow<'a, str>>,
}

/// The market of an event, and what can be read of it; nothing where it is no event.
fn read(value: &[u8]) -> (Option<MarketId>, Readable) {
    let Ok(said) = serde_json::from_slice::<Said<'_>>(value) else {
        return (None, Readable::default());
    };
    let market = said.market.and_then(|market| market.parse().ok()).filter(can_name);
    let readable = Readable {
        id: said.id.map(Cow::into_owned),
        kind: said.kind.map(Cow::into_owned),
        subject: said.subject.map(Cow::into_owned),
        time: said.time.and_then(|time| time.parse().ok()),
    };
    (market, readable)
}
