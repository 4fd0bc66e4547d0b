//! Streets in and out, and the page.

use crate::served::Served;
use crate::world::World;
use serde_json::{Value, json};

fn street(id: &str, coordinates: Value) -> Value {
    let geometry = json!({ "type": "LineString", "coordinates": coordinates });
    let properties = json!({ "id": id, "name": "Rue \"É\"", "class": "primary", "left": [1, 99] });
    json!({ "type": "Feature", "properties": properties, "geometry": geometry })
}

fn sends(served: &Served, features: &[Value]) -> Value {
    let lines: Vec<String> = features.iter().map(Value::to_string).collect();
    let content = [("content-type", "application/x-ndjson")];
    let path = "/v1/streets?market=sf";
    let answer = served.operator.asks("POST", path, &content, lines.join("\n"));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// F2: the base layer comes from us: what was imported is drawn, and asked for anew only when it
/// has changed.
#[test]
fn what_was_imported_is_drawn_until_it_changes() {
    let served = Served::new(World::new());
    let first = street("a", json!([[-122.446_942_4, 37.757_229], [-122.4, 37.7]]));
    let taken = sends(&served, &[first, json!({ "geometry": null })]);
    assert_eq!((taken["accepted"].clone(), taken["streets"].clone()), (json!(1), json!(1)));
    assert_eq!(taken["rejected"][0]["line"], 2);
    assert_eq!(taken["rejected"][0]["pointer"], "/properties/id");

    let path = "/v1/map/streets?market=sf";
    let drawn = served.operator.gets(path);
    assert_eq!(drawn.header("content-type"), "application/geo+json");
    let feature = &drawn.json()["features"][0];
    assert_eq!(feature["properties"], json!({ "class": "primary", "name": "Rue \"É\"" }));
    let expected = json!([[-122.446_942, 37.757_229], [-122.4, 37.7]]);
    assert_eq!(feature["geometry"]["coordinates"], expected);

    let tag = drawn.header("etag").to_owned();
    let again = |tag: &str| served.operator.asks("GET", path, &[("if-none-match", tag)], "");
    let weak = format!("\"other\", W/{tag}");
    for (known, status) in [(tag.as_str(), 304), (&weak, 304), ("*", 304), ("\"other\"", 200)] {
        assert_eq!(again(known).status, status, "{known}");
    }
    sends(&served, &[street("b", json!([[-122.5, 37.8], [-122.45, 37.75]]))]);
    assert_eq!(again(&tag).json()["features"].as_array().unwrap().len(), 2);

    let maps = served.operator.gets("/v1/map/markets").json();
    let bounds = json!([-122.5, 37.7, -122.4, 37.8]);
    assert_eq!((&maps["data"][0]["market"], &maps["data"][0]["bounds"]), (&json!("sf"), &bounds));
}

/// The client of these stories unpacks what it is sent.
#[test]
fn who_takes_gzip_is_sent_the_same_under_a_tag_of_its_own() {
    let served = Served::new(World::new());
    sends(&served, &[street("a", json!([[1, 2], [3, 4]]))]);
    let path = "/v1/map/streets?market=sf";
    let taking = |encoding| served.operator.asks("GET", path, &[("accept-encoding", encoding)], "");
    let (packed, plain) = (taking("gzip"), taking("identity"));
    assert!(packed.header("etag").starts_with("\"gz-"), "{packed:?}");
    assert_ne!(packed.header("etag"), plain.header("etag"));
    assert_eq!((packed.header("vary"), packed.json()), ("Accept-Encoding", plain.json()));
}

#[test]
fn a_market_that_nobody_knows_has_no_streets() {
    let served = Served::new(World::new());
    assert_eq!(served.operator.gets("/v1/map/streets?market=ny").status, 404);
    let sent = served.operator.asks("POST", "/v1/streets?market=ny", &[], "{}");
    assert_eq!(sent.status, 404);
}

/// F2: the pages need no key, ask nothing of anybody else, and where they were not built say so.
#[test]
fn the_pages_are_there_under_a_policy_of_their_own() {
    let served = Served::new(World::new());
    let pages = [
        ("/", "no-cache"),
        ("/map", "no-cache"),
        ("/courier", "no-cache"),
        ("/shop", "no-cache"),
        ("/shop/order/ord_1.secret", "private, no-cache"),
        ("/track/del_1.secret", "private, no-cache"),
    ];
    for (path, kept) in pages {
        let page = served.stranger.gets(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("http"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("x-robots-tag"), "noindex, nofollow", "{path}");
        let is_built = !page.header("etag").is_empty();
        assert!(!is_built || page.header("cache-control") == kept, "{path}");
        let html = String::from_utf8(page.body).unwrap();
        assert!(html.contains("Doorstep"), "{html}");
    }
    assert_eq!(served.stranger.gets("/track/").status, 404);
}
