//! What providers really send, and what their documentation says they would.

use super::{Others, captured, captured_json};
use serde_json::{Value, json};

/// Follows a delivery of which this was sent; what is shown of it, and of each event told.
fn follows(adapter: &str, reference: &str, payloads: &[Value]) -> (Value, Vec<Value>) {
    let others = Others::trusted(&[adapter]);
    payloads.iter().for_each(|payload| others.sends(adapter, payload));
    others.reads();
    let delivery = others.follows(adapter, reference);
    let timeline = others.gets(&format!("/v1/deliveries/{delivery}/timeline"));
    let told = timeline["data"].as_array().unwrap().iter();
    let told = told.filter(|entry| entry["source"] == "provider").cloned().collect();
    (others.shows(&delivery), told)
}

fn statuses(timeline: &[Value]) -> Vec<&str> {
    timeline.iter().map(|event| event["status"].as_str().unwrap_or("-")).collect()
}

/// E8: a sandbox of Uber Direct's format, as it was captured.
#[test]
fn a_captured_day_of_uber_direct() {
    let Some(lines) = captured("postmates_events.ndjson") else { return };
    let payloads: Vec<Value> =
        serde_json::Deserializer::from_slice(&lines).into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(payloads.len(), 13);
    let (shown, timeline) = follows("uber_direct", "del_MAS_yeYYcMN7HV", &payloads);
    assert_eq!(
        statuses(&timeline),
        ["en_route_pickup", "at_pickup", "picked_up", "en_route_dropoff",]
    );
    let provider = &shown["provider"];
    assert_eq!((&shown["status"], &provider["attempt"]), (&json!("en_route_dropoff"), &json!(1)));
    assert_eq!(provider["at"], "2019-04-17T17:46:00Z");
    assert_eq!(provider["courier"]["name"], "Slowbro R.");
    assert_eq!(provider["tracking_url"], "https://postmates.com/track/del_MAS_yeYYcMN7HV");
    let (other, timeline) = follows("uber_direct", "del_MASZwRFw9rmOuk", &payloads);
    assert_eq!(statuses(&timeline), ["at_pickup", "delivered"]);
    assert_eq!(
        (&other["status"], &other["provider"]["conflict"]),
        (&json!("delivered"), &json!(false))
    );
    assert_eq!(other["provider"]["courier"]["name"], "Robo C.");
}

