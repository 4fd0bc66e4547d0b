//! Watching by server-sent events.

use super::stream::Stream;
use super::{are_seen, ping, registers};
use crate::served::Served;
use crate::world::{SF, World, delivery};
use doorstep_domain::tracking::Ping;
use serde_json::{Value, json};

const CITY: &str = "/v1/watch?bbox=-122.52,37.70,-122.35,37.82";

fn inside(second: i64) -> Ping {
    ping(37.77, -122.42, second)
}

fn served() -> Served {
    let world = World::new();
    registers(&world, &["anna", "bea", "carl"]);
    let away = ping(38.5, -121.5, -300);
    are_seen(&world, &[("anna", inside(-300)), ("bea", inside(-300)), ("carl", away)]);
    Served::new(world)
}

fn named(couriers: &[(&str, f64)]) -> Vec<(String, f64)> {
    couriers.iter().map(|(courier, lat)| ((*courier).to_owned(), *lat)).collect()
}

/// C7: whoever watches a box is told who is in it, who moves, who comes, and who leaves.
#[test]
fn a_box_tells_who_moves_comes_and_leaves() {
    let served = served();
    let mut stream = Stream::of(&served.operator, CITY, "");
    for line in
        ["content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"]
    {
        assert!(stream.head.iter().any(|head| head == line), "{line} in {:?}", stream.head);
    }
    assert_eq!(stream.positions(), named(&[("anna", 37.77), ("bea", 37.77)]));
    are_seen(&served.world, &[("anna", ping(37.771, -122.42, -200))]);
    assert_eq!(stream.positions(), named(&[("anna", 37.771)]));
    are_seen(&served.world, &[("carl", ping(37.76, -122.42, 7_000))]);
    assert_eq!(stream.positions(), named(&[("carl", 37.76)]));
    are_seen(&served.world, &[("bea", ping(37.69, -122.40, 0))]);
    assert_eq!(stream.positions(), named(&[("bea", 37.69)]), "told where she went");
    are_seen(&served.world, &[("bea", ping(37.60, -122.40, 1_000))]);
    are_seen(&served.world, &[("anna", ping(37.772, -122.42, 0))]);
    assert_eq!(stream.positions(), named(&[("anna", 37.772)]), "and no more once she is out");
}

/// C7: whoever comes back with the last id is told what has changed since, and nothing else.
#[test]
fn who_comes_back_is_told_what_has_changed_since() {
    let served = served();
    let mut stream = Stream::of(&served.operator, "/v1/watch?market=sf", "");
    assert_eq!(stream.positions().len(), 3);
    let id = stream.id.clone();
    drop(stream);
    are_seen(&served.world, &[("bea", ping(37.771, -122.42, -200))]);
    are_seen(&served.world, &[("bea", ping(37.772, -122.42, -100))]);
    let mut stream = Stream::of(&served.operator, "/v1/watch?market=sf", &id);
    assert_eq!(stream.positions(), named(&[("bea", 37.772)]), "once, the newest");
    let by_query = format!("/v1/watch?couriers=anna,bea&last_event_id={id}");
    let mut stream = Stream::of(&served.operator, &by_query, "");
    assert_eq!(stream.positions(), named(&[("bea", 37.772)]));
}

/// C7: an id of before a restart, or of nobody, leads to `reset` and the whole.
#[test]
fn after_a_restart_everything_is_told_anew() {
    let served = served();
    let mut stream = Stream::of(&served.operator, CITY, "");
    assert_eq!(stream.positions().len(), 2);
    let id = stream.id.clone();
    drop(stream);
    let again = self::served();
    for last in [id.as_str(), "0-0", "nonsense"] {
        let mut stream = Stream::of(&again.operator, CITY, last);
        assert_eq!(stream.expects("reset"), json!({ "reason": "history_gone" }), "{last}");
        assert_eq!(stream.positions(), named(&[("anna", 37.77), ("bea", 37.77)]));
    }
}

/// C7: a delivery is told with its status, its courier and where that is, until it has arrived.
#[test]
fn a_delivery_is_followed_from_courier_to_courier() {
    let served = served();
    served.world.app.tracked.states.load(&served.world.app, &|| false).unwrap();
    let mut stream = Stream::of(&served.operator, "/v1/watch?deliveries=d1", "");
    let told = |stream: &mut Stream| {
        let body = stream.expects("delivery");
        let lat = body["position"]["lat"].clone();
        (body["status"].as_str().unwrap().to_owned(), body["courier_id"].clone(), lat)
    };
    assert_eq!(told(&mut stream), ("unknown".to_owned(), Value::Null, Value::Null));
    let trip = delivery("d1", "anna", "2008-05-25T18:50:00Z", "2008-05-25T18:59:00Z");
    served.world.is_told(&trip[..3]);
    assert_eq!(told(&mut stream), ("picked_up".to_owned(), json!("anna"), json!(37.77)));
    are_seen(&served.world, &[("anna", ping(37.771, -122.42, -200))]);
    assert_eq!(told(&mut stream), ("picked_up".to_owned(), json!("anna"), json!(37.771)));
    served.world.is_told(&trip);
    assert_eq!(told(&mut stream), ("delivered".to_owned(), json!("anna"), Value::Null));
}

