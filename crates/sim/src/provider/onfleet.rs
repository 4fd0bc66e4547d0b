//! Onfleet: a delivery is two tasks, the drop-off depending on the pickup; messages name a task.

use super::api::{Answered, Asked, is_refused, json_of};
use super::bookings::{Bookings, Delivery, Wanted};
use super::life::{Stage, Step};
use super::{Kind, Plan, signature};
use doorstep_domain::time::Micros;
use serde_json::{Value, json};

/// The metadata under which whoever books keeps their own name of a delivery.
const OURS: &str = "delivery_id";

/// What it tells of a stage: number and name of the trigger, and whether it is of the pickup.
pub(super) fn trigger(stage: Stage) -> Option<(u8, &'static str, bool)> {
    Some(match stage {
        Stage::Created => (6, "taskCreated", false),
        Stage::Assigned => (9, "taskAssigned", false),
        Stage::Unassigned => (10, "taskUnassigned", false),
        Stage::EnRoutePickup => (0, "taskStarted", true),
        Stage::AtPickup => (2, "taskArrival", true),
        Stage::PickedUp => (3, "taskCompleted", true),
        Stage::EnRouteDropoff => (0, "taskStarted", false),
        Stage::AtDropoff => (2, "taskArrival", false),
        Stage::Delivered => (3, "taskCompleted", false),
        Stage::Failed => (4, "taskFailed", false),
        Stage::Canceled => (8, "taskDeleted", false),
        Stage::Returning | Stage::AtReturn | Stage::Returned => return None,
    })
}

pub(super) fn answer(
    plan: &Plan,
    bookings: &mut Bookings,
    asked: &Asked<'_>,
    path: &[&str],
    now: Micros,
) -> Answered {
    if !signature::is_key_good(&plan.credential, asked.authorization) {
        return Answered::of(401, error("InvalidCredentials", "The key is not known."));
    }
    let ["api", "v2", "tasks", rest @ ..] = path else {
        return Answered::of(404, error("ResourceNotFound", "There is nothing here."));
    };
    match (asked.method, rest) {
        ("POST", []) => creates(plan, bookings, asked, now),
        ("POST", ["metadata"]) => Answered::of(200, looks_up(bookings, asked, now)),
        ("GET", ["shortId", short]) => {
            let is_it = |delivery: &&Delivery| short_id(&delivery.reference) == *short;
            shown(bookings.all().iter().find(is_it), None, now)
        }
        ("GET", [id]) => match bookings.pickups().get(*id) {
            Some(request) => Answered::of(200, waiting(id, request)),
            None => shown(bookings.by_reference(id), Some(id), now),
        },
        ("DELETE", [id]) => deletes(plan, bookings, id, now),
        _ => Answered::of(404, error("ResourceNotFound", "There is nothing here.")),
    }
}

/// A pickup waits for the drop-off that depends on it: with that one a delivery is booked.
fn creates(plan: &Plan, bookings: &mut Bookings, asked: &Asked<'_>, now: Micros) -> Answered {
    let body = json_of(asked.body);
    let destination = &body["destination"];
    if destination["address"].is_null() && destination["location"].is_null() {
        return invalid("destination");
    }
    let Some(ours) = ours_of(&body) else {
        return invalid("metadata");
    };
    let id = bookings.name(plan.seed);
    if body["pickupTask"] == true {
        if is_refused(plan, &ours) {
            return Answered::of(400, error("InvalidArgument", "The address cannot be found."));
        }
        let task = waiting(&id, &body);
        bookings.keep_pickup(id, body);
        return Answered::of(200, task);
    }
    if body["recipients"].as_array().is_none_or(Vec::is_empty) {
        return invalid("recipients");
    }
    let pickup = body["dependencies"][0].as_str().map(str::to_owned);
    let Some(pickup) = pickup.and_then(|pickup| bookings.take_pickup(&pickup)) else {
        return invalid("dependencies");
    };
    let wanted = Wanted { ours, request: body, pickup: Some(pickup) };
    let (delivery, tellings) = bookings.book(plan, id, wanted, now);
    let (number, body) =
        (delivery.number, task(delivery, false, Kind::Onfleet.told(delivery, now)));
    Answered { tellings, booked: Some(number), ..Answered::of(200, body) }
}

/// Every task with this metadata that was not deleted.
fn looks_up(bookings: &Bookings, asked: &Asked<'_>, now: Micros) -> Value {
    let wanted = json_of(asked.body);
    let ours = wanted[0]["value"].as_str().unwrap_or_default();
    let waits = bookings.pickups().iter().filter(|(_, request)| has_name(request, ours));
    let mut tasks: Vec<Value> = waits.map(|(id, request)| waiting(id, request)).collect();
    for delivery in bookings.by_name(ours) {
        let step = Kind::Onfleet.told(delivery, now);
        if step.stage != Stage::Canceled {
            tasks.extend([task(delivery, true, step), task(delivery, false, step)]);
        }
    }
    Value::Array(tasks)
}

