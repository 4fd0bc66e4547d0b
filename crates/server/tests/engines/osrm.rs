//! A real OSRM: what it says is what we say, and that it comes and goes stops nobody.
//!
//! They need the one that `scripts/services/osrm.sh` runs, whose URL `DOORSTEP_TEST_OSRM` names.

use crate::elsewhere::waits;
use crate::world::{SF, World};
use doorstep_domain::streets::Profile;
use doorstep_domain::time::{Clock, Micros};
use doorstep_domain::tracking::Position;
use doorstep_server::clock::SteadyClock;
use doorstep_server::places::{self, Router};
use doorstep_sim::chance::Chance;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::Value;
use std::env;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One test at a time: one of them kills the server.
static ALONE: Mutex<()> = Mutex::new(());

/// The server to ask, if there is one.
fn osrm() -> Option<(String, MutexGuard<'static, ()>)> {
    let Ok(url) = env::var("DOORSTEP_TEST_OSRM") else {
        let required = env::var("DOORSTEP_ENGINES_REQUIRED").as_deref() == Ok("1");
        assert!(!required, "DOORSTEP_TEST_OSRM is not set");
        println!("skipped: DOORSTEP_TEST_OSRM is not set");
        return None;
    };
    Some((url, ALONE.lock().unwrap_or_else(PoisonError::into_inner)))
}

fn script(verb: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/services/osrm.sh");
    assert!(Command::new(path).arg(verb).status().unwrap().success(), "osrm.sh {verb}");
}

fn with(url: &str, calls: &str) -> World {
    World::on(None, &format!("router = \"osrm+{url}\"\n[calls]\n{calls}\n{SF}"))
}

/// Somewhere in the middle of San Francisco, at the grain to which ways are kept.
fn somewhere(chance: &mut Chance) -> Position {
    let mut within = |least: i64| (least + chance.between(0, 280)) as f64 / 10_000.0;
    Position::from_degrees(within(377_460), within(-1_224_340)).unwrap()
}

fn gets(url: &str) -> Value {
    ureq::get(url).call().unwrap().body_mut().read_json().unwrap()
}

/// B11: a table, cut into blocks, and a way alone are OSRM's own, to the tenth of a second and of a
/// metre.
#[test]
fn what_osrm_says_is_what_is_said() {
    let Some((url, _alone)) = osrm() else { return };
    let world = with(&url, "patience = \"10s\"");
    let mut chance = Chance::new(1);
    let [from, to] =
        [12, 104].map(|count| (0..count).map(|_| somewhere(&mut chance)).collect::<Vec<_>>());
    let market = "sf".parse().unwrap();
    let table = places::table(&world.app, &market, (&from, &to), Profile::Driving).unwrap();
    assert_eq!(table.router, Router::Osrm);
    let place = |at: &Position| format!("{:.4},{:.4}", at.lng(), at.lat());
    for (from, row) in from.iter().zip(&table.legs) {
        let places: Vec<String> = [from].into_iter().chain(&to).map(place).collect();
        let query = "sources=0&annotations=duration,distance";
        let own = gets(&format!("{url}/table/v1/driving/{}?{query}", places.join(";")));
        for (column, leg) in row.iter().enumerate() {
            let own = |name: &str| own[name][0][column + 1].as_f64().unwrap();
            let leg = leg.unwrap();
            let seconds = leg.duration_ms as f64 / 1_000.0;
            // The last digit is another one in a table of another size, of OSRM's own as well.
            let off = (seconds - own("durations"), leg.length_m - own("distances"));
            assert!(off.0.abs() < 0.11 && off.1.abs() < 0.11, "to {column}: {leg:?}, {off:?}");
        }
    }
    let way = |to: &Position| {
        places::travel(&world.app, &market, (from[0], *to), Profile::Driving).unwrap()
    };
    for to in &to[..20] {
        let path = format!("{};{}?overview=false", place(&from[0]), place(to));
        let own = gets(&format!("{url}/route/v1/driving/{path}"));
        let (own_s, travel) = (own["routes"][0]["duration"].as_f64().unwrap(), way(to));
        let told_s = travel.leg.unwrap().duration_ms as f64 / 1_000.0;
        assert!((own_s - told_s).abs() < 0.21, "{own_s} {told_s}");
        assert_eq!(travel.router, Router::Osrm);
    }
}

/// What askers were told.
#[derive(Default)]
struct Told {
    by_osrm: AtomicU64,
    by_us: AtomicU64,
    slowest_us: AtomicI64,
    is_over: AtomicBool,
}

impl Told {
    /// Asks for new ways all the time, and is never told an error.
    fn asks(&self, world: &World, seed: u64) {
        let (mut chance, clock) = (Chance::new(seed), SteadyClock::start());
        let market = "sf".parse().unwrap();
        while !self.is_over.load(Relaxed) {
            let way = (somewhere(&mut chance), somewhere(&mut chance));
            let Micros(began) = clock.now();
            let told = places::travel(&world.app, &market, way, Profile::Driving).unwrap();
            self.slowest_us.fetch_max(clock.now().0 - began, Relaxed);
            let count = if told.router == Router::Osrm { &self.by_osrm } else { &self.by_us };
            count.fetch_add(1, Relaxed);
            waits(Duration::from_millis(10));
        }
    }
}

/// Waits for something that must come within twenty seconds.
fn comes(what: &str, is_there: impl Fn() -> bool) {
    let clock = SteadyClock::start();
    while !is_there() {
        assert!(clock.now().0 < 20_000_000, "{what} has not come");
        waits(Duration::from_millis(20));
    }
}

/// B11: OSRM is killed and started again, twice, while eight ask all the time: nobody is told an
/// error, everybody is answered in time, every way that it did not measure is counted, it is left
/// alone while it is gone, and it is back when it is back.
#[test]
fn osrm_is_killed_under_load_and_nobody_notices() {
    let Some((url, _alone)) = osrm() else { return };
    let world = with(&url, "router_per_second = 0");
    let (told, recorder) = (Told::default(), PrometheusBuilder::new().build_recorder());
    let router = world.app.others.router.as_ref().unwrap();
    std::thread::scope(|scope| {
        for seed in 0..8 {
            let (world, told, recorder) = (&world, &told, &recorder);
            scope.spawn(move || {
                metrics::with_local_recorder(recorder, || told.asks(world, seed));
            });
        }
        let grows = |count: &AtomicU64, by: u64| {
            let before = count.load(Relaxed);
            move |count: &AtomicU64| count.load(Relaxed) >= before + by
        };
        for _ in 0..2 {
            let enough = grows(&told.by_osrm, 300);
            comes("an answer of OSRM", || enough(&told.by_osrm));
            script("kill");
            comes("the open breaker", || router.is_left_alone());
            let enough = grows(&told.by_us, 300);
            comes("an answer without OSRM", || enough(&told.by_us));
            script("start");
            comes("the closed breaker", || !router.is_left_alone());
            let enough = grows(&told.by_osrm, 300);
            comes("OSRM again", || enough(&told.by_osrm));
        }
        told.is_over.store(true, Relaxed);
    });
    let figures = recorder.handle().render();
    let fallbacks = figures.lines().filter(|line| line.starts_with("doorstep_places_fallbacks"));
    let counted: u64 =
        fallbacks.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(counted, told.by_us.load(Relaxed), "{figures}");
    let slowest_us = told.slowest_us.load(Relaxed);
    assert!(slowest_us < 1_000_000, "{slowest_us} µs, where 300 ms are allowed");
    println!(
        "{} ways by OSRM, {counted} without it, the slowest {slowest_us} µs",
        told.by_osrm.load(Relaxed)
    );
}
