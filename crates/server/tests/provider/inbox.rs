//! What comes in: signed, kept as it came, answered with 200; everything else afterwards.

use super::{Others, SECRET};
use doorstep_server::wire::PROVIDER_EVENTS;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

fn signature(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn event(number: u64, status: &str, at: &str) -> Value {
    json!({ "kind": "event.delivery_status", "id": format!("evt_{number}"), "status": status,
        "data": { "id": "del_1", "status": status, "updated": at } })
}

/// E1: exactly 200 once it is durable, raw bytes and headers kept; 401 for a wrong signature.
#[test]
fn what_is_signed_is_kept_as_it_came() {
    let others = Others::with(&[("uber", "uber_direct", "")]);
    let body = format!("  {}\n", event(1, "pickup", "2026-06-02T19:00:00Z"));
    let signed = signature(SECRET, &body);
    let headers = [("x-uber-signature", &*signed), ("x-more", "kept"), ("authorization", "no")];
    let answer = others.posts("uber", &headers, &body);
    assert_eq!((answer.status, answer.body.len()), (200, 0), "{answer:?}");
    let app = &others.served.world.app;
    let mut values = Vec::new();
    for partition in 0..app.log.partitions(PROVIDER_EVENTS).unwrap() {
        let entries = app.log.read(PROVIDER_EVENTS, partition, 0, 10, 1 << 20).unwrap();
        values.extend(entries.into_iter().map(|entry| String::from_utf8(entry.value).unwrap()));
    }
    let (header, raw) = values[0].split_once('\n').unwrap();
    assert_eq!((values.len(), raw), (1, &*body));
    assert!(
        header.contains("[\"x-more\",\"kept\"]") && !header.contains("authorization"),
        "{header}"
    );
    let cases = [
        ("uber", vec![("x-uber-signature", "00")], 401, "wrong_signature"),
        ("uber", vec![], 401, "wrong_signature"),
        ("nobody", vec![("x-uber-signature", &*signed)], 404, "not_found"),
    ];
    for (provider, headers, status, code) in cases {
        let answer = others.posts(provider, &headers, &body);
        assert_eq!(
            (answer.status, &answer.problem()["code"]),
            (status, &json!(code)),
            "{provider}"
        );
    }
    let large = "x".repeat(600_000);
    let signed = signature(SECRET, &large);
    let answer = others.posts("uber", &[("x-uber-signature", &signed)], &large);
    assert_eq!(answer.status, 413);
    assert_eq!(others.reads(), 1, "what was refused is not there");
}

/// E1, A5: what is signed and cannot be read is a dead letter, and 200; repaired it counts.
#[test]
fn what_cannot_be_read_is_a_dead_letter() {
    let others = Others::trusted(&["uber_direct", "doordash_drive"]);
    let bodies = ["not JSON", "{\"kind\":\"event.delivery_status\"}", "\u{0}\u{1}", ""];
    for body in bodies {
        assert_eq!(others.posts("uber_direct", &[], body).status, 200, "{body:?}");
        assert_eq!(others.posts("doordash_drive", &[], body).status, 200, "{body:?}");
    }
    assert_eq!(others.reads(), 8);
    let letters = others.gets("/v1/dead-letters?topic=provider-events");
    let letters = letters["data"].as_array().unwrap().clone();
    assert_eq!(letters.len(), 8, "{letters:?}");
    let letter = letters.iter().find(|one| {
        one["provider"] == "uber_direct" && one["reason"].as_str().unwrap().contains("data.id|")
            || one["reason"].as_str().unwrap().contains("which delivery")
    });
    let letter = letter.unwrap()["letter_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/dead-letters/{letter}/replay");
    let again = others.served.operator.posts(&path, "again", "");
    assert_eq!((again.status, &again.problem()["code"]), (409, &json!("malformed")));
    let repaired = json!({ "external_delivery_id": "del_1", "delivery_id": "del_1",
        "event_name": "DASHER_CONFIRMED", "status": "pickup" });
    let taken = others.served.operator.posts(&path, "repaired", &repaired.to_string());
    assert_eq!(taken.status, 200, "{:?}", String::from_utf8_lossy(&taken.body));
    assert_eq!(others.reads(), 1);
    let unknown = |provider| others.gets(&format!("/v1/providers/{provider}/unknown"));
    let waiting = [unknown("uber_direct"), unknown("doordash_drive")];
    let count: usize = waiting.iter().map(|page| page["data"].as_array().unwrap().len()).sum();
    assert_eq!(count, 1);
}

/// E8: Onfleet wants its text back before it sends anything.
#[test]
fn a_check_is_answered_with_its_text() {
    let others = Others::trusted(&["onfleet"]);
    let path = "/v1/providers/onfleet/events?check=a%3Cb%3E%20c";
    let answer = others.served.stranger.gets(path);
    assert_eq!((answer.status, &*answer.body), (200, &b"a<b> c"[..]));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(others.served.stranger.gets("/v1/providers/onfleet/events").status, 400);
    assert_eq!(others.served.stranger.gets("/v1/providers/no/events?check=a").status, 404);
}

/// E2, E8: what is late, repeated, unknown or contradicting is told apart, and explained.
#[test]
fn every_event_is_explained() {
    let others = Others::trusted(&["uber_direct"]);
    let told = [
        event(1, "dropoff", "2026-06-02T19:10:00Z"),
        event(2, "pickup", "2026-06-02T19:12:00Z"),
        event(3, "teleported", "2026-06-02T19:13:00Z"),
        event(1, "dropoff", "2026-06-02T19:10:00Z"),
        event(4, "delivered", "2026-06-02T19:20:00Z"),
        event(5, "canceled", "2026-06-02T19:30:00Z"),
    ];
    let delivery = others.follows("uber_direct", "del_1");
    told.iter().for_each(|payload| others.sends("uber_direct", payload));
    assert_eq!(others.reads(), 6);
    let shown = others.shows(&delivery);
    let provider = &shown["provider"];
    assert_eq!(shown["status"], "canceled");
    assert_eq!((&provider["conflict"], &provider["flagged"]), (&json!(true), &json!(1)));
    let explained = others.gets(&format!("/v1/deliveries/{delivery}/explain"));
    let verdicts: Vec<&str> = explained["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["led", "lower_rank", "flagged", "other_end", "decided"]);
    assert_eq!(explained["data"][2]["why"], "unknown status \"teleported\"");
    let listed = others.gets("/v1/providers");
    let line = &listed["data"][0];
    assert_eq!((&line["conflicts"], &line["flagged"]), (&json!(1), &json!(1)));
}

/// E8: an adapter is shown, and tried without anything being kept; one's own replace the shipped.
#[test]
fn adapters_are_shown_and_tried() {
    let others = Others::trusted(&["uber_direct"]);
    let adapters = others.gets("/v1/adapters");
    assert_eq!(adapters["data"].as_array().unwrap().len(), 7);
    let table = others.served.operator.gets("/v1/adapters/uber_direct");
    assert!(String::from_utf8(table.body).unwrap().contains("name = \"uber_direct\""));
    assert_eq!(others.served.operator.gets("/v1/adapters/nobody").status, 404);
    let lines = format!(
        "{}\n{}\n{}",
        event(1, "pickup", "2026-06-02T19:00:00Z"),
        event(2, "teleported", "2026-06-02T19:01:00Z"),
        json!({ "kind": "event.courier_update" }),
    );
    let path = "/v1/adapters/uber_direct/test";
    let answer = others.served.operator.asks("POST", path, &[], &lines);
    assert_eq!(answer.status, 200, "{answer:?}");
    let tested = answer.json();
    assert_eq!(tested["data"][0]["status"], "en_route_pickup");
    assert_eq!(tested["data"][1]["note"], "unknown status \"teleported\"");
    assert_eq!(tested["data"][2]["note"], "kept, and no part of a timeline");
    assert_eq!(others.served.operator.asks("POST", path, &[], "{").status, 400);
    assert_eq!(others.reads(), 0);
}
