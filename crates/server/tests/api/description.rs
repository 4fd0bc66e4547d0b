//! Health, figures, and the description of the interface.

use crate::served::Served;
use crate::world::{World, delivery};
use doorstep_server::metric;
use serde_json::Value;
use std::collections::BTreeSet;

const ROUTES: &[&str] = &[
    "DELETE /v1/keys/{key_id}",
    "DELETE /v1/subscriptions/{subscription_id}",
    "GET /livez",
    "GET /metrics",
    "GET /osmand",
    "GET /readyz",
    "GET /route/v1/{profile}/{coordinates}",
    "GET /table/v1/{profile}/{coordinates}",
    "GET /v1/apologies",
    "GET /v1/adapters",
    "GET /v1/adapters/{adapter}",
    "GET /v1/archive",
    "GET /v1/arrival",
    "GET /v1/arrival/models",
    "GET /v1/audit",
    "GET /v1/availability",
    "GET /v1/centers",
    "GET /v1/centers/nearby",
    "GET /v1/centers/{center_id}",
    "GET /v1/check",
    "GET /v1/conflicts",
    "GET /v1/couriers",
    "GET /v1/couriers/{courier_id}",
    "GET /v1/couriers/{courier_id}/offers",
    "GET /v1/couriers/{courier_id}/pay",
    "GET /v1/couriers/{courier_id}/position",
    "GET /v1/couriers/{courier_id}/track",
    "GET /v1/couriers/{courier_id}/work",
    "GET /v1/couriers/{courier_id}/work/events",
    "GET /v1/couriers/{courier_id}/work/socket",
    "GET /v1/dead-letters",
    "GET /v1/dead-letters/{letter_id}",
    "GET /v1/deliveries",
    "GET /v1/deliveries/available",
    "GET /v1/deliveries/events",
    "GET /v1/deliveries/socket",
    "GET /v1/deliveries/{delivery_id}",
    "GET /v1/deliveries/{delivery_id}/explain",
    "GET /v1/deliveries/{delivery_id}/position",
    "GET /v1/deliveries/{delivery_id}/timeline",
    "GET /v1/deliveries/{delivery_id}/track",
    "GET /v1/geocode",
    "GET /v1/items",
    "GET /v1/items/categories",
    "GET /v1/items/{item_id}",
    "GET /v1/keys",
    "GET /v1/log/{topic}/{partition}",
    "GET /v1/map",
    "GET /v1/map/markets",
    "GET /v1/map/streets",
    "GET /v1/me",
    "GET /v1/orders",
    "GET /v1/orders/{order_id}",
    "GET /v1/pay",
    "GET /v1/pings/socket",
    "GET /v1/plans",
    "GET /v1/providers",
    "GET /v1/providers/{provider}/disputed",
    "GET /v1/providers/{provider}/events",
    "GET /v1/providers/{provider}/unknown",
    "GET /v1/settlements/{market}/{day}",
    "GET /v1/settlements/{market}/{day}/export",
    "GET /v1/shop",
    "GET /v1/shop/orders/{link}",
    "GET /v1/status",
    "GET /v1/stock",
    "GET /v1/subscriptions",
    "GET /v1/subscriptions/{subscription_id}",
    "GET /v1/subscriptions/{subscription_id}/attempts",
    "GET /v1/tasks",
    "GET /v1/tasks/{task_id}",
    "GET /v1/track/{link}",
    "GET /v1/track/{link}/events",
    "GET /v1/track/{link}/streets",
    "GET /v1/watch",
    "GET /v1/watch/socket",
    "GET /version",
    "PATCH /v1/couriers/{courier_id}",
    "PATCH /v1/subscriptions/{subscription_id}",
    "POST /osmand",
    "POST /owntracks",
    "POST /pub",
    "POST /v1/apologies/{order_id}/settle",
    "POST /v1/adapters/{adapter}/test",
    "POST /v1/archive/replay",
    "POST /v1/arrival/evaluate",
    "POST /v1/arrival/models",
    "POST /v1/centers",
    "POST /v1/conflicts/{market}/{delivery_id}/resolve",
    "POST /v1/couriers",
    "POST /v1/dead-letters/replay",
    "POST /v1/dead-letters/{letter_id}/discard",
    "POST /v1/dead-letters/{letter_id}/replay",
    "POST /v1/deliveries",
    "POST /v1/deliveries/{delivery_id}/accept",
    "POST /v1/deliveries/{delivery_id}/cancel",
    "POST /v1/deliveries/{delivery_id}/decision",
    "POST /v1/deliveries/{delivery_id}/decline",
    "POST /v1/deliveries/{delivery_id}/status",
    "POST /v1/events",
    "POST /v1/items",
    "POST /v1/keys",
    "POST /v1/orders",
    "POST /v1/orders/{order_id}/cancel",
    "POST /v1/orders/{order_id}/refunds",
    "POST /v1/payments/events",
    "POST /v1/pings",
    "POST /v1/plans",
    "POST /v1/plans/preview",
    "POST /v1/reservations",
    "POST /v1/reservations/{order_id}/confirm",
    "POST /v1/reservations/{order_id}/release",
    "POST /v1/providers/{provider}/deliveries",
    "POST /v1/providers/{provider}/events",
    "POST /v1/settlements/{market}/{day}/close",
    "POST /v1/settlements/{market}/{day}/reconcile",
    "POST /v1/stock/count",
    "POST /v1/stock/receive",
    "POST /v1/stock/transfer",
    "POST /v1/stock/write-off",
    "POST /v1/stock/import",
    "POST /v1/streets",
    "POST /v1/subscriptions",
    "POST /v1/subscriptions/{subscription_id}/replay",
    "POST /v1/subscriptions/{subscription_id}/rotate",
    "POST /v1/subscriptions/{subscription_id}/test",
    "POST /v1/tasks/{task_id}/discard",
    "POST /v1/tasks/{task_id}/retry",
    "PUT /v1/centers/{center_id}",
    "PUT /v1/couriers/{courier_id}/availability",
    "PUT /v1/items/{item_id}",
];

