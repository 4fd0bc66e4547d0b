//! What can be had, by whoever asks for it.

use super::{Shops, available, had};
use crate::world::{SF, World};
use serde_json::Value;

/// D1, D2: what can be had is the sum over the centres that reach the place and are open; the best
/// is the soonest that has it.
#[test]
fn what_can_be_had_is_the_union_of_what_reaches() {
    let shops = Shops::new();
    shops.opens("closed-today", 0.5, "mon-sat 08:00-20:00");
    shops.opens("far", 60.0, "");
    for (center, milk) in [("near", 2), ("corner", 7), ("closed-today", 100), ("far", 1_000)] {
        shops.receives(center, "milk", milk);
    }
    shops.receives("corner", "bread", 4);
    shops.follows();
    let found = shops.has("items=bread,milk,honey");
    assert_eq!(available(&found), had(&[("bread", 4), ("milk", 9), ("honey", 0)]));
    assert_eq!((&found["market"], &found["currency"]), (&"sf".into(), &"USD".into()));
    assert_eq!((&found["age_ms"], &found["as_of"]), (&0.into(), &"2008-05-25T19:00:00Z".into()));
    let best = |place: usize| found["data"][place]["best"].clone();
    assert_eq!((&best(1)["center_id"], &best(1)["available"]), (&"near".into(), &2.into()));
    assert_eq!((&best(0)["center_id"], &best(2)), (&"corner".into(), &Value::Null));
    assert_eq!(found["data"][1]["price_minor"], 349);
    let eta = |place: usize| best(place)["eta_seconds"].as_i64().unwrap();
    // Picking takes five minutes and finding a courier three.
    assert!(eta(1) > 480 && eta(1) < eta(0) && eta(0) < 3_600, "{} {}", eta(1), eta(0));
}

/// D1: centres that reach a place are named the soonest first, also those that are closed.
#[test]
fn who_reaches_a_place_is_named() {
    let shops = Shops::new();
    shops.opens("closed-today", 0.5, "mon-sat 08:00-20:00");
    shops.opens("far", 60.0, "");
    let nearby = |lat: f64, lng: f64| {
        let path = format!("/v1/centers/nearby?lat={lat}&lng={lng}");
        let answer = shops.browser().gets(&path);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["data"].as_array().unwrap().clone()
    };
    let found = nearby(super::HOME.0, super::HOME.1);
    let named: Vec<&str> =
        found.iter().map(|center| center["center_id"].as_str().unwrap()).collect();
    assert_eq!(named, ["closed-today", "near", "corner"]);
    assert_eq!(
        (&found[0]["open"], &found[0]["opens_at"]),
        (&false.into(), &"2008-05-26T15:00:00Z".into())
    );
    assert_eq!((&found[1]["open"], &found[1]["opens_at"]), (&true.into(), &Value::Null));
    let distance_m = found[1]["distance_m"].as_i64().unwrap();
    assert!((980..=1_020).contains(&distance_m), "{distance_m}");
    assert!(nearby(40.7, -74.0).is_empty(), "nobody comes to another city");
}

/// D1: hours are looked at when somebody asks, by the market's clock: across midnight, and where
/// the clocks change.
#[test]
fn hours_are_looked_at_when_somebody_asks() {
    let shops = Shops::new();
    shops.opens("late", 0.5, "sat-sun 18:00-02:30");
    shops.receives("late", "milk", 5);
    shops.follows();
    let cases = [
        ("2008-05-25T19:00:00Z", 0),
        ("2008-05-26T01:00:00Z", 5),
        ("2008-05-26T09:29:59Z", 5),
        ("2008-05-26T09:30:00Z", 0),
        // The clocks go back at two: half past one comes twice, and half past two an hour later.
        ("2008-11-02T08:30:00Z", 5),
        ("2008-11-02T10:29:00Z", 5),
        ("2008-11-02T10:30:00Z", 0),
        // They go forward at two: half past two is skipped.
        ("2008-03-09T09:59:59Z", 5),
        ("2008-03-09T10:00:00Z", 0),
    ];
    for (now, units) in cases {
        shops.served.world.clock.set(now);
        shops.follows();
        assert_eq!(available(&shops.has("items=milk")), had(&[("milk", units)]), "{now}");
    }
    shops.served.world.clock.set("2008-05-26T01:00:00Z");
    shops.follows();
    let mut closed = super::center(0.5, "sat-sun 18:00-02:30");
    closed["closed"] = true.into();
    assert_eq!(shops.puts("/v1/centers/late", &closed).json()["closed"], true);
    assert_eq!(available(&shops.has("items=milk")), had(&[("milk", 0)]), "closed by hand");
}

