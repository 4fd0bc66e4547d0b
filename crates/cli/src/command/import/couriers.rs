//! `doorstep import couriers`: CSV or one JSON object a line.

use super::send;
use super::source::{Chunk, Source};
use crate::arguments::Place;
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows};
use crate::transport::Transport;
use csv::{ReaderBuilder, StringRecord};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;

/// Chunks read ahead of what is being registered.
const CHUNKS_AHEAD: usize = 1;

/// Refused lines named on stderr.
const REFUSED_NAMED_MAX: u64 = 10;

const COUNTS: &[Column] = &[
    Column("lines", "/lines", Show::Count),
    Column("registered", "/registered", Show::Count),
    Column("known", "/known", Show::Count),
    Column("refused", "/refused", Show::Count),
];

/// What became of the lines.
#[derive(Debug, Default)]
struct Counts {
    registered: u64,
    known: u64,
    refused: u64,
}

/// Registers couriers from a file.
pub(super) fn import(place: &Place, file: &Path, json: bool) -> Result<ExitCode, Failure> {
    let source = Source::open(file)?;
    let transport = Transport::open(place)?;
    let progress = source.progress();
    let (chunks, waiting) = mpsc::sync_channel::<Result<Chunk, Failure>>(CHUNKS_AHEAD);
    let counts = std::thread::scope(|scope| {
        scope.spawn(move || source.read_into(&chunks));
        let (mut counts, mut form) = (Counts::default(), None);
        for chunk in waiting {
            let chunk = chunk?;
            let form = form.get_or_insert_with(|| Form::of(&chunk.lines));
            let done = send(&transport, "/v1/couriers", form.as_json(&chunk.lines))?;
            progress.suspend(|| counts.add(&done, chunk.lines_before));
            progress.set_position(chunk.source_bytes_read);
        }
        progress.finish_and_clear();
        Ok::<_, Failure>(counts)
    })?;
    let counts = counts.to_json();
    if json {
        output::line(counts.to_string())?;
    } else {
        output::print(&card(COUNTS, &counts, None))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Counts {
    /// Adds an answer, and names who was refused.
    fn add(&mut self, done: &Value, lines_before: u64) {
        self.registered += done["registered"].as_u64().unwrap_or(0);
        self.known += done["known"].as_u64().unwrap_or(0);
        for refused in rows(done, "rejected") {
            self.refused += 1;
            if self.refused <= REFUSED_NAMED_MAX {
                let line = refused["line"].as_u64().unwrap_or(0) + lines_before;
                let reason = refused["reason"].as_str().unwrap_or_default();
                eprintln!("doorstep: line {line}: {reason}");
            }
        }
        if self.refused > REFUSED_NAMED_MAX {
            eprintln!("doorstep: and more: {} so far", self.refused);
        }
    }

    fn to_json(&self) -> Value {
        let lines = self.registered + self.known + self.refused;
        json!({
            "lines": lines, "registered": self.registered, "known": self.known,
            "refused": self.refused,
        })
    }
}

/// How couriers stand in a file, by its first line.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    Json,
    /// Where in a line the courier and the market stand.
    Csv {
        courier: usize,
        market: usize,
        header: bool,
    },
}

impl Form {
    fn of(lines: &[u8]) -> Form {
        let first = lines.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
        let first = first.unwrap_or_default().trim_ascii();
        if first.starts_with(b"{") {
            return Form::Json;
        }
        let names = fields(first);
        let place = |name: &str| names.iter().position(|field| field.trim() == name);
        match (place("courier_id"), place("market")) {
            (Some(courier), Some(market)) => Form::Csv { courier, market, header: true },
            _ => Form::Csv { courier: 0, market: 1, header: false },
        }
    }

    /// Lines as JSON, each in its place, so that what is said of a line is said of the file's.
    fn as_json(&mut self, lines: &[u8]) -> Vec<u8> {
        let Form::Csv { courier, market, header } = self else { return lines.to_vec() };
        let mut written = Vec::with_capacity(lines.len() * 3);
        for line in lines.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            if !line.is_empty() && !std::mem::take(header) {
                let fields = fields(line);
                let field = |place: usize| fields.get(place).unwrap_or_default().trim().to_owned();
                let new = json!({ "courier_id": field(*courier), "market": field(*market) });
                written.extend_from_slice(new.to_string().as_bytes());
            }
            written.push(b'\n');
        }
        written
    }
}

/// The fields of one line of CSV, RFC 4180; none where it is not text.
fn fields(line: &[u8]) -> StringRecord {
    let mut reader = ReaderBuilder::new().has_headers(false).buffer_capacity(256).from_reader(line);
    let mut record = StringRecord::new();
    // A line that is not UTF-8 has no fields, and is refused for that.
    let _ = reader.read_record(&mut record);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json_of(lines: &str) -> String {
        String::from_utf8(Form::of(lines.as_bytes()).as_json(lines.as_bytes())).unwrap()
    }

    #[test]
    fn lines_keep_their_places_in_every_form() {
        let anna = r#"{"courier_id":"anna","market":"sf"}"#;
        let quoted = r#"{"courier_id":"b, c","market":"ny"}"#;
        let cases = [
            (format!("{anna}\n"), format!("{anna}\n")),
            ("anna,sf\n\n\"b, c\",ny".to_owned(), format!("{anna}\n\n{quoted}\n")),
            ("courier_id,market\nanna,sf".to_owned(), format!("\n{anna}\n")),
            ("market, since, courier_id\nsf,2008,anna".to_owned(), format!("\n{anna}\n")),
            ("anna".to_owned(), "{\"courier_id\":\"anna\",\"market\":\"\"}\n".to_owned()),
        ];
        for (lines, expected) in cases {
            assert_eq!(json_of(&lines), expected, "{lines}");
        }
    }
}
