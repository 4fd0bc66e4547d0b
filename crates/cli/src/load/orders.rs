//! Buyers who all order at once, each over a connection of their own.

use super::client::{Client, told, why};
use super::connection::Connection;
use super::figures::Latency;
use super::target::Target;
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::Position;
use doorstep_sim::chance::Chance;
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Lines of an order.
const LINES: u64 = 3;

/// Lines of stock sent in one request.
const LINES_AT_ONCE: u64 = 1_000;

/// Requests of the preparation under way at once.
const PREPARING: usize = 64;

/// How far apart centres are, in 10⁻⁷ degrees of latitude: some 500 m.
const APART_E7: i32 = 45_000;

/// What is ordered, by whom, how fast.
#[derive(Debug, Clone)]
pub(crate) struct OrderLoad {
    pub(crate) seed: u64,
    pub(crate) market: MarketId,
    /// The corner from which centres stand in a square.
    pub(crate) corner: Position,
    pub(crate) centers: u32,
    pub(crate) items: u32,
    /// Units of each item in each centre.
    pub(crate) units: u32,
    /// Everybody's first line is the same item of the same centre.
    pub(crate) one_item: bool,
    /// Each sends its next order when the last was answered, or when it is due.
    pub(crate) buyers: u32,
    /// Orders a second of all of them together; as many as are answered where there is none.
    pub(crate) orders_per_s: Option<u32>,
    pub(crate) length: Duration,
}

/// What has become of the orders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ordered {
    /// Answered with 201.
    pub(crate) placed: u64,
    /// Units of the item that everybody wants, in those.
    pub(crate) hot_units: u64,
    /// Told that there is not enough.
    pub(crate) refused: u64,
    /// Asked to send again later (429, 503).
    pub(crate) asked_to_wait: u64,
    /// Without an answer, or with one that makes no sense.
    pub(crate) failed: u64,
    /// What the first of those said.
    pub(crate) first_failure: Option<String>,
    /// From when it was due, or sent, to its answer.
    pub(crate) latency: Latency,
}

/// The load, under way.
pub(crate) struct Buyers {
    load: OrderLoad,
    target: Target,
    run: String,
    ordered: Mutex<Ordered>,
}

impl Buyers {
    pub(crate) fn new(load: OrderLoad, target: Target) -> Arc<Buyers> {
        let run = format!("{:x}", super::now().0);
        Arc::new(Buyers { load, target, run, ordered: Mutex::default() })
    }

    /// What has become of it so far.
    pub(crate) fn ordered(&self) -> MutexGuard<'_, Ordered> {
        self.ordered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes items, centres and stock known. Errors: one was refused, and why.
    pub(crate) async fn prepares(
        self: &Arc<Self>,
        client: &Arc<Client>,
        told: impl Fn(String),
    ) -> Result<(), String> {
        let load = &self.load;
        let items = (0..load.items).map(|item| {
            let body = json!({
                "name": format!("Thing No. {item}"), "category": format!("AISLE {}", item % 40),
                "prices": { load.market.as_str(): 100 + item % 900 },
            });
            ("PUT", format!("/v1/items/{}", item_id(item)), None, body)
        });
        all(client, items.collect()).await?;
        told(format!("{} items", load.items));
        let centers = (0..load.centers).map(|center| {
            let at = self.place(center);
            let body = json!({
                "market": load.market, "merchant_id": "bench", "lat": at.lat(), "lng": at.lng(),
                "name": format!("Centre {center}"),
            });
            ("PUT", format!("/v1/centers/{}", center_id(center)), None, body)
        });
        all(client, centers.collect()).await?;
        told(format!("{} centres", load.centers));
        for center in 0..load.centers {
            let firsts = (0..u64::from(load.items)).step_by(LINES_AT_ONCE as usize);
            let deliveries = firsts.map(|first| self.delivery(center, first));
            all(client, deliveries.collect()).await?;
            told(format!("stock of {} centres", center + 1));
        }
        Ok(())
    }

