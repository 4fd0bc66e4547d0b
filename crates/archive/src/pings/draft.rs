use crate::fingerprint::Fingerprint;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, batch};
use std::collections::HashMap;
use std::sync::Arc;

/// Why a record is no block that rows could give back byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It cannot be read as a batch.
    #[error("it is no batch of pings: {0}")]
    Unreadable(String),
    /// It has no pings, or is written otherwise than our own writer does.
    #[error("it is not as our own writer would have it")]
    Foreign,
}

/// Blocks of one market that are to be archived together.
#[derive(Debug, Default)]
pub struct PingsDraft {
    names: HashMap<Arc<str>, u32>,
    couriers: Vec<Arc<str>>,
    blocks: Vec<Block>,
    rows: Vec<Row>,
    fingerprint: Fingerprint,
}

#[derive(Debug, Clone, Copy)]
struct Block {
    offset: u64,
    appended_at: Micros,
}

/// A ping and where it stood.
#[derive(Debug, Clone, Copy)]
struct Row {
    courier: u32,
    block: u32,
    index: u32,
    ping: Ping,
}

/// A row as it is written.
pub(crate) struct Drafted<'d> {
    pub(crate) courier: &'d str,
    pub(crate) ping: Ping,
    pub(crate) appended_at: Micros,
    pub(crate) offset: u64,
    pub(crate) index: u32,
}

impl PingsDraft {
    /// Adds a block. Errors: it is unfit, and nothing of it was added.
    pub fn push(&mut self, offset: u64, appended_at: Micros, block: &[u8]) -> Result<(), Unfit> {
        let before = self.rows.len();
        let added = self.add(block);
        match added {
            Ok(()) => {
                self.blocks.push(Block { offset, appended_at });
                self.fingerprint.add(offset, appended_at, block);
            }
            Err(_) => self.rows.truncate(before),
        }
        added
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), Unfit> {
        let unreadable = |error: batch::BatchError| Unfit::Unreadable(error.to_string());
        let block = u32::try_from(self.blocks.len()).map_err(|_| Unfit::Foreign)?;
        let mut again = batch::Writer::new();
        for (index, ping) in (0..).zip(batch::read(bytes).map_err(unreadable)?) {
            let (courier, ping) = ping.map_err(unreadable)?;
            again.push(courier, &ping);
            let courier = self.number_of(courier);
            self.rows.push(Row { courier, block, index, ping });
        }
        let comes_back = !again.is_empty() && again.finish() == bytes;
        if comes_back { Ok(()) } else { Err(Unfit::Foreign) }
    }

    fn number_of(&mut self, courier: &str) -> u32 {
        if let Some(number) = self.names.get(courier) {
            return *number;
        }
        // There are at most as many as pings in a range.
        let number = self.couriers.len() as u32;
        let name: Arc<str> = courier.into();
        self.couriers.push(Arc::clone(&name));
        self.names.insert(name, number);
        number
    }

    /// How many blocks it has.
    pub fn records(&self) -> usize {
        self.blocks.len()
    }

    /// How many pings it has.
    pub fn pings(&self) -> usize {
        self.rows.len()
    }

    /// What tells its blocks from others.
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Puts the rows into the order of the file: by courier, time, and place in the log.
    pub(crate) fn sort(&mut self) {
        let mut order: Vec<u32> = (0..).take(self.couriers.len()).collect();
        order.sort_unstable_by_key(|number| &self.couriers[*number as usize]);
        let mut rank = vec![0_u32; order.len()];
        for (place, number) in (0..).zip(&order) {
            rank[*number as usize] = place;
        }
        self.rows.sort_unstable_by_key(|row| {
            (rank[row.courier as usize], row.ping.at, row.block, row.index)
        });
    }

    /// The rows in their order, in groups of at most `most`.
    pub(crate) fn groups(
        &self,
        most: usize,
    ) -> impl Iterator<Item = impl Iterator<Item = Drafted<'_>> + Clone> {
        self.rows.chunks(most).map(|rows| rows.iter().map(|row| self.drafted(row)))
    }

    fn drafted(&self, row: &Row) -> Drafted<'_> {
        let block = self.blocks[row.block as usize];
        Drafted {
            courier: &self.couriers[row.courier as usize],
            ping: row.ping,
            appended_at: block.appended_at,
            offset: block.offset,
            index: row.index,
        }
    }
}
