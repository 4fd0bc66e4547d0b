//! Orders: what somebody has, nobody else gets, and what they do not get they are told.

mod apologies;
mod cancelling;
mod copies;
mod crash;
mod elsewhere;
mod entering;
pub(crate) mod history;
mod linked;
mod listing;
mod ordering;
pub(crate) mod race;
mod refusals;
mod reserving;
mod roles;
mod sold;

pub(crate) use sold::sells;

use crate::dispatch::{Network, sf};
use crate::served::{Answer, Served, Visitor};
use crate::world::{SF, World};
use doorstep_server::app::App;
use doorstep_server::check::check;
use doorstep_server::orders::{expiry, hand_over, returns};
use doorstep_server::stock::put::{CenterSaid, ItemSaid, put_centers, put_items};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static KEYS: AtomicU64 = AtomicU64::new(0);

/// Three centres of San Francisco, the nearest to the customer first: `near` and `far` are of the
/// merchant m8, `other` is of m9. What can be had: `oats` at 349, `beans` at 199, and `eggs` at
/// 499, which are tolerant by two.
pub(crate) struct Shop {
    pub(crate) network: Network,
}

impl Shop {
    pub(crate) fn new() -> Shop {
        Shop::in_world(World::with(SF))
    }

    pub(crate) fn in_world(world: World) -> Shop {
        is_set_up(&world.app);
        Shop { network: Network { served: Served::new(world) } }
    }

    pub(crate) fn app(&self) -> &App {
        &self.network.world().app
    }

    pub(crate) fn operator(&self) -> &Visitor {
        &self.network.served.operator
    }

    pub(crate) fn finance(&self) -> &Visitor {
        &self.network.served.finance
    }

    /// More of something comes to a centre.
    pub(crate) fn receives(&self, center: &str, lines: &[(&str, i64)]) {
        let answer = self.enters("receive", &entry(center, lines));
        assert_eq!(answer.status, 200, "{:?}", answer.json());
    }

    pub(crate) fn enters(&self, what: &str, entry: &Value) -> Answer {
        self.operator().posts(&format!("/v1/stock/{what}"), &new_key(), &entry.to_string())
    }

    pub(crate) fn orders(&self, basket: &Value) -> Answer {
        self.operator().posts("/v1/orders", &new_key(), &basket.to_string())
    }

    pub(crate) fn reserves(&self, basket: &Value) -> Answer {
        self.operator().posts("/v1/reservations", &new_key(), &basket.to_string())
    }

    /// Places an order that must be placed.
    pub(crate) fn places(&self, basket: &Value) -> Value {
        let answer = self.orders(basket);
        assert_eq!(answer.status, 201, "{:?}", answer.json());
        answer.json()
    }

    /// Posts something that needs no key.
    pub(crate) fn says(&self, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.operator().asks("POST", path, &headers, body.to_string())
    }

    pub(crate) fn shows(&self, order: &Value) -> Value {
        let answer = self.operator().gets(&format!("/v1/orders/{}", id(order)));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// What a centre has of an item, by the store.
    pub(crate) fn has(&self, center: &str, item: &str) -> i64 {
        self.row(center, item)["quantity"].as_i64().unwrap()
    }

    /// A stock row with its movements.
    pub(crate) fn row(&self, center: &str, item: &str) -> Value {
        let path = format!("/v1/stock?center_id={center}&item_id={item}");
        let answer = self.operator().gets(&path);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// What was placed is handed over, and what nobody carries comes back.
    pub(crate) fn settles(&self) {
        settles(self.app());
    }

    /// Reservations whose time is over are released.
    pub(crate) fn expires(&self) -> usize {
        expiry::step(self.app(), &sf()).unwrap()
    }

    /// Everything that must hold does.
    pub(crate) fn is_in_order(&self) {
        let report = check(self.app());
        assert_eq!(report.violations, 0, "{report:#?}");
    }

    /// Somebody with a key of a role.
    pub(crate) fn visitor(&self, role: &Value) -> Visitor {
        let answer = self.operator().posts("/v1/keys", &new_key(), &role.to_string());
        assert_eq!(answer.status, 201, "{answer:?}");
        self.network.served.stranger.with_key(answer.json()["secret"].as_str().unwrap())
    }
}

/// Puts the centres and items in place.
pub(crate) fn is_set_up(app: &App) {
    let center = |merchant: &str, lat: f64, lng: f64| -> CenterSaid {
        let said = json!({
            "market": "sf", "merchant_id": merchant, "name": "a shop", "lat": lat, "lng": lng,
            "address": "1200 Irving St",
        });
        serde_json::from_value(said).unwrap()
    };
    let centers = [
        ("near", center("m8", 37.7640, -122.4660)),
        ("far", center("m8", 37.7750, -122.4200)),
        ("other", center("m9", 37.7900, -122.4000)),
    ];
    let centers = centers.map(|(id, said)| (id.parse().unwrap(), said));
    assert!(put_centers(app, &centers).unwrap().refused.is_empty());
    let item = |class: &str, oversell_max: i64, price_minor: i64| -> ItemSaid {
        let said = json!({
            "name": "something", "category": "FOOD", "class": class, "weight_grams": 500,
            "oversell_max": oversell_max, "prices": { "sf": price_minor },
        });
        serde_json::from_value(said).unwrap()
    };
    let items = [
        ("oats", item("strict", 0, 349)),
        ("beans", item("strict", 0, 199)),
        ("eggs", item("tolerant", 2, 499)),
    ];
    let items = items.map(|(id, said)| (id.parse().unwrap(), said));
    assert!(put_items(app, &items).unwrap().refused.is_empty());
}

pub(crate) fn settles(app: &App) {
    while hand_over::step(app, &sf()).unwrap() + returns::step(app, &sf()).unwrap() > 0 {}
}

/// Somebody around the corner wants this.
pub(crate) fn basket(lines: &[(&str, i64)]) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(item, quantity)| json!({ "item_id": item, "quantity": quantity }))
        .collect();
    json!({
        "market": "sf", "lines": lines,
        "customer": { "phone": "+1 (415) 555-0123", "email": "kim@example.com", "name": "Kim" },
        "destination_address": { "lat": 37.7650, "lng": -122.4640, "address": "1 Main St" },
        "tip_minor": 201, "instructions": "second door", "reference": "basket-9",
    })
}

/// The same with another field.
pub(crate) fn with(basket: &Value, name: &str, value: Value) -> Value {
    let mut basket = basket.clone();
    basket[name] = value;
    basket
}

pub(crate) fn entry(center: &str, lines: &[(&str, i64)]) -> Value {
    let lines = basket(lines)["lines"].clone();
    json!({ "center_id": center, "reference": "lorry 7", "lines": lines })
}

pub(crate) fn id(order: &Value) -> &str {
    order["order_id"].as_str().unwrap()
}

/// A key that nobody has used.
pub(crate) fn new_key() -> String {
    format!("key-{}", KEYS.fetch_add(1, Relaxed))
}
