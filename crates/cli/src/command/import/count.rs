//! What became of a file.

use crate::table::{Column, Show};
use doorstep_server::status::Counted;
use serde_json::{Value, json};

/// How the counts are told.
pub(super) const COUNTS: &[Column] = &[
    Column("lines", "/lines", Show::Count),
    Column("accepted", "/accepted", Show::Count),
    Column("duplicate", "/duplicate", Show::Count),
    Column("late", "/late", Show::Count),
    Column("dead-lettered", "/dead_lettered", Show::Count),
    Column("adjustments", "/adjustments", Show::Count),
    Column("conflicts", "/conflicts", Show::Count),
    Column("days closed", "/days_closed", Show::Count),
];

/// Counts of an import.
#[derive(Debug, Default)]
pub(super) struct Imported {
    /// Rejected lines seen.
    pub named: u64,
    appended: u64,
    rejected: u64,
    counted: Option<(Counted, Option<u64>)>,
}

impl Imported {
    /// Adds the answer to a chunk.
    pub(super) fn taken(&mut self, taken: &Value) {
        self.appended += taken["accepted"].as_u64().unwrap_or(0);
        self.rejected += taken["rejected"].as_array().map_or(0, Vec::len) as u64;
    }

    /// Adds what was counted, and how many days were closed then; a server closes by itself.
    pub(super) fn counted(&mut self, counted: Counted, days_closed: Option<u64>) {
        self.counted = Some((counted, days_closed));
    }

    /// Events counted about days that were closed.
    pub(super) fn late(&self) -> u64 {
        self.counted.map_or(0, |(counted, _)| counted.late)
    }

    /// As it is printed. `accepted` are new facts; before anything is counted, what is durable.
    pub(super) fn to_json(&self) -> Value {
        let lines = self.appended + self.rejected;
        match self.counted {
            None => json!({
                "lines": lines, "accepted": self.appended, "dead_lettered": self.rejected,
            }),
            Some((counted, days_closed)) => json!({
                "lines": lines,
                "accepted": counted.accepted,
                "duplicate": counted.duplicate,
                "late": counted.late,
                "dead_lettered": self.rejected + counted.dead_lettered,
                "adjustments": counted.adjustments,
                "conflicts": counted.conflicts,
                "days_closed": days_closed,
            }),
        }
    }
}
