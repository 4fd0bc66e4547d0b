//! Binary batch, version 1: how pings travel from gateways, in the log and in snapshots.
//!
//! Little endian. A header of 12 bytes: `DSPB`, version `u8` = 1, flags `u8` = 0, reserved
//! `u16` = 0, count `u32`. Then each ping in 24 bytes and its courier's identifier: `at_us` `i64`,
//! `lat_e7` `i32`, `lng_e7` `i32`, `speed_cm_s` `u16`, `heading_cdeg` `u16`, `accuracy_dm` `u16`
//! (65535: unknown), `battery_percent` `u8` (255: unknown), length `u8`, UTF-8.

mod read;
mod write;

pub use read::{Frame, Pings, read};
pub use write::Writer;

use crate::event::{Rejection, RejectionCode};
use crate::id::IdError;

/// How a batch begins.
pub const MAGIC: [u8; 4] = *b"DSPB";

/// The version written, and the only one read.
pub const VERSION: u8 = 1;

/// Bytes before the first ping.
pub const HEADER_BYTES: usize = 12;

/// Bytes of one ping before its courier's identifier.
pub const PING_BYTES: usize = 24;

const UNKNOWN: u16 = u16::MAX;
const UNKNOWN_BATTERY: u8 = u8::MAX;

/// What is wrong with a batch, or with one ping of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// Does not begin with [`MAGIC`].
    #[error("is not a binary batch: it does not begin with DSPB")]
    Magic,
    /// Of another version, or with flags this build does not know.
    #[error("is version {version} with flags {flags}; this build reads version 1 without flags")]
    Version {
        /// As it stands in the header.
        version: u8,
        /// As they stand in the header.
        flags: u8,
    },
    /// Ends before its last ping does.
    #[error("ends in the middle of a ping")]
    Truncated,
    /// Goes on after its last ping.
    #[error("has {0} bytes after its last ping")]
    Trailing(usize),
    /// One ping is nobody's.
    #[error(transparent)]
    Courier(IdError),
    /// One ping's courier is not UTF-8.
    #[error("is not UTF-8")]
    NotText,
    /// One ping lies off the globe.
    #[error("lies off the globe")]
    Position,
    /// One ping has more than 359.99 degrees, or a battery over 100 percent.
    #[error("is more than there can be")]
    Range(&'static str),
}

impl BatchError {
    /// Whether only one ping is concerned, and those after it can still be read.
    pub fn is_of_one_ping(&self) -> bool {
        use BatchError::{Courier, NotText, Position, Range};
        matches!(self, Courier(_) | NotText | Position | Range(_))
    }
}

impl From<BatchError> for Rejection {
    fn from(error: BatchError) -> Rejection {
        let (code, pointer) = match &error {
            BatchError::Courier(_) | BatchError::NotText => {
                (RejectionCode::Malformed, "/courier_id")
            }
            BatchError::Position => (RejectionCode::ImplausiblePosition, "/lat"),
            BatchError::Range(pointer) => (RejectionCode::Malformed, *pointer),
            _ => (RejectionCode::Malformed, ""),
        };
        Rejection::new(code, pointer, error.to_string())
    }
}