/// D3: of a category what can be had is listed page by page, with everything below it.
#[test]
fn a_category_is_listed_page_by_page() {
    let shops = Shops::new();
    for number in 0..700 {
        shops.sells(&format!("tea-{number:03}"), "Tea", "TEA/GREEN", 400);
    }
    shops.sells("teapot", "Teapot", "TEAPOTS", 4_000);
    for item in ["tea-003", "tea-300", "tea-650", "tea-699", "teapot", "milk", "honey"] {
        shops.receives("near", item, 3);
    }
    shops.follows();
    assert_eq!(available(&shops.has("category=DAIRY")), had(&[("honey", 3), ("milk", 3)]));
    assert_eq!(available(&shops.has("category=BAKERY")), had(&[]));
    assert_eq!(available(&shops.has("category=BAKERY&all=true")), had(&[("bread", 0)]));
    let (mut pages, mut path) = (Vec::new(), "category=TEA&limit=2".to_owned());
    loop {
        let page = shops.has(&path);
        pages.push(available(&page));
        assert_eq!(page["has_more"], page["next_cursor"].is_string());
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("category=TEA&limit=2&cursor={cursor}"),
            None => break,
        }
    }
    let expected = [had(&[("tea-003", 3), ("tea-300", 3)]), had(&[("tea-650", 3), ("tea-699", 3)])];
    assert_eq!(pages, expected);
}

/// D2: what is wrong is named.
#[test]
fn what_is_wrong_is_named() {
    let shops = Shops::new();
    let items = "i,".repeat(101);
    let cases = [
        ("/v1/availability?lat=37.7&lng=-122.4", "items"),
        ("/v1/availability?lat=37.7&lng=-122.4&items=milk&category=DAIRY", "items"),
        ("/v1/availability?lat=37.7&lng=-122.4&items=milk,,honey", "items"),
        ("/v1/availability?lat=37.7&lng=-122.4&items=", "items"),
        ("/v1/availability?lat=37.7&lng=-122.4&items=beer", "items"),
        (&format!("/v1/availability?lat=37.7&lng=-122.4&items={items}"), "items"),
        ("/v1/availability?lat=37.7&lng=-122.4&items=milk&limit=3", "items"),
        ("/v1/availability?lat=97.7&lng=-122.4&items=milk", "lat"),
        ("/v1/availability?lat=x&lng=-122.4&items=milk", "lat"),
        ("/v1/availability?lng=-122.4&items=milk", "lat"),
        ("/v1/availability?lat=37.7&lng=-122.4&items=milk&after=x", "after"),
        ("/v1/availability?lat=37.7&lng=-122.4&items=milk&after=999.1", "after"),
        ("/v1/availability?lat=37.7&lng=-122.4&items=milk&fast=true", "fast"),
        ("/v1/availability?lat=37.7&lng=-122.4&category=DAIRY&cursor=beer", "cursor"),
        ("/v1/availability?lat=37.7&lng=-122.4&category=DAIRY&limit=0", "limit"),
        ("/v1/centers/nearby?lat=37.7&lng=-222.4", "lat"),
        ("/v1/centers?cursor=nowhere", "cursor"),
        ("/v1/items?query=%20-", "query"),
        ("/v1/items?cursor=beer", "cursor"),
        ("/v1/items?query=milk&cursor=bread", "cursor"),
    ];
    for (path, pointer) in cases {
        let answer = shops.served.operator.gets(path);
        assert_eq!(answer.status, 400, "{path:.120} {answer:?}");
        assert_eq!(answer.problem()["errors"][0]["pointer"], pointer, "{path:.120}");
    }
    for path in [
        "/v1/availability?lat=37.7&lng=-122.4&items=milk&market=ny",
        "/v1/centers/nearby?lat=37.7&lng=-122.4&market=ny",
        "/v1/items?market=ny",
        "/v1/items/beer",
        "/v1/items/categories?market=ny",
        "/v1/centers/nowhere",
        "/v1/centers?market=ny",
    ] {
        assert_eq!(shops.served.operator.gets(path).status, 404, "{path}");
    }
}

