//! Addresses, ways and arrival times over HTTP.

use crate::served::{Served, Visitor};
use crate::world::{SF, World};
use serde_json::{Value, json};

/// Mission Street northwards, crossed by 16th Street; 400 by 300 metres.
fn streets() -> String {
    let street = |id: i64, name: &str, first: i64, line: Value| {
        let properties = json!({
            "id": id, "name": name, "class": "residential", "zip": "94110",
            "left": [first + 1, first + 99], "right": [first, first + 98],
        });
        let geometry = json!({ "type": "LineString", "coordinates": line });
        json!({ "type": "Feature", "properties": properties, "geometry": geometry }).to_string()
    };
    [
        street(1, "MISSION ST", 100, json!([[-122.42, 37.760], [-122.42, 37.762]])),
        street(2, "MISSION ST", 200, json!([[-122.42, 37.762], [-122.42, 37.764]])),
        street(3, "16TH ST", 1, json!([[-122.42, 37.762], [-122.417, 37.762]])),
    ]
    .join("\n")
}

fn imports(served: &Served) {
    let sent = served.operator.asks("POST", "/v1/streets?market=sf", &[], streets());
    assert_eq!(sent.json()["accepted"], 3, "{:?}", sent.json());
}

fn asks(by: &Visitor, path: &str) -> Value {
    let answer = by.gets(path);
    assert_eq!(answer.status, 200, "{path}: {:?}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// C1: an address is a place once streets are there, and again when they have changed.
#[test]
fn an_address_is_found_on_the_streets_as_they_are() {
    let served = Served::new(World::new());
    let path = "/v1/geocode?market=sf&address=150%20Mission%20St";
    assert_eq!(served.operator.gets(path).problem()["code"], "no_streets");
    imports(&served);
    let found = asks(&served.operator, path);
    assert_eq!((&found["how"], &found["street"]), (&json!("number"), &json!("MISSION ST")));
    assert!((found["lat"].as_f64().unwrap() - 37.761).abs() < 0.0001, "{found}");
    let missing = "/v1/geocode?market=sf&address=1%20Broadway";
    assert_eq!(served.operator.gets(missing).problem()["code"], "not_found");
    let broadway = streets().replace("MISSION", "BROADWAY").lines().next().unwrap().to_owned();
    served.operator.asks("POST", "/v1/streets?market=sf", &[], broadway.replace(":1,", ":9,"));
    assert_eq!(asks(&served.operator, missing)["how"], "nearest_number");
    let cases =
        [("/v1/geocode?market=sf&address=", "address"), ("/v1/geocode?market=sf", "address")];
    for (path, pointer) in cases {
        let problem = served.operator.gets(path).problem();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    assert_eq!(served.finance.gets(path).status, 403);
    assert_eq!(served.stranger.gets(path).status, 401);
}

/// C1: what speaks to OSRM can speak to us: answers and refusals have its form.
#[test]
fn ways_and_tables_are_told_as_osrm_tells_them() {
    let served = Served::new(World::new());
    imports(&served);
    // From the same machine no key is needed: VROOM has none.
    let route = asks(
        &served.stranger,
        "/route/v1/driving/-122.42,37.7605;-122.418,37.762?overview=full&geometries=geojson\
         &steps=true",
    );
    assert_eq!(route["code"], "Ok");
    let (found, places) = (&route["routes"][0], &route["waypoints"]);
    let metres = found["distance"].as_f64().unwrap();
    assert!((330.0..360.0).contains(&metres), "{found}");
    assert_eq!(found["legs"].as_array().unwrap().len(), 1);
    let line = found["geometry"]["coordinates"].as_array().unwrap();
    assert_eq!((line.len(), &line[1]), (3, &json!([-122.42, 37.762])));
    assert_eq!(places[0]["location"], json!([-122.42, 37.7605]));

    let table = asks(
        &served.stranger,
        "/table/v1/car/-122.42,37.7605;-122.418,37.762;-122.42,37.763?sources=0&destinations=1;2\
         &annotations=duration,distance",
    );
    assert_eq!(table["durations"][0][0], found["duration"]);
    assert_eq!(table["distances"][0].as_array().unwrap().len(), 2);
    let sizes = ["sources", "destinations"].map(|of| table[of].as_array().unwrap().len());
    assert_eq!(sizes, [1, 2]);

    let cases = [
        ("/route/v1/driving/-122.42,37.7605", "InvalidOptions"),
        ("/route/v1/driving/here;there", "InvalidQuery"),
        ("/route/v1/boat/-122.42,37.76;-122.42,37.77", "InvalidUrl"),
        ("/route/v1/driving/-122.42,37.76;10.0,50.0", "NoSegment"),
        ("/route/v1/driving/-122.42,37.76;-122.42,37.77?overview=some", "InvalidValue"),
        ("/table/v1/driving/-122.42,37.76?sources=1", "InvalidValue"),
        ("/table/v1/driving/-122.42,37.76?annotations=colour", "InvalidValue"),
    ];
    for (path, code) in cases {
        let answer = served.stranger.gets(path);
        assert_eq!((answer.status, &answer.json()["code"]), (400, &json!(code)), "{path}");
    }
    let proxied = [("x-forwarded-for", "203.0.113.9")];
    let far = served.stranger.asks("GET", "/table/v1/driving/-122.42,37.76", &proxied, "");
    assert_eq!(far.status, 401);
}

/// C8: without streets and without lessons there is an estimate, and it says what it stands on.
#[test]
fn arrival_is_estimated_from_whatever_is_known() {
    let served = Served::new(World::new());
    let path = "/v1/arrival?market=sf&from=37.7605,-122.42&to=37.762,-122.418\
                &start=2008-05-25T19:00:00Z";
    let bare = asks(&served.operator, path);
    assert_eq!((&bare["router"], &bare["model_version"]), (&json!("straight_line"), &Value::Null));
    imports(&served);
    assert_eq!(asks(&served.operator, path)["router"], "streets");

    // Every trip took four minutes, on two days.
    let mut trips = "start_ts,end_ts,start_lat,start_lon,end_lat,end_lon\n".to_owned();
    for number in 0..500 {
        let start = 1_211_700_000 + number * 300;
        trips += &format!("{start},{},37.7605,-122.42,37.762,-122.418\n", start + 240);
    }
    let models = "/v1/arrival/models?market=sf";
    let learned = served.operator.asks("POST", models, &[], &trips).json();
    assert_eq!((&learned["version"], &learned["trips"]), (&json!(1), &json!(500)), "{learned}");
    let known = asks(&served.operator, path);
    let seconds = known["travel_seconds"].as_f64().unwrap();
    assert!((230.0..=245.0).contains(&seconds), "{known}");
    assert_eq!(known["model_version"], 1);
    let again = served.operator.asks("POST", models, &[], &trips).json();
    assert_eq!(again["version"], 2);
    assert_eq!(asks(&served.operator, models)["data"].as_array().unwrap().len(), 2);
    let scores = served.operator.asks("POST", "/v1/arrival/evaluate?market=sf", &[], &trips).json();
    assert_eq!(scores["methods"][2]["within_2_min_percent"], 100.0, "{scores}");

    let few = served.operator.asks("POST", models, &[], &trips[..400]).problem();
    assert_eq!(few["errors"][0]["pointer"], "body");
    assert_eq!(served.courier("anna").asks("POST", models, &[], &trips).status, 403);
}

/// What was learned stays when the process ends; a market without streets never mixes with one.
#[test]
fn lessons_outlive_the_process() {
    let world = World::with(&format!("{SF}\n{}", SF.replace("markets.sf", "markets.oak")));
    let served = Served::new(world);
    imports(&served);
    let oak = "/v1/geocode?market=oak&address=150%20Mission%20St";
    assert_eq!(served.operator.gets(oak).problem()["code"], "no_streets");
    let found = asks(&served.stranger, "/table/v1/driving/-122.42,37.7605;-122.419,37.762");
    assert!(found["durations"][0][1].as_f64().unwrap() > 10.0, "by where it is: {found}");
    let nowhere = served.stranger.gets("/table/v1/driving/2.35,48.85").json();
    assert_eq!(nowhere["code"], "NoSegment");
}
