//! What each status of each shipped adapter means.

use doorstep_domain::provider::{Meaning, Origin, Reading, Source};
use doorstep_domain::time::Micros;
use doorstep_server::provider::adapters::Adapters;
use serde_json::{Value, json};

/// What an adapter makes of a payload: the meaning of each event, or what it does not take.
fn meanings(adapters: &Adapters, adapter: &str, payload: &Value) -> String {
    let received_at = Micros(1_780_000_000_000_000);
    let source = Source { provider: adapter, origin: Origin::Webhook, received_at };
    match adapters.find(adapter).unwrap().read(source, payload) {
        Ok(Reading::Ignored(_)) => "no event".to_owned(),
        Ok(Reading::Told(told)) => {
            let meaning = |meaning| match meaning {
                Meaning::State(state) => state.as_str(),
                Meaning::Ignored => "ignored",
                Meaning::Decided { .. } => "decided",
                Meaning::Unknown => "unknown",
            };
            let all: Vec<_> = told.iter().map(|told| meaning(told.event.meaning)).collect();
            all.join(" ")
        }
        Err(error) => error.to_string(),
    }
}

fn holds(adapter: &str, payload: impl Fn(&str) -> Value, cases: &[(&str, &str)]) {
    let adapters = Adapters::open(None).unwrap();
    for (status, expected) in cases {
        let told = payload(status);
        assert_eq!(meanings(&adapters, adapter, &told), *expected, "{adapter} {status}: {told}");
    }
}

/// E8: Uber Direct, with words after a status that the payload shows besides.
#[test]
fn statuses_of_uber_direct() {
    let payload = |text: &str| {
        let (status, rest) = text.split_once(' ').unwrap_or((text, ""));
        let returned = rest.contains("return");
        let mut data = json!({
            "id": if returned { "ret_1" } else { "del_1" },
            "courier_imminent": rest.contains("imminent"),
            "updated": "2026-05-01T10:00:00Z",
        });
        if rest.contains("courier") {
            data["courier"] = json!({ "name": "Kim" });
        }
        if returned {
            data["related_deliveries"] = json!([{ "id": "del_1", "relationship": "original" }]);
        }
        json!({ "kind": "event.delivery_status", "id": "evt_1", "status": status, "data": data })
    };
    holds(
        "uber_direct",
        payload,
        &[
            ("pending", "searching"),
            ("pending courier", "assigned"),
            ("pickup courier", "en_route_pickup"),
            ("pickup imminent", "at_pickup"),
            ("pickup_complete", "picked_up"),
            ("dropoff", "en_route_dropoff"),
            ("dropoff imminent", "at_dropoff"),
            ("delivered", "delivered"),
            ("canceled", "canceled"),
            ("returned", "returned"),
            ("DELIVERED", "delivered"),
            ("pending return", "returning"),
            ("pickup_complete return", "returning"),
            ("dropoff return", "returning"),
            ("dropoff imminent return", "at_return"),
            ("delivered return", "returned"),
            ("teleported", "unknown"),
        ],
    );
}

/// E8: Uber's thin events, whose status stands beside what it is of; and what is no status at all.
#[test]
fn statuses_of_thin_events_of_uber_direct() {
    let thin = |status: &str| {
        json!({ "event_type": "dapi.status_changed", "event_id": "7", "event_time": 1_777_629_600,
            "meta": { "status": status, "resource_id": "del_1" } })
    };
    holds(
        "uber_direct",
        thin,
        &[
            ("SCHEDULED", "scheduled"),
            ("EN_ROUTE_TO_PICKUP", "en_route_pickup"),
            ("ARRIVED_AT_PICKUP", "at_pickup"),
            ("EN_ROUTE_TO_DROPOFF", "en_route_dropoff"),
            ("ARRIVED_AT_DROPOFF", "at_dropoff"),
            ("COMPLETED", "delivered"),
            ("FAILED", "failed"),
        ],
    );
    let kind = |kind: &str| json!({ "kind": kind, "delivery_id": "del_1", "status": "pickup" });
    holds(
        "uber_direct",
        kind,
        &[("event.courier_update", "no event"), ("event.refund_request", "no event")],
    );
}

