//! From log entries to a batch of facts. What cannot be read becomes a dead letter; the rest of
//! the batch goes on (B7).

use super::intake::admitted;
use crate::dead_letters::Letter;
use crate::wire::EVENTS;
use doorstep_domain::event::Event;
use doorstep_domain::id::MarketId;
use doorstep_domain::market::Market;
use doorstep_domain::time::Micros;
use doorstep_log::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Where in the log an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Origin {
    /// Partition of the `events` topic.
    pub partition: u32,
    /// Offset in it.
    pub offset: u64,
}

/// A fact, and where it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Where.
    pub origin: Origin,
    /// What.
    pub event: Event,
}

/// A run of one partition, read.
#[derive(Debug, Default)]
pub struct Batch {
    /// The facts, in the order in which they were told.
    pub told: Vec<Told>,
    /// What could not be read.
    pub letters: Vec<Letter>,
    /// The newest time among the facts.
    pub newest: Option<Micros>,
}

impl Batch {
    /// The markets that the facts are about.
    pub fn markets(&self) -> BTreeSet<&MarketId> {
        self.told.iter().map(|told| &told.event.market).collect()
    }
}

/// Reads entries of one partition, as of `now`.
pub fn read(
    partition: u32,
    entries: &[Entry],
    markets: &BTreeMap<MarketId, Market>,
    now: Micros,
) -> Batch {
    let mut batch = Batch { told: Vec::with_capacity(entries.len()), ..Batch::default() };
    for entry in entries {
        let origin = Origin { partition, offset: entry.offset };
        match admitted(&entry.value, markets, now) {
            Ok(event) => {
                batch.newest = batch.newest.max(Some(event.at));
                batch.told.push(Told { origin, event });
            }
            Err(rejection) => {
                let origin = Some((EVENTS.to_owned(), partition, entry.offset));
                batch.letters.push(Letter::refused(&entry.value, &rejection, now, origin));
            }
        }
    }
    batch
}
