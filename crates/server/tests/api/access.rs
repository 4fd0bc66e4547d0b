//! Who may do what.

use crate::served::Served;
use crate::world::{World, delivery};
use doorstep_server::keys;
use serde_json::Value;

const NEEDS_NO_KEY: [&str; 9] = [
    "/livez",
    "/readyz",
    "/version",
    "/metrics",
    "/openapi.json",
    // A customer's link is the key.
    "/v1/track/{link}",
    "/v1/track/{link}/events",
    "/v1/track/{link}/streets",
    "/v1/shop/orders/{link}",
];

/// Phones' apps show their keys in ways of their own; stories of pings prove it. Who takes payments
/// signs; stories of payments prove that. Routing clients
/// need none on the same machine; the stories of places prove that they do from elsewhere.
const LOOK_THEMSELVES: [&str; 7] = [
    "/osmand",
    "/owntracks",
    "/pub",
    "/v1/payments/events",
    "/route/v1/{profile}/{coordinates}",
    // A signature is the key of a provider.
    "/v1/providers/{provider}/events",
    "/table/v1/{profile}/{coordinates}",
];

/// What couriers may do, each for themselves,
/// with empty hands: what is answered to one whom nobody has registered.
const COURIERS_OWN: [(&str, u16); 17] = [
    ("/v1/pings", 400),
    ("/v1/pings/socket", 400),
    ("/v1/me", 200),
    ("/v1/deliveries/available", 404),
    ("/v1/deliveries/{delivery_id}", 404),
    ("/v1/deliveries/{delivery_id}/timeline", 404),
    ("/v1/deliveries/{delivery_id}/explain", 404),
    ("/v1/deliveries/{delivery_id}/accept", 404),
    ("/v1/deliveries/{delivery_id}/decline", 404),
    ("/v1/deliveries/{delivery_id}/status", 400),
    ("/v1/availability", 400),
    ("/v1/items", 200),
    ("/v1/items/categories", 200),
    ("/v1/items/{item_id}", 404),
    ("/v1/centers", 200),
    ("/v1/centers/nearby", 400),
    ("/v1/centers/{center_id}", 404),
];

/// What everybody may look at and only operators put in place.
const PUT_BY_OPERATORS: [&str; 4] =
    ["/v1/items", "/v1/items/{item_id}", "/v1/centers", "/v1/centers/{center_id}"];

/// Every route is closed by default: without a key there is nothing but health and description.
#[test]
fn without_a_key_every_route_is_closed() {
    let served = Served::new(World::new());
    let api = served.stranger.gets("/openapi.json").json();
    let mut closed = 0;
    for (path, methods) in api["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            if [&NEEDS_NO_KEY[..], &LOOK_THEMSELVES].concat().contains(&path.as_str()) {
                continue;
            }
            let own = COURIERS_OWN.iter().find(|(own, _)| own == path);
            let (own_path, path) = (path.as_str(), filled(path));
            let answer = served.stranger.asks(&method.to_uppercase(), &path, &[], "");
            assert_eq!(answer.status, 401, "{method} {path}");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
            let courier = served.courier("cab-99").asks(&method.to_uppercase(), &path, &[], "");
            let is_put_by_others = method != "get" && PUT_BY_OPERATORS.contains(&own_path);
            let expected = own.filter(|_| !is_put_by_others).map_or(403, |(_, status)| *status);
            assert_eq!(courier.status, expected, "{method} {path}");
            closed += 1;
        }
    }
    assert!(closed >= 20, "{closed}");
}

/// F3: whoever sends a large body without a key is told so, and not that the pipe is broken.
#[test]
fn a_stranger_is_heard_out() {
    let served = Served::new(World::new());
    let lines = "{\"courier_id\":\"cab-1\",\"market\":\"sf\"}\n".repeat(60_000);
    let plain = [("content-type", "application/x-ndjson")];
    let answer = served.stranger.asks("POST", "/v1/couriers", &plain, &lines);
    assert_eq!(answer.status, 401);
}

#[test]
fn each_role_may_do_its_own_things() {
    let served = Served::new(World::new());
    let cases = [
        // (method, path, operator, finance)
        ("GET", "/v1/pay?market=sf", 200, 200),
        ("GET", "/v1/couriers/cab-1/pay", 200, 200),
        ("GET", "/v1/settlements/sf/2008-05-19", 200, 200),
        ("GET", "/v1/conflicts", 200, 200),
        ("POST", "/v1/deliveries/d1/decision", 400, 400),
        ("GET", "/v1/plans?market=sf", 200, 200),
        ("GET", "/v1/audit", 200, 200),
        ("GET", "/v1/status", 200, 200),
        ("POST", "/v1/settlements/sf/2008-05-19/reconcile", 200, 200),
        ("GET", "/v1/dead-letters", 200, 403),
        ("GET", "/v1/keys", 200, 403),
        ("GET", "/v1/check", 200, 403),
        ("POST", "/v1/events", 400, 403),
        ("POST", "/v1/keys", 400, 403),
    ];
    for (method, path, operator, finance) in cases {
        assert_eq!(served.operator.asks(method, path, &[], "").status, operator, "{path}");
        assert_eq!(served.finance.asks(method, path, &[], "").status, finance, "{path}");
    }
}

