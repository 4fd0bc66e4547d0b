//! A router and a geocoder of others: asked where they are configured, and never relied on.

mod addresses;

use crate::elsewhere::{Elsewhere, Mood, says};
use crate::served::Served;
use crate::world::{SF, World};
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::Profile;
use doorstep_domain::time::Clock;
use doorstep_domain::tracking::Position;
use doorstep_server::app::App;
use doorstep_server::clock::SteadyClock;
use doorstep_server::config::Config;
use doorstep_server::metric;
use doorstep_server::places::{self, Router};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const ARRIVAL: &str = "/v1/arrival?market=sf&from=37.7600,-122.4200&to=37.7700,-122.4100";

fn with(keys: &str) -> World {
    World::with(&format!("{keys}\n{SF}"))
}

fn sf() -> MarketId {
    "sf".parse().unwrap()
}

fn at(lat: f64, lng: f64) -> Position {
    Position::from_degrees(lat, lng).unwrap()
}

/// As OSRM answers a table: every way is of 1,000 metres in a hundred seconds.
fn table(target: &str) -> String {
    let count = |name: &str| {
        let (_, rest) = target.split_once(name).unwrap();
        rest.split('&').next().unwrap().split(';').count()
    };
    let (rows, columns) = (count("sources="), count("destinations="));
    let cells = |cell: f64| vec![vec![cell; columns]; rows];
    let place = json!({ "distance": 2.5, "location": [-122.42, 37.76], "name": "" });
    json!({
        "code": "Ok", "durations": cells(100.0), "distances": cells(1_000.0),
        "sources": vec![&place; rows], "destinations": vec![&place; columns],
    })
    .to_string()
}

/// As OSRM answers whose map is of another country.
fn other_country(target: &str) -> String {
    table(target).replace("2.5", "10078226.31").replace("1000.0", "0.0").replace("100.0", "0.0")
}