    fn delivery(&self, center: u32, first: u64) -> Sending {
        let last = (first + LINES_AT_ONCE).min(self.load.items.into());
        let line = |item: u64| json!({ "item_id": item_id(item), "quantity": self.load.units });
        let body = json!({
            "center_id": center_id(center), "reference": "the beginning",
            "lines": (first..last).map(line).collect::<Vec<_>>(),
        });
        let key = format!("{}-{center}-{first}", self.run);
        ("POST", "/v1/stock/receive".to_owned(), Some(key), body)
    }

    /// Lets everybody order until the time is over. Errors: nobody listens.
    pub(crate) async fn order(self: &Arc<Self>) -> Result<Duration, String> {
        let mut buying = JoinSet::new();
        let mut connections = Vec::new();
        for _ in 0..self.load.buyers {
            let opened = Connection::open(&self.target).await;
            connections.push(opened.map_err(|error| error.to_string())?);
        }
        let began = Instant::now();
        for (buyer, connection) in (0..).zip(connections) {
            let buyers = Arc::clone(self);
            buying.spawn(async move { buyers.buys(buyer, connection, began).await });
        }
        while let Some(bought) = buying.join_next().await {
            bought.map_err(|error| error.to_string())?;
        }
        Ok(began.elapsed())
    }

    async fn buys(&self, buyer: u32, mut connection: Connection, began: Instant) {
        let end = began + self.load.length;
        let mut head = String::new();
        let mut body = String::new();
        for turn in 0_u64.. {
            let number = turn * u64::from(self.load.buyers) + u64::from(buyer);
            let due = self.due(number).map_or_else(Instant::now, |after| began + after);
            if due >= end || Instant::now() >= end {
                return;
            }
            sleep_until(due).await;
            head.clear();
            body.clear();
            let hot_units = self.write(number, &mut head, &mut body);
            let answer = connection.send(&head, body.as_bytes()).await;
            let latency_us = i64::try_from(due.elapsed().as_micros()).unwrap_or(i64::MAX);
            let mut ordered = self.ordered();
            let fails = |ordered: &mut Ordered, why: String| {
                ordered.failed += 1;
                ordered.first_failure.get_or_insert(why);
            };
            match answer {
                Ok(answer) => match answer.status {
                    201 => {
                        ordered.placed += 1;
                        ordered.hot_units += hot_units;
                        ordered.latency.add(latency_us);
                    }
                    409 => {
                        ordered.refused += 1;
                        ordered.latency.add(latency_us);
                    }
                    429 | 503 => ordered.asked_to_wait += 1,
                    status => fails(&mut ordered, format!("{status}: {}", why(&answer))),
                },
                Err(error) => {
                    fails(&mut ordered, error.to_string());
                    return;
                }
            }
        }
    }

    /// When an order is due, after the first one; none where the answer to the last decides.
    fn due(&self, number: u64) -> Option<Duration> {
        let per_s = self.load.orders_per_s?;
        Some(Duration::from_secs_f64(number as f64 / f64::from(per_s.max(1))))
    }

