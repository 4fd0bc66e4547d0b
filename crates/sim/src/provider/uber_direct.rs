//! Uber Direct: `POST /v1/customers/{id}/deliveries` and its kin, `event.delivery_status`.

use super::api::{Answered, Asked, is_refused, json_of, missing, rfc3339};
use super::bookings::{Bookings, Delivery, Wanted};
use super::life::{Stage, Step};
use super::{Kind, Plan, signature};
use crate::chance::Chance;
use doorstep_domain::time::{Micros, SECOND_US};
use serde_json::{Value, json};

/// What a booking cannot do without.
const REQUIRED: [&str; 6] = [
    "pickup_name",
    "pickup_address",
    "pickup_phone_number",
    "dropoff_name",
    "dropoff_address",
    "dropoff_phone_number",
];

/// How long a quote holds, in microseconds.
const QUOTE_US: i64 = 900 * SECOND_US;

/// The names of events are drawn by this.
const EVENT: u64 = 6;

/// Its word for a stage.
pub(super) fn status(stage: Stage) -> Option<&'static str> {
    Some(match stage {
        Stage::Created | Stage::Unassigned => "pending",
        Stage::Assigned | Stage::AtPickup => "pickup",
        Stage::PickedUp => "pickup_complete",
        Stage::EnRouteDropoff | Stage::AtDropoff => "dropoff",
        Stage::Delivered => "delivered",
        Stage::Canceled => "canceled",
        Stage::Returned => "returned",
        Stage::EnRoutePickup | Stage::Failed | Stage::Returning | Stage::AtReturn => return None,
    })
}

pub(super) fn answer(
    plan: &Plan,
    bookings: &mut Bookings,
    asked: &Asked<'_>,
    path: &[&str],
    now: Micros,
) -> Answered {
    if (asked.method, path) == ("POST", &["oauth", "v2", "token"]) {
        return logs_in(plan, asked);
    }
    if asked.authorization != format!("Bearer {}", signature::token(plan)) {
        return Answered::of(401, error("unauthorized", "The token is not known."));
    }
    let ["v1", "customers", account, rest @ ..] = path else {
        return Answered::of(404, error("not_found", "There is nothing here."));
    };
    if *account != plan.account {
        return Answered::of(404, error("customer_not_found", "The customer does not exist."));
    }
    let found = |bookings: &Bookings, reference: &str| {
        bookings.by_reference(reference).map(|delivery| delivery.number)
    };
    match (asked.method, rest) {
        ("POST", ["delivery_quotes"]) => quotes(bookings, plan, asked, now),
        ("POST", ["deliveries"]) => books(plan, bookings, asked, now),
        ("GET", ["deliveries", reference]) => match bookings.by_reference(reference) {
            Some(delivery) => Answered::of(200, shown(plan, delivery, now)),
            None => Answered::of(404, unknown()),
        },
        ("POST", ["deliveries", reference, "cancel"]) => match found(bookings, reference) {
            Some(number) => cancels(plan, bookings, number, now),
            None => Answered::of(404, unknown()),
        },
        _ => Answered::of(404, error("not_found", "There is nothing here.")),
    }
}

/// The answer of a token for a credential (RFC 6749, 4.4).
fn logs_in(plan: &Plan, asked: &Asked<'_>) -> Answered {
    let form = String::from_utf8_lossy(asked.body);
    let field = |name: &str| {
        form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or("")
    };
    let shown = format!("{}:{}", field("client_id"), field("client_secret"));
    if shown != plan.credential || field("grant_type") != "client_credentials" {
        return Answered::of(401, json!({ "error": "invalid_client" }));
    }
    let body = json!({
        "access_token": signature::token(plan), "token_type": "Bearer",
        "expires_in": 2_592_000, "scope": "eats.deliveries",
    });
    Answered::of(200, body)
}

fn quotes(bookings: &mut Bookings, plan: &Plan, asked: &Asked<'_>, now: Micros) -> Answered {
    let body = json_of(asked.body);
    if let Some(field) = missing(&body, &["pickup_address", "dropoff_address"]) {
        return invalid(field);
    }
    let quote = json!({
        "kind": "delivery_quote", "id": format!("dqt_{}", bookings.name(plan.seed)),
        "created": rfc3339(now), "expires": rfc3339(now.plus(QUOTE_US)),
        "fee": 650, "currency": "usd", "currency_type": "USD",
        "duration": 30, "pickup_duration": 10,
        "dropoff_eta": rfc3339(now.plus(2 * QUOTE_US)),
    });
    Answered::of(200, quote)
}

