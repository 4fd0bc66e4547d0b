//! Dead letters: what could not be taken, with the reason and the raw bytes (A5, B7).
//!
//! The letters stand in the log, those about events, pings, providers' messages and lines of stock
//! each in a topic of their own ([`About`]); the store keeps only what became of them. A letter
//! about which nothing is kept is open.

mod acceptable;
mod handling;
mod letter;
mod line;
mod ping;
mod shelf;

pub(crate) use handling::lane;
pub use handling::{AllReplayed, LetterHandled, discard, replay, replay_all};
pub use letter::{
    About, Header, Letter, NoLetter, Origin, RAW_BYTES_MAX, append, append_about, letter_id,
};
pub use line::LineOfFile;
pub use ping::{PingForm, Said};
pub use shelf::{
    LetterPage, LetterShown, LetterView, PAGE_MAX, Which, count_open, each_record, list, show,
};
