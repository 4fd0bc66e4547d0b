//! Everything that happened to a delivery stands in one list, and each sees of it what they may.

use super::{Handing, Other, plan};
use crate::dispatch::{Network, parcel};
use crate::served::Visitor;
use doorstep_sim::provider::Kind;
use serde_json::{Value, json};

/// What somebody is shown of a delivery.
fn seen(visitor: &Visitor, delivery: &str) -> Vec<Value> {
    let answer = visitor.gets(&format!("/v1/deliveries/{delivery}/timeline"));
    assert_eq!(answer.status, 200, "{answer:?}");
    let entries = answer.json()["data"].as_array().unwrap().clone();
    let times: Vec<&str> = entries.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    entries
}

/// Each entry as its source, its state, and who had it or was asked.
fn told(entries: &[Value]) -> Vec<String> {
    let word = |entry: &Value, field: &str| entry[field].as_str().unwrap_or("-").to_owned();
    let line = |entry: &Value| ["source", "status", "courier"].map(|field| word(entry, field));
    entries.iter().map(|entry| line(entry).join(" ")).collect()
}

/// The stages of a way, each with the ones behind it.
fn stands_in_order(told: &[String], expected: &[&str]) {
    let mut rest = told.iter();
    for line in expected {
        assert!(rest.any(|told| told == line), "{line} is missing or misplaced: {told:#?}");
    }
}

fn of_others(entries: &[Value]) -> Vec<&Value> {
    entries.iter().filter(|entry| entry["source"] == "offer").collect()
}

/// E2, E9: asked for, offered, handed over and brought: all of it in one list, with who said so;
/// whom it was offered to in vain and where their courier was is for operators alone.
#[test]
fn what_was_handed_over_has_one_timeline() {
    let handing = Handing::to(vec![Other::new("other", plan(Kind::UberDirect))]);
    let network = &handing.network;
    let [anna, bob] = ["anna", "bob"].map(|name| network.hires(name, 37.7645, -122.466));
    let id = network.is_asked(&parcel());
    network.matches();
    assert_eq!(network.offered(&[&anna, &bob]).len(), 2);
    handing.passes(5);
    assert_eq!(anna.declines(&id).status, 200);
    bob.goes("offline");
    anna.goes("offline");
    handing.passes(301);
    network.matches();
    handing.asks();
    for _ in 0..24 {
        handing.passes(600);
        handing.hears_all();
    }
    let all = seen(&network.served.operator, &id);
    let expected = [
        "dispatch requested -",
        "offer offered anna",
        "offer offered bob",
        "offer declined anna",
        "booking handed_over -",
        "provider at_pickup Ines",
        "dispatch picked_up -",
        "provider delivered Ines",
        "dispatch delivered -",
    ];
    stands_in_order(&told(&all), &expected);
    assert!(told(&all).contains(&"offer withdrawn bob".to_owned()), "{:#?}", told(&all));
    let by =
        |status: &str| all.iter().find(|entry| entry["status"] == status).unwrap()["by"].clone();
    assert_eq!((by("declined"), by("at_pickup")), (json!("courier:anna"), json!("provider:other")));
    assert!(all.iter().any(|entry| entry["lat"].is_number()), "{all:?}");

    let others = [network.merchant("m8"), network.served.finance.clone()];
    for visitor in &others {
        let shown = seen(visitor, &id);
        assert_eq!(of_others(&shown), [] as [&Value; 0]);
        assert!(shown.iter().all(|entry| !entry["lat"].is_number()), "{shown:?}");
        assert_eq!(shown.len(), all.len() - of_others(&all).len());
        let explained = visitor.gets(&format!("/v1/deliveries/{id}/explain")).json();
        let explained = explained["data"].as_array().unwrap();
        assert!(explained.iter().all(|entry| entry["lat"].is_null()) && !explained.is_empty());
    }
    for visitor in [&network.merchant("m9"), &anna.visitor] {
        let answer = visitor.gets(&format!("/v1/deliveries/{id}/timeline"));
        assert_eq!(answer.status, 404, "{answer:?}");
    }
    handing.holds();
}

/// E2: a delivery that our own courier brought has one as well; to its courier others who were
/// asked do not exist, and its customer sees states and times.
#[test]
fn what_we_brought_has_one_timeline() {
    let network = Network::new();
    let [anna, bob] = ["anna", "bob"].map(|name| network.hires(name, 37.7645, -122.466));
    let id = network.is_asked(&parcel());
    network.matches();
    assert_eq!(network.offered(&[&anna, &bob]).len(), 2);
    assert_eq!(anna.accepts(&id).status, 200);
    for status in ["picked_up", "delivered"] {
        network.passes(60);
        assert_eq!(anna.tells(&id, status).status, 200);
    }
    // The first five happened at one instant, and stand in the order in which they did.
    let expected = [
        "dispatch requested -",
        "offer offered anna",
        "offer offered bob",
        "dispatch assigned anna",
        "offer lost bob",
        "dispatch picked_up anna",
        "dispatch delivered anna",
    ];
    assert_eq!(told(&seen(&network.served.operator, &id)), expected);
    let own = expected.into_iter().filter(|line| !line.ends_with("bob"));
    assert_eq!(told(&seen(&anna.visitor, &id)), own.collect::<Vec<_>>());
    let steps = expected.into_iter().filter(|line| line.starts_with("dispatch"));
    assert_eq!(told(&seen(&network.merchant("m8"), &id)), steps.collect::<Vec<_>>());

    let link = network.shows(&id)["tracking_url"].as_str().unwrap().replace("/track/", "");
    let tracked = network.served.stranger.gets(&format!("/v1/track/{link}")).json();
    for step in tracked["timeline"].as_array().unwrap() {
        let fields: Vec<&String> = step.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["at", "status"], "{tracked}");
    }
}
