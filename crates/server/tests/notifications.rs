//! Others are told: by webhook, by mail, by text message; deliveries go on whatever becomes of it.

mod configured;
mod customers;
mod failing;
pub(crate) mod listener;
mod restarts;
mod sink;
mod streams;
mod subscribing;
mod webhooks;

use crate::dispatch::{Network, parcel, sf};
use crate::served::{Served, Visitor};
use crate::world::{SF, World};
use doorstep_server::keys::{self, NewKey, Role, Secret};
use doorstep_server::notifications;
use listener::Listener;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static ASKED: AtomicU64 = AtomicU64::new(0);

/// Webhooks may go to this machine: in the stories everybody is here.
const HERE: &str = "allowed_networks = [\"127.0.0.0/8\"]\npublic_url = \"https://track.example\"\n";

/// A network of couriers that tells others, with more configuration of `[notifications]` and of the
/// market.
fn network(notifications: &str, market: &str) -> Network {
    let config = format!("[notifications]\n{HERE}{notifications}\n{SF}{market}");
    Network { served: Served::new(World::with(&config)) }
}

impl Network {
    /// What was announced becomes tasks, and those that are due are tried; how many attempts.
    fn tells(&self) -> u64 {
        let app = &self.world().app;
        while notifications::step(app, &sf()).unwrap() > 0 {}
        notifications::run_due(app, "story").unwrap()
    }

    /// A merchant with a key.
    pub(crate) fn merchant(&self, merchant: &str) -> Visitor {
        let new = NewKey {
            role: Role::Merchant,
            courier_id: None,
            merchant_id: Some(merchant.parse().unwrap()),
            label: "a story".to_owned(),
        };
        let secret = Secret::random().unwrap();
        let key = keys::create(&self.world().app, &new, &secret, "test").unwrap().secret;
        self.served.stranger.with_key(&key)
    }

    /// Somebody asks to be told; the subscription as it was answered, with its secret.
    fn subscribes(&self, who: &Visitor, to: &Listener, more: Value) -> Value {
        let mut new = json!({ "url": to.url });
        new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = does(who, "/v1/subscriptions", &new);
        assert_eq!(answer.0, 201, "{}", answer.1);
        answer.1
    }

    /// Somebody is told that a delivery was asked for; its name.
    fn is_asked_by(&self, merchant: &str) -> String {
        let mut new = parcel();
        new["merchant_id"] = merchant.into();
        self.is_asked(&new)
    }

    /// The tasks of a state, the newest first.
    fn tasks(&self, state: &str) -> Vec<Value> {
        let answer = self.served.operator.gets(&format!("/v1/tasks?state={state}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["data"].as_array().unwrap().clone()
    }
}

/// A POST that is done once.
fn does(who: &Visitor, path: &str, body: &Value) -> (u16, Value) {
    let key = format!("tell-{}", ASKED.fetch_add(1, Relaxed));
    let answer = who.posts(path, &key, &body.to_string());
    (answer.status, answer.json())
}

fn id_of(subscription: &Value) -> String {
    subscription["subscription_id"].as_str().unwrap().to_owned()
}