/// E8: DoorDash's example has no name of its own: it is known by what it says.
#[test]
fn the_example_of_doordash_drive() {
    let path = "doordash_drive/doordash-delivery-webhook-payload-example.json";
    let Some(payload) = captured_json(path) else { return };
    let (shown, timeline) = follows("doordash_drive", "D-12345", &[payload.clone(), payload]);
    assert_eq!(statuses(&timeline), ["assigned"]);
    assert!(timeline[0]["event"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!((&timeline[0]["lat"], &timeline[0]["lng"]), (&json!(37.422), &json!(-122.084)));
    let courier =
        json!({ "courier_id": "42", "name": "Acme Pickup Store", "phone": "+15555551234" });
    assert_eq!(shown["provider"]["courier"], courier);
}

/// E8: Onfleet's example, inside of what its description wraps around it.
#[test]
fn the_example_of_onfleet() {
    let path = "onfleet/onfleet-webhook-task-completed-example.json";
    let Some(payload) = captured_json(path) else { return };
    let body = payload["request"]["body"].clone();
    let (shown, timeline) = follows("onfleet", "11z1BFspwhBYDvIH_FrJfWMm", &[body]);
    assert_eq!((statuses(&timeline), &shown["status"]), (vec!["delivered"], &json!("delivered")));
    assert_eq!(shown["provider"]["at"], "2026-05-25T17:26:40Z");
    assert_eq!(shown["provider"]["courier"]["name"], "A Swartz");
}

/// E8: EasyPost's tracker tells its whole way each time; each part of it is one event.
#[test]
fn the_tracker_of_easypost() {
    let Some(mut payload) = captured_json("easypost/event-body.json") else { return };
    let first = payload.clone();
    payload["id"] = json!("evt_2");
    let details = payload["result"]["tracking_details"].as_array_mut().unwrap();
    let mut last = details.last().unwrap().clone();
    last["status"] = json!("delivered");
    last["datetime"] = json!("2024-08-05T16:00:00Z");
    details.push(last);
    payload["result"]["status"] = json!("delivered");
    let (shown, timeline) = follows("easypost", "1", &[payload, first]);
    assert_eq!(shown["status"], "delivered");
    assert_eq!(shown["provider"]["at"], "2024-08-05T16:00:00Z");
    assert_eq!(shown["provider"]["tracking_url"], "https://track.easypost.com/1");
    // Eight details, and the two trackers' own statuses, which say nothing more.
    assert_eq!(timeline.len(), 10);
    assert_eq!(statuses(&timeline).iter().filter(|status| **status == "-").count(), 2);
}

/// E8: AfterShip's parcel: a first attempt fails, the next day it is delivered.
#[test]
fn a_parcel_of_aftership() {
    let payload: Value = serde_json::from_str(include_str!("aftership.json")).unwrap();
    let (shown, timeline) = follows("aftership", "9361289676091361892011", &[payload]);
    assert_eq!(
        statuses(&timeline),
        [
            "created",
            "picked_up",
            "en_route_dropoff",
            "failed",
            "en_route_dropoff",
            "delivered",
            "-",
        ]
    );
    let provider = &shown["provider"];
    assert_eq!((&shown["status"], &provider["attempt"]), (&json!("delivered"), &json!(2)));
    assert_eq!(provider["conflict"], false, "a second attempt is no contradiction");
}

/// E8: jobs of Stuart that are stacked by hand: two are cancelled, one has their references.
#[test]
fn stacked_jobs_of_stuart() {
    let jobs: Vec<Value> = serde_json::from_str(include_str!("stuart.json")).unwrap();
    for reference in ["order-1", "order-2"] {
        let (shown, timeline) = follows("stuart", reference, &jobs);
        let told = statuses(&timeline);
        assert_eq!(
            told,
            ["searching", "canceled", "created", "assigned", "picked_up"],
            "{reference}"
        );
        assert_eq!(shown["status"], "picked_up", "{reference}");
        assert_eq!(shown["provider"]["attempt"], 2, "{reference}");
        assert_eq!(shown["provider"]["conflict"], false, "{reference}");
    }
}

/// E8: a return of Uber is a delivery of its own, and part of the one that comes back.
#[test]
fn a_return_of_uber_direct_is_part_of_what_returns() {
    let told = |event: &str, id: &str, status: &str, at: &str| {
        let mut payload = json!({ "kind": "event.delivery_status", "id": event, "status": status,
            "data": { "id": id, "status": status, "updated": format!("2026-05-01T{at}:00Z") } });
        if id.starts_with("ret_") {
            payload["data"]["related_deliveries"] =
                json!([{ "id": "del_1", "relationship": "original" }]);
        }
        payload
    };
    let way = [
        told("evt_1", "del_1", "pickup_complete", "10:00"),
        told("evt_2", "del_1", "canceled", "10:20"),
        told("evt_3", "ret_1", "dropoff", "10:21"),
    ];
    assert_eq!(follows("uber_direct", "del_1", &way).0["status"], "returning");
    let all = [&way[..], &[told("evt_4", "ret_1", "delivered", "10:40")]].concat();
    let (shown, _) = follows("uber_direct", "del_1", &all);
    assert_eq!(shown["status"], "returned");
    assert_eq!(shown["provider"]["conflict"], false);
}

/// E8: Shipday, as its documentation shows it.
#[test]
fn an_order_of_shipday() {
    let payload = json!({ "timestamp": 1_603_568_070_000_i64, "event": "ORDER_ASSIGNED",
        "order_status": "NOT_ACCEPTED", "order": { "id": 100_071, "order_number": "12" },
        "carrier": { "id": 2501, "name": "Maruf", "phone": "0123456789" } });
    let (shown, _) = follows("shipday", "100071", &[payload]);
    assert_eq!(shown["status"], "assigned");
    assert_eq!(shown["provider"]["courier"]["name"], "Maruf");
}
