//! Positions and the map over HTTP.

use super::{are_seen, ping, registers, tracker};
use crate::served::Served;
use crate::world::{World, delivery};
use doorstep_live::CourierState;
use doorstep_server::archiving;
use doorstep_server::tracking::tracker::catch_up;
use serde_json::{Value, json};

const BAY: &str = "-123,37,-122,38";

fn served() -> Served {
    let world = World::new();
    registers(&world, &["anna", "bea"]);
    are_seen(&world, &[("anna", ping(37.77, -122.42, 0)), ("bea", ping(37.80, -122.27, -30))]);
    Served::new(world)
}

/// C7: where a courier is, told to operators and to the courier.
#[test]
fn a_courier_s_position_is_told_to_those_it_concerns() {
    let served = served();
    let position = served.operator.gets("/v1/couriers/anna/position");
    let expected = json!({
        "courier_id": "anna", "market": "sf", "lat": 37.77, "lng": -122.42,
        "at": "2008-05-25T19:00:00Z", "accuracy_m": 5.0, "heading_deg": 90.0,
        "state": "idle", "implausible": false, "source": "live",
    });
    assert_eq!((position.status, position.json()), (200, expected));
    let unchanged = [("if-none-match", position.header("etag"))];
    let path = "/v1/couriers/anna/position";
    assert_eq!(served.operator.asks("GET", path, &unchanged, "").status, 304);
    assert_eq!(served.courier("anna").gets(path).status, 200);
    assert_eq!(served.courier("bea").gets(path).problem()["code"], "forbidden");
    assert_eq!(served.finance.gets(path).status, 403);
    assert_eq!(served.operator.gets("/v1/couriers/eve/position").problem()["code"], "not_found");
}

/// F2: the map is GeoJSON; over the limit it shows crowds; unchanged it costs nothing.
#[test]
fn the_map_is_geojson_and_tells_whether_it_has_changed() {
    let served = served();
    let map = served.operator.gets(&format!("/v1/map?bbox={BAY}&market=sf"));
    assert_eq!((map.status, map.header("content-type")), (200, "application/geo+json"));
    let body = map.json();
    assert_eq!((&body["type"], &body["clustered"]), (&json!("FeatureCollection"), &json!(false)));
    let mut features = body["features"].as_array().unwrap().clone();
    features.sort_by_key(|feature| feature["properties"]["courier_id"].to_string());
    let expected = json!({
        "type": "Feature", "geometry": { "type": "Point", "coordinates": [-122.42, 37.77] },
        "properties": {
            "courier_id": "anna", "number": 0, "market": "sf", "at": "2008-05-25T19:00:00Z",
            "state": "idle", "implausible": false, "accuracy_m": 5.0, "heading_deg": 90.0,
        },
    });
    assert_eq!((features.len(), &features[0]), (2, &expected));

    let crowd = served.operator.gets(&format!("/v1/map?bbox={BAY}&limit=1")).json();
    let counts = crowd["features"].as_array().unwrap().iter();
    let counted: i64 = counts.map(|f| f["properties"]["count"].as_i64().unwrap()).sum();
    assert_eq!((&crowd["clustered"], counted), (&json!(true), 2));

    let path = format!("/v1/map?bbox={BAY}");
    let tag = served.operator.gets(&path).header("etag").to_owned();
    let known = |tag: &str| served.operator.asks("GET", &path, &[("if-none-match", tag)], "");
    assert_eq!(known(&tag).status, 304);
    are_seen(&served.world, &[("bea", ping(37.81, -122.27, 0))]);
    let moved = known(&tag);
    assert_eq!(moved.status, 200);
    assert_ne!(moved.header("etag"), tag);
}

#[test]
fn a_part_of_the_map_that_is_none_is_refused_by_name() {
    let served = served();
    let cases = [
        ("/v1/map", "bbox"),
        ("/v1/map?bbox=1,2,3", "bbox"),
        ("/v1/map?bbox=-123,37,-122,38&limit=0", "limit"),
        ("/v1/map?bbox=-123,37,-122,38&limit=20001", "limit"),
    ];
    for (path, pointer) in cases {
        let problem = served.operator.gets(path).problem();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{path}: {problem}");
    }
}

