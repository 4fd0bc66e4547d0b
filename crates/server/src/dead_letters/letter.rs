//! A dead letter as it stands in the log: one line of JSON, then the raw bytes as they came.

use doorstep_domain::event::Rejection;
use doorstep_domain::time::Micros;
use doorstep_log::{Log, LogError, Record};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::str::FromStr;

use super::line::LineOfFile;
use super::ping::PingForm;
use crate::error::AppError;
use crate::wire;

/// Most raw bytes kept of one letter: what is longer was never an event (limit 64 KiB), and a
/// record of the log has room for 1 MiB.
pub const RAW_BYTES_MAX: usize = 512 * 1024;

/// Most characters kept of a reason: it may quote what it refuses.
const REASON_CHARS_MAX: usize = 512;

/// What letters about lines of stock are called: these never were in a topic.
const STOCK_IMPORTS: &str = "stock-imports";

/// What letters are about; each has a topic of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Couriers' and deliveries' events.
    Events,
    /// Couriers' pings.
    Pings,
    /// Messages of providers.
    Providers,
    /// Lines of stock from files.
    StockImports,
}

impl About {
    /// Every one.
    pub const ALL: [About; 4] =
        [About::Events, About::Pings, About::Providers, About::StockImports];

    /// What they are called outside.
    pub fn as_str(self) -> &'static str {
        match self {
            About::Events => wire::EVENTS,
            About::Pings => wire::PINGS,
            About::Providers => wire::PROVIDER_EVENTS,
            About::StockImports => STOCK_IMPORTS,
        }
    }

    /// The topic that holds the letters.
    pub fn topic(self) -> &'static str {
        match self {
            About::Events => wire::EVENTS_DEAD_LETTERS,
            About::Pings => wire::PINGS_DEAD_LETTERS,
            About::Providers => wire::PROVIDER_EVENTS_DEAD_LETTERS,
            About::StockImports => wire::STOCK_IMPORTS_DEAD_LETTERS,
        }
    }
}

impl FromStr for About {
    type Err = AppError;
    fn from_str(text: &str) -> Result<About, AppError> {
        match text {
            wire::EVENTS => Ok(About::Events),
            wire::PINGS => Ok(About::Pings),
            wire::PROVIDER_EVENTS => Ok(About::Providers),
            STOCK_IMPORTS => Ok(About::StockImports),
            other => {
                let known = About::ALL.map(About::as_str).join(", ");
                let reason = format!("{other:?} is none of {known}");
                Err(AppError::invalid("topic", reason))
            }
        }
    }
}

/// Where in the log the refused record stands: topic, partition, offset.
pub type Origin = (String, u32, u64);

/// Something that could not be taken, why, and the bytes themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What is known about it.
    pub header: Header,
    /// What came, unchanged; cut at [`RAW_BYTES_MAX`].
    pub raw: Vec<u8>,
}

/// The first line of a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Its name: the same content refused for the same reason has the same.
    pub letter_id: String,
    /// Machine-readable kind of refusal.
    pub code: String,
    /// JSON pointer to the field at fault; empty for the whole.
    pub pointer: String,
    /// What is wrong with it, for a person.
    pub reason: String,
    /// When it was refused.
    pub received_at: Micros,
    /// The topic it was read from; null where it was refused at the door.
    pub topic: Option<String>,
    /// The partition it was read from.
    pub partition: Option<u32>,
    /// Its offset there.
    pub offset: Option<u64>,
    /// The market it names, where that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<String>,
    /// Whose device said it, or where somebody spoke for many, whom it names: of a ping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courier: Option<String>,
    /// In which form it came: of a ping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<PingForm>,
    /// Who sent it: of a provider's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Where it stood: of a line of stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineOfFile>,
    /// How many bytes came, where more came than are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_from_bytes: Option<u64>,
}

/// A record of the dead-letter topic that is no letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a dead letter: {0}")]
pub struct NoLetter(String);

impl Letter {
    /// A letter about `raw`, refused at the door, or where a consumer read it.
    pub fn refused(
        raw: &[u8],
        rejection: &Rejection,
        received_at: Micros,
        origin: Option<Origin>,
    ) -> Letter {
        let letter_id = letter_id(rejection.code.as_str(), raw);
        Letter::named(letter_id, raw, rejection, received_at, origin)
    }

    /// A letter about a fact that waits for others. It is named by `key` alone, so that whoever
    /// finds the wait ended can name it without the raw bytes; see [`letter_id`].
    pub fn waiting(
        key: &str,
        raw: &[u8],
        rejection: &Rejection,
        received_at: Micros,
        origin: Option<Origin>,
    ) -> Letter {
        let letter_id = letter_id(rejection.code.as_str(), key.as_bytes());
        Letter::named(letter_id, raw, rejection, received_at, origin)
    }

    /// A letter about a message of a provider. What two of them said in the same words are two
    /// letters.
    pub fn of_provider(
        raw: &[u8],
        rejection: &Rejection,
        received_at: Micros,
        provider: &str,
        origin: Option<Origin>,
    ) -> Letter {
        let code_of_provider = format!("{}@{provider}", rejection.code.as_str());
        let letter_id = letter_id(&code_of_provider, raw);
        let mut letter = Letter::named(letter_id, raw, rejection, received_at, origin);
        letter.header.provider = Some(provider.to_owned());
        letter
    }

