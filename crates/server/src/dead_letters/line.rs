//! Letters about lines of stock that no import could take: from which file, and which line.

use super::letter::{Header, Letter};
use crate::stock::import::RefusedLine;
use doorstep_domain::time::Micros;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a line stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineOfFile {
    /// The file, as whoever sent it calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its number there, from 1.
    pub number: u64,
    /// Whether it says how much is there, instead of how much came.
    pub count: bool,
}

impl Letter {
    /// A letter about a line, under the name it was given. What two lines say in the same words
    /// are two letters.
    pub(crate) fn of_line(
        letter_id: String,
        raw: &[u8],
        refused: &RefusedLine,
        line: LineOfFile,
        received_at: Micros,
    ) -> Letter {
        let header = Header {
            letter_id,
            code: refused.code.to_owned(),
            pointer: refused.pointer.to_owned(),
            reason: refused.reason.clone(),
            received_at,
            topic: None,
            partition: None,
            offset: None,
            market: None,
            courier: None,
            form: None,
            provider: None,
            line: Some(line),
            cut_from_bytes: None,
        };
        Letter::within_bounds(header, raw)
    }
}