/// E8: DoorDash Drive, in both cases and under both names.
#[test]
fn statuses_of_doordash_drive() {
    let cases = [
        ("DELIVERY_CREATED", "created"),
        ("DELIVERY_BATCHED", "searching"),
        ("DASHER_CONFIRMED", "assigned"),
        ("DASHER_ENROUTE_TO_PICKUP", "en_route_pickup"),
        ("dasher_enroute_to_pickup", "en_route_pickup"),
        ("DASHER_CONFIRMED_PICKUP_ARRIVAL", "at_pickup"),
        ("DASHER_PICKED_UP", "picked_up"),
        ("dasher_enroute_to_dropoff", "en_route_dropoff"),
        ("DASHER_CONFIRMED_DROPOFF_ARRIVAL", "at_dropoff"),
        ("DASHER_DROPPED_OFF", "delivered"),
        ("delivery_attempted", "failed"),
        ("DELIVERY_CANCELLED", "canceled"),
        ("DELIVERY_RETURN_INITIALIZED", "returning"),
        ("DASHER_ENROUTE_TO_RETURN", "returning"),
        ("DASHER_CONFIRMED_RETURN_ARRIVAL", "at_return"),
        ("DELIVERY_RETURNED", "returned"),
        ("DASHER_TELEPORTED", "unknown"),
    ];
    for name in ["event_name", "event_type"] {
        holds(
            "doordash_drive",
            |status| json!({ "external_delivery_id": "d1", name: status }),
            &cases,
        );
    }
    let asked = |status: &str| json!({ "external_delivery_id": "d1", "delivery_status": status });
    holds(
        "doordash_drive",
        asked,
        &[
            ("created", "created"),
            ("confirmed", "assigned"),
            ("enroute_to_pickup", "en_route_pickup"),
            ("arrived_at_pickup", "at_pickup"),
            ("picked_up", "picked_up"),
            ("enroute_to_dropoff", "en_route_dropoff"),
            ("arrived_at_dropoff", "at_dropoff"),
            ("delivered", "delivered"),
            ("cancelled", "canceled"),
            ("enroute_to_return", "returning"),
            ("arrived_at_return", "at_return"),
            ("returned", "returned"),
        ],
    );
    let never = |reason: &str| {
        json!({ "external_delivery_id": "d1", "event_name": "DELIVERY_CANCELLED",
            "cancellation_reason": reason })
    };
    holds("doordash_drive", never, &[("failed_to_return", "failed"), ("cx_cancelled", "canceled")]);
}

/// E8: Stuart's jobs, deliveries and packages.
#[test]
fn statuses_of_stuart() {
    let job = |status: &str| {
        json!({ "event": "job", "type": "update",
            "data": { "status": status, "deliveries": [{ "clientReference": "d1" }] } })
    };
    holds(
        "stuart",
        job,
        &[
            ("new", "created"),
            ("searching", "searching"),
            ("scheduled", "scheduled"),
            ("in_progress", "assigned"),
            ("finished", "delivered"),
            ("canceled", "canceled"),
            ("voided", "canceled"),
            ("expired", "expired"),
            ("teleported", "unknown"),
        ],
    );
    let delivery = |status: &str| {
        json!({ "event": "delivery", "type": "update",
            "data": { "status": status, "clientReference": "d1" } })
    };
    holds(
        "stuart",
        delivery,
        &[
            ("pending", "created"),
            ("picking", "en_route_pickup"),
            ("almost_picking", "en_route_pickup"),
            ("waiting_at_pickup", "at_pickup"),
            ("delivering", "picked_up"),
            ("almost_delivering", "en_route_dropoff"),
            ("waiting_at_dropoff", "at_dropoff"),
            ("delivered", "delivered"),
            ("cancelled", "canceled"),
            ("returning", "returning"),
            ("returned", "returned"),
        ],
    );
    let package = |status: &str| json!({ "event": status, "data": { "client_reference": "d1" } });
    holds(
        "stuart",
        package,
        &[
            ("package_created", "created"),
            ("courier_assigned", "assigned"),
            ("courier_arriving_at_pickup", "en_route_pickup"),
            ("courier_waiting_at_pickup", "at_pickup"),
            ("package_delivering", "picked_up"),
            ("courier_arriving_at_dropoff", "en_route_dropoff"),
            ("courier_waiting_at_dropoff", "at_dropoff"),
            ("package_delivered", "delivered"),
            ("package_canceled", "canceled"),
        ],
    );
}

/// E8: Onfleet's triggers, by name and by number, on pickup and on dropoff; and its tasks' states.
#[test]
fn statuses_of_onfleet() {
    let task = |text: &str| {
        let (trigger, rest) = text.split_once(' ').unwrap_or((text, ""));
        let mut told = json!({ "taskId": "t1", "time": 1_777_629_600_000_i64, "data": { "task": {
            "pickupTask": rest.contains("pickup"),
            "completionDetails": { "success": !rest.contains("unsuccessful") } } } });
        match trigger.parse::<u8>() {
            Ok(number) => told["triggerId"] = number.into(),
            Err(_) => told["triggerName"] = trigger.into(),
        }
        told
    };
    holds(
        "onfleet",
        task,
        &[
            ("taskCreated", "created"),
            ("taskUnassigned", "searching"),
            ("taskAssigned", "assigned"),
            ("taskStarted pickup", "en_route_pickup"),
            ("taskArrival pickup", "at_pickup"),
            ("taskCompleted pickup", "picked_up"),
            ("taskStarted", "en_route_dropoff"),
            ("taskArrival", "at_dropoff"),
            ("taskCompleted", "delivered"),
            ("taskCompleted unsuccessful", "failed"),
            ("taskFailed", "failed"),
            ("taskDeleted", "canceled"),
            ("taskEta", "ignored"),
            ("taskUpdated", "ignored"),
            ("workerDuty", "no event"),
            ("0 pickup", "en_route_pickup"),
            ("3", "delivered"),
            ("10", "searching"),
            ("99", "unknown"),
        ],
    );
    let state = |text: &str| {
        json!({ "id": "t1", "state": text[..1].parse::<u8>().unwrap(),
            "pickupTask": text.contains("pickup"),
            "completionDetails": { "success": !text.contains("unsuccessful") } })
    };
    holds(
        "onfleet",
        state,
        &[
            ("0", "created"),
            ("1", "assigned"),
            ("2 pickup", "en_route_pickup"),
            ("2", "en_route_dropoff"),
            ("3 pickup", "picked_up"),
            ("3", "delivered"),
            ("3 unsuccessful", "failed"),
        ],
    );
}