fn gets(served: &Served, path: &str) -> Value {
    let answer = served.operator.gets(path);
    assert_eq!(answer.status, 200, "{path}: {:?}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

/// B11, C8: the configured router measures ways of cars, and what it said is not asked again.
#[test]
fn arrival_is_measured_by_the_router_that_is_configured() {
    let osrm = Elsewhere::new(Mood::Answers(table));
    let served = Served::new(with(&format!("router = \"osrm+{}/\"", osrm.url)));
    let told = gets(&served, ARRIVAL);
    assert_eq!((&told["router"], &told["routed_seconds"]), (&json!("osrm"), &json!(100.0)));
    assert_eq!((&told["length_m"], &told["travel_seconds"]), (&json!(1000.0), &json!(240.0)));
    assert_eq!(
        osrm.asked(),
        ["GET /table/v1/driving/-122.4200,37.7600;-122.4100,37.7700?sources=0&destinations=1\
          &annotations=duration,distance&generate_hints=false"]
    );
    let near = ARRIVAL.replace("37.7600", "37.76003");
    assert_eq!(gets(&served, &near)["router"], "osrm");
    assert_eq!(gets(&served, &format!("{ARRIVAL}&profile=cycling"))["router"], "straight_line");
    assert_eq!(osrm.times_asked(), 1, "ten metres are one place, and OSRM knows cars only");
}

/// B11: whatever is wrong with the router, ways are told in time, by the built-in one, and the
/// figures say so; soon it is left alone, and when it is well it is asked again.
#[test]
fn a_router_that_fails_stops_nothing() {
    let moods = [
        (says(500, "broken"), "failed", true),
        (says(200, "<html>It works!</html>"), "failed", true),
        (Mood::HangsUp, "unreachable", true),
        (Mood::Hangs, "timed_out", true),
        (Mood::Dawdles(Duration::from_secs(1), table), "timed_out", true),
        (says(400, r#"{"code":"TooBig","message":"no"}"#), "refused", false),
        (Mood::Answers(other_country), "refused", false),
    ];
    for (mood, reason, is_left_alone) in moods {
        let osrm = Elsewhere::new(mood);
        let world = with(&format!("router = \"osrm+{}\"\n[calls]\npatience = \"100ms\"", osrm.url));
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || asks_thirty_times(&world));
        let router = world.app.others.router.as_ref().unwrap();
        assert_eq!(router.is_left_alone(), is_left_alone, "{reason}");
        let figures = recorder.handle().render();
        let told = |reason: &str| {
            let line = format!("fallbacks_total{{what=\"way\",reason=\"{reason}\"}} ");
            let rest = figures.split_once(&line).map(|(_, rest)| rest);
            rest.and_then(|rest| rest.lines().next()?.parse::<usize>().ok()).unwrap_or(0)
        };
        let counts = (told(reason), told("open"));
        assert_eq!(counts.0 + counts.1, 30, "{reason}: {figures}");
        assert_eq!(counts.1 > 0, is_left_alone, "{reason}: {figures}");
        assert!(osrm.times_asked() <= 60, "{reason}: {}", osrm.times_asked());
    }
}

fn asks_thirty_times(world: &World) {
    for step in 0..30 {
        let (from, to) = (at(37.76, -122.42), at(37.77, -122.41 + f64::from(step) / 100.0));
        let clock = SteadyClock::start();
        let told = places::travel(&world.app, &sf(), (from, to), Profile::Driving).unwrap();
        let took_us = clock.now().0;
        assert!(told.leg.is_some() && told.router == Router::StraightLine, "{told:?}");
        assert!(took_us < 300_000, "step {step}: {took_us} µs");
    }
}

/// B11: nobody listens: the built-in router answers; somebody listens again: asked again.
#[test]
fn a_router_that_is_not_there_is_no_error() {
    metric::start();
    let gone = Elsewhere::new(says(200, "")).url.clone();
    let served = Served::new(with(&format!("router = \"osrm+{gone}\"")));
    for step in 0..30 {
        let path = ARRIVAL.replace("37.7700", &format!("37.77{step:02}"));
        assert_eq!(gets(&served, &path)["router"], "straight_line");
    }
    assert!(served.world.app.others.router.as_ref().unwrap().is_left_alone());
    let figures = String::from_utf8(served.stranger.gets("/metrics").body).unwrap();
    for name in [
        "doorstep_places_fallbacks_total{what=\"way\",reason=\"open\"}",
        "doorstep_places_fallbacks_total{what=\"way\",reason=\"unreachable\"}",
        "doorstep_calls_total{to=\"router\",outcome=\"open\"}",
        "doorstep_calls_breaker_open{to=\"router\"}",
        "doorstep_calls_seconds_count{to=\"router\"}",
    ] {
        assert!(figures.contains(name), "{name}: {figures}");
    }
}

/// B11: a table is asked in blocks, is whole or the built-in router's, and what was answered is
/// not asked again.
#[test]
fn a_table_is_of_one_router() {
    let osrm = Elsewhere::new(Mood::Answers(table));
    let world = with(&format!("router = \"osrm+{}\"\n[calls]\npatience = \"5s\"", osrm.url));
    let spots = |count: usize, lng: f64| -> Vec<Position> {
        (0..count).map(|step| at(37.70 + step as f64 / 1_000.0, lng)).collect()
    };
    let (from, to) = (spots(25, -122.42), spots(120, -122.41));
    let asks = |from: &[Position], to: &[Position]| {
        places::table(&world.app, &sf(), (from, to), Profile::Driving).unwrap()
    };
    let told = asks(&from, &to);
    assert_eq!((told.legs.len(), told.legs[24].len(), told.router), (25, 120, Router::Osrm));
    let cell = |leg: &Option<_>| {
        leg.is_some_and(|leg: doorstep_domain::streets::Leg| {
            (leg.duration_ms, leg.length_m) == (100_000, 1_000.0)
        })
    };
    assert!(told.legs.iter().flatten().all(cell));
    assert_eq!(osrm.times_asked(), 6, "three blocks of rows, two of columns");
    assert_eq!(asks(&from[3..7], &to[90..110]).router, Router::Osrm);
    assert_eq!(osrm.times_asked(), 6, "all of it was at hand");

    osrm.becomes([Mood::Answers(table), says(500, "")]);
    let further = spots(150, -122.41);
    let told = asks(&from, &further);
    assert_eq!(told.router, Router::StraightLine);
    assert!(told.legs.iter().flatten().all(|leg| leg.is_some_and(|leg| leg.length_m != 1_000.0)));
    assert!(
        places::table(&world.app, &sf(), (&[], &to), Profile::Driving).unwrap().legs.is_empty()
    );
    let many = spots(501, -122.42);
    let refused = places::table(&world.app, &sf(), (&many, &many), Profile::Driving);
    assert!(refused.unwrap_err().to_string().contains("250000"));
    let nowhere =
        places::table(&world.app, &"oak".parse().unwrap(), (&from, &to), Profile::Driving);
    assert!(nowhere.is_err());
}

/// B11: a table that takes longer than the patience is the built-in router's, in time, and is no
/// fault of OSRM's; asked again it comes closer, until all of it is at hand.
#[test]
fn a_table_too_large_for_the_patience_comes_closer() {
    let osrm = Elsewhere::new(Mood::Dawdles(Duration::from_millis(30), table));
    let world = with(&format!("router = \"osrm+{}\"\n[calls]\npatience = \"400ms\"", osrm.url));
    let spots = |count: usize, lng: f64| -> Vec<Position> {
        (0..count).map(|step| at(37.70 + step as f64 / 1_000.0, lng)).collect()
    };
    let (from, to) = (spots(80, -122.42), spots(250, -122.41));
    let mut routers = Vec::new();
    while routers.last() != Some(&Router::Osrm) {
        assert!(routers.len() < 24, "{} blocks were answered", osrm.times_asked());
        let told = places::table(&world.app, &sf(), (&from, &to), Profile::Driving).unwrap();
        assert!(told.legs.iter().flatten().all(Option::is_some));
        routers.push(told.router);
        assert!(!world.app.others.router.as_ref().unwrap().is_left_alone());
    }
    assert!(routers.len() > 1, "24 blocks of 30 ms do not fit into 400 ms");
}

/// C8: factors were learned of the built-in router's seconds, and are applied to no other's.
#[test]
fn what_was_learned_is_of_the_built_in_router() {
    let osrm = Elsewhere::new(Mood::Answers(table));
    let served = Served::new(with(&format!("router = \"osrm+{}\"", osrm.url)));
    assert_eq!(gets(&served, ARRIVAL)["router"], "osrm");
    let mut trips = "start_ts,end_ts,start_lat,start_lon,end_lat,end_lon\n".to_owned();
    for number in 0..500 {
        let start = 1_211_700_000 + number * 300;
        trips += &format!("{start},{},37.7600,-122.4200,37.7700,-122.4100\n", start + 600);
    }
    let models = "/v1/arrival/models?market=sf";
    assert_eq!(served.operator.asks("POST", models, &[], &trips).status, 200);
    let told = gets(&served, ARRIVAL);
    assert_eq!((&told["router"], &told["model_version"]), (&json!("straight_line"), &json!(1)));
    let seconds = told["travel_seconds"].as_f64().unwrap();
    assert!((590.0..610.0).contains(&seconds), "{told}");
    assert_eq!(osrm.times_asked(), 1);
}

/// F1: a router that is none is told of at the start, with the key and the reason.
#[test]
fn a_wrong_url_is_told_of_at_the_start() {
    let cases = [
        ("router = \"osrm\"", "router: \"osrm\" is neither streets: nor KIND+http://HOST:PORT"),
        ("router = \"osrm+127.0.0.1:5000\"", "router: \"127.0.0.1:5000\" "),
        ("router = \"valhalla+http://a\"", "router: \"valhalla\" is not known: streets: and osrm"),
        ("router = \"osrm+http://a/?b\"", "router: \"http://a/?b\" has more than a host"),
        ("geocoder = \"osrm+http://a\"", "geocoder: \"osrm\" is not known: streets: and photon"),
        ("geocoder = \"photon+http://me:secret@a\"", "geocoder: "),
    ];
    for (keys, expected) in cases {
        let config = Config::parse(&format!("{keys}\n{SF}")).unwrap();
        let directory = TempDir::new().unwrap();
        let clock = Arc::new(crate::world::HandClock::default());
        let Err(refused) = App::open(config, directory.path(), clock) else {
            panic!("{keys} was taken");
        };
        assert!(refused.to_string().starts_with(expected), "{keys}: {refused}");
    }
    let wrong = Config::parse(&format!("[calls]\npatience = \"11s\"\n{SF}")).unwrap_err();
    assert_eq!(wrong, "calls.patience: is not within 1ms and 10s");
}
