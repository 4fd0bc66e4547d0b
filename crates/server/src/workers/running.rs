//! The threads of a serving process.

mod asking;
mod following;
mod nodes;
mod normalizing;
mod ordering;
mod telling;

use super::{accountant, closer};
use crate::app::App;
use crate::archiving;
use crate::dispatch::{matcher, relay};
use crate::error::AppError;
use crate::notifications::NOTIFIER;
use crate::orders::returns;
use crate::tracking::tracker::Tracker;
use crate::tracking::tracker::turns::Budget;
use crate::wire::EVENTS;
use doorstep_domain::id::MarketId;
use doorstep_store::StoreError;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long a worker waits for news before it looks by itself.
const WAIT: Duration = Duration::from_millis(500);

/// How long the tracker lets blocks come together: watchers look once a second, and a step for each
/// append is mostly the step.
const TRACKER_PACE: Duration = Duration::from_millis(10);

/// With more blocks than these before it, the tracker does not rest.
const BLOCKS_BEHIND: u64 = 64;

/// How often the archiver looks whether an hour has closed.
const ARCHIVER_REST: Duration = Duration::from_secs(10);

/// How long the relay waits where nothing rings: another process may have decided something.
const RELAY_REST: Duration = Duration::from_millis(200);

/// How long the relay lets announcements come together: each step is a sync of every partition of
/// the log and one of the store, and then one of every accountant; nobody waits for pay.
const RELAY_PACE: Duration = Duration::from_millis(50);

/// How often announcements are forgotten that everybody has read, in microseconds.
const FORGETS_EVERY_US: i64 = 10_000_000;

/// Who must have read an announcement before it is forgotten, besides whoever takes back.
const CONSUMERS: &[&str] = &[relay::RELAY, NOTIFIER];

/// How long a worker rests after an error of an engine.
const REST: Duration = Duration::from_secs(1);

/// The word to stop, which wakes whoever rests.
#[derive(Default)]
struct Stop {
    said: Mutex<bool>,
    bell: Condvar,
}

impl Stop {
    fn say(&self) {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_all();
    }

    fn is_said(&self) -> bool {
        *self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rests for a while, or until the word is said.
    fn rest(&self, length: Duration) {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        // Woken or not, whoever rests looks at the word next.
        drop(self.bell.wait_timeout_while(said, length, |said| !*said));
    }
}

/// Workers under way; they are stopped and waited for when this is dropped.
pub struct Running {
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    /// Tells the workers to stop after what they are doing, and waits for them.
    pub fn stop(self) {}
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.say();
        for thread in self.threads.drain(..) {
            // A worker that panicked has said so itself.
            let _ = thread.join();
        }
    }
}

/// Starts the accountant, and the closer and the archiver if days are to be closed meanwhile.
pub fn start(app: &Arc<App>, with_closer: bool) -> Result<Running, AppError> {
    let mut running = Running { stop: Arc::default(), threads: Vec::new() };
    for partition in 0..app.log.partitions(EVENTS)? {
        running.spawn(app, format!("accountant-{partition}"), move |app, stop| {
            account(app, partition, stop);
        })?;
    }
    if with_closer {
        running.spawn(app, "closer".to_owned(), close)?;
        running.spawn(app, "archiver".to_owned(), archive)?;
        running.spawn(app, "tracker".to_owned(), track)?;
        running.spawn(app, "states".to_owned(), load_states)?;
        for market in app.markets.keys() {
            let market = market.clone();
            running.spawn(app, format!("matcher-{market}"), move |app, stop| {
                find_couriers(app, &market, stop);
            })?;
        }
        running.spawn(app, "relay".to_owned(), relay)?;
        running.follow_stock(app)?;
        running.order(app)?;
        running.normalize(app)?;
        running.tell(app)?;
        running.follow_nodes(app)?;
        running.ask(app)?;
    }
    Ok(running)
}

impl Running {
    fn spawn(
        &mut self,
        app: &Arc<App>,
        name: String,
        work: impl Fn(&App, &Stop) + Send + 'static,
    ) -> Result<(), AppError> {
        let (app, stop) = (Arc::clone(app), Arc::clone(&self.stop));
        let thread = std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || work(&app, &stop))
            .map_err(|error| AppError::machine(format!("starting {name}"), error))?;
        self.threads.push(thread);
        Ok(())
    }
}

fn account(app: &App, partition: u32, stop: &Stop) {
    while !stop.is_said() {
        // Looked at before the step, so that what comes during it is not waited for.
        let ends = ends(app);
        match accountant::step(app, partition) {
            Ok(0) => drop(app.log.wait(EVENTS, &ends, WAIT)),
            Ok(_) => {}
            // Another consumer was faster: what it did is read anew.
            Err(AppError::Store(StoreError::Fenced { .. })) => {}
            Err(error) => {
                tracing::error!(partition, %error, "the accountant rests");
                stop.rest(REST);
            }
        }
    }
}