#[test]
fn a_courier_sees_their_own_pay_and_nobody_else_s() {
    let world = World::new();
    let (start, end) = ("2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z");
    world.is_told(&delivery("d1", "cab-1", start, end));
    let served = Served::new(world);
    let courier = served.courier("cab-1");
    let pay = courier.gets("/v1/couriers/cab-1/pay?day=2008-05-25");
    assert_eq!((pay.status, pay.json()[0]["total_minor"].as_i64()), (200, Some(1_000)));
    assert_eq!(courier.gets("/v1/couriers/cab-2/pay").problem()["code"], "forbidden");
}

#[test]
fn a_revoked_key_opens_nothing_from_then_on() {
    let served = Served::new(World::new());
    let created = served.operator.posts("/v1/keys", "k1", r#"{"role":"finance","label":"ann"}"#);
    let (status, created) = (created.status, created.json());
    assert_eq!(status, 201);
    let ann = served.stranger.with_key(created["secret"].as_str().unwrap());
    assert_eq!(ann.gets("/v1/status").status, 200);
    let path = format!("/v1/keys/{}", created["key_id"].as_str().unwrap());
    assert_eq!(served.operator.asks("DELETE", &path, &[], "").status, 200);
    assert_eq!(ann.gets("/v1/status").problem()["code"], "unauthorized");
    let missing = served.operator.asks("DELETE", "/v1/keys/key_0", &[], "");
    assert_eq!(missing.status, 404);
    let trail = served.finance.gets("/v1/audit").json();
    let actions: Vec<&str> =
        trail["data"].as_array().unwrap().iter().filter_map(|row| row["action"].as_str()).collect();
    assert_eq!(actions[..2], ["key.revoke", "key.create"]);
    assert!(!trail.to_string().contains("dsk_"), "a secret in the trail");
}

#[test]
fn a_secret_is_told_once_even_where_the_request_is_repeated() {
    let served = Served::new(World::new());
    let new = r#"{"role":"courier","courier_id":"cab-1"}"#;
    let first = served.operator.posts("/v1/keys", "once", new).json();
    let again = served.operator.posts("/v1/keys", "once", new);
    assert!(first["secret"].as_str().unwrap().starts_with("dsk_"));
    assert_eq!(again.json()["key_id"], first["key_id"]);
    assert_eq!((again.json()["secret"].clone(), again.status), (Value::Null, 201));
    assert!(!served.operator.gets("/v1/keys").json().to_string().contains("dsk_"));
}

#[test]
fn a_key_says_whose_it_is_where_it_is_a_courier_s() {
    let served = Served::new(World::new());
    let cases = [
        (r#"{"role":"courier"}"#, "/courier_id"),
        (r#"{"role":"finance","courier_id":"cab-1"}"#, "/courier_id"),
        (r#"{"role":"king"}"#, ""),
    ];
    for (body, pointer) in cases {
        let problem = served.operator.posts("/v1/keys", "k", body).problem();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
}

#[test]
fn the_first_start_makes_an_admin_key_and_the_second_does_not() {
    let world = World::new();
    let secret = keys::admin(&world.app, None).unwrap().unwrap();
    assert!(keys::admin(&world.app, None).unwrap().is_none());
    let served = Served::new(world);
    assert_eq!(served.stranger.with_key(secret.reveal()).gets("/v1/keys").status, 200);
}

#[test]
fn a_configured_admin_key_opens_and_is_not_shown() {
    let world = World::new();
    let chosen = "a-secret-for-scripts";
    assert!(keys::admin(&world.app, Some(chosen)).unwrap().is_none());
    assert!(keys::admin(&world.app, Some(chosen)).unwrap().is_none());
    assert!(keys::admin(&world.app, Some("not sendable")).is_err());
    let served = Served::new(world);
    assert_eq!(served.stranger.with_key(chosen).gets("/v1/keys").status, 200);
}

/// A path with something in each of its segments.
fn filled(path: &str) -> String {
    let fill = |segment: &str| match segment {
        "{market}" => "sf".to_owned(),
        "{day}" => "2008-05-19".to_owned(),
        "{partition}" => "0".to_owned(),
        other => other.replace(['{', '}'], ""),
    };
    path.split('/').map(fill).collect::<Vec<_>>().join("/")
}
