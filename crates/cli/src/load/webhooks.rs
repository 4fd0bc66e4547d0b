//! Endpoints that are told of deliveries: how many messages arrive, and how long after the provider
//! told of what they are about.

use super::client::{Client, told, why};
use super::figures::Latency;
use super::provider::{MEANINGS, Provider};
use crate::failure::Failure;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

/// After how long without a message nothing more is awaited.
const QUIET: Duration = Duration::from_secs(10);

/// How often it is looked whether everything has arrived.
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// Endpoints, and what has come to them.
pub(crate) struct Endpoints {
    address: SocketAddr,
    slow: Duration,
    provider: OnceLock<Arc<Provider>>,
    came: Mutex<Came>,
}

/// What has come.
#[derive(Default)]
struct Came {
    /// Endpoint and name of each message; the slow endpoint is 0.
    known: HashSet<(u32, String)>,
    /// How many states of a delivery are announced, once its end was: that is the end's number.
    states: HashMap<String, u64>,
    /// To all but the slow one.
    messages: u64,
    to_the_slow_one: u64,
    repeated: u64,
    lag: Latency,
    last: Option<Instant>,
}

impl Endpoints {
    /// Listens on loopback; the slow one answers after `slow`.
    pub(crate) async fn open(slow: Duration) -> Result<Arc<Endpoints>, Failure> {
        let refused = |error: std::io::Error| Failure::Refused(error.to_string());
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let endpoints =
            Endpoints { address, slow, provider: OnceLock::new(), came: Mutex::default() };
        let endpoints = Arc::new(endpoints);
        let router =
            Router::new().route("/{endpoint}", post(take)).with_state(Arc::clone(&endpoints));
        // It ends with the process.
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(endpoints)
    }

    /// Has so many endpoints told of all of a market's deliveries, and the slow one besides.
    pub(crate) async fn subscribe(
        &self,
        client: &Client,
        (market, count): (&str, u32),
    ) -> Result<(), String> {
        let first = u32::from(self.slow.is_zero());
        for endpoint in first..=count {
            let url = format!("http://{}/{endpoint}", self.address);
            let new = json!({ "url": url, "market": market, "label": "bench" });
            let once = format!("{url}-{}", super::now().0);
            let path = "/v1/subscriptions";
            let answer = client.ask(&client.sending("POST", path, Some(&once), &new)).await?;
            if answer.status != 201 {
                return Err(format!("{path}: {}: {}", answer.status, why(&answer)));
            }
            drop(told(&answer));
        }
        Ok(())
    }

    /// Whose telling the messages are about.
    pub(crate) fn are_told_of(&self, provider: &Arc<Provider>) {
        // It is said once.
        let _ = self.provider.set(Arc::clone(provider));
    }

    /// Waits until so many endpoints were told of every state of so many deliveries, or nothing
    /// comes any more; the figures.
    pub(crate) async fn figures(
        &self,
        (deliveries, endpoints): (u32, u32),
        began: Instant,
    ) -> Value {
        let expected = |came: &Came| came.announced(deliveries) * u64::from(endpoints);
        let is_over = |came: &Came| {
            came.messages >= expected(came) || came.last.unwrap_or(began).elapsed() > QUIET
        };
        while !is_over(&self.came()) {
            sleep(LOOKS_EVERY).await;
        }
        let came = self.came();
        let took = came.last.map_or(Duration::ZERO, |last| last - began).as_secs_f64();
        json!({
            "announced": came.announced(deliveries), "expected": expected(&came),
            "arrived": came.messages, "repeated": came.repeated,
            "arrived_at_the_slow_one": came.to_the_slow_one,
            "arrived_per_s": (came.messages as f64 / took).round(),
            "arrived_in_s": (took * 100.0).round() / 100.0,
            "lag_ms": came.lag.to_json(),
        })
    }

    fn came(&self) -> MutexGuard<'_, Came> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, message: (u32, String), body: &[u8]) {
        let now = Instant::now();
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let (endpoint, due) = (message.0, self.due(&body["data"]));
        let mut came = self.came();
        came.learn(&body["data"]);
        match (came.known.insert(message), endpoint) {
            (false, _) => came.repeated += 1,
            (true, 0) => came.to_the_slow_one += 1,
            (true, _) => {
                came.messages += 1;
                came.last = Some(now);
                if let Some(due) = due {
                    let lag = now.saturating_duration_since(due);
                    came.lag.add(i64::try_from(lag.as_micros()).unwrap_or(i64::MAX));
                }
            }
        }
    }

    /// Since when it could have been told.
    fn due(&self, data: &Value) -> Option<Instant> {
        self.provider.get()?.due_of(data["reference"].as_str()?, data["status"].as_str()?)
    }
}

impl Came {
    /// How many states of so many deliveries are announced: what a provider tells of one in one go
    /// is announced as where it leads. As long as the end of one was not told, all of its states
    /// are awaited.
    fn announced(&self, deliveries: u32) -> u64 {
        let missing = u64::from(deliveries).saturating_sub(self.states.len() as u64);
        self.states.values().sum::<u64>() + missing * MEANINGS.len() as u64
    }

    fn learn(&mut self, data: &Value) {
        if data["status"].as_str() == MEANINGS.last().copied()
            && let (Some(delivery), Some(states)) =
                (data["delivery_id"].as_str(), data["revision"].as_u64())
        {
            self.states.insert(delivery.to_owned(), states);
        }
    }
}

async fn take(
    State(endpoints): State<Arc<Endpoints>>,
    Path(endpoint): Path<u32>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let name = headers.get("webhook-id").and_then(|name| name.to_str().ok()).unwrap_or_default();
    endpoints.note((endpoint, name.to_owned()), &body);
    if endpoint == 0 {
        sleep(endpoints.slow).await;
    }
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_delivery_says_how_many_of_its_states_are_announced() {
        let mut came = Came::default();
        let steps = [
            (("a", "searching", 1), 10),
            (("a", "delivered", 2), 7),
            (("a", "delivered", 2), 7),
            (("b", "en_route_dropoff", 4), 7),
            (("b", "delivered", 5), 7),
        ];
        for ((delivery, status, revision), expected) in steps {
            let told = json!({ "delivery_id": delivery, "status": status, "revision": revision });
            came.learn(&told);
            assert_eq!(came.announced(2), expected, "{told}");
        }
    }
}
