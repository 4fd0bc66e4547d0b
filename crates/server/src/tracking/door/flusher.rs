//! The thread that appends what waits in front of one partition, and answers for it.

use super::block::blocks;
use super::collector::Collector;
use super::metric;
use crate::wire::PINGS;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Clock;
use doorstep_log::Log;
use std::sync::Arc;

/// Takes what waits, appends it as blocks in one go, and answers everybody whose it was. While it
/// appends, others come to wait: the slower the disk, the more share one sync.
pub(super) struct Flusher {
    pub(super) partition: u32,
    pub(super) collector: Arc<Collector>,
    pub(super) markets: Vec<MarketId>,
    pub(super) log: Log,
    pub(super) clock: Arc<dyn Clock>,
}

impl Flusher {
    /// Works until the collector is closed and empty.
    pub(super) fn run(self) {
        let _ending = AbandonOnDrop(&self.collector);
        while let Some(shares) = self.collector.next_turn() {
            let records = blocks(&shares, &self.markets);
            metric::flushed(shares.len(), records.len());
            let now = self.clock.now();
            let appended = self.log.append_to(PINGS, self.partition, records, now.0);
            if let Err(error) = &appended {
                tracing::error!(partition = self.partition, %error, "pings cannot be appended");
            }
            // Room first: whoever is answered may send again at once.
            self.collector.release(&shares);
            shares.iter().for_each(|share| share.receipt.settle(appended.as_ref().err()));
        }
    }
}

/// However the flusher ends, nobody is left waiting for it.
struct AbandonOnDrop<'a>(&'a Collector);

impl Drop for AbandonOnDrop<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