/// Too many for the map are shown as crowds, and one by one again once they are few.
#[test]
fn a_crowd_is_told_as_clusters() {
    let world = World::new();
    let names: Vec<String> = (0..5_001).map(|number| format!("c{number}")).collect();
    let all: Vec<(&str, Ping)> = names.iter().map(|name| (name.as_str(), inside(-300))).collect();
    are_seen(&world, &all);
    let served = Served::new(world);
    let mut stream = Stream::of(&served.operator, CITY, "");
    let crowd = stream.expects("clusters");
    let clusters = crowd["clusters"].as_array().unwrap().iter();
    assert_eq!(clusters.map(|cluster| cluster["count"].as_i64().unwrap()).sum::<i64>(), 5_001);
    are_seen(&served.world, &[("c0", ping(37.60, -122.42, 3_000))]);
    assert_eq!(stream.expects("reset"), json!({ "reason": "begin" }));
    let mut seen = 0;
    while seen < 5_000 {
        seen += stream.positions().len();
    }
    assert_eq!(seen, 5_000);
}

/// F2: a market that is too many to be told one by one is as many clusters as its city has places,
/// wherever the rest of the globe is.
#[test]
fn a_crowded_market_is_more_than_one_cluster() {
    let world = World::new();
    let names: Vec<String> = (0..7_001).map(|number| format!("c{number}")).collect();
    let place = |number: u16| {
        let (north, east) = (f64::from(number / 100) * 0.004, f64::from(number % 100) * 0.003);
        ping(37.70 + north, -122.52 + east, -300)
    };
    let all: Vec<(&str, Ping)> =
        names.iter().zip(0..).map(|(name, number)| (name.as_str(), place(number))).collect();
    are_seen(&world, &all);
    let served = Served::new(world);
    let mut stream = Stream::of(&served.operator, "/v1/watch?market=sf", "");
    let crowd = stream.expects("clusters");
    let clusters = crowd["clusters"].as_array().unwrap();
    assert!((800..=1_024).contains(&clusters.len()), "{}", clusters.len());
    let counts = clusters.iter().map(|cluster| cluster["count"].as_u64().unwrap());
    assert_eq!(counts.sum::<u64>(), 7_001, "all of them in one event: it replaces the one before");
    let degrees = |cluster: &Value, field: &str| cluster[field].as_f64().unwrap();
    let is_there = |cluster: &Value| {
        (37.70..=37.981).contains(&degrees(cluster, "lat"))
            && (-122.52..=-122.221).contains(&degrees(cluster, "lng"))
    };
    assert!(clusters.iter().all(is_there), "{crowd}");
    let map = served.operator.gets("/v1/map?bbox=-180,-90,180,90&market=sf").json();
    assert_eq!(map["features"].as_array().unwrap().len(), clusters.len());
}

/// C7: operators watch everything, couriers themselves, others nothing; more than may are told to
/// come later.
#[test]
fn who_may_watch_what() {
    let config = format!("[tracking]\nwatchers_max = 1\n{SF}");
    let world = World::with(&config);
    are_seen(&world, &[("anna", inside(0)), ("bea", inside(0))]);
    let served = Served::new(world);
    let cases = [
        ("/v1/watch?market=sf", 403),
        ("/v1/watch?couriers=bea", 403),
        ("/v1/watch?couriers=anna,bea", 403),
        ("/v1/watch?couriers=anna&deliveries=d1", 403),
        ("/v1/watch", 403),
    ];
    for (path, status) in cases {
        assert_eq!(served.courier("anna").gets(path).status, status, "{path}");
        assert_eq!(served.finance.gets(path).status, 403, "{path}");
    }
    let cases = [
        ("/v1/watch", "query"),
        ("/v1/watch?market=sf&format=binary", "format"),
        ("/v1/watch?couriers=anna&bbox=-1,-1,1,1", "bbox"),
        ("/v1/watch?couriers=anna&market=sf", "market"),
    ];
    for (path, pointer) in cases {
        let problem = served.operator.gets(path).problem();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{path}");
    }
    let mut own = Stream::of(&served.courier("anna"), "/v1/watch?couriers=anna", "");
    assert_eq!(own.positions(), named(&[("anna", 37.77)]));
    let late = served.operator.gets("/v1/watch?market=sf");
    assert_eq!((late.status, late.header("retry-after")), (429, "5"));
    assert_eq!(late.problem()["code"], "too_many_watchers");
    assert_eq!(served.world.app.tracked.watchers.open(), 1);
}

/// A server that is told to stop ends what would never end.
#[test]
fn a_stopping_server_ends_its_streams() {
    let served = served();
    let mut stream = Stream::of(&served.operator, CITY, "");
    assert_eq!(stream.positions().len(), 2);
    served.api.drain();
    assert!(stream.next().is_none());
}
