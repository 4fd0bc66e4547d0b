//! Providers from the command line.

use crate::desk::Desk;
use serde_json::json;

const MARKET: &str = r#"
[providers.uber]
adapter = "uber_direct"
verify = "none"
[markets.sf]
time_zone = "America/Los_Angeles"
currency = "USD"
"#;

/// What a provider sends of one delivery.
fn lines() -> String {
    let told = |event: Option<&str>, status: &str, at: &str| {
        json!({ "kind": "event.delivery_status", "id": event, "data": {
            "id": "del_9fQ", "status": status, "updated": at, "courier": { "name": "Kim" } } })
    };
    let first = told(Some("evt_1"), "pickup", "2024-05-01T10:00:00Z");
    let second = told(None, "teleported", "2024-05-01T10:03:00Z");
    let third = told(Some("evt_3"), "delivered", "2024-05-01T10:20:00Z");
    let fourth = told(Some("evt_4"), "canceled", "2024-05-01T10:21:00Z");
    format!("{first}\n{second}\n{third}\n{fourth}\n")
}

/// E2, E8: an adapter is printed and tried, a delivery followed, shown, explained and decided.
#[test]
fn providers_are_worked_with_at_a_desk() {
    let desk = Desk::with(MARKET);
    let listed = desk.types("providers list");
    assert!(listed.out.contains("uber_direct"), "{listed:?}");
    let shown = desk.types("providers show uber_direct");
    assert!(shown.out.starts_with("# Uber Direct") && shown.code == 0, "{shown:?}");
    let lines = lines();
    desk.holds("lines.json", lines.as_bytes());
    let tested = desk.types("providers test uber_direct lines.json");
    for word in ["en_route_pickup", "Kim", "evt_1", "unknown status \"teleported\""] {
        assert!(tested.out.contains(word), "{word}: {tested:?}");
    }
    let server = desk.serves();
    for line in lines.lines() {
        let url = format!("{}/v1/providers/uber/events", server.url);
        assert_eq!(ureq::post(url).send(line).unwrap().status(), 200);
    }
    let key = server.admin_key.as_deref().unwrap();
    let to = format!("--server {} --key {key}", server.url);
    let follow = format!("providers follow uber del_9fQ --merchant m8 --json {to}");
    let followed = desk.types(&follow).json();
    let delivery = followed["delivery_id"].as_str().unwrap();
    assert_eq!(server.stops().0, 0);
    let explained = desk.types(&format!("deliveries explain {delivery}"));
    for word in ["decided", "flagged", "en_route_pickup"] {
        assert!(explained.out.contains(word), "{word}: {explained:?}");
    }
    let timeline = desk.types(&format!("deliveries timeline {delivery}"));
    assert!(
        timeline.out.contains("en_route_pickup") && timeline.out.contains("Kim"),
        "{timeline:?}"
    );
    let card = desk.types(&format!("deliveries show {delivery}"));
    assert!(card.out.contains("uber") && card.out.contains("Kim"), "{card:?}");
    let disputed = desk.types("providers disputed uber");
    assert!(disputed.out.contains(delivery) && disputed.out.contains("canceled"), "{disputed:?}");
    let decide = format!("deliveries decide {delivery} --reason photographed --status");
    let decided = desk.types(&format!("{decide} delivered"));
    assert!(decided.code == 0 && decided.out.contains("photographed"), "{decided:?}");
    assert_ne!(desk.types(&format!("{decide} returned")).code, 0, "nobody told that");
    let explained = desk.types(&format!("deliveries explain {delivery}"));
    for word in ["has decided that it ended as delivered", "overruled"] {
        assert!(explained.out.contains(word), "{word}: {explained:?}");
    }
    let unknown = desk.types("providers unknown uber --json").json();
    assert_eq!(unknown["data"], json!([]));
    assert_eq!(desk.types("providers show nobody").code, 2);
}
