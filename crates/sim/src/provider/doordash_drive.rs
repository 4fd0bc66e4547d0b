//! DoorDash Drive: `POST /drive/v2/deliveries` and its kin, named by whoever books.

use super::api::{Answered, Asked, is_refused, json_of, missing, rfc3339};
use super::bookings::{Bookings, Delivery, Wanted};
use super::life::{Stage, Step};
use super::{Kind, Plan, signature};
use doorstep_domain::time::Micros;
use serde_json::{Value, json};

/// What a booking cannot do without.
const REQUIRED: [&str; 4] =
    ["external_delivery_id", "pickup_address", "dropoff_address", "dropoff_phone_number"];

/// Its words for a stage: of its messages, and of its API.
pub(super) fn words(stage: Stage) -> Option<(&'static str, &'static str)> {
    Some(match stage {
        Stage::Created => ("DELIVERY_CREATED", "created"),
        Stage::Assigned => ("DASHER_CONFIRMED", "confirmed"),
        Stage::EnRoutePickup => ("DASHER_ENROUTE_TO_PICKUP", "enroute_to_pickup"),
        Stage::AtPickup => ("DASHER_CONFIRMED_PICKUP_ARRIVAL", "arrived_at_pickup"),
        Stage::PickedUp => ("DASHER_PICKED_UP", "picked_up"),
        Stage::EnRouteDropoff => ("DASHER_ENROUTE_TO_DROPOFF", "enroute_to_dropoff"),
        Stage::AtDropoff => ("DASHER_CONFIRMED_DROPOFF_ARRIVAL", "arrived_at_dropoff"),
        Stage::Delivered => ("DASHER_DROPPED_OFF", "delivered"),
        Stage::Canceled => ("DELIVERY_CANCELLED", "cancelled"),
        Stage::Returning => ("DELIVERY_RETURN_INITIALIZED", "enroute_to_return"),
        Stage::AtReturn => ("DASHER_CONFIRMED_RETURN_ARRIVAL", "arrived_at_return"),
        Stage::Returned => ("DELIVERY_RETURNED", "returned"),
        Stage::Unassigned | Stage::Failed => return None,
    })
}

pub(super) fn answer(
    plan: &Plan,
    bookings: &mut Bookings,
    asked: &Asked<'_>,
    path: &[&str],
    now: Micros,
) -> Answered {
    if !signature::is_token_good(&plan.credential, asked.authorization, now) {
        return Answered::of(401, error("authentication_error", "The token is not good."));
    }
    let ["drive", "v2", rest @ ..] = path else {
        return Answered::of(404, error("not_found", "There is nothing here."));
    };
    let found = |bookings: &Bookings, ours: &str| {
        bookings.by_name(ours).next().map(|delivery| delivery.number)
    };
    match (asked.method, rest) {
        ("POST", ["quotes"]) => quotes(asked),
        ("POST", ["deliveries"]) => books(plan, bookings, asked, now),
        ("GET", ["deliveries", ours]) => match bookings.by_name(ours).next() {
            Some(delivery) => Answered::of(200, shown(delivery, now)),
            None => Answered::of(404, unknown()),
        },
        ("PUT", ["deliveries", ours, "cancel"]) => match found(bookings, ours) {
            Some(number) => cancels(plan, bookings, number, now),
            None => Answered::of(404, unknown()),
        },
        _ => Answered::of(404, error("not_found", "There is nothing here.")),
    }
}

fn quotes(asked: &Asked<'_>) -> Answered {
    let body = json_of(asked.body);
    if let Some(field) = missing(&body, &REQUIRED[..3]) {
        return invalid(field);
    }
    let quote = json!({
        "external_delivery_id": body["external_delivery_id"], "delivery_status": "quote",
        "fee": 975, "currency": "USD", "pickup_address": body["pickup_address"],
        "dropoff_address": body["dropoff_address"],
    });
    Answered::of(200, quote)
}

fn books(plan: &Plan, bookings: &mut Bookings, asked: &Asked<'_>, now: Micros) -> Answered {
    let body = json_of(asked.body);
    if let Some(field) = missing(&body, &REQUIRED) {
        return invalid(field);
    }
    let ours = body["external_delivery_id"].as_str().unwrap_or_default().to_owned();
    if bookings.by_name(&ours).next().is_some() {
        return Answered::of(409, error("duplicate_delivery_id", "Duplicate delivery ID"));
    }
    if is_refused(plan, &ours) {
        let body = error("validation_error", "The addresses are out of range.");
        return Answered::of(422, body);
    }
    let reference = bookings.name(plan.seed);
    let wanted = Wanted { ours, request: body, pickup: None };
    let (delivery, tellings) = bookings.book(plan, reference, wanted, now);
    let (number, body) = (delivery.number, shown(delivery, now));
    Answered { tellings, booked: Some(number), ..Answered::of(200, body) }
}

/// Until a Dasher has it.
fn cancels(plan: &Plan, bookings: &mut Bookings, number: usize, now: Micros) -> Answered {
    match (
        bookings.cancel(plan, number, |stage| stage == Stage::Created, now),
        bookings.get(number),
    ) {
        (Some(tellings), Some(delivery)) => {
            Answered { tellings, ..Answered::of(200, shown(delivery, now)) }
        }
        _ => Answered::of(400, error("validation_error", "It cannot be cancelled any more.")),
    }
}

fn shown(delivery: &Delivery, now: Micros) -> Value {
    object(delivery, Kind::DoordashDrive.told(delivery, now))
}

/// A delivery as it stands at a step; what is empty is left out.
fn object(delivery: &Delivery, step: Step) -> Value {
    let asked = &delivery.request;
    let mut object = json!({
        "external_delivery_id": delivery.ours, "currency": "USD", "fee": 975,
        "delivery_status": words(step.stage).map(|(_, status)| status),
        "pickup_address": asked["pickup_address"], "dropoff_address": asked["dropoff_address"],
        "created_at": rfc3339(delivery.booked_at), "updated_at": rfc3339(step.at),
        "tracking_url": format!("https://doordash.example/{}", delivery.reference),
    });
    if step.stage.has_courier() {
        object["dasher_id"] = json!(delivery.courier.number);
        object["dasher_name"] = json!(delivery.courier.name);
        object["dasher_phone_number"] = json!(delivery.courier.phone);
        object["dasher_location"] = json!({ "lat": 37.77, "lng": -122.43 });
    }
    if step.stage == Stage::Canceled {
        object["cancellation_reason"] = json!("no_available_dashers");
    }
    object
}

/// The message of a step.
pub(super) fn message(delivery: &Delivery, step: Step) -> Option<Value> {
    let (name, _) = words(step.stage)?;
    let mut message = object(delivery, step);
    message["event_name"] = json!(name);
    // Of a message, when it was made; it says nothing else of the time.
    message["created_at"] = json!(rfc3339(step.at));
    Some(message)
}

fn invalid(field: &str) -> Answered {
    let mut body = error("validation_error", "Validation Failed");
    body["field_errors"] = json!([{ "field": field, "error": "is required" }]);
    Answered::of(400, body)
}

fn unknown() -> Value {
    error("unknown_delivery_id", "The delivery does not exist.")
}

pub(super) fn error(code: &str, message: &str) -> Value {
    json!({ "code": code, "message": message, "field_errors": [] })
}
