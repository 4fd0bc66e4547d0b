//! Shoppers who look at what can be had, each over a connection of their own: the next question
//! goes when the last was answered.

use super::connection::Connection;
use super::figures::Latency;
use super::target::Target;
use doorstep_domain::tracking::Position;
use doorstep_sim::chance::Chance;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How many questions are counted together: a lock for each would be most of the measurement.
const COUNTED_AT_ONCE: usize = 256;

/// Who looks at what.
#[derive(Debug, Clone)]
pub(crate) struct ShopLoad {
    pub(crate) seed: u64,
    /// The corner of the square in which everybody is.
    pub(crate) corner: Position,
    /// Its side, in 1e-7 degrees.
    pub(crate) side_e7: i32,
    /// What they ask for: `PREFIX0` and so on.
    pub(crate) prefix: String,
    /// How many different items there are.
    pub(crate) items: u32,
    /// How many each question names.
    pub(crate) lines: u32,
    /// Connections.
    pub(crate) shoppers: u32,
    pub(crate) length: Duration,
}

/// How they were answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looked {
    /// With 200.
    pub(crate) answered: u64,
    /// With anything else, or not at all.
    pub(crate) failed: u64,
    /// What the first of those said.
    pub(crate) first_failure: Option<String>,
    /// From the question to the answer.
    pub(crate) latency: Latency,
}

/// The load, under way.
pub(crate) struct Shoppers {
    load: ShopLoad,
    target: Target,
    looked: Mutex<Looked>,
}

impl Shoppers {
    pub(crate) fn new(load: ShopLoad, target: Target) -> Arc<Shoppers> {
        Arc::new(Shoppers { load, target, looked: Mutex::default() })
    }

    /// How it went so far.
    pub(crate) fn looked(&self) -> MutexGuard<'_, Looked> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets everybody look until the time is over. Errors: nobody listens.
    pub(crate) async fn look(self: &Arc<Self>) -> Result<Duration, String> {
        let mut connections = Vec::new();
        for _ in 0..self.load.shoppers {
            let opened = Connection::open(&self.target).await;
            connections.push(opened.map_err(|error| error.to_string())?);
        }
        let (began, mut looking) = (Instant::now(), JoinSet::new());
        for (shopper, connection) in (0..).zip(connections) {
            let shoppers = Arc::clone(self);
            looking.spawn(async move { shoppers.looks(shopper, connection, began).await });
        }
        while looking.join_next().await.is_some() {}
        Ok(began.elapsed())
    }

    async fn looks(&self, shopper: u64, mut connection: Connection, began: Instant) {
        let mut chance = Chance::of(self.load.seed, &[shopper]);
        let (mut path, mut took) = (String::new(), Vec::with_capacity(COUNTED_AT_ONCE));
        while began.elapsed() < self.load.length {
            self.write(&mut chance, &mut path);
            let asked = Instant::now();
            match connection.send(&self.target.head("GET", &path), b"").await {
                Ok(answer) if answer.status == 200 => took.push(asked.elapsed()),
                Ok(answer) => self.fails(format!("{path} was answered with {}", answer.status)),
                Err(error) => {
                    self.fails(error.to_string());
                    break;
                }
            }
            if took.len() == COUNTED_AT_ONCE {
                self.count(&mut took);
            }
        }
        self.count(&mut took);
    }

    fn count(&self, took: &mut Vec<Duration>) {
        let mut looked = self.looked();
        for took in took.drain(..) {
            looked.answered += 1;
            looked.latency.add(i64::try_from(took.as_micros()).unwrap_or(i64::MAX));
        }
    }

    fn fails(&self, why: String) {
        let mut looked = self.looked();
        looked.failed += 1;
        looked.first_failure.get_or_insert(why);
    }

    /// What somebody somewhere in the square asks.
    fn write(&self, chance: &mut Chance, path: &mut String) {
        let ShopLoad { corner, side_e7, prefix, items, lines, .. } = &self.load;
        let mut within = || {
            let side = u64::try_from(*side_e7).unwrap_or(1).max(1);
            i32::try_from(chance.below(side)).unwrap_or(0)
        };
        let place = Position { lat_e7: corner.lat_e7 + within(), lng_e7: corner.lng_e7 + within() };
        path.clear();
        // Strings take whatever is written to them.
        let _ = write!(path, "/v1/availability?lat={}&lng={}&items=", place.lat(), place.lng());
        for line in 0..*lines {
            let comma = if line == 0 { "" } else { "," };
            let _ = write!(path, "{comma}{prefix}{}", chance.below((*items).into()));
        }
    }
}
