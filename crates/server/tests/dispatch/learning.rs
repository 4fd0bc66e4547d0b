//! What was delivered teaches when the next one arrives.

use super::{Network, parcel};
use doorstep_domain::dispatch::Status;
use doorstep_server::dispatch::claims::{Saying, accept, advance};
use serde_json::json;

/// C8: estimates learn from the deliveries that were driven here.
#[test]
fn what_was_driven_is_learned_from() {
    let network = Network::new();
    let app = std::sync::Arc::clone(&network.world().app);
    let path = "/v1/arrival/models?market=sf&from=deliveries";
    let learn = |path: &str| network.served.operator.asks("POST", path, &[], "");
    assert_eq!(learn(path).problem()["errors"][0]["pointer"], "body", "nothing was driven yet");
    network.hires("anna", 37.7640, -122.466);
    let anna = "anna".parse().unwrap();
    let way = "/v1/arrival?market=sf&from=37.7640,-122.4660&to=37.7955,-122.3937";
    let before = network.served.operator.gets(way).json();
    for _ in 0..120 {
        let id = network.is_asked(&parcel());
        accept(&app, &id, &anna, "test").unwrap();
        for (status, seconds) in [(Status::PickedUp, 60), (Status::Delivered, 2_400)] {
            network.passes(seconds);
            let actor = "test".to_owned();
            let saying = Saying { status, at: None, reason: None, courier: None, actor };
            advance(&app, &id, &saying).unwrap();
        }
    }
    let learned = learn(path);
    assert_eq!(learned.json()["trips"], 120, "{learned:?}");
    let after = network.served.operator.gets(way).json();
    let seconds = |view: &serde_json::Value| view["travel_seconds"].as_f64().unwrap();
    assert!((seconds(&after) - 2_400.0).abs() < 120.0, "{before} then {after}");
    assert_eq!(after["model_version"], 1);
    let wrong = learn("/v1/arrival/models?market=sf&from=hearsay");
    assert_eq!(wrong.problem()["errors"][0]["pointer"], json!("from"));
}
