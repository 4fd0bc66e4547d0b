//! Mode `batch`: one plan for all that waits.

use super::{Network, parcel};
use serde_json::{Value, json};

fn network(more: &str) -> Network {
    Network::with(&format!("mode = \"batch\"\n{more}"))
}

fn from(lat: f64) -> Value {
    let mut parcel = parcel();
    parcel["origin_address"] = json!({ "lat": lat, "lng": -122.466 });
    parcel["destination_address"] = json!({ "lat": lat + 0.01, "lng": -122.466 });
    parcel
}

/// C6: who is nearest to one may be needed more by another: the whole is planned, not each.
#[test]
fn the_whole_is_planned_and_not_each() {
    let network = network("");
    let anna = network.hires("anna", 37.7660, -122.466);
    let bea = network.hires("bea", 37.7600, -122.466);
    let near = network.is_asked(&from(37.7640));
    let far = network.is_asked(&from(37.7800));
    network.matches();
    assert_eq!(bea.offers(), [near.as_str()], "anna is nearer, and is needed elsewhere");
    assert_eq!(anna.offers(), [far.as_str()]);
    assert_eq!(bea.accepts(&near).status, 200);
    assert_eq!(anna.accepts(&far).status, 200);
}

/// C6: nobody is sent before they must; just in time they are.
#[test]
fn what_is_not_ready_is_held() {
    let network = network("");
    let anna = network.hires("anna", 37.7650, -122.466);
    let mut later = from(37.7640);
    later["ready_at"] = json!("2008-05-25T19:18:00Z");
    let later = network.is_asked(&later);
    let mut offered_at = None;
    for second in (0..18 * 60).step_by(20) {
        network.matches();
        if !anna.offers().is_empty() {
            offered_at = Some(second);
            break;
        }
        network.passes(20);
        network.sees("anna", 37.7650, -122.466);
    }
    let minutes = offered_at.map(|second| second / 60);
    assert!(minutes.is_some_and(|minutes| (10..18).contains(&minutes)), "{offered_at:?}");
    assert_eq!(anna.offers(), [later.as_str()]);
}

/// C6: deliveries of one place that go the same way are offered together, as far as there is room.
#[test]
fn what_lies_together_is_offered_together() {
    let network = network("");
    let anna = network.registers(&json!({ "courier_id": "anna", "market": "sf", "capacity": 2 }));
    anna.goes("online");
    network.sees("anna", 37.7641, -122.466);
    let ids: Vec<String> = (0..3).map(|_| network.is_asked(&from(37.7640))).collect();
    network.matches();
    let offers = anna.offers();
    assert_eq!(offers.len(), 2, "{offers:?}");
    assert!(offers.iter().all(|offer| ids.contains(offer)));
    for offer in &offers {
        assert_eq!(anna.accepts(offer).status, 200);
    }
    network.passes(10);
    network.matches();
    assert!(anna.offers().is_empty(), "she is full");
}

/// C6, C13: who does not answer is not waited for: the next plan asks another.
#[test]
fn who_does_not_answer_is_passed_over() {
    let network = network("batch_every = \"5s\"");
    let anna = network.hires("anna", 37.7641, -122.466);
    let bea = network.hires("bea", 37.7700, -122.466);
    let id = network.is_asked(&from(37.7640));
    network.matches();
    assert_eq!(anna.offers(), [id.as_str()]);
    assert!(bea.offers().is_empty());
    network.passes(5);
    network.matches();
    assert_eq!(bea.offers(), [id.as_str()]);
    assert_eq!(anna.offers(), [id.as_str()], "the first offer stands");
    assert_eq!(anna.accepts(&id).status, 200);
    assert!(bea.offers().is_empty());
}

/// C6: what was accepted and not picked up is planned anew where the market says so, and only for
/// much.
#[test]
fn what_was_accepted_is_planned_anew_for_much() {
    for (replan, expected) in [(false, "anna"), (true, "bea")] {
        let network = network(&format!("replan = {replan}"));
        let anna = network.hires("anna", 37.8040, -122.466);
        let id = network.is_asked(&from(37.7640));
        network.matches();
        assert_eq!(anna.accepts(&id).status, 200);
        network.matches();
        let bea = network.hires("bea", 37.7641, -122.466);
        for _ in 0..3 {
            network.passes(10);
            network.matches();
        }
        if bea.offers() == [id.as_str()] {
            assert_eq!(bea.accepts(&id).status, 200);
        }
        let shown = network.shows(&id);
        assert_eq!(shown["courier"]["courier_id"], expected, "{shown}");
        let told = shown["timeline"].to_string().contains("it was planned anew");
        assert_eq!(told, replan, "{shown}");
    }
}
