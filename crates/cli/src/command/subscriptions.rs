//! `doorstep subscriptions`.

use super::answer;
use super::tasks::ATTEMPTS;
use crate::arguments::{Place, Subscriptions};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport, segment};
use serde_json::{Value, json};
use std::process::ExitCode;

const SUBSCRIPTIONS: &[Column] = &[
    Column("subscription", "/subscription_id", Show::Text),
    Column("url", "/url", Show::Text),
    Column("market", "/market", Show::Text),
    Column("merchant", "/merchant_id", Show::Text),
    Column("types", "/types", Show::Text),
    Column("ordered", "/ordered", Show::Flag),
    Column("state", "/state", Show::Text),
    Column("because", "/disabled_because", Show::Text),
    Column("label", "/label", Show::Text),
];

const TESTED: &[Column] = &[Column("message", "/message_id", Show::Text)];

const REPLAYED: &[Column] = &[Column("messages", "/messages", Show::Count)];

/// Makes, lists, tests, replays, rotates or removes subscriptions.
pub(crate) fn run(place: &Place, asked: &Subscriptions) -> Result<ExitCode, Failure> {
    let of = |id: &str| format!("/v1/subscriptions/{}", segment(id));
    match asked {
        Subscriptions::Create { listing, .. } => {
            let request = Request::post("/v1/subscriptions").sending_json(&new(asked));
            let created = Transport::open(place)?.ask(request)?;
            answer(listing.json, &created, told_once)
        }
        Subscriptions::List(page) => {
            let request = Request::get("/v1/subscriptions")
                .with("cursor", page.cursor.as_ref())
                .with("limit", Some(page.limit));
            let listed = Transport::open(place)?.ask(request)?;
            output::more(&listed);
            answer(page.json, &listed, |listed| table(SUBSCRIPTIONS, rows(listed, "data"), None))
        }
        Subscriptions::Attempts { subscription_id, page } => {
            let request = Request::get(format!("{}/attempts", of(subscription_id)))
                .with("cursor", page.cursor.as_ref())
                .with("limit", Some(page.limit));
            let listed = Transport::open(place)?.ask(request)?;
            output::more(&listed);
            answer(page.json, &listed, |listed| table(ATTEMPTS, rows(listed, "data"), None))
        }
        Subscriptions::Test { subscription_id } => {
            acted(place, Request::post(format!("{}/test", of(subscription_id))), TESTED)
        }
        Subscriptions::Replay { subscription_id, since, until, all } => {
            let which = json!({ "since": since, "until": until, "all": all });
            let request = Request::post(format!("{}/replay", of(subscription_id)));
            acted(place, request.sending_json(&which), REPLAYED)
        }
        Subscriptions::Rotate { subscription_id } => {
            let request = Request::post(format!("{}/rotate", of(subscription_id)));
            let rotated = Transport::open(place)?.ask(request)?;
            answer(false, &rotated, told_once)
        }
        Subscriptions::Remove { subscription_id } => {
            acted(place, Request::delete(of(subscription_id)), SUBSCRIPTIONS)
        }
    }
}

fn new(asked: &Subscriptions) -> Value {
    let Subscriptions::Create { url, market, merchant, types, label, ordered, .. } = asked else {
        return Value::Null;
    };
    json!({
        "url": url, "market": market, "merchant_id": merchant, "types": types, "label": label,
        "ordered": ordered,
    })
}

fn acted(place: &Place, request: Request, columns: &[Column]) -> Result<ExitCode, Failure> {
    let told = Transport::open(place)?.ask(request)?;
    answer(false, &told, |told| card(columns, told, None))
}

fn told_once(created: &Value) -> String {
    let secret = created["secret"].as_str().unwrap_or_default();
    format!("{}secret, shown this once: {secret}\n", card(SUBSCRIPTIONS, created, None))
}