#[test]
fn the_description_names_every_route_and_how_it_may_fail() {
    let served = Served::new(World::new());
    let api = served.stranger.gets("/openapi.json").json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut routes = BTreeSet::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let route = format!("{} {path}", method.to_uppercase());
            assert!(operation["summary"].is_string(), "{route}");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with(['1', '2'])), "{route}");
            if path.starts_with("/v1/") {
                for status in ["400", "401", "403", "429", "500"] {
                    let content = &answers[status]["content"]["application/problem+json"];
                    assert_eq!(
                        content["schema"]["$ref"], "#/components/schemas/Problem",
                        "{route}"
                    );
                }
            }
            routes.insert(route);
        }
    }
    assert_eq!(routes, ROUTES.iter().map(|route| (*route).to_owned()).collect());
    assert_eq!(dangling(&api, &api), Vec::<String>::new());
}

/// Programs are generated from the description: a name that two operations share is a method lost.
#[test]
fn every_operation_has_a_name_of_its_own() {
    let api = Served::new(World::new()).stranger.gets("/openapi.json").json();
    let operations = operations(&api);
    let names: BTreeSet<&str> =
        operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), ROUTES.len(), "{names:?}");
    assert!(names.contains("list_conflicts") && names.contains("show_settlement"));
}

#[test]
fn what_may_be_left_out_or_refused_is_described() {
    let api = Served::new(World::new()).stranger.gets("/openapi.json").json();
    let keys = operations(&api)
        .into_iter()
        .filter_map(|operation| operation["parameters"].as_array())
        .flatten()
        .filter(|parameter| parameter["name"] == "Idempotency-Key");
    let mut required = 0;
    for key in keys {
        let schema = &key["schema"];
        let lengths = (schema["minLength"].as_u64(), schema["maxLength"].as_u64());
        assert_eq!(lengths, (Some(1), Some(130)), "{key}");
        let pattern = r#"^("[!#-~]{1,128}"|[!#-~]{1,128})$"#;
        assert_eq!((&key["in"], &schema["pattern"]), (&"header".into(), &pattern.into()));
        required += u32::from(key["required"] == true);
    }
    assert_eq!(required, 25, "and one may be left out: a reconciliation without repair");
    let created = api["components"]["schemas"]["CreatedKey"].to_string();
    assert!(created.contains("\"secret\":{") && !created.contains("\"secret\"]"), "{created}");
    let open = &api["paths"]["/metrics"]["get"]["security"];
    assert_eq!(open, &serde_json::json!([{}, { "key": [] }]));
}

/// What has an `ETag` can be asked for with it, and the description says so.
#[test]
fn what_can_be_asked_again_is_described_as_such() {
    const TAGGED: [&str; 19] = [
        "show_map",
        "show_position_of_courier",
        "show_position_of_delivery",
        "show_track_of_courier",
        "show_track_of_delivery",
        "show_streets",
        "show_settlement",
        "show_pay_of_courier",
        "list_pay",
        "show_delivery",
        "show_work",
        "list_offers",
        "track_delivery",
        "show_streets_of_tracked_delivery",
        "show_order",
        "show_order_by_link",
        "list_items",
        "list_categories",
        "show_item",
    ];
    let api = Served::new(World::new()).stranger.gets("/openapi.json").json();
    for operation in operations(&api) {
        let name = operation["operationId"].as_str().unwrap();
        let parameters = operation["parameters"].as_array();
        let asks = parameters.into_iter().flatten().any(|one| {
            (&one["name"], &one["in"], &one["required"])
                == (&"If-None-Match".into(), &"header".into(), &false.into())
        });
        let told = operation["responses"].get("304").is_some();
        assert_eq!((asks, told), (TAGGED.contains(&name), TAGGED.contains(&name)), "{name}");
    }
}

