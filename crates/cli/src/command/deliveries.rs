//! `doorstep deliveries`.

use super::answer;
use crate::arguments::{Deliveries, NewDelivery, Place};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport, segment};
use doorstep_domain::id::DeliveryId;
use serde_json::{Value, json};
use std::process::ExitCode;

const LINE: &[Column] = &[
    Column("delivery", "/delivery_id", Show::Text),
    Column("status", "/status", Show::Text),
    Column("since", "/since", Show::Text),
    Column("courier", "/courier_id", Show::Text),
    Column("attention", "/needs_attention", Show::Text),
];

const DELIVERY: &[Column] = &[
    Column("delivery", "/delivery_id", Show::Text),
    Column("status", "/status", Show::Text),
    Column("needs attention", "/needs_attention", Show::Text),
    Column("merchant", "/merchant_id", Show::Text),
    Column("from", "/origin/address", Show::Text),
    Column("to", "/destination/address", Show::Text),
    Column("courier", "/courier/courier_id", Show::Text),
    Column("provider", "/provider/provider", Show::Text),
    Column("stands there", "/provider/status", Show::Text),
    Column("their courier", "/provider/courier/name", Show::Text),
    Column("heard of at", "/courier_location/updated_at", Show::Text),
    Column("pickup", "/estimated_pickup_time", Show::Text),
    Column("arrival", "/estimated_arrival", Show::Text),
    Column("customer's link", "/tracking_url", Show::Text),
];

const ASKED: &[Column] = &[
    Column("delivery", "/delivery_id", Show::Text),
    Column("status", "/status", Show::Text),
    Column("pickup", "/estimated_pickup_time", Show::Text),
    Column("arrival", "/estimated_arrival", Show::Text),
    Column("not before", "/arrival_p10", Show::Text),
    Column("not after", "/arrival_p90", Show::Text),
    Column("customer's link", "/tracking_url", Show::Text),
];

const STEPS: &[Column] = &[
    Column("at", "/at", Show::Text),
    Column("status", "/status", Show::Text),
    Column("courier", "/courier_id", Show::Text),
    Column("by", "/by", Show::Text),
    Column("reason", "/reason", Show::Text),
];

const EVENTS: &[Column] = &[
    Column("at", "/at", Show::Text),
    Column("source", "/source", Show::Text),
    Column("status", "/status", Show::Text),
    Column("by", "/by", Show::Text),
    Column("courier", "/courier", Show::Text),
    Column("provider", "/provider", Show::Text),
    Column("attempt", "/attempt", Show::Count),
    Column("told", "/told", Show::Text),
    Column("reason", "/reason", Show::Text),
    Column("received at", "/received_at", Show::Second),
];

const EXPLAINED: &[Column] = &[
    Column("provider", "/provider", Show::Text),
    Column("attempt", "/attempt", Show::Count),
    Column("at", "/at", Show::Text),
    Column("told", "/told", Show::Text),
    Column("status", "/status", Show::Text),
    Column("verdict", "/verdict", Show::Text),
    Column("why", "/why", Show::Text),
];

const DECIDED: &[Column] = &[
    Column("delivery", "/delivery_id", Show::Text),
    Column("provider", "/provider/provider", Show::Text),
    Column("status", "/status", Show::Text),
    Column("since", "/provider/at", Show::Text),
    Column("reason", "/provider/reason", Show::Text),
    Column("in conflict", "/provider/conflict", Show::Flag),
];

const DONE: &[Column] = &[
    Column("delivery", "/delivery_id", Show::Text),
    Column("status", "/status", Show::Text),
    Column("assigned at", "/assigned_at", Show::Text),
];

