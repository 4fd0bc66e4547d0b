//! Providers from the command line.

use crate::desk::Desk;

const MARKET: &str = r#"
[providers.uber]
adapter = "uber_direct"
verify = "none"
[markets.sf]
time_zone = "America/Los_Angeles"
currency = "USD"
"#;

const LINES: &str = r#"
{"kind":"event.delivery_status","id":"evt_1","data":{"id":"del_9fQ","status":"pickup","updated":"2024-05-01T10:00:00Z","courier":{"name":"Kim"}}}
{"kind":"event.delivery_status","data":{"id":"del_9fQ","status":"teleported","updated":"2024-05-01T10:03:00Z"}}
"#;

/// E2, E8: an adapter is printed and tried, a delivery followed, shown and explained.
#[test]
fn providers_are_worked_with_at_a_desk() {
    let desk = Desk::with(MARKET);
    let listed = desk.types("providers list");
    assert!(listed.out.contains("uber_direct"), "{listed:?}");
    let shown = desk.types("providers show uber_direct");
    assert!(shown.out.starts_with("# Uber Direct") && shown.code == 0, "{shown:?}");
    desk.holds("lines.json", LINES.as_bytes());
    let tested = desk.types("providers test uber_direct lines.json");
    for word in ["en_route_pickup", "Kim", "evt_1", "unknown status \"teleported\""] {
        assert!(tested.out.contains(word), "{word}: {tested:?}");
    }
    let server = desk.serves();
    let to = |line: &str| {
        let key = server.admin_key.as_deref().unwrap();
        desk.types(&format!("{line} --server {} --key {key}", server.url))
    };
    for line in LINES.lines().filter(|line| !line.is_empty()) {
        let url = format!("{}/v1/providers/uber/events", server.url);
        assert_eq!(ureq::post(url).send(line).unwrap().status(), 200);
    }
    let followed = to("providers follow uber del_9fQ --merchant m8 --json").json();
    let delivery = followed["delivery_id"].as_str().unwrap();
    assert_eq!(server_stops(server), 0);
    let explained = desk.types(&format!("deliveries explain {delivery}"));
    for word in ["decided", "flagged", "Kim"] {
        assert!(word == "Kim" || explained.out.contains(word), "{word}: {explained:?}");
    }
    let timeline = desk.types(&format!("deliveries timeline {delivery}"));
    assert!(
        timeline.out.contains("en_route_pickup") && timeline.out.contains("Kim"),
        "{timeline:?}"
    );
    let card = desk.types(&format!("deliveries show {delivery}"));
    assert!(card.out.contains("uber") && card.out.contains("Kim"), "{card:?}");
    let unknown = desk.types("providers unknown uber --json").json();
    assert_eq!(unknown["data"], serde_json::json!([]));
    assert_eq!(desk.types("providers show nobody").code, 2);
}

fn server_stops(server: crate::desk::Server) -> i32 {
    server.stops().0
}
