//! Blocks that wait, by market. Markets are served in turns, equal bytes each (deficit round
//! robin, Shreedhar and Varghese 1995), so that one of them at many times its usual rate does not
//! delay the others. Of one market the newest block comes first: an older ping is then turned
//! away by one comparison. What is beyond a market's bound is folded to its couriers' newest pings.

use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, batch};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// How much is served in a turn, and how much may wait.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    /// Bytes of each market that a turn serves.
    pub turn_bytes: usize,
    /// Bytes of blocks that one market may have waiting before the oldest are folded.
    pub waiting_bytes_max: usize,
}

impl Default for Budget {
    /// A turn of a market takes a few milliseconds; sixteen megabytes are half a second of a
    /// market at a million pings a second.
    fn default() -> Budget {
        Budget { turn_bytes: 256 << 10, waiting_bytes_max: 16 << 20 }
    }
}

/// One record of the topic: many pings of one market and one partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its partition.
    pub partition: u32,
    /// Its offset there.
    pub offset: u64,
    /// When it became durable.
    pub appended_at: Micros,
    /// Binary batch v1.
    pub bytes: Vec<u8>,
}

/// What a turn serves.
#[derive(Debug)]
pub enum Served {
    /// A block as it stands in the log.
    Block(Block),
    /// The newest pings of couriers, out of blocks that were folded.
    Newest(Vec<(Box<str>, Ping)>),
}

/// A block that could not be folded because it cannot be read.
#[derive(Debug)]
pub struct Unreadable {
    /// The block.
    pub block: Block,
    /// Why.
    pub reason: String,
}

/// Everything that was read from the log and not yet applied.
#[derive(Debug, Default)]
pub struct Turns {
    budget: Budget,
    markets: BTreeMap<MarketId, Waiting>,
}

impl Turns {
    /// Nothing waits yet.
    pub fn new(budget: Budget) -> Turns {
        Turns { budget, markets: BTreeMap::new() }
    }

    /// Lets a block wait for its market's turn; answers the blocks that had to be folded to make
    /// room and cannot be read.
    pub fn push(&mut self, market: MarketId, block: Block) -> Vec<Unreadable> {
        let waiting = self.markets.entry(market).or_default();
        waiting.bytes += block.bytes.len();
        waiting.blocks.push_back(block);
        waiting.fold_down_to(self.budget.waiting_bytes_max)
    }

    /// Serves every market that waits once.
    pub fn turn(&mut self, serve: &mut dyn FnMut(&MarketId, Served)) {
        for (market, waiting) in &mut self.markets {
            waiting.credit += i64::try_from(self.budget.turn_bytes).unwrap_or(i64::MAX);
            while waiting.credit > 0 {
                let Some((served, cost)) = waiting.next() else {
                    break;
                };
                waiting.credit -= cost;
                serve(market, served);
            }
        }
        // Whoever has nothing waiting saves nothing up.
        self.markets.retain(|_, waiting| !waiting.is_empty());
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.markets.is_empty()
    }

    /// Blocks that wait whole, over all markets.
    pub fn blocks(&self) -> usize {
        self.markets.values().map(|waiting| waiting.blocks.len()).sum()
    }

    /// The least offset of a partition of which something still waits.
    pub fn first_waiting(&self, partition: u32) -> Option<u64> {
        self.markets.values().filter_map(|waiting| waiting.first_of(partition)).min()
    }
}

/// What one market has waiting.
#[derive(Debug, Default)]
struct Waiting {
    /// In the order in which they were read: the newest at the end.
    blocks: VecDeque<Block>,
    bytes: usize,
    /// What it may still be served in this turn; below zero where a block was larger.
    credit: i64,
    /// Its hash need not be foreseen by nobody: only registered couriers are in the log.
    folded: Folded<HashMap<Box<str>, Ping, foldhash::fast::RandomState>>,
    /// What was folded and is being served, some at a time.
    leaving: Folded<Vec<(Box<str>, Ping)>>,
}

/// The newest pings of couriers, out of blocks that were too many.
#[derive(Debug, Default)]
struct Folded<T> {
    newest: T,
    /// By partition the least offset among those blocks.
    from: BTreeMap<u32, u64>,
}

/// What serving a folded ping costs, in bytes: about what it takes in a block.
const FOLDED_PING_BYTES: usize = 40;

/// Folded pings served together.
const FOLDED_AT_ONCE: usize = 4_096;

impl Waiting {
    fn is_empty(&self) -> bool {
        let nothing_folded = self.folded.newest.is_empty() && self.leaving.newest.is_empty();
        self.blocks.is_empty() && nothing_folded
    }

    /// The newest block, or some of what was folded once no block waits; and what it costs.
    fn next(&mut self) -> Option<(Served, i64)> {
        let (served, cost) = if let Some(block) = self.blocks.pop_back() {
            self.bytes -= block.bytes.len();
            let cost = block.bytes.len().max(1);
            (Served::Block(block), cost)
        } else {
            let newest = self.take_folded();
            let cost = newest.len() * FOLDED_PING_BYTES;
            if newest.is_empty() {
                return None;
            }
            (Served::Newest(newest), cost)
        };
        Some((served, i64::try_from(cost).unwrap_or(i64::MAX)))
    }

    fn take_folded(&mut self) -> Vec<(Box<str>, Ping)> {
        if self.leaving.newest.is_empty() {
            let folded = std::mem::take(&mut self.folded);
            self.leaving =
                Folded { newest: folded.newest.into_iter().collect(), from: folded.from };
        }
        let newest = &mut self.leaving.newest;
        let taken = newest.split_off(newest.len().saturating_sub(FOLDED_AT_ONCE));
        if newest.is_empty() {
            self.leaving.from.clear();
        }
        taken
    }

    fn fold_down_to(&mut self, bytes_max: usize) -> Vec<Unreadable> {
        let mut unreadable = Vec::new();
        while self.bytes > bytes_max && self.blocks.len() > 1 {
            let Some(block) = self.blocks.pop_front() else {
                break;
            };
            self.bytes -= block.bytes.len();
            let from = self.folded.from.entry(block.partition).or_insert(block.offset);
            *from = (*from).min(block.offset);
            if let Err(error) = self.fold(&block) {
                unreadable.push(Unreadable { block, reason: error.to_string() });
            }
        }
        unreadable
    }

    /// Keeps the newest of each courier. Errors: what is wrong first; the rest is kept all the
    /// same.
    fn fold(&mut self, block: &Block) -> Result<(), batch::BatchError> {
        let mut broken = None;
        for ping in batch::read(&block.bytes)? {
            let (courier, ping) = match ping {
                Ok(named) => named,
                Err(error) => {
                    broken.get_or_insert(error);
                    continue;
                }
            };
            match self.folded.newest.get_mut(courier) {
                // Of two pings of the same instant the later arrival counts.
                Some(newest) if newest.at <= ping.at => *newest = ping,
                Some(_) => {}
                None => drop(self.folded.newest.insert(courier.into(), ping)),
            }
        }
        broken.map_or(Ok(()), Err)
    }

    fn first_of(&self, partition: u32) -> Option<u64> {
        let mine = self.blocks.iter().filter(|block| block.partition == partition);
        let folded = [&self.folded.from, &self.leaving.from];
        let folded = folded.into_iter().filter_map(|from| from.get(&partition).copied());
        mine.map(|block| block.offset).chain(folded).min()
    }
}

#[cfg(test)]
mod tests;
