//! Adapters: tables that say where things stand in a provider's payloads, and what they mean (E8).

mod file;
mod key;
mod read;

pub use file::{AdapterFile, Verify, Written};
pub use read::{ReadError, Reading, Source, Told};

use super::canonical::{State, States};
use super::event::Meaning;
use super::path::{Path, PathError};
use file::{Fields, StatusRow};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// What [`StatusRow::means`] says of a status that is known and no state.
const IGNORED: &str = "ignored";

/// An adapter, ready to read.
#[derive(Debug, Clone)]
pub struct Adapter {
    file: AdapterFile,
    rows: Vec<Row>,
    /// Rows by the status they are for, in the order in which they stand in the table.
    by_status: HashMap<Box<str>, Vec<usize>>,
}

/// Why a table is no adapter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// A field that cannot be.
    #[error("{field}: {reason}")]
    Field {
        /// Which.
        field: String,
        /// Why not.
        reason: String,
    },
    /// A condition whose path is none.
    #[error("status {status:?}, when: {error}")]
    When {
        /// Of which row, by its first status.
        status: String,
        /// Why.
        error: PathError,
    },
}

#[derive(Debug, Clone)]
struct Row {
    when: Vec<(Path, Box<str>)>,
    meaning: Meaning,
    opens_after: States,
}

impl Adapter {
    /// Checks a table and prepares it. Errors: [`AdapterError`] with the field that is wrong.
    pub fn new(file: AdapterFile) -> Result<Adapter, AdapterError> {
        let wrong =
            |field: &str, reason: String| AdapterError::Field { field: field.into(), reason };
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if file.name.is_empty() || !file.name.bytes().all(plain) {
            let reason = format!("{:?} is not lower-case letters, digits and _", file.name);
            return Err(wrong("name", reason));
        }
        if file.read.reference.is_empty() {
            return Err(wrong("read.reference", "is missing: nothing says which delivery".into()));
        }
        let mut spreads: Vec<&str> = file.read.all().flat_map(Path::spreads).collect();
        spreads.sort_unstable();
        spreads.dedup();
        if spreads.len() > 1 {
            let reason = format!("[*] goes over {}: over one may it", spreads.join(" and "));
            return Err(wrong("read", reason));
        }
        let mut by_status: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        let mut rows = Vec::with_capacity(file.status.len());
        for row in &file.status {
            for status in &row.is {
                by_status.entry(status.to_lowercase().into()).or_default().push(rows.len());
            }
            rows.push(Row::of(row)?);
        }
        Ok(Adapter { file, rows, by_status })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// The table it was made of.
    pub fn file(&self) -> &AdapterFile {
        &self.file
    }

    /// Whether what goes by this name is kept and no part of a timeline.
    fn ignores(&self, name: &str) -> bool {
        self.file.ignore.iter().any(|ignored| ignored.eq_ignore_ascii_case(name))
    }

    /// What a status means in a payload, and after which states it opens the next attempt.
    fn meaning(&self, status: &str, payload: &Value, element: Option<usize>) -> (Meaning, States) {
        let rows = self.by_status.get(status).map_or(&[][..], Vec::as_slice);
        let mut fitting = rows.iter().map(|row| &self.rows[*row]);
        match fitting.find(|row| row.fits(payload, element)) {
            Some(row) => (row.meaning, row.opens_after),
            None => (Meaning::Unknown, States::default()),
        }
    }
}

impl Row {
    fn of(row: &StatusRow) -> Result<Row, AdapterError> {
        let Some(first) = row.is.first() else {
            let reason = "a row without a status fits nothing".to_owned();
            return Err(AdapterError::Field { field: "status.is".into(), reason });
        };
        let wrong = |field: &str, reason: String| AdapterError::Field {
            field: format!("status {first:?}, {field}"),
            reason,
        };
        let meaning = match &*row.means {
            IGNORED => Meaning::Ignored,
            state => Meaning::State(state.parse().map_err(|reason| wrong("means", reason))?),
        };
        let opens = row.opens_attempt_after.iter().map(|state| state.parse::<State>());
        let opens: Result<States, String> = opens.collect();
        let when = row.when.iter().map(|(path, text)| Ok((path.parse()?, text.as_str().into())));
        Ok(Row {
            when: when
                .collect::<Result<_, _>>()
                .map_err(|error| AdapterError::When { status: first.clone(), error })?,
            meaning,
            opens_after: opens.map_err(|reason| wrong("opens_attempt_after", reason))?,
        })
    }

    /// `""` is absent, and what ends in `*` begins like that.
    fn fits(&self, payload: &Value, element: Option<usize>) -> bool {
        self.when.iter().all(|(path, expected)| {
            let found = path.within(payload, element).map(text);
            match (found, expected.strip_suffix('*')) {
                (found, None) if expected.is_empty() => found.is_none(),
                (None, _) => false,
                (Some(found), Some(beginning)) => found
                    .get(..beginning.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(beginning)),
                (Some(found), None) => found.eq_ignore_ascii_case(expected),
            }
        })
    }
}

/// A value as the text it would be written as.
fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

impl Fields {
    fn all(&self) -> impl Iterator<Item = &Path> {
        let of_the_event = [&self.event, &self.name, &self.status, &self.at, &self.reason];
        let of_the_delivery = [&self.reference, &self.ours, &self.attempt, &self.tracking_url];
        let of_the_courier = [&self.courier_id, &self.courier_name, &self.courier_phone];
        let of_the_place = [&self.lat, &self.lng];
        let all = of_the_event.into_iter().chain(of_the_delivery);
        all.chain(of_the_courier).chain(of_the_place).flatten()
    }
}