/// E8: AfterShip's tags, of a parcel without checkpoints.
#[test]
fn statuses_of_aftership() {
    let tag = |text: &str| {
        let (tag, subtag) = text.split_once(' ').unwrap_or((text, ""));
        json!({ "event": "tracking_update", "ts": 1_777_629_600,
            "msg": { "tracking_number": "1Z", "tag": tag, "subtag": subtag } })
    };
    holds(
        "aftership",
        tag,
        &[
            ("Pending", "created"),
            ("InfoReceived", "created"),
            ("InTransit", "picked_up"),
            ("OutForDelivery", "en_route_dropoff"),
            ("AvailableForPickup", "at_dropoff"),
            ("Delivered", "delivered"),
            ("AttemptFail", "failed"),
            ("Exception", "failed"),
            ("Exception Exception_010", "returning"),
            ("Exception Exception_011", "returned"),
            ("Expired", "expired"),
            ("Teleported", "unknown"),
        ],
    );
}

/// E8: EasyPost's statuses, of a tracker without details.
#[test]
fn statuses_of_easypost() {
    let tracker = |status: &str| {
        json!({ "description": "tracker.updated", "id": "evt_1",
            "result": { "tracking_code": "1", "status": status } })
    };
    holds(
        "easypost",
        tracker,
        &[
            ("unknown", "created"),
            ("pre_transit", "created"),
            ("in_transit", "picked_up"),
            ("out_for_delivery", "en_route_dropoff"),
            ("available_for_pickup", "at_dropoff"),
            ("delivered", "delivered"),
            ("failure", "failed"),
            ("error", "failed"),
            ("cancelled", "canceled"),
            ("return_to_sender", "returning"),
            ("teleported", "unknown"),
        ],
    );
}

/// E8: Shipday's events and the states of its orders.
#[test]
fn statuses_of_shipday() {
    let event = |event: &str| json!({ "event": event, "order": { "id": 7 } });
    holds(
        "shipday",
        event,
        &[
            ("ORDER_INSERTED", "created"),
            ("ORDER_UNASSIGNED", "searching"),
            ("ORDER_ASSIGNED", "assigned"),
            ("ORDER_ACCEPTED_AND_STARTED", "en_route_pickup"),
            ("ORDER_PIKEDUP", "picked_up"),
            ("ORDER_ONTHEWAY", "en_route_dropoff"),
            ("ORDER_COMPLETED", "delivered"),
            ("ORDER_FAILED", "failed"),
            ("ORDER_INCOMPLETE", "failed"),
            ("ORDER_DELETE", "canceled"),
            ("ORDER_PIKEDUP_REMOVED", "en_route_pickup"),
            ("ORDER_ONTHEWAY_REMOVED", "picked_up"),
            ("ORDER_TELEPORTED", "unknown"),
        ],
    );
    let asked = |status: &str| json!({ "orderId": 7, "status": status });
    holds(
        "shipday",
        asked,
        &[
            ("NOT_ASSIGNED", "searching"),
            ("NOT_ACCEPTED", "assigned"),
            ("STARTED", "en_route_pickup"),
            ("PICKED_UP", "picked_up"),
            ("READY_TO_DELIVER", "en_route_dropoff"),
            ("ALREADY_DELIVERED", "delivered"),
            ("FAILED_DELIVERY", "failed"),
        ],
    );
}

/// E8: words with characters that not every engine keeps are kept without them.
#[test]
fn control_characters_of_a_provider_are_spaces() {
    let payload = json!({ "kind": "event.delivery_status", "id": "evt_1", "data": {
        "id": "del_1", "status": "cancel\u{1}ed", "cancelation_reason": {
            "primary_reason": "x\u{0}y" }, "cancelation_reason_description": "x\u{0}y",
        "courier": { "name": "Kim\u{0}" }, "tracking_url": "https://a\u{0}b" } });
    let adapters = Adapters::open(None).unwrap();
    for (adapter, payload) in [
        ("uber_direct", payload),
        (
            "doordash_drive",
            json!({ "external_delivery_id": "D", "event_name": "DELIVERY_CANCELLED",
                "cancellation_reason": "x\u{0}y" }),
        ),
    ] {
        let received_at = Micros(1_780_000_000_000_000);
        let source = Source { provider: adapter, origin: Origin::Webhook, received_at };
        let read = adapters.find(adapter).unwrap().read(source, &payload).unwrap();
        let shown = format!("{read:?}");
        assert!(!shown.contains("\\0") && !shown.contains("\\u{1}"), "{shown}");
        assert!(shown.contains("x y"), "{shown}");
    }
}
