//! Dead letters: what could not be taken, with the reason and the raw bytes (A5, B7).
//!
//! The letters stand in the log, in [`wire::EVENTS_DEAD_LETTERS`](crate::wire); the store keeps
//! only what became of them. A letter about which nothing is kept is open.

mod handling;
mod letter;
mod shelf;

pub use handling::{AllReplayed, LetterHandled, discard, replay, replay_all};
pub use letter::{Header, Letter, NoLetter, Origin, RAW_BYTES_MAX, append, letter_id};
pub use shelf::{
    LetterPage, LetterShown, LetterView, PAGE_MAX, Which, count_open, each_record, list, show,
};