/// B12: the status says how far the map is behind, how old it is, and who is on it.
#[test]
fn the_status_says_how_the_map_stands() {
    let served = served();
    served.world.app.live.set_state("anna", CourierState::Carrying);
    served.world.clock.set("2008-05-25T19:00:07.9Z");
    let expected = json!({
        "lag_records": 0, "newest_ping_at": "2008-05-25T19:00:00Z", "newest_ping_age_seconds": 7,
        "watchers": 0, "watchers_max": served.world.config.tracking.watchers_max,
        "couriers": [{ "market": "sf", "carrying": 1, "idle": 1, "offline": 0 }],
    });
    assert_eq!(served.finance.gets("/v1/status").json()["tracking"]["map"], expected);
    let without = Served::new(World::new()).finance.gets("/v1/status").json();
    assert_eq!(without["tracking"]["map"], Value::Null, "no tracker, no map");
}

/// B12: the status says how far pings are written down and archived.
#[test]
fn the_status_says_how_far_pings_are() {
    let served = served();
    let app = &served.world.app;
    let partition = |snapshot: u64, archived: u64| {
        let status = served.finance.gets("/v1/status").json();
        assert_eq!(status["partitions"][0]["archived_offset"], 0);
        let expected = json!({
            "partition": 0, "snapshot_offset": snapshot, "archived_offset": archived,
            "end_offset": 1,
        });
        assert_eq!(status["tracking"]["partitions"][0], expected);
    };
    partition(0, 0);
    let mut follows = tracker(&served.world);
    catch_up(app, &mut follows).unwrap();
    follows.snapshot(app).unwrap();
    assert_eq!(archiving::work(app).unwrap(), 0, "the hour is not over");
    partition(1, 0);
    served.world.clock.set("2008-05-25T20:01:00Z");
    assert_eq!(archiving::work(app).unwrap(), 1);
    partition(1, 1);
}

/// F4: a market that there is not is not an empty one.
#[test]
fn a_market_that_nobody_knows_is_not_found() {
    let served = served();
    let paths = [
        "/v1/map?bbox=-123,37,-122,38&market=nope",
        "/v1/deliveries/d1/position?market=nope",
        "/v1/watch?market=nope",
        "/v1/watch?bbox=-123,37,-122,38&market=nope",
        "/v1/watch?deliveries=d1&market=nope",
        "/v1/watch/socket?market=nope",
    ];
    for path in paths {
        let answer = served.operator.gets(path);
        assert_eq!(
            (answer.status, &answer.problem()["code"]),
            (404, &json!("not_found")),
            "{path}"
        );
        let detail = answer.problem()["detail"].to_string();
        assert!(detail.contains("nope"), "{path}: {detail}");
    }
    assert_eq!(served.world.app.tracked.watchers.open(), 0);
}

/// C7: a delivery is where its courier is, as long as somebody carries it.
#[test]
fn a_delivery_is_where_its_courier_is() {
    let served = served();
    let path = "/v1/deliveries/d1/position";
    assert_eq!(served.operator.gets(path).status, 404);
    let trip = delivery("d1", "anna", "2008-05-25T18:50:00Z", "2008-05-25T18:59:00Z");
    let cases = [
        (1, "requested", Value::Null),
        (2, "assigned", json!("anna")),
        (3, "picked_up", json!("anna")),
    ];
    for (told, status, courier) in cases {
        served.world.is_told(&trip[..told]);
        let view = served.operator.gets(path).json();
        assert_eq!((&view["status"], &view["courier_id"]), (&json!(status), &courier), "{view}");
        let lat = &view["position"]["lat"];
        assert_eq!(*lat, if courier.is_null() { Value::Null } else { json!(37.77) });
    }
    served.world.is_told(&trip);
    let view = served.operator.gets("/v1/deliveries/d1/position?market=sf").json();
    assert_eq!((&view["status"], &view["courier_id"]), (&json!("delivered"), &json!("anna")));
    assert_eq!(view["position"], Value::Null, "where somebody goes afterwards is theirs");
}