/// D2: whoever has a key may look; a key that is given to browsers may do nothing else here.
#[test]
fn whoever_has_a_key_may_look() {
    let shops = Shops::new();
    shops.receives("near", "milk", 2);
    shops.follows();
    let place = "lat=37.7640&lng=-122.4660";
    let paths = [
        format!("/v1/availability?{place}&items=milk"),
        format!("/v1/centers/nearby?{place}"),
        "/v1/items?query=milk".to_owned(),
        "/v1/items/milk".to_owned(),
        "/v1/items/categories".to_owned(),
        "/v1/centers/near".to_owned(),
        "/v1/centers".to_owned(),
    ];
    let (browser, courier) = (shops.browser(), shops.served.courier("cab-1"));
    for path in &paths {
        for visitor in [&browser, &courier, &shops.served.finance] {
            assert_eq!(visitor.gets(path).status, 200, "{path}");
        }
        assert_eq!(shops.served.stranger.gets(path).status, 401, "{path}");
    }
    for path in ["/v1/items/milk", "/v1/centers/near"] {
        assert_eq!(browser.asks("PUT", path, &[], "{}").status, 403, "{path}");
    }
    for path in ["/v1/deliveries", "/v1/couriers", "/v1/pay", "/v1/status", "/v1/map"] {
        assert_eq!(browser.gets(path).status, 403, "{path}");
    }
}

/// D2: of several markets a place belongs to that of the nearest centre; none is guessed where
/// nothing is near.
#[test]
fn a_place_belongs_to_the_market_of_the_nearest_centre() {
    let ny = "[markets.ny]\ntime_zone = \"America/New_York\"\ncurrency = \"EUR\"\n";
    let shops = Shops::of(World::with(&format!("{SF}{ny}")));
    let mut there = super::center(0.0, "");
    (there["market"], there["lat"], there["lng"]) = ("ny".into(), 40.7.into(), (-74.0).into());
    assert_eq!(shops.puts("/v1/centers/broadway", &there).status, 200);
    shops.receives("broadway", "milk", 3);
    shops.receives("near", "milk", 2);
    shops.follows();
    let at =
        |place: &str| shops.served.operator.gets(&format!("/v1/availability?{place}&items=milk"));
    let found = at("lat=40.71&lng=-74.01").json();
    assert_eq!((&found["market"], &found["currency"]), (&"ny".into(), &"EUR".into()));
    assert_eq!(found["data"][0]["available"], 3);
    assert_eq!(found["data"][0]["price_minor"], Value::Null, "it has no price there");
    assert_eq!(at("lat=37.76&lng=-122.46").json()["market"], "sf");
    assert_eq!(at("lat=37.76&lng=-122.46&market=ny").json()["data"][0]["available"], 0);
    assert_eq!(at("lat=0&lng=0").problem()["errors"][0]["pointer"], "market");
}

/// D3: of a category only so many items are looked at for one page, fewer in the store; the next
/// page goes on there, and nothing is left out.
#[test]
fn a_page_of_a_category_is_looked_for_only_so_far() {
    let shops = Shops::new();
    let lines: Vec<String> = (0..10_300)
        .map(|number| {
            let said = serde_json::json!({
                "item_id": format!("tea-{number:05}"), "name": "Tea", "category": "TEA",
                "prices": { "sf": 400 },
            });
            said.to_string()
        })
        .collect();
    let headers = [("content-type", "application/x-ndjson")];
    for some in lines.chunks(5_000) {
        let answer = shops.served.operator.asks("POST", "/v1/items", &headers, some.join("\n"));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let token = shops.receives("near", "tea-10200", 3);
    // The index has not come to the token: it is the store that is asked.
    let path = format!("category=TEA&after={token}");
    let first = shops.has(&path);
    assert_eq!((available(&first), &first["next_cursor"]), (had(&[]), &"tea-00999".into()));
    let second = shops.has(&format!("{path}&cursor=tea-09500"));
    assert_eq!(
        (available(&second), &second["has_more"]),
        (had(&[("tea-10200", 3)]), &false.into())
    );
    shops.follows();
    let first = shops.has("category=TEA");
    assert_eq!((available(&first), &first["next_cursor"]), (had(&[]), &"tea-09999".into()));
    let second = shops.has("category=TEA&cursor=tea-09999");
    assert_eq!(available(&second), had(&[("tea-10200", 3)]));
}