/// Where the partitions end.
fn ends(app: &App) -> Vec<u64> {
    let end = |partition| app.log.bounds(EVENTS, partition).map_or(0, |bounds| bounds.end);
    (0..app.log.partitions(EVENTS).unwrap_or(0)).map(end).collect()
}

/// Follows the pings. What is on the map when the word to stop is said is written down.
fn track(app: &App, stop: &Stop) {
    let restored = loop {
        match Tracker::restored(app, Budget::default()) {
            Ok(tracker) => break Some(tracker),
            Err(error) if !stop.is_said() => {
                tracing::error!(%error, "the tracker cannot begin");
                stop.rest(REST);
            }
            Err(_) => break None,
        }
    };
    let Some(mut tracker) = restored else {
        return;
    };
    while !stop.is_said() {
        let stepped = tracker.step(app).and_then(|busy| {
            tracker.snapshot_if_due(app)?;
            Ok(busy)
        });
        match stepped {
            Ok(_) if app.tracked.progress.lag_records() > BLOCKS_BEHIND => {}
            Ok(busy) => {
                if !busy {
                    tracker.wait(app, WAIT);
                }
                stop.rest(TRACKER_PACE);
            }
            Err(error) => {
                tracing::error!(%error, "the tracker rests");
                stop.rest(REST);
            }
        }
    }
    if let Err(error) = tracker.snapshot(app) {
        tracing::error!(%error, "positions were not written down; the log has them");
    }
}

/// Tells the map once what everybody is doing; after that the accountant does.
fn load_states(app: &App, stop: &Stop) {
    while let Err(error) = app.tracked.states.load(app, &|| stop.is_said()) {
        tracing::error!(%error, "the map does not know what couriers are doing");
        stop.rest(REST);
        if stop.is_said() {
            return;
        }
    }
}

/// Looks for couriers of a market. Each has a thread of its own: a market with trouble holds up no
/// other.
fn find_couriers(app: &App, market: &MarketId, stop: &Stop) {
    while !stop.is_said() {
        match matcher::step(app, market) {
            Ok(0) => {}
            Ok(rest_us) => {
                let rest = Duration::from_micros(u64::try_from(rest_us).unwrap_or_default());
                app.dispatch.wait_for(market, rest);
            }
            Err(error) => {
                tracing::error!(%market, %error, "the matcher rests");
                stop.rest(REST);
            }
        }
    }
}

/// Hands what dispatch has decided to the accountant, and forgets what everybody has read.
fn relay(app: &App, stop: &Stop) {
    let mut forgets_at = app.clock.now();
    while !stop.is_said() {
        let mut handed = 0;
        let forgets = app.clock.now() >= forgets_at;
        if forgets {
            forgets_at = app.clock.now().plus(FORGETS_EVERY_US);
        }
        for market in app.markets.keys() {
            let step = relay::step(app, market).and_then(|count| match forgets {
                true => forget(app, market).map(|_| count),
                false => Ok(count),
            });
            match step {
                Ok(count) => handed += count,
                // Another relay was faster: where it stands is read anew.
                Err(AppError::Store(StoreError::Fenced { .. })) => {}
                Err(error) => {
                    tracing::error!(%market, %error, "the relay rests");
                    stop.rest(REST);
                }
            }
        }
        if handed == 0 {
            app.dispatch.wait_for_any(RELAY_REST);
        } else if handed < relay::ROWS_AT_ONCE as usize {
            stop.rest(RELAY_PACE);
        }
    }
}

/// Forgets what a market's deliveries have announced and everybody has read. Who takes back what
/// nobody carries keeps where they stand with the stock, which may be another store.
fn forget(app: &App, market: &MarketId) -> Result<u64, AppError> {
    relay::forget(app, market, CONSUMERS, returns::read_to(app, market)?)
}

fn close(app: &App, stop: &Stop) {
    while !stop.is_said() {
        let done = closer::tell_waiting(app).and_then(|_| closer::close_due(app));
        if let Err(error) = done {
            tracing::error!(%error, "the closer rests");
        }
        stop.rest(REST);
    }
}

fn archive(app: &App, stop: &Stop) {
    while !stop.is_said() {
        match archiving::work(app) {
            Ok(0) => stop.rest(ARCHIVER_REST),
            Ok(_) => {}
            // Another archiver was faster: where it stands is read anew.
            Err(AppError::Store(StoreError::Fenced { .. })) => {}
            Err(error) => {
                tracing::error!(%error, "the archiver rests");
                stop.rest(ARCHIVER_REST);
            }
        }
    }
}