/// Lists, shows, asks for, assigns, tells of, decides or calls off.
pub(crate) fn run(place: &Place, asked: &Deliveries) -> Result<ExitCode, Failure> {
    match asked {
        Deliveries::List { market, status, courier, merchant, needs_attention, page } => {
            let request = Request::get("/v1/deliveries")
                .with("market", market.as_ref())
                .with("status", status.as_ref())
                .with("courier_id", courier.as_ref())
                .with("merchant_id", merchant.as_ref())
                .with("needs_attention", Some(true).filter(|_| *needs_attention))
                .with("cursor", page.cursor.as_ref())
                .with("limit", Some(page.limit));
            let listed = Transport::open(place)?.ask(request)?;
            output::more(&listed);
            answer(page.json, &listed, |listed| table(LINE, rows(listed, "data"), None))
        }
        Deliveries::Show { delivery_id, listing } => {
            let shown = Transport::open(place)?.ask(Request::get(path(delivery_id, "")))?;
            answer(listing.json, &shown, |shown| {
                card(DELIVERY, shown, None) + &table(STEPS, rows(shown, "timeline"), None)
            })
        }
        Deliveries::Timeline { delivery_id, listing } => {
            let told = Transport::open(place)?.ask(Request::get(path(delivery_id, "timeline")))?;
            answer(listing.json, &told, |told| table(EVENTS, rows(told, "data"), None))
        }
        Deliveries::Explain { delivery_id, listing } => {
            let told = Transport::open(place)?.ask(Request::get(path(delivery_id, "explain")))?;
            answer(listing.json, &told, |told| table(EXPLAINED, rows(told, "data"), None))
        }
        Deliveries::Request(new) => request(place, new),
        Deliveries::Assign { delivery_id, courier } => {
            said(place, delivery_id, "accept", &json!({ "courier_id": courier }), "assigned")
        }
        Deliveries::Tell { delivery_id, status, reason } => {
            let body = json!({ "status": status, "reason": reason });
            said(place, delivery_id, "status", &body, status)
        }
        Deliveries::Decide { delivery_id, status, reason, provider, listing } => {
            let body = json!({ "status": status, "reason": reason, "provider": provider });
            let request = Request::post(path(delivery_id, "decision")).sending_json(&body);
            let decided = Transport::open(place)?.ask(request)?;
            answer(listing.json, &decided, |decided| card(DECIDED, decided, None))
        }
        Deliveries::Cancel { delivery_id, reason } => {
            said(place, delivery_id, "cancel", &json!({ "reason": reason }), "cancelled")
        }
    }
}

fn request(place: &Place, new: &NewDelivery) -> Result<ExitCode, Failure> {
    let mut body = json!({
        "origin_address": address(&new.from),
        "destination_address": address(&new.to),
        "phone": new.phone,
        "package_size": new.size,
        "weight_grams": new.weight_grams,
        "order_minor": new.order_minor,
        "tip_minor": new.tip_minor,
    });
    let optional = [
        ("market", new.market.as_ref().map(|market| market.as_str())),
        ("merchant_id", new.merchant.as_ref().map(|merchant| merchant.as_str())),
        ("ready_at", new.ready_at.as_deref()),
        ("instructions", new.instructions.as_deref()),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            body[name] = value.into();
        }
    }
    let asked = Transport::open(place)?.ask(Request::post("/v1/deliveries").sending_json(&body))?;
    answer(new.listing.json, &asked, |asked| card(ASKED, asked, None))
}

fn said(
    place: &Place,
    delivery: &DeliveryId,
    what: &str,
    body: &Value,
    status: &str,
) -> Result<ExitCode, Failure> {
    let request = Request::post(path(delivery, what)).sending_json(body);
    let mut done = Transport::open(place)?.ask(request)?;
    done["delivery_id"] = delivery.as_str().into();
    done["status"] = status.into();
    answer(false, &done, |done| card(DONE, done, None))
}

fn path(delivery: &DeliveryId, what: &str) -> String {
    let delivery = segment(delivery.as_str());
    if what.is_empty() {
        format!("/v1/deliveries/{delivery}")
    } else {
        format!("/v1/deliveries/{delivery}/{what}")
    }
}

/// A position where two numbers stand, words otherwise.
pub(super) fn address(text: &str) -> Value {
    let numbers = text.split_once(',').and_then(|(lat, lng)| {
        Some((lat.trim().parse::<f64>().ok()?, lng.trim().parse::<f64>().ok()?))
    });
    match numbers {
        Some((lat, lng)) => json!({ "lat": lat, "lng": lng }),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_are_a_position_and_everything_else_is_words() {
        let position = json!({ "lat": 37.7749, "lng": -122.4194 });
        let cases = [
            ("37.7749,-122.4194", position.clone()),
            (" 37.7749 , -122.4194", position),
            ("1200 Irving St, 94122", "1200 Irving St, 94122".into()),
            ("12, Market", "12, Market".into()),
            ("", "".into()),
        ];
        for (text, expected) in cases {
            assert_eq!(address(text), expected, "{text:?}");
        }
    }
}
