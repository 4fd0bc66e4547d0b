//! Reading the letters: listing, showing, counting.

use super::letter::{About, Letter, number_of};
use super::line::LineOfFile;
use crate::app::App;
use crate::error::AppError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_domain::time::Micros;
use doorstep_log::{Entry, Log};
use doorstep_store::dead_letter::{self, Handled};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;
use utoipa::ToSchema;

/// Records and bytes taken from the log at once: they bound the memory of a scan.
const READ_RECORDS: usize = 1_024;
const READ_BYTES: usize = 4 << 20;

/// Most letters on one page.
pub const PAGE_MAX: usize = 1_000;

/// Which letters to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Nothing was done about them yet.
    Open,
    /// Taken after all, repaired or by a build that knows them.
    Replayed,
    /// Given up.
    Discarded,
    /// What they waited for came.
    Joined,
    /// Every one.
    All,
}

impl Which {
    fn is(self, state: &str) -> bool {
        self == Which::All || Which::from_str(state).is_ok_and(|which| which == self)
    }
}

impl FromStr for Which {
    type Err = AppError;
    fn from_str(text: &str) -> Result<Which, AppError> {
        match text {
            "open" => Ok(Which::Open),
            "replayed" => Ok(Which::Replayed),
            "discarded" => Ok(Which::Discarded),
            "joined" => Ok(Which::Joined),
            "all" => Ok(Which::All),
            other => Err(AppError::invalid(
                "state",
                format!("{other:?} is none of open, replayed, discarded, joined, all"),
            )),
        }
    }
}

/// A letter in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LetterView {
    /// Its name.
    pub letter_id: String,
    /// `open`, `replayed`, `discarded` or `joined`.
    pub state: String,
    /// Machine-readable kind of refusal.
    pub code: String,
    /// JSON pointer to the field at fault; empty for the whole.
    pub pointer: String,
    /// What is wrong with it, for a person.
    pub reason: String,
    /// When it was refused, RFC 3339.
    pub received_at: String,
    /// The market it names, where that can be read.
    pub market: Option<String>,
    /// What it is about: `events`, `pings`, `provider-events` or `stock-imports`.
    pub topic: String,
    /// The partition it was read from; null where it was refused at the door.
    pub partition: Option<u32>,
    /// Its offset there.
    pub offset: Option<u64>,
    /// Whose device said it, or where somebody spoke for many, whom it names: of a ping.
    pub courier: Option<String>,
    /// In which form it came, of a ping: `json`, `binary`, `owntracks`, `osmand` or `osmand_json`.
    pub form: Option<String>,
    /// Who sent it, of a provider's message.
    pub provider: Option<String>,
    /// Where it stood, of a line of stock.
    pub line: Option<LineOfFile>,
    /// Size of what came, in bytes.
    pub bytes: u64,
    /// When something was done about it, RFC 3339.
    pub handled_at: Option<String>,
    /// Who did.
    pub handled_by: Option<String>,
}

/// A letter with what came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LetterShown {
    /// What is known about it.
    #[serde(flatten)]
    pub letter: LetterView,
    /// What came, where it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// What came, in base64, where it is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_base64: Option<String>,
}

/// One page of letters, in the order in which they were refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LetterPage {
    /// The letters.
    pub data: Vec<LetterView>,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
    /// Whether there is a next page.
    pub has_more: bool,
}

/// The letters from `cursor` on (that of the page before), newest last; one that came several
/// times stands where it came first. `limit` is capped at [`PAGE_MAX`].
pub fn list(
    app: &App,
    about: About,
    which: Which,
    cursor: Option<&str>,
    limit: usize,
) -> Result<LetterPage, AppError> {
    let from: u64 = match cursor {
        None => 0,
        Some(text) => {
            text.parse().map_err(|_| AppError::invalid("cursor", "is not one of a page before"))?
        }
    };
    let limit = limit.clamp(1, PAGE_MAX);
    let handled = handled(app)?;
    let mut page = LetterPage { data: Vec::new(), next_cursor: None, has_more: false };
    each_letter_once(&app.log, about, |entry, letter| {
        let view = view(about, &letter, handled.get(&letter.header.letter_id));
        if entry.offset < from || !which.is(&view.state) {
            return Ok(true);
        }
        if page.data.len() == limit {
            page.next_cursor = Some(entry.offset.to_string());
            page.has_more = true;
            return Ok(false);
        }
        page.data.push(view);
        Ok(true)
    })?;
    Ok(page)
}

