//! Stock: what can be had at a place, from memory that follows what was committed.

mod asking;
mod browsing;
mod following;
mod importing;
mod letters;
mod putting;

use crate::served::{Answer, Served, Visitor};
use crate::world::{SF, World};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Clock;
use doorstep_server::app::App;
use doorstep_server::keys::{self, NewKey, Role, Secret};
use doorstep_server::stock::follow;
use doorstep_server::stock::movements::{Entered, Enterer, Entry, EntryLine, enter};
use doorstep_store::movement::EntryKind;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tempfile::TempDir;

/// A place in the Sunset; each centre of the stories is so many kilometres west of it.
pub(crate) const HOME: (f64, f64) = (37.7640, -122.4660);

static ENTERED: AtomicU64 = AtomicU64::new(0);

/// Shops in San Francisco, where it is noon on a Sunday and stays so until the clock is set.
pub(crate) struct Shops {
    pub(crate) served: Served,
}

pub(crate) fn sf() -> MarketId {
    "sf".parse().unwrap()
}

impl Shops {
    /// Milk, bread and honey, sold at two corners.
    pub(crate) fn new() -> Shops {
        Shops::of(World::with(SF))
    }

    pub(crate) fn of(world: World) -> Shops {
        let shops = Shops { served: Served::new(world) };
        shops.sells("milk", "Oat milk, 1 l", "DAIRY/PLANT MILK", 349);
        shops.sells("bread", "Rye bread", "BAKERY", 520);
        shops.sells("honey", "Honey", "DAIRY", 900);
        shops.opens("near", 1.0, "");
        shops.opens("corner", 3.0, "");
        shops
    }

    pub(crate) fn app(&self) -> &Arc<App> {
        &self.served.world.app
    }

    /// An item is put in place, at a price.
    pub(crate) fn sells(&self, id: &str, name: &str, category: &str, price_minor: i64) {
        let said = json!({ "name": name, "category": category, "prices": { "sf": price_minor } });
        let answer = self.puts(&format!("/v1/items/{id}"), &said);
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// A centre is put in place, kilometres west of home.
    pub(crate) fn opens(&self, id: &str, west_km: f64, hours: &str) {
        let answer = self.puts(&format!("/v1/centers/{id}"), &center(west_km, hours));
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(crate) fn puts(&self, path: &str, said: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.served.operator.asks("PUT", path, &headers, said.to_string())
    }

    /// So many of an item come to a centre; what the answer's token is.
    pub(crate) fn receives(&self, center: &str, item: &str, quantity: i64) -> String {
        receives(self.app(), center, item, quantity)
    }

    /// Whoever follows takes a step.
    pub(crate) fn follows(&self) {
        while follow::step(self.app()).unwrap() > 0 {}
    }

    /// The clock moves on by seconds.
    pub(crate) fn passes(&self, seconds: i64) {
        let clock = &self.served.world.clock;
        clock.set(&clock.now().plus(seconds * 1_000_000).to_string());
    }

    /// What can be had at home.
    pub(crate) fn has(&self, asked: &str) -> Value {
        let answer = self.asks(asked);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub(crate) fn asks(&self, asked: &str) -> Answer {
        let (lat, lng) = HOME;
        self.served.operator.gets(&format!("/v1/availability?lat={lat}&lng={lng}&{asked}"))
    }

    /// Somebody with a key that is made to be given to browsers.
    pub(crate) fn browser(&self) -> Visitor {
        let label = "the shop's pages".to_owned();
        let new = NewKey { role: Role::Shop, courier_id: None, merchant_id: None, label };
        let key = keys::create(self.app(), &new, &Secret::random().unwrap(), "test").unwrap();
        self.served.stranger.with_key(&key.secret)
    }
}

pub(crate) fn center(west_km: f64, hours: &str) -> Value {
    // A degree of longitude there is 88 kilometres.
    let lng = HOME.1 - west_km / 88.0;
    json!({
        "market": "sf", "merchant_id": "m8", "name": "A corner", "lat": HOME.0, "lng": lng,
        "hours": hours,
    })
}

pub(crate) fn receives(app: &App, center: &str, item: &str, quantity: i64) -> String {
    enters(app, EntryKind::Receive, center, item, quantity)
}

/// Something is entered of one stock row; what the answer's token is.
pub(crate) fn enters(
    app: &App,
    kind: EntryKind,
    center: &str,
    item: &str,
    quantity: i64,
) -> String {
    let entry = Entry {
        kind,
        center_id: center.parse().unwrap(),
        to_center_id: None,
        reference: None,
        reason: Some("a story".to_owned()),
        lines: vec![EntryLine { item_id: item.parse().unwrap(), quantity }],
    };
    let number = ENTERED.fetch_add(1, Relaxed);
    let enterer = Enterer {
        actor: "test".to_owned(),
        merchant: None,
        scope: "story".to_owned(),
        key: format!("{}-{number}", std::process::id()),
        fingerprint: [0; 32],
    };
    match enter(app, &entry, enterer).unwrap() {
        Entered::New(answer) => {
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            answer["token"].as_str().unwrap().to_owned()
        }
        other => panic!("{other:?}"),
    }
}

/// Another process on the same store, with a clock of the same hand.
pub(crate) fn beside(world: &World) -> (Arc<App>, TempDir) {
    let directory = TempDir::new().unwrap();
    let mut config = world.config.clone();
    if world.database.is_none() {
        let path = world.directory.path().join("store.sqlite");
        config.store = format!("sqlite:{}", path.display());
    }
    let app = App::open(config, directory.path(), world.clock.clone()).unwrap();
    (Arc::new(app), directory)
}

/// Item by item what can be had: `[("milk", 9)]`.
pub(crate) fn available(answer: &Value) -> Vec<(String, i64)> {
    let entries = answer["data"].as_array().unwrap().iter();
    let entry = |entry: &Value| {
        let item = entry["item_id"].as_str().unwrap().to_owned();
        (item, entry["available"].as_i64().unwrap())
    };
    entries.map(entry).collect()
}

pub(crate) fn had(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(item, units)| ((*item).to_owned(), *units)).collect()
}
