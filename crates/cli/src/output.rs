//! What goes to stdout.

use crate::failure::Failure;
use serde_json::Value;
use std::io::{self, Write};

/// Writes text as it is.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::output)
}

/// Writes a line.
pub(crate) fn line(text: impl AsRef<str>) -> Result<(), Failure> {
    print(&format!("{}\n", text.as_ref()))
}

/// Writes an answer as the interface gave it.
pub(crate) fn json(answer: &Value) -> Result<(), Failure> {
    line(answer.to_string())
}

/// Says on stderr where a list goes on, and what is missing in it.
pub(crate) fn more(answer: &Value) {
    for warning in answer["warnings"].as_array().into_iter().flatten() {
        eprintln!("doorstep: {}", warning["detail"].as_str().unwrap_or_default());
    }
    if let Some(cursor) = answer["next_cursor"].as_str() {
        eprintln!("doorstep: there is more: add --cursor {cursor}");
    }
}