/// Whoever writes a client for phones finds what is read of their reports.
#[test]
fn the_pairs_of_a_phone_s_report_are_described() {
    let api = Served::new(World::new()).stranger.gets("/openapi.json").json();
    let parameters = api["paths"]["/osmand"]["get"]["parameters"].as_array().unwrap();
    let named = |required: bool| -> BTreeSet<&str> {
        let named = parameters.iter().filter(|parameter| parameter["required"] == required);
        named.map(|parameter| parameter["name"].as_str().unwrap()).collect()
    };
    assert_eq!(named(true), BTreeSet::from(["id"]));
    let read =
        ["lat", "lon", "location", "timestamp", "speed", "bearing", "accuracy", "batt", "valid"];
    assert_eq!(named(false), BTreeSet::from(read));
}

fn operations(api: &Value) -> Vec<&Value> {
    let paths = api["paths"].as_object().unwrap().values();
    paths.flat_map(|methods| methods.as_object().unwrap().values()).collect()
}

/// References to schemas that are not there.
fn dangling(api: &Value, within: &Value) -> Vec<String> {
    match within {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match (name.as_str(), value.as_str()) {
                ("$ref", Some(to)) if api.pointer(&to[1..]).is_none() => vec![to.to_owned()],
                _ => dangling(api, value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(|value| dangling(api, value)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn answers_have_the_fields_that_are_described() {
    let world = World::new();
    let day = "2008-05-19";
    world.is_told(&delivery("d1", "cab-1", "2008-05-19T18:00:00Z", "2008-05-19T18:30:00Z"));
    world.closes(day);
    world.is_told(&delivery("d2", "cab-1", "2008-05-19T19:00:00Z", "2008-05-19T19:30:00Z"));
    let served = Served::new(world);
    let api = served.stranger.gets("/openapi.json").json();
    let closed = served.finance.gets(&format!("/v1/settlements/sf/{day}")).json();
    let open = served.finance.gets("/v1/settlements/sf/2008-05-20").json();
    let pay = served.finance.gets(&format!("/v1/pay?market=sf&day={day}")).json();
    let described = [
        ("SettlementView", &closed),
        ("CourierTotals", &closed["couriers"][0]),
        ("MerchantTotals", &closed["merchants"][0]),
        ("Totals", &closed["totals"]),
        ("Adjustment", &open["adjustments"][0]),
        ("PayView", &pay[0]),
        ("StatusView", &served.finance.gets("/v1/status").json()),
        ("TrackingStatus", &served.finance.gets("/v1/status").json()["tracking"]),
        ("CheckReport", &served.operator.gets("/v1/check").json()),
    ];
    for (schema, answer) in described {
        let properties = api["components"]["schemas"][schema]["properties"].as_object();
        let properties = properties.unwrap_or_else(|| panic!("{schema} is not described"));
        for field in answer.as_object().unwrap_or_else(|| panic!("{schema}: {answer}")).keys() {
            assert!(properties.contains_key(field), "{schema} does not describe {field}");
        }
    }
}

#[test]
fn the_page_of_the_description_asks_nobody_else() {
    let served = Served::new(World::new());
    let page = served.stranger.gets("/docs");
    assert!(page.header("content-type").starts_with("text/html"));
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.contains("openapi.json") && !page.contains("://"), "offline");
}

#[test]
fn a_process_says_whether_it_is_ready() {
    let served = Served::new(World::new());
    assert_eq!(served.stranger.gets("/livez").status, 200);
    assert_eq!(served.stranger.gets("/readyz").status, 200);
    assert_eq!(served.stranger.gets("/version").json()["name"], "doorstep");
    served.api.drain();
    assert_eq!(served.stranger.gets("/readyz").problem()["code"], "stopping");
    assert_eq!(served.stranger.gets("/livez").status, 200);
}

/// B12: the figures that alerts stand on are there, without a key from the same machine only.
#[test]
fn figures_are_there_for_whoever_sits_at_the_machine() {
    metric::start();
    let world = World::new();
    world.is_told(&delivery("d1", "cab-1", "2008-05-19T18:00:00Z", "2008-05-19T18:30:00Z"));
    let served = Served::new(world);
    served.operator.asks("POST", "/v1/events", &[("content-type", "application/x-ndjson")], "{}\n");
    let figures = String::from_utf8(served.stranger.gets("/metrics").body).unwrap();
    let expected = [
        "doorstep_consumer_lag_records{",
        "doorstep_events_refused_total{code=\"malformed\"}",
        "doorstep_http_request_duration_seconds_bucket{",
        "route=\"/v1/events\"",
        "doorstep_invariant_violations{invariant=\"debits_equal_credits\"}",
        "doorstep_reconcile_delta_minor_units{market=\"sf\"}",
    ];
    for name in expected {
        assert!(figures.contains(name), "{name} is not in\n{figures}");
    }
    let passed_on = [("x-forwarded-for", "203.0.113.7")];
    assert_eq!(served.stranger.asks("GET", "/metrics", &passed_on, "").status, 401);
    assert_eq!(served.finance.asks("GET", "/metrics", &passed_on, "").status, 403);
    assert_eq!(served.operator.asks("GET", "/metrics", &passed_on, "").status, 200);
}
