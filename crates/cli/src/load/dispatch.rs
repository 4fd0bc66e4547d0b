//! A city that asks for deliveries, and the couriers who carry them: an open-loop load of dispatch.
//!
//! Requests are due at a fixed rate, whatever became of those before. Every courier who listens has
//! a stream, thinks about each offer for a moment, accepts, picks up and delivers. Latencies count
//! from when a thing should have happened.

mod courier;
mod customer;
mod proof;
mod told;

pub(crate) use told::Told;

use super::client::Client;
use courier::Courier;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_sim::fleet::Fleet;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// Couriers who connect at the same time: fewer than a server lets wait.
const CONNECTING_MAX: usize = 200;

/// How often it is looked whether everything has come to its end.
const LOOK: Duration = Duration::from_millis(100);

/// What customers ask for.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    /// Deliveries from and to anywhere, as many as are asked for in the time.
    Deliveries,
    /// These orders of a shop, each as the body of a request, once.
    Orders(Arc<Vec<Value>>),
}

/// What city to make.
#[derive(Clone)]
pub(crate) struct CityLoad {
    /// The same seed makes the same couriers, places and moments of thought.
    pub(crate) seed: u64,
    /// Where.
    pub(crate) market: MarketId,
    /// What is asked for.
    pub(crate) wanted: Wanted,
    /// Everybody who tells where they are.
    pub(crate) fleet: Fleet,
    /// How many of them listen and answer.
    pub(crate) streams: u32,
    /// Deliveries asked for in a second.
    pub(crate) requests_per_s: u32,
    /// For how long they are asked for.
    pub(crate) length: Duration,
    /// How long a courier is on the way to the package, and then to the customer.
    pub(crate) dwell: Duration,
    /// How long is waited at the end until everything is delivered.
    pub(crate) settle: Duration,
}

/// A city under way.
pub(crate) struct City {
    load: CityLoad,
    client: Arc<Client>,
    /// Names what this run has asked for, among all that a server keeps.
    run: String,
    began: OnceLock<Instant>,
    /// When the first ping of the fleet was due.
    pings_began: Micros,
    couriers: Vec<Mutex<Courier>>,
    told: Mutex<Told>,
    door: Semaphore,
}

impl City {
    /// Nobody has asked for anything yet.
    pub(crate) fn new(load: CityLoad, client: Arc<Client>, pings_began: Micros) -> Arc<City> {
        let count = match &load.wanted {
            Wanted::Orders(orders) => orders.len() as u64,
            Wanted::Deliveries => {
                u64::from(load.requests_per_s) * load.length.as_millis() as u64 / 1_000
            }
        };
        let couriers = (0..load.streams).map(|_| Mutex::default()).collect();
        Arc::new(City {
            run: format!("sim-{:x}", super::now().0),
            told: Mutex::new(Told::of(count)),
            began: OnceLock::new(),
            pings_began,
            door: Semaphore::new(CONNECTING_MAX),
            load,
            client,
            couriers,
        })
    }

    /// Lets the couriers listen; they do until the set is dropped.
    pub(crate) fn listens(self: &Arc<City>) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for index in 0..self.load.streams {
            let city = Arc::clone(self);
            tasks.spawn(async move { city.works(index).await });
        }
        tasks
    }

    /// Asks for deliveries until the time is over, and waits until all of them have their answer.
    pub(crate) async fn asks(self: &Arc<City>) {
        let began = *self.began.get_or_init(Instant::now);
        let (mut asking, count) = (JoinSet::new(), self.told().orders.len());
        for number in 0..count {
            tokio::time::sleep_until(began + self.due(number)).await;
            let city = Arc::clone(self);
            asking.spawn(async move { city.asks_for(number).await });
            while asking.try_join_next().is_some() {}
        }
        while asking.join_next().await.is_some() {}
    }

    /// Waits until everything that was answered is delivered, or the time for that is over.
    pub(crate) async fn settles(&self) {
        let end = Instant::now() + self.load.settle;
        while Instant::now() < end {
            if self.told().is_settled() {
                return;
            }
            sleep(LOOK).await;
        }
    }

    /// What has become of it so far.
    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests that were sent again, and those of them that the server had asked to wait.
    pub(crate) fn sent_again(&self) -> (u64, u64) {
        (self.client.sent_again(), self.client.asked_to_wait())
    }

    /// Seconds since the first request was due.
    pub(crate) fn seconds(&self) -> f64 {
        self.began.get().map_or(0.0, |began| began.elapsed().as_secs_f64())
    }

    /// When a request is due, after the first one.
    fn due(&self, number: usize) -> Duration {
        Duration::from_secs_f64(number as f64 / f64::from(self.load.requests_per_s.max(1)))
    }

    /// Since when a request has been due, in microseconds.
    fn since_due_us(&self, number: usize) -> i64 {
        let due = self.began.get().map(|began| *began + self.due(number));
        due.map_or(0, us_since)
    }

    /// Which courier of the fleet the listening one of this index is: they are spread evenly, so
    /// that they do not all tell where they are at the same moment.
    fn who(&self, index: u32) -> u32 {
        spread(index, self.load.streams, self.load.fleet.plan().couriers)
    }

    fn pings_began(&self) -> Micros {
        self.pings_began
    }

    fn courier(&self, index: u32) -> Option<MutexGuard<'_, Courier>> {
        let courier = self.couriers.get(usize::try_from(index).ok()?)?;
        Some(courier.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn spread(index: u32, of: u32, among: u32) -> u32 {
    let place = u64::from(index) * u64::from(among) / u64::from(of.max(1));
    // No more than `among`, as long as the index is one of them.
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Microseconds since an instant.
fn us_since(instant: Instant) -> i64 {
    i64::try_from(instant.elapsed().as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_is_spread_over_the_fleet() {
        let cases = [(0, 3, 3, 0), (2, 3, 3, 2), (1, 2_000, 200_000, 100), (1, 2, 5, 2)];
        for (index, of, among, expected) in cases {
            assert_eq!(spread(index, of, among), expected, "{index} of {of} among {among}");
        }
    }
}
