//! Dispatch: customers ask, couriers are asked, one has it, everybody watches it arrive.

mod asking;
mod batches;
mod carrying;
mod learning;
mod links;
mod lost;
mod matching;
mod race;
mod working;

use crate::live::{are_seen, ping};
use crate::served::{Answer, Served, Visitor};
use crate::world::{SF, World};
use doorstep_domain::id::MarketId;
use doorstep_server::dispatch::{matcher, relay};
use doorstep_server::workers;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static ASKED: AtomicU64 = AtomicU64::new(0);

/// A network of couriers in San Francisco, where it is noon and stays so until the clock is set.
pub(crate) struct Network {
    pub(crate) served: Served,
}

/// A courier with a key.
pub(crate) struct Courier {
    pub(crate) id: String,
    pub(crate) visitor: Visitor,
}

pub(crate) fn sf() -> MarketId {
    "sf".parse().unwrap()
}

/// From Irving Street to the Ferry Building, with a position for each.
pub(crate) fn parcel() -> Value {
    json!({
        "market": "sf", "merchant_id": "m8",
        "origin_address": { "lat": 37.7640, "lng": -122.4660, "address": "1200 Irving St" },
        "destination_address": { "lat": 37.7955, "lng": -122.3937 },
        "phone": "+1 (415) 555-0123", "order_minor": 2500, "tip_minor": 400,
        "instructions": "second door",
    })
}

impl Network {
    pub(crate) fn new() -> Network {
        Network::with("")
    }

    /// With more configuration of `[markets.sf.dispatch]`.
    pub(crate) fn with(dispatch: &str) -> Network {
        let config = format!("{SF}[markets.sf.dispatch]\n{dispatch}");
        Network { served: Served::new(World::with(&config)) }
    }

    pub(crate) fn world(&self) -> &World {
        &self.served.world
    }

    /// The clock moves on by seconds.
    pub(crate) fn passes(&self, seconds: i64) {
        let now = self.world().app.clock.now();
        self.world().clock.set(&now.plus(seconds * 1_000_000).to_string());
    }

    /// Somebody is hired: registered, with a key, online, and seen at a place.
    pub(crate) fn hires(&self, id: &str, lat: f64, lng: f64) -> Courier {
        let courier = self.registers(&json!({ "courier_id": id, "market": "sf", "name": id }));
        courier.goes("online");
        self.sees(id, lat, lng);
        courier
    }

    pub(crate) fn registers(&self, new: &Value) -> Courier {
        let headers = [("content-type", "application/json")];
        let answer = self.served.operator.asks("POST", "/v1/couriers", &headers, new.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
        let id = new["courier_id"].as_str().unwrap().to_owned();
        Courier { visitor: self.served.courier(&id), id }
    }

    /// A ping of a courier, now.
    pub(crate) fn sees(&self, id: &str, lat: f64, lng: f64) {
        let now = self.world().app.clock.now();
        are_seen(
            self.world(),
            &[(id, doorstep_domain::tracking::Ping { at: now, ..ping(lat, lng, 0) })],
        );
    }

    /// Somebody asks for a delivery, under a key of its own.
    pub(crate) fn is_asked(&self, new: &Value) -> String {
        let answer = self.asks(new);
        assert_eq!(answer.status, 201, "{:?}", String::from_utf8_lossy(&answer.body));
        answer.json()["delivery_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn asks(&self, new: &Value) -> Answer {
        let key = format!("ask-{}", ASKED.fetch_add(1, Relaxed));
        self.served.operator.posts("/v1/deliveries", &key, &new.to_string())
    }

    /// The matcher does what is due.
    pub(crate) fn matches(&self) {
        matcher::step(&self.world().app, &sf()).unwrap();
    }

    /// What was decided is counted and paid.
    pub(crate) fn settles(&self) {
        while relay::step(&self.world().app, &sf()).unwrap() > 0 {}
        workers::catch_up(&self.world().app, &|_| {}).unwrap();
    }

    pub(crate) fn shows(&self, delivery: &str) -> Value {
        let answer = self.served.operator.gets(&format!("/v1/deliveries/{delivery}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Who is offered something now, by name.
    pub(crate) fn offered(&self, couriers: &[&Courier]) -> Vec<String> {
        let is_offered = |courier: &&&Courier| !courier.offers().is_empty();
        couriers.iter().filter(is_offered).map(|courier| courier.id.clone()).collect()
    }
}

impl Courier {
    pub(crate) fn goes(&self, to: &str) {
        let path = format!("/v1/couriers/{}/availability", self.id);
        let body = json!({ "online": to == "online" }).to_string();
        let answer = self.visitor.asks("PUT", &path, &[], body);
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(crate) fn work(&self) -> Value {
        let answer = self.visitor.gets(&format!("/v1/couriers/{}/work", self.id));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// The deliveries they are offered.
    pub(crate) fn offers(&self) -> Vec<String> {
        let work = self.work();
        let offers = work["offers"].as_array().unwrap().iter();
        offers.map(|offer| offer["delivery_id"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn accepts(&self, delivery: &str) -> Answer {
        self.says(delivery, "accept", &json!({ "courier_id": self.id }))
    }

    pub(crate) fn declines(&self, delivery: &str) -> Answer {
        self.says(delivery, "decline", &json!({}))
    }

    pub(crate) fn tells(&self, delivery: &str, status: &str) -> Answer {
        self.says(delivery, "status", &json!({ "status": status }))
    }

    pub(crate) fn says(&self, delivery: &str, what: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        let path = format!("/v1/deliveries/{delivery}/{what}");
        self.visitor.asks("POST", &path, &headers, body.to_string())
    }
}
