//! What a watcher has seen, in a word: whoever comes back with it is told what has changed since.

use std::fmt;
use std::str::FromStr;

/// A version of one process's live map. Of another process, or after a restart, it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// Names the process's map.
    pub epoch: u64,
    /// The version of it that was seen.
    pub version: u64,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.epoch, self.version)
    }
}

/// A text that no event of ours was named by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the id of an event")]
pub struct NoEventId;

impl FromStr for EventId {
    type Err = NoEventId;

    fn from_str(text: &str) -> Result<EventId, NoEventId> {
        let (epoch, version) = text.split_once('-').ok_or(NoEventId)?;
        let epoch = u64::from_str_radix(epoch, 16).map_err(|_| NoEventId)?;
        Ok(EventId { epoch, version: version.parse().map_err(|_| NoEventId)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_nothing_else_is_one() {
        let id = EventId { epoch: 0x18_7a3f, version: 42 };
        assert_eq!(id.to_string(), "187a3f-42");
        let cases =
            [("187a3f-42", Some(id)), ("187a3f", None), ("-42", None), ("x-1", None), ("", None)];
        for (text, expected) in cases {
            assert_eq!(text.parse().ok(), expected, "{text:?}");
        }
    }
}