fn shown(delivery: Option<&Delivery>, id: Option<&str>, now: Micros) -> Answered {
    match delivery.map(|delivery| (delivery, Kind::Onfleet.told(delivery, now))) {
        Some((delivery, step)) if step.stage != Stage::Canceled => {
            let is_pickup = id.is_some_and(|id| id != delivery.reference);
            Answered::of(200, task(delivery, is_pickup, step))
        }
        _ => Answered::of(404, error("ResourceNotFound", "The task does not exist.")),
    }
}

/// Until somebody is on the way.
fn deletes(plan: &Plan, bookings: &mut Bookings, id: &str, now: Micros) -> Answered {
    if bookings.take_pickup(id).is_some() {
        return Answered::of(200, json!({}));
    }
    let Some(delivery) = bookings.by_reference(id) else {
        return Answered::of(404, error("ResourceNotFound", "The task does not exist."));
    };
    let (number, is_gone) = (delivery.number, delivery.now(now).stage == Stage::Canceled);
    if is_gone {
        return Answered::of(404, error("ResourceNotFound", "The task does not exist."));
    }
    let may = |stage: Stage| matches!(stage, Stage::Created | Stage::Unassigned | Stage::Assigned);
    match bookings.cancel(plan, number, may, now) {
        Some(tellings) => Answered { tellings, ..Answered::of(200, json!({})) },
        None => Answered::of(400, error("InvalidArgument", "The task is active or completed.")),
    }
}

/// The task of a pickup whose drop-off has not been asked for.
fn waiting(id: &str, request: &Value) -> Value {
    json!({
        "id": id, "shortId": short_id(id), "state": 0, "pickupTask": true, "worker": null,
        "metadata": request["metadata"], "dependencies": [],
        "completionDetails": { "success": null, "time": null },
    })
}

/// One of the two tasks of a delivery, as it stands at a step.
fn task(delivery: &Delivery, is_pickup: bool, step: Step) -> Value {
    let pickup = delivery.pickup.as_ref();
    let id = pickup.filter(|_| is_pickup).map_or(&delivery.reference, |(id, _)| id);
    let is_picked_up = step.stage.is_picked_up();
    let state = match (step.stage, is_pickup) {
        (Stage::Created | Stage::Unassigned | Stage::Canceled, _) => 0,
        (Stage::EnRoutePickup | Stage::AtPickup, true) => 2,
        (_, true) if is_picked_up => 3,
        (Stage::EnRouteDropoff | Stage::AtDropoff, false) => 2,
        (stage, false) if stage.is_end() => 3,
        _ => 1,
    };
    let success = (state == 3).then_some(is_pickup || step.stage == Stage::Delivered);
    let courier = &delivery.courier;
    json!({
        "id": id, "shortId": short_id(id), "state": state, "pickupTask": is_pickup,
        "timeCreated": delivery.booked_at.0 / 1_000, "timeLastModified": step.at.0 / 1_000,
        "worker": step.stage.has_courier().then(|| format!("worker-{}", courier.number)),
        "destination": delivery.request["destination"],
        "recipients": delivery.request["recipients"],
        "metadata": delivery.request["metadata"],
        "dependencies": pickup.filter(|_| !is_pickup).map(|(id, _)| vec![id]).unwrap_or_default(),
        "trackingURL": format!("https://onfleet.example/{}", short_id(id)),
        "completionDetails": { "success": success, "time": success.map(|_| step.at.0 / 1_000) },
    })
}

/// The message of a step.
pub(super) fn message(delivery: &Delivery, step: Step) -> Option<Value> {
    let (number, name, is_pickup) = trigger(step.stage)?;
    let task = task(delivery, is_pickup, step);
    let courier = &delivery.courier;
    let worker = step.stage.has_courier().then(|| {
        json!({
            "id": format!("worker-{}", courier.number), "name": courier.name,
            "phone": courier.phone,
        })
    });
    Some(json!({
        "time": step.at.0 / 1_000, "triggerId": number, "triggerName": name,
        "taskId": task["id"], "workerId": task["worker"],
        "data": { "task": task, "worker": worker },
    }))
}

fn ours_of(request: &Value) -> Option<String> {
    let metadata = request["metadata"].as_array()?;
    let ours = metadata.iter().find(|entry| entry["name"] == OURS)?;
    ours["value"].as_str().map(str::to_owned)
}

fn has_name(request: &Value, ours: &str) -> bool {
    ours_of(request).is_some_and(|name| name == ours)
}

fn short_id(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

fn invalid(field: &str) -> Answered {
    let message = format!("The values of one or more parameters are not allowed: {field}");
    Answered::of(400, error("InvalidContent", &message))
}

pub(super) fn error(code: &str, message: &str) -> Value {
    json!({ "code": code, "message": { "error": 1_000, "message": message, "cause": message } })
}