    /// Writes an order; answers how many units of the item that everybody wants are in it.
    fn write(&self, number: u64, head: &mut String, body: &mut String) -> u64 {
        let load = &self.load;
        let mut chance = Chance::of(load.seed, &[number]);
        let center = if load.one_item { 0 } else { chance.below(load.centers.into()) };
        let at = self.place(u32::try_from(center).unwrap_or(0));
        // Strings take whatever is written to them.
        let _ = write!(
            head,
            "{}content-type: application/json\r\nidempotency-key: {}-{number}\r\n",
            self.target.head("POST", "/v1/orders"),
            self.run,
        );
        let destination = json!({ "lat": at.lat(), "lng": at.lng() });
        let customer = r#""customer":{"phone":"+14155550123"}"#;
        let market = &load.market;
        let _ = write!(
            body,
            r#"{{"market":"{market}",{customer},"destination_address":{destination},"lines":["#,
        );
        // A third of the items for each line, so that no two lines are of the same.
        let third = u64::from(load.items / 3).max(1);
        for line in 0..LINES {
            let is_hot = load.one_item && line == 0;
            let item = if is_hot { 0 } else { line * third + chance.below(third) };
            let item = if load.one_item && line > 0 { item.max(1) } else { item };
            let comma = if line == 0 { "" } else { "," };
            let _ = write!(body, r#"{comma}{{"item_id":"{}","quantity":1}}"#, item_id(item));
        }
        body.push_str("]}");
        u64::from(load.one_item)
    }

    /// What is left of the item that everybody wants, by the store.
    pub(crate) async fn left(&self, client: &Client) -> Result<i64, String> {
        let path = format!("/v1/stock?center_id={}&item_id={}", center_id(0_u32), item_id(0_u64));
        let row = client.read(&path).await?;
        row["quantity"].as_i64().ok_or_else(|| format!("{path} told no quantity"))
    }

    fn place(&self, center: u32) -> Position {
        // A square root is a whole number once rounded up, and small.
        let side = f64::from(self.load.centers).sqrt().ceil().max(1.0) as u32;
        let step = |count: u32| i32::try_from(count).unwrap_or(0).saturating_mul(APART_E7);
        let Position { lat_e7, lng_e7 } = self.load.corner;
        Position { lat_e7: lat_e7 + step(center / side), lng_e7: lng_e7 + step(center % side) }
    }
}

fn item_id(item: impl Into<u64>) -> String {
    format!("thing-{}", item.into())
}

fn center_id(center: impl Into<u64>) -> String {
    format!("bench-{}", center.into())
}

/// Method, path, key and body of a request.
type Sending = (&'static str, String, Option<String>, Value);

/// Sends all of them, some at once. Errors: the first that was refused.
async fn all(client: &Arc<Client>, sendings: Vec<Sending>) -> Result<(), String> {
    let mut sending = JoinSet::new();
    for (method, path, once, body) in sendings {
        let client = Arc::clone(client);
        sending.spawn(async move {
            let call = client.sending(method, &path, once.as_deref(), &body);
            let answer = client.ask(&call).await?;
            match answer.status {
                200..=204 => Ok(()),
                status => Err(format!("{path} was answered with {status}: {}", told(&answer))),
            }
        });
        if sending.len() >= PREPARING
            && let Some(sent) = sending.join_next().await
        {
            sent.map_err(|error| error.to_string())??;
        }
    }
    while let Some(sent) = sending.join_next().await {
        sent.map_err(|error| error.to_string())??;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(one_item: bool) -> OrderLoad {
        OrderLoad {
            seed: 1,
            market: "sf".parse().unwrap(),
            corner: Position { lat_e7: 377_000_000, lng_e7: -1_225_000_000 },
            centers: 5,
            items: 30,
            units: 10,
            one_item,
            buyers: 2,
            orders_per_s: Some(10),
            length: Duration::from_secs(1),
        }
    }

    #[test]
    fn an_order_is_three_different_items() {
        for one_item in [false, true] {
            let target = Target::at("http://127.0.0.1:1", None).unwrap();
            let buyers = Buyers::new(load(one_item), target);
            for number in 0..200 {
                let (mut head, mut body) = (String::new(), String::new());
                let hot = buyers.write(number, &mut head, &mut body);
                let order: Value = serde_json::from_str(&body).unwrap();
                let lines = order["lines"].as_array().unwrap();
                let items: std::collections::BTreeSet<_> =
                    lines.iter().map(|line| line["item_id"].as_str().unwrap()).collect();
                assert_eq!(items.len(), 3, "{body}");
                assert_eq!(items.contains("thing-0") && one_item, hot == 1, "{body}");
                assert!(head.contains(&format!("idempotency-key: {}-{number}\r\n", buyers.run)));
            }
            assert_eq!(buyers.due(5), Some(Duration::from_millis(500)));
        }
    }

    #[test]
    fn centres_stand_in_a_square_each_somewhere_else() {
        let buyers = Buyers::new(load(false), Target::at("http://127.0.0.1:1", None).unwrap());
        let places: std::collections::BTreeSet<_> = (0..5)
            .map(|center| buyers.place(center))
            .map(|place| (place.lat_e7, place.lng_e7))
            .collect();
        assert_eq!(places.len(), 5);
    }
}
