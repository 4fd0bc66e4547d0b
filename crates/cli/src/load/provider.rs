//! A provider that tells how its deliveries go, as fast as it is answered, while others look at
//! them.

use super::client::{Client, told, why};
use super::connection::Connection;
use super::figures::Latency;
use super::target::Target;
use doorstep_domain::id::MarketId;
use doorstep_server::provider::verify::sign;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// What each delivery passes through, in this order.
const STATUSES: [&str; 5] = ["pending", "pickup", "pickup_complete", "dropoff", "delivered"];

/// What others are told of each of them.
pub(super) const MEANINGS: [&str; 5] =
    ["searching", "en_route_pickup", "picked_up", "en_route_dropoff", "delivered"];

/// What is told besides the status: as much as a real message has.
const ABOUT: &str = include_str!("provider.json");

/// How often it is looked whether everything was read.
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// What is told, by whom, how fast.
#[derive(Debug, Clone)]
pub(crate) struct ProviderLoad {
    pub(crate) provider: String,
    pub(crate) secret: String,
    pub(crate) market: MarketId,
    /// Each is told of five times.
    pub(crate) deliveries: u32,
    /// Of them, how many are followed, and looked at.
    pub(crate) followed: u32,
    pub(crate) connections: u32,
    /// Messages a second; as many as are answered where there is none.
    pub(crate) messages_per_s: Option<u32>,
    /// Looks at followed deliveries, a second.
    pub(crate) looks_per_s: u32,
}

/// What has become of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// Answered with 200.
    pub(crate) taken: u64,
    /// Asked to send again later (429, 503).
    pub(crate) asked_to_wait: u64,
    /// Without an answer, or with another one.
    pub(crate) failed: u64,
    /// What the first of those said.
    pub(crate) first_failure: Option<String>,
    /// From when a message was due, or sent, to its answer.
    pub(crate) latency: Latency,
    /// From when a look was due to its answer.
    pub(crate) looked: Latency,
}

/// The load, under way.
pub(crate) struct Provider {
    load: ProviderLoad,
    target: Target,
    run: String,
    signatures: Vec<String>,
    next: AtomicU64,
    is_over: AtomicBool,
    told: Mutex<Told>,
    began: OnceLock<Instant>,
}

impl Provider {
    /// Signs every message, so that this is not measured.
    pub(crate) fn new(load: ProviderLoad, target: Target) -> Arc<Provider> {
        let mut provider = Provider {
            run: format!("{:x}", super::now().0),
            load,
            target,
            signatures: Vec::new(),
            next: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            told: Mutex::default(),
            began: OnceLock::new(),
        };
        let secret = provider.load.secret.clone();
        let signature = |number| sign(secret.as_bytes(), provider.message(number).as_bytes());
        provider.signatures = (0..provider.messages()).map(signature).collect();
        Arc::new(provider)
    }

    /// How many deliveries it tells of.
    pub(crate) fn deliveries(&self) -> u32 {
        self.load.deliveries
    }

    /// How many messages there are.
    pub(crate) fn messages(&self) -> u64 {
        u64::from(self.load.deliveries) * STATUSES.len() as u64
    }

