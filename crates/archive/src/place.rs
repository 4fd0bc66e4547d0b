//! Where a file lies: `TOPIC/market=M/day=YYYY-MM-DD/hour=HH/pP-FIRST-END.parquet`, the layout
//! of Hive, which every engine reads as columns.

use crate::error::ArchiveError;
use crate::hour::Hour;
use crate::limits::MARKET_NAME_BYTES_MAX;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Day;
use std::ops::Range;

/// What Hive writes where a record belongs to no market: engines read it as null.
const NO_MARKET: &str = "__HIVE_DEFAULT_PARTITION__";

/// How the records of a file lie in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// A row for each ping of each block.
    Pings,
    /// A row for each record.
    Records,
}

/// The name of a file: what it holds, and nothing else, decides it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The topic.
    pub topic: String,
    /// The partition of the log.
    pub partition: u32,
    /// The range of offsets that was archived in one go; files of other markets have the others.
    pub offsets: Offsets,
    /// The hour in which the range's first record was appended.
    pub hour: Hour,
    /// The market of its records; none where they belong to no market.
    pub market: Option<MarketId>,
    /// How they lie in it.
    pub form: Form,
}

/// A range of offsets, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Offsets {
    /// The first.
    pub first: u64,
    /// The one after the last.
    pub end: u64,
}

impl Offsets {
    /// As a range.
    pub fn range(self) -> Range<u64> {
        self.first..self.end
    }
}

impl Place {
    /// The path below the archive. Errors: the market's name is too long for one.
    pub fn path(&self) -> Result<String, ArchiveError> {
        let market = market_step(self.market.as_ref())?;
        let (topic, partition, Offsets { first, end }) =
            (&self.topic, self.partition, self.offsets);
        let ending = match self.form {
            Form::Pings => "parquet",
            Form::Records => "records.parquet",
        };
        let (day, hour) = (day_step(self.hour.day()), hour_step(self.hour));
        let name = format!("p{partition}-{first:020}-{end:020}.{ending}");
        Ok(format!("{topic}/{market}/{day}/{hour}/{name}"))
    }
}

/// Whether a market's name fits into a path; records of one whose name does not are archived
/// without it.
pub fn can_name(market: &MarketId) -> bool {
    // Three bytes for each is the most that encoding makes of it.
    market.as_str().len() * 3 <= MARKET_NAME_BYTES_MAX || market_step(Some(market)).is_ok()
}

/// The step of a path that names a market.
pub(crate) fn market_step(market: Option<&MarketId>) -> Result<String, ArchiveError> {
    let Some(market) = market else {
        return Ok(format!("market={NO_MARKET}"));
    };
    let encoded = encoded(market.as_str());
    if encoded.len() > MARKET_NAME_BYTES_MAX {
        return Err(ArchiveError::MarketName { market: market.to_string() });
    }
    Ok(format!("market={encoded}"))
}

/// The market that a step of a path names; the inner none is that of records without one.
pub(crate) fn market_of_step(step: &str) -> Option<Option<MarketId>> {
    match step.strip_prefix("market=")? {
        NO_MARKET => Some(None),
        name => Some(Some(decoded(name)?.parse().ok()?)),
    }
}

pub(crate) fn day_step(day: Day) -> String {
    format!("day={day}")
}

pub(crate) fn day_of_step(step: &str) -> Option<Day> {
    step.strip_prefix("day=")?.parse().ok()
}

pub(crate) fn hour_step(hour: Hour) -> String {
    format!("hour={:02}", hour.of_day())
}

/// What the name of a file says: partition, offsets, form. `None` for a file that is not ours.
pub(crate) fn of_name(name: &str) -> Option<(u32, Offsets, Form)> {
    let (stem, ending) = name.split_once('.')?;
    let form = match ending {
        "parquet" => Form::Pings,
        "records.parquet" => Form::Records,
        _ => return None,
    };
    let mut numbers = stem.strip_prefix('p')?.split('-');
    let partition = plain(numbers.next()?)?.try_into().ok()?;
    let offsets = Offsets { first: padded(numbers.next()?)?, end: padded(numbers.next()?)? };
    let is_whole = numbers.next().is_none() && offsets.first < offsets.end;
    is_whole.then_some((partition, offsets, form))
}

fn padded(text: &str) -> Option<u64> {
    (text.len() == 20).then(|| plain(text)).flatten()
}

fn plain(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// What Hive escapes in a path.
const ESCAPED: &[u8] = b"\"#%'*/:=?\\{}[]^";

/// Percent-encodes what Hive does, and a leading `_` or `.`: no market is taken for [`NO_MARKET`],
/// and none is hidden.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let is_escaped = u8::try_from(letter).is_ok_and(|byte| ESCAPED.contains(&byte));
        if is_escaped || (at == 0 && matches!(letter, '_' | '.')) {
            encoded.push_str(&format!("%{:02X}", u32::from(letter)));
        } else {
            encoded.push(letter);
        }
    }
    encoded
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let (hex, after) = after.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        rest = after;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_file_holds_and_nothing_else_is_ours() {
        let offsets = Offsets { first: 7, end: 12 };
        let (first, end) = ("00000000000000000007", "00000000000000000012");
        let cases = [
            (format!("p3-{first}-{end}.parquet"), Some((3, offsets, Form::Pings))),
            (format!("p3-{first}-{end}.records.parquet"), Some((3, offsets, Form::Records))),
            (format!("p3-{end}-{first}.parquet"), None),
            (format!("p3-{first}-{end}.parquet.tmp"), None),
            (format!("p+3-{first}-{end}.parquet"), None),
            ("p3-7-12.parquet".to_owned(), None),
            ("notes.txt".to_owned(), None),
        ];
        for (name, expected) in cases {
            assert_eq!(of_name(&name), expected, "{name}");
        }
    }

    #[test]
    fn a_market_comes_back_from_its_path_whatever_its_name() {
        let cases = [
            ("sf", "market=sf"),
            ("São Paulo/Centro", "market=São Paulo%2FCentro"),
            ("..", "market=%2E."),
            (NO_MARKET, "market=%5F_HIVE_DEFAULT_PARTITION__"),
            ("50%", "market=50%25"),
        ];
        for (name, step) in cases {
            let market: MarketId = name.parse().unwrap();
            assert_eq!(market_step(Some(&market)).unwrap(), step);
            assert_eq!(market_of_step(step), Some(Some(market)));
        }
        assert_eq!(market_of_step(&market_step(None).unwrap()), Some(None));
        assert!(market_step(Some(&"%".repeat(90).parse().unwrap())).is_err());
    }
}
