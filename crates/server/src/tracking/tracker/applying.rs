//! Blocks onto the map.

use super::super::metric;
use super::super::watch::seconds_since;
use super::turns::{Served, Unreadable};
use crate::app::App;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, batch};

/// Of so many pings the age of one is recorded.
const AGES_SAMPLED_ONE_IN: usize = 64;

/// Puts what was served on the map. Of a block that is broken, what can be read is taken. `counts`
/// says whether the figures hear of it.
pub(super) fn apply(
    app: &App,
    market: &MarketId,
    served: Served,
    counts: bool,
) -> Result<(), Unreadable> {
    let mut ages = Ages { now: app.clock.now(), newest: Micros(0), seen: 0, counts };
    let outcome = match served {
        Served::Newest(newest) => {
            let pings = newest.iter().map(|(courier, ping)| (&**courier, *ping));
            let applied = app.live.apply(market, pings.inspect(|(_, ping)| ages.see(ping)));
            note(app, applied, counts);
            Ok(())
        }
        Served::Block(block) => match batch::read(&block.bytes) {
            Err(error) => Err(Unreadable { reason: error.to_string(), block }),
            Ok(pings) => {
                let mut broken = None;
                let readable = pings.filter_map(|ping| match ping {
                    Ok(named) => Some(named),
                    Err(error) => {
                        broken.get_or_insert(error);
                        None
                    }
                });
                let readable = readable.inspect(|(_, ping)| ages.see(ping));
                note(app, app.live.apply(market, readable), counts);
                match broken {
                    Some(error) => Err(Unreadable { reason: error.to_string(), block }),
                    None => Ok(()),
                }
            }
        },
    };
    app.tracked.progress.saw(ages.newest);
    outcome
}

fn note(app: &App, applied: doorstep_live::Applied, counts: bool) {
    let moved = applied.moved + applied.new;
    app.tracked.progress.add(moved, applied.stale, applied.implausible);
    if counts {
        metrics::counter!(metric::APPLIED).increment(moved);
        metrics::counter!(metric::STALE).increment(applied.stale);
        metrics::counter!(metric::IMPLAUSIBLE).increment(applied.implausible);
    }
}

/// How old pings are when they reach the map.
struct Ages {
    now: Micros,
    newest: Micros,
    seen: usize,
    counts: bool,
}

impl Ages {
    fn see(&mut self, ping: &Ping) {
        self.newest = self.newest.max(ping.at);
        if self.counts && self.seen.is_multiple_of(AGES_SAMPLED_ONE_IN) {
            metrics::histogram!(metric::PING_AGE).record(seconds_since(self.now, ping.at));
        }
        self.seen += 1;
    }
}