    fn named(
        letter_id: String,
        raw: &[u8],
        rejection: &Rejection,
        received_at: Micros,
        origin: Option<Origin>,
    ) -> Letter {
        let (topic, partition, offset) = match origin {
            Some((topic, partition, offset)) => (Some(topic), Some(partition), Some(offset)),
            None => (None, None, None),
        };
        let header = Header {
            letter_id,
            code: rejection.code.as_str().to_owned(),
            pointer: rejection.pointer.clone(),
            reason: rejection.reason.clone(),
            received_at,
            topic,
            partition,
            offset,
            market: market_named_in(&raw[..raw.len().min(RAW_BYTES_MAX)]),
            courier: None,
            form: None,
            provider: None,
            line: None,
            cut_from_bytes: None,
        };
        Letter::within_bounds(header, raw)
    }

    /// What is too long is cut, and says so.
    pub(super) fn within_bounds(mut header: Header, raw: &[u8]) -> Letter {
        let kept = &raw[..raw.len().min(RAW_BYTES_MAX)];
        if header.reason.len() > REASON_CHARS_MAX {
            header.reason = header.reason.chars().take(REASON_CHARS_MAX).collect();
        }
        header.cut_from_bytes = (kept.len() < raw.len()).then_some(raw.len() as u64);
        Letter { header, raw: kept.to_vec() }
    }

    /// The value of the letter's record.
    pub fn encode(&self) -> Vec<u8> {
        let mut value = serde_json::to_vec(&self.header).unwrap_or_default();
        value.push(b'\n');
        value.extend_from_slice(&self.raw);
        value
    }

    /// Reads [`Letter::encode`] back.
    pub fn decode(value: &[u8]) -> Result<Letter, NoLetter> {
        // JSON has no line break but between its tokens, and ours is written without any.
        let end = value.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or_else(|| NoLetter("it has no header line".to_owned()))?;
        let header = serde_json::from_slice(&value[..end]);
        let header = header.map_err(|error| NoLetter(format!("its header: {error}")))?;
        Ok(Letter { header, raw: value[end + 1..].to_vec() })
    }
}

/// The name of a letter: of what was refused, and why.
pub fn letter_id(code: &str, content: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(code);
    hash.update([0]);
    hash.update(content);
    let hex: String = hash.finalize().iter().take(10).map(|byte| format!("{byte:02x}")).collect();
    format!("dl_{hex}")
}

/// The name of a letter as a number: a sixth of the memory where all of them are remembered. `None`
/// where the key of a record names no letter.
pub(super) fn number_of(key: &[u8]) -> Option<u128> {
    let hex = std::str::from_utf8(key.strip_prefix(b"dl_")?).ok()?;
    u128::from_str_radix(hex, 16).ok()
}

/// Puts letters about events into the log; they are durable when this returns. Coming again
/// changes nothing.
pub fn append(log: &Log, letters: Vec<Letter>, now: Micros) -> Result<(), LogError> {
    append_about(log, About::Events, letters, now)
}

/// As [`append`], for letters about either.
pub fn append_about(
    log: &Log,
    about: About,
    letters: Vec<Letter>,
    now: Micros,
) -> Result<(), LogError> {
    if letters.is_empty() {
        return Ok(());
    }
    let record = |letter: Letter| Record {
        key: letter.header.letter_id.clone().into_bytes(),
        value: letter.encode(),
    };
    log.append(about.topic(), letters.into_iter().map(record).collect(), now.0)?;
    Ok(())
}

fn market_named_in(raw: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        market: Option<Cow<'a, str>>,
    }
    let named: Named<'_> = serde_json::from_slice(raw).ok()?;
    let market: doorstep_domain::id::MarketId = named.market?.parse().ok()?;
    Some(market.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::event::RejectionCode;
    use proptest::prelude::*;

    fn rejection() -> Rejection {
        Rejection::new(RejectionCode::Malformed, "/time", "is \"noon\", not a\nRFC 3339 time")
    }

    proptest! {
        /// A5: whatever bytes came are kept unchanged beside the reason.
        #[test]
        fn a_letter_reads_back(raw: Vec<u8>, at in 0_i64..4_000_000_000_000_000, door: bool) {
            let origin = (!door).then(|| ("events".to_owned(), 3, 17));
            let letter = Letter::refused(&raw, &rejection(), Micros(at), origin);
            prop_assert_eq!(&letter.raw, &raw);
            prop_assert_eq!(Letter::decode(&letter.encode()), Ok(letter));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(value: Vec<u8>) {
            if let Ok(letter) = Letter::decode(&value) {
                prop_assert!(letter.raw.len() < value.len());
            }
        }
    }

    #[test]
    fn the_name_is_that_of_content_and_reason() {
        let named = |code, raw: &str| {
            let rejection = Rejection::new(code, "", "");
            Letter::refused(raw.as_bytes(), &rejection, Micros(7), None).header.letter_id
        };
        let first = named(RejectionCode::Malformed, "x");
        assert_eq!(first, named(RejectionCode::Malformed, "x"));
        assert_ne!(first, named(RejectionCode::Malformed, "y"));
        assert_ne!(first, named(RejectionCode::TooLarge, "x"));
        assert_eq!(first.len(), "dl_".len() + 20);
    }

    #[test]
    fn the_market_is_told_where_it_can_be_read() {
        let cases = [
            (r#"{"market":"sf","time":7}"#, Some("sf")),
            (r#"{"market":"s\u0066"}"#, Some("sf")),
            (r#"{"market":7}"#, None),
            (r#"{"market":""}"#, None),
            ("market: sf", None),
        ];
        for (raw, expected) in cases {
            let letter = Letter::refused(raw.as_bytes(), &rejection(), Micros(7), None);
            assert_eq!(letter.header.market.as_deref(), expected, "{raw}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        let raw = vec![b'x'; RAW_BYTES_MAX + 1];
        let letter = Letter::refused(&raw, &rejection(), Micros(7), None);
        assert_eq!(letter.raw.len(), RAW_BYTES_MAX);
        assert_eq!(letter.header.cut_from_bytes, Some(RAW_BYTES_MAX as u64 + 1));
    }
}