/// One letter with what came.
pub fn show(app: &App, letter_id: &str) -> Result<LetterShown, AppError> {
    let (about, letter) = find(&app.log, letter_id)?;
    let handled = app.store.read(|tx| dead_letter::load(tx, letter_id))?;
    let shown = view(about, &letter, handled.as_ref());
    Ok(match String::from_utf8(letter.raw) {
        Ok(raw) => LetterShown { letter: shown, raw: Some(raw), raw_base64: None },
        Err(not_text) => {
            let encoded = STANDARD.encode(not_text.as_bytes());
            LetterShown { letter: shown, raw: None, raw_base64: Some(encoded) }
        }
    })
}

/// How many letters are open, by code; reads every letter.
pub fn count_open(app: &App) -> Result<BTreeMap<String, u64>, AppError> {
    let handled = handled(app)?;
    let mut open = BTreeMap::new();
    for about in About::ALL {
        each_letter_once(&app.log, about, |_, letter| {
            if !handled.contains_key(&letter.header.letter_id) {
                *open.entry(letter.header.code).or_default() += 1;
            }
            Ok(true)
        })?;
    }
    Ok(open)
}

/// Finds a letter by its name, and what it is about.
pub(super) fn find(log: &Log, letter_id: &str) -> Result<(About, Letter), AppError> {
    let mut found = None;
    for about in About::ALL {
        each_record(log, about, |entry| {
            if entry.key == letter_id.as_bytes() {
                found = Letter::decode(&entry.value).ok().map(|letter| (about, letter));
            }
            Ok(found.is_none())
        })?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
    Err(AppError::NotFound { what: "dead letter", id: letter_id.to_owned() })
}

/// Hands over each distinct letter at its first record, until `each` answers false. What is no
/// letter is passed over here: `doorstep check` reports it.
pub(super) fn each_letter_once(
    log: &Log,
    about: About,
    mut each: impl FnMut(&Entry, Letter) -> Result<bool, AppError>,
) -> Result<(), AppError> {
    let mut seen = HashSet::new();
    each_record(log, about, |entry| {
        match number_of(&entry.key) {
            Some(number) if seen.insert(number) => {}
            _ => return Ok(true),
        }
        match Letter::decode(&entry.value) {
            Ok(letter) => each(entry, letter),
            Err(_) => Ok(true),
        }
    })
}

/// Hands over every record of letters about one thing, until `each` answers false.
pub fn each_record(
    log: &Log,
    about: About,
    mut each: impl FnMut(&Entry) -> Result<bool, AppError>,
) -> Result<(), AppError> {
    let topic = about.topic();
    for partition in 0..log.partitions(topic)? {
        let bounds = log.bounds(topic, partition)?;
        let mut next = bounds.start;
        while next < bounds.end {
            let entries = log.read(topic, partition, next, READ_RECORDS, READ_BYTES)?;
            for entry in &entries {
                if !each(entry)? {
                    return Ok(());
                }
                next = entry.offset + 1;
            }
            if entries.is_empty() {
                break;
            }
        }
    }
    Ok(())
}

fn handled(app: &App) -> Result<HashMap<String, Handled>, AppError> {
    Ok(app.store.read(dead_letter::handled)?)
}

fn view(about: About, letter: &Letter, handled: Option<&Handled>) -> LetterView {
    let header = letter.header.clone();
    LetterView {
        letter_id: header.letter_id,
        state: handled.map_or("open", |handled| &handled.state).to_owned(),
        code: header.code,
        pointer: header.pointer,
        reason: header.reason,
        received_at: header.received_at.to_string(),
        market: header.market,
        topic: about.as_str().to_owned(),
        partition: header.partition,
        offset: header.offset,
        courier: header.courier,
        form: header.form.map(|form| form.as_str().to_owned()),
        provider: header.provider,
        line: header.line,
        bytes: header.cut_from_bytes.unwrap_or(letter.raw.len() as u64),
        handled_at: handled.map(|handled| Micros(handled.changed_at_us).to_string()),
        handled_by: handled.map(|handled| handled.changed_by.clone()),
    }
}
