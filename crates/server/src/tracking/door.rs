//! The door: pings are parsed, admitted and appended before their sender is answered, many
//! requests in one append. What is refused is kept as a dead letter.
//!
//! A request is *sorted* in memory, its wrong pings are kept, its right ones *offered* to the
//! collectors of their partitions, and the answer waits until a flusher has made them durable.

mod block;
mod collector;
mod flusher;
mod held;
mod limits;
mod metric;
mod packed;
mod read;
mod reading;
mod receipt;
mod repaired;
mod sorting;

pub use reading::{Form, sort, sort_one};
pub use receipt::Durable;
pub(crate) use repaired::again;
pub use sorting::{NotTaken, NothingTaken, Sender, Sorted, Why};

use crate::app::App;
use crate::couriers::Rate;
use crate::dead_letters::Letter;
use crate::error::AppError;
use crate::wire::PINGS;
use collector::{Collector, HeldCollector, Share, weight};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Clock;
use doorstep_log::{Log, LogError};
use flusher::Flusher;
use held::Held;
use limits::{FULL_RETRY_AFTER_MS, KEPT_BLOCKS_MAX, KEPT_RETRY_AFTER_MS, WAITING_BYTES_MAX};
use packed::Place;
use receipt::Receipt;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Where pings come in: a collector and a flusher for each partition. Dropped, it appends what
/// waits and ends its threads.
pub struct Door {
    log: Log,
    collectors: Vec<Arc<Collector>>,
    flushers: Vec<JoinHandle<()>>,
}

impl Door {
    /// Opens the door of these markets, by the places which the directory gives them.
    pub fn open(log: &Log, clock: &Arc<dyn Clock>, markets: &[MarketId]) -> Result<Door, AppError> {
        metric::describe();
        let mut door = Door { log: log.clone(), collectors: Vec::new(), flushers: Vec::new() };
        for partition in 0..log.partitions(PINGS)? {
            let held = Held::new(markets.len(), WAITING_BYTES_MAX);
            let collector = Arc::new(Collector::new(held));
            door.collectors.push(Arc::clone(&collector));
            let flusher = Flusher {
                partition,
                collector,
                markets: markets.to_vec(),
                log: log.clone(),
                clock: Arc::clone(clock),
            };
            let name = format!("pings {partition}");
            let thread = std::thread::Builder::new().name(name.clone());
            let thread = thread.spawn(move || flusher.run());
            door.flushers.push(thread.map_err(|error| AppError::machine(name, error))?);
        }
        Ok(door)
    }

    /// How many partitions there are.
    pub(super) fn partitions(&self) -> usize {
        self.collectors.len()
    }

    /// Whether more may come at all. Errors: [`AppError::Busy`] where the log keeps so much that
    /// something behind it must have stopped.
    pub fn is_open(&self) -> Result<(), AppError> {
        for partition in 0..self.log.partitions(PINGS)? {
            let kept = self.log.bounds(PINGS, partition)?;
            if kept.end - kept.start > KEPT_BLOCKS_MAX {
                metric::turned_away("lagging");
                return Err(AppError::Busy { retry_after_ms: KEPT_RETRY_AFTER_MS });
            }
        }
        Ok(())
    }

    /// Offers what was accepted to the collectors: all of it, or nothing. `None` where that was
    /// nothing.
    ///
    /// Errors: [`AppError::Busy`] where there is no room, [`LogError::TooLarge`] where there can
    /// never be; what the devices were counted is given back.
    pub fn offer(&self, app: &App, sorted: &mut Sorted) -> Result<Option<Durable>, AppError> {
        let batches = std::mem::take(&mut sorted.packed).close();
        if batches.is_empty() {
            return Ok(None);
        }
        let rate = sorted.rules.rate;
        let held = self.hold(&batches).inspect_err(|_| give_back_all(app, &batches, rate));
        Ok(Some(push(held?, batches)))
    }

    /// Holds the collectors concerned, once there is room for everything in all of them.
    fn hold(&self, batches: &[(Place, Vec<u8>)]) -> Result<Vec<HeldPartition<'_>>, AppError> {
        let mut held = Vec::new();
        for group in batches.chunk_by(|a, b| a.0.0 == b.0.0) {
            let partition = group[0].0.0;
            let collector = self.collectors.get(usize::from(partition)).ok_or_else(stopped)?.hold();
            if collector.is_closed() {
                return Err(stopped());
            }
            check_room(collector.held(), group)?;
            held.push((partition, collector));
        }
        Ok(held)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.collectors.iter().for_each(|collector| collector.close());
        for flusher in self.flushers.drain(..) {
            // One that panicked has said so itself.
            let _ = flusher.join();
        }
    }
}