fn books(plan: &Plan, bookings: &mut Bookings, asked: &Asked<'_>, now: Micros) -> Answered {
    let body = json_of(asked.body);
    if let Some(field) = missing(&body, &REQUIRED) {
        return invalid(field);
    }
    if body["manifest_items"].as_array().is_none_or(Vec::is_empty) {
        return invalid("manifest_items");
    }
    let ours = body["external_id"].as_str().unwrap_or_default().to_owned();
    if let Some(key) = body["idempotency_key"].as_str() {
        let has_key = |delivery: &&Delivery| delivery.request["idempotency_key"] == key;
        if let Some(before) = bookings.by_name(&ours).find(has_key) {
            let mut body = error("duplicate_delivery", "An active delivery like this exists.");
            body["metadata"] = json!({ "delivery_id": before.reference });
            return Answered::of(409, body);
        }
    }
    if is_refused(plan, &ours) {
        return Answered::of(400, error("address_undeliverable", "Nobody delivers there."));
    }
    let reference = format!("del_{}", bookings.name(plan.seed));
    let wanted = Wanted { ours, request: body, pickup: None };
    let (delivery, tellings) = bookings.book(plan, reference, wanted, now);
    let (number, body) = (delivery.number, shown(plan, delivery, now));
    Answered { tellings, booked: Some(number), ..Answered::of(200, body) }
}

fn cancels(plan: &Plan, bookings: &mut Bookings, number: usize, now: Micros) -> Answered {
    let may = |stage: Stage| !stage.is_picked_up() && !stage.is_end();
    match (bookings.cancel(plan, number, may, now), bookings.get(number)) {
        (Some(tellings), Some(delivery)) => {
            Answered { tellings, ..Answered::of(200, shown(plan, delivery, now)) }
        }
        _ => Answered::of(400, error("noncancelable_delivery", "It cannot be cancelled now.")),
    }
}

fn shown(plan: &Plan, delivery: &Delivery, now: Micros) -> Value {
    object(delivery, Kind::UberDirect.told(delivery, now), plan)
}

/// A delivery as it stands at a step.
fn object(delivery: &Delivery, step: Step, plan: &Plan) -> Value {
    let asked = &delivery.request;
    let mut object = json!({
        "id": delivery.reference, "kind": "delivery", "live_mode": false,
        "status": status(step.stage), "complete": step.stage.is_end(),
        "courier_imminent": matches!(step.stage, Stage::AtPickup | Stage::AtDropoff),
        "created": rfc3339(delivery.booked_at), "updated": rfc3339(step.at),
        "currency": "usd", "fee": 650, "courier": null, "external_id": delivery.ours,
        "pickup": { "name": asked["pickup_name"], "address": asked["pickup_address"] },
        "dropoff": { "name": asked["dropoff_name"], "address": asked["dropoff_address"] },
        "tracking_url": format!("https://uber.example/{}/{}", plan.account, delivery.reference),
        "undeliverable_reason": "",
    });
    if step.stage.has_courier() {
        object["courier"] = json!({
            "name": delivery.courier.name, "phone_number": delivery.courier.phone,
            "vehicle_type": "bicycle", "location": { "lat": 37.77, "lng": -122.43 },
        });
    }
    if step.stage.is_picked_up() {
        object["pickup"]["status"] = json!("completed");
    }
    object
}

/// The message of a step.
pub(super) fn message(plan: &Plan, delivery: &Delivery, step: Step) -> Option<Value> {
    let status = status(step.stage)?;
    let keys = [delivery.number as u64, step.at.0.unsigned_abs(), EVENT];
    let id = Chance::of(plan.seed, &keys).bits();
    Some(json!({
        "id": format!("evt_{id:016x}"), "kind": "event.delivery_status",
        "created": rfc3339(step.at), "customer_id": plan.account,
        "delivery_id": delivery.reference, "live_mode": false, "status": status,
        "data": object(delivery, step, plan),
    }))
}

fn invalid(field: &str) -> Answered {
    let mut body = error("invalid_params", "The parameters of your request were invalid.");
    body["metadata"] = json!({ field: "is required" });
    Answered::of(400, body)
}

fn unknown() -> Value {
    error("delivery_not_found", "The requested delivery does not exist.")
}

pub(super) fn error(code: &str, message: &str) -> Value {
    json!({ "kind": "error", "code": code, "message": message })
}