    /// What has become of it so far.
    pub(crate) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows deliveries before anything is told of them; our names of them.
    pub(crate) async fn follows(&self, client: &Client) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        let path = format!("/v1/providers/{}/deliveries", self.load.provider);
        for delivery in 0..self.load.followed {
            let new = json!({
                "reference": self.reference(delivery.into()), "merchant_id": "bench",
                "market": self.load.market,
            });
            let once = format!("{}-{delivery}", self.run);
            let answer = client.ask(&client.sending("POST", &path, Some(&once), &new)).await?;
            match (answer.status, told(&answer)["delivery_id"].as_str()) {
                (201, Some(name)) => names.push(name.to_owned()),
                (status, _) => return Err(format!("{path}: {status}: {}", why(&answer))),
            }
        }
        Ok(names)
    }

    /// Tells everything, and waits until it was read; how long both took, and how long it took
    /// until everything was answered for.
    pub(crate) async fn tells(
        self: &Arc<Self>,
        client: &Arc<Client>,
        followed: Vec<String>,
    ) -> Result<(Duration, Duration), String> {
        let mut sending = JoinSet::new();
        let mut connections = Vec::new();
        for _ in 0..self.load.connections {
            let opened = Connection::open(&self.target).await;
            connections.push(opened.map_err(|error| error.to_string())?);
        }
        let before = read(client, &self.load.provider).await?;
        let began = *self.began.get_or_init(Instant::now);
        for connection in connections {
            let provider = Arc::clone(self);
            sending.spawn(async move { provider.sends(connection, began).await });
        }
        let looking = tokio::spawn(Arc::clone(self).looks(Arc::clone(client), followed, began));
        while let Some(sent) = sending.join_next().await {
            sent.map_err(|error| error.to_string())?;
        }
        let answered = began.elapsed();
        let taken = self.told().taken;
        while read(client, &self.load.provider).await? - before < taken as f64 {
            sleep(LOOKS_EVERY).await;
        }
        let all = began.elapsed();
        self.is_over.store(true, Relaxed);
        looking.await.map_err(|error| error.to_string())?;
        Ok((answered, all))
    }

    async fn sends(&self, mut connection: Connection, began: Instant) {
        loop {
            let number = self.next.fetch_add(1, Relaxed);
            let Some(signature) =
                usize::try_from(number).ok().and_then(|at| self.signatures.get(at))
            else {
                return;
            };
            let due = self.due(number, began).unwrap_or_else(Instant::now);
            sleep_until(due).await;
            let path = format!("/v1/providers/{}/events", self.load.provider);
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
                 x-uber-signature: {signature}\r\n",
                self.target.authority,
            );
            let answer = connection.send(&head, self.message(number).as_bytes()).await;
            let mut told = self.told();
            match answer {
                Ok(answer) if answer.status == 200 => {
                    told.taken += 1;
                    told.latency.add(microseconds(due.elapsed()));
                }
                Ok(answer) if matches!(answer.status, 429 | 503) => told.asked_to_wait += 1,
                Ok(answer) => told.fails(format!("{}: {}", answer.status, why(&answer))),
                Err(error) => {
                    told.fails(error.to_string());
                    return;
                }
            }
        }
    }

    fn due(&self, number: u64, began: Instant) -> Option<Instant> {
        let per_s = self.load.messages_per_s?;
        Some(began + Duration::from_secs_f64(number as f64 / f64::from(per_s.max(1))))
    }

    /// When it was due that a delivery has come to a state, by the words for both that others are
    /// told; none where messages go out as fast as they are answered.
    pub(crate) fn due_of(&self, reference: &str, status: &str) -> Option<Instant> {
        let delivery: u64 = reference.rsplit('_').next()?.parse().ok()?;
        let step = MEANINGS.iter().position(|meaning| *meaning == status)? as u64;
        self.due(step * u64::from(self.load.deliveries.max(1)) + delivery, *self.began.get()?)
    }

    /// Looks at one followed delivery after the other until it is over.
    async fn looks(self: Arc<Self>, client: Arc<Client>, followed: Vec<String>, began: Instant) {
        for (look, delivery) in (0_u32..).zip(followed.iter().cycle()) {
            let per_s = f64::from(self.load.looks_per_s.max(1));
            let due = began + Duration::from_secs_f64(f64::from(look) / per_s);
            sleep_until(due).await;
            if self.is_over.load(Relaxed) || self.load.looks_per_s == 0 {
                return;
            }
            match client.read(&format!("/v1/deliveries/{delivery}")).await {
                Ok(_) => self.told().looked.add(microseconds(due.elapsed())),
                Err(why) => self.told().fails(why),
            }
        }
    }

    /// How many of these deliveries have arrived.
    pub(crate) async fn arrived(
        &self,
        client: &Client,
        followed: &[String],
    ) -> Result<u64, String> {
        let mut arrived = 0;
        for delivery in followed {
            let shown = client.read(&format!("/v1/deliveries/{delivery}")).await?;
            arrived += u64::from(shown["status"] == "delivered");
        }
        Ok(arrived)
    }

    /// The message with this number: every delivery is told of once before any is told of again.
    fn message(&self, number: u64) -> String {
        let deliveries = u64::from(self.load.deliveries.max(1));
        let (delivery, step) = (number % deliveries, number / deliveries);
        let status = STATUSES[usize::try_from(step).unwrap_or(0) % STATUSES.len()];
        let reference = self.reference(delivery);
        let at = 1_780_000_000 + step * 60;
        let (run, about) = (&self.run, ABOUT.trim());
        let event = format!(r#""kind":"event.delivery_status","id":"evt_{run}_{number}""#);
        let stands = format!(r#""id":"{reference}","status":"{status}","updated":{at}"#);
        format!(r#"{{{event},"status":"{status}","data":{{{stands},{about}}}}}"#)
    }

    fn reference(&self, delivery: u64) -> String {
        format!("del_{}_{delivery}", self.run)
    }
}

impl Told {
    fn fails(&mut self, why: String) {
        self.failed += 1;
        self.first_failure.get_or_insert(why);
    }
}

/// How many events of a provider were read, by the server's own figures.
async fn read(client: &Client, provider: &str) -> Result<f64, String> {
    let answer = client.ask(&client.get("/metrics")).await?;
    if answer.status != 200 {
        return Err(format!("/metrics was answered with {}: {}", answer.status, why(&answer)));
    }
    let text = String::from_utf8_lossy(&answer.body);
    let of_provider = format!("provider=\"{provider}\"");
    let lines = text.lines().filter(|line| {
        line.starts_with("doorstep_provider_events_total{") && line.contains(&of_provider)
    });
    Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}

fn microseconds(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

/// The figures of a load as JSON.
pub(crate) fn figures(provider: &Provider, (answered, all): (Duration, Duration)) -> Value {
    let told = provider.told();
    let per_s = |took: Duration| (told.taken as f64 / took.as_secs_f64()).round();
    json!({
        "messages": provider.messages(), "taken": told.taken,
        "answered_per_s": per_s(answered), "read_per_s": per_s(all),
        "seconds": (all.as_secs_f64() * 100.0).round() / 100.0,
        "asked_to_wait": told.asked_to_wait, "failed": told.failed,
        "first_failure": told.first_failure, "latency_ms": told.latency.to_json(),
        "looked_ms": told.looked.to_json(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_delivery_is_told_of_in_its_order() {
        let load = ProviderLoad {
            provider: "uber".to_owned(),
            secret: "secret".to_owned(),
            market: "sf".parse().unwrap(),
            deliveries: 3,
            followed: 0,
            connections: 1,
            messages_per_s: None,
            looks_per_s: 0,
        };
        let provider = Provider::new(load, Target::at("http://127.0.0.1:1", None).unwrap());
        let mut told = std::collections::BTreeMap::<String, Vec<String>>::new();
        for number in 0..provider.messages() {
            let message: Value = serde_json::from_str(&provider.message(number)).unwrap();
            let text = |pointer| message.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            told.entry(text("/data/id")).or_default().push(text("/status"));
        }
        assert_eq!((told.len(), provider.signatures.len()), (3, 15));
        assert!(told.values().all(|statuses| *statuses == STATUSES), "{told:?}");
    }
}