/// Nothing of a request is taken: what its devices were counted is given back.
fn give_back(app: &App, sorted: &mut Sorted) {
    let batches = std::mem::take(&mut sorted.packed).close();
    give_back_all(app, &batches, sorted.rules.rate);
}

fn give_back_all(app: &App, batches: &[(Place, Vec<u8>)], rate: Rate) {
    let known = app.couriers.known();
    let entries = packed::couriers(batches).filter_map(|courier| known.find(courier));
    entries.for_each(|entry| entry.allowance.give_back(rate));
}

type HeldPartition<'a> = (u16, HeldCollector<'a>);

fn push(mut held: Vec<HeldPartition<'_>>, batches: Vec<(Place, Vec<u8>)>) -> Durable {
    let (receipt, durable) = Receipt::of(batches.len());
    for ((partition, market), batch) in batches {
        let receipt = Arc::clone(&receipt);
        if let Some((_, collector)) = held.iter_mut().find(|(of, _)| *of == partition) {
            collector.push(Share { market, batch, receipt });
        }
    }
    durable
}

fn check_room(held: &Held, group: &[(Place, Vec<u8>)]) -> Result<(), AppError> {
    let of_market = |batches: &[(Place, Vec<u8>)]| {
        let bytes = batches.iter().map(|(_, batch)| weight(batch.len())).sum();
        (batches[0].0.1, bytes)
    };
    let brought: Vec<(u16, usize)> = group.chunk_by(|a, b| a.0 == b.0).map(of_market).collect();
    let (bytes, max_bytes) = (brought.iter().map(|(_, bytes)| bytes).sum(), held.most_at_once());
    if bytes > max_bytes {
        let what = "a request's part for one partition";
        return Err(LogError::TooLarge { what, bytes, max_bytes }.into());
    }
    if !held.has_room_for(&brought) {
        metric::turned_away("full");
        return Err(AppError::Busy { retry_after_ms: FULL_RETRY_AFTER_MS });
    }
    Ok(())
}

fn stopped() -> AppError {
    LogError::Stopped { topic: PINGS.to_owned() }.into()
}

impl Sorted {
    /// Pings that will be durable once they were offered and that is answered.
    pub fn accepted(&self) -> u64 {
        self.accepted
    }

    /// What was refused, in the order of the lines.
    pub fn not_taken(&self) -> &[NotTaken] {
        self.refused()
    }

    /// Whether couriers must be looked for in the store before anything is decided about them.
    pub fn must_look(&self, app: &App) -> bool {
        let now = self.rules.now;
        self.unsure().any(|courier| !app.couriers.is_missing(courier, now))
    }

    /// Looks for them. It blocks.
    pub fn look(&self, app: &App) -> Result<(), AppError> {
        app.couriers.look(&app.store, self.unsure(), self.rules.now)
    }

    /// Decides about couriers who were not known at first: whoever is not now is refused.
    ///
    /// Errors: as for [`sort`].
    pub fn decide(&mut self, app: &App) -> Result<(), NothingTaken> {
        let settled = self.settle(&app.couriers.known());
        settled.inspect_err(|_| give_back(app, self))?;
        self.refused().iter().for_each(|refused| metric::refused(refused.why.code()));
        Ok(())
    }

    /// The dead letters of what is wrong, each with its place among [`Sorted::not_taken`].
    pub fn letters(&self, app: &App) -> Vec<(usize, Letter)> {
        let numbered = self.refused().iter().enumerate();
        let letter = |(place, refused): (usize, &NotTaken)| match &refused.why {
            Why::Wrong(rejection) => {
                let (now, named) = (self.rules.now, refused.courier.as_deref());
                let letter = Letter::of_ping(&refused.raw, rejection, now, &self.said, named);
                let courier = letter.header.courier.as_deref();
                let market = courier.and_then(|courier| app.couriers.market_of(courier));
                Some((place, letter.in_market(market)))
            }
            Why::TooMany { .. } => None,
        };
        numbered.filter_map(letter).collect()
    }

    /// What is answered once everything is durable.
    pub fn counted(&self) {
        metric::taken(self.accepted);
    }
}

#[cfg(test)]
mod tests;
