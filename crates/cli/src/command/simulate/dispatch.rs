//! `doorstep simulate dispatch`: a city that asks for deliveries, and what becomes of them.

use super::couriers::register;
use crate::arguments::{Dispatch, Place};
use crate::command::answer;
use crate::failure::Failure;
use crate::load::{
    City, CityLoad, Client, Drive, Form, Load, Target, Wanted, go_online, one_thread,
};
use crate::table::{Column, Show, card, table};
use doorstep_sim::fleet::{Fleet, FleetPlan, fleet};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, sleep};

/// How long all couriers together may take to be let in.
const LET_IN: Duration = Duration::from_secs(120);

/// How often it is looked whether they are.
const LOOK: Duration = Duration::from_millis(200);

/// How long after the first round of pings the city begins to ask: positions are on the map then.
const ON_THE_MAP: Duration = Duration::from_secs(1);

/// Requests of pings under way at once: there are few.
const PING_CONNECTIONS: u32 = 4;

/// Requests of pings that each round is divided into.
const PING_BATCHES: u64 = 50;

const COUNTS: &[Column] = &[
    Column("couriers", "/couriers", Show::Count),
    Column("listening", "/streams", Show::Count),
    Column("seconds", "/seconds", Show::Text),
    Column("asked", "/asked", Show::Count),
    Column("answered", "/answered", Show::Count),
    Column("offers seen", "/offers", Show::Count),
    Column("assigned", "/assigned", Show::Count),
    Column("delivered", "/delivered", Show::Count),
    Column("accepts refused", "/refused", Show::Count),
    Column("sent again", "/sent_again", Show::Count),
    Column("asked to wait", "/asked_to_wait", Show::Count),
    Column("requests failed", "/failed", Show::Count),
    Column("of couriers", "/failed_of_couriers", Show::Count),
    Column("kept by the server", "/proof/kept", Show::Count),
    Column("lost", "/proof/lost", Show::Count),
    Column("doubled", "/proof/doubled", Show::Count),
    Column("with two couriers", "/proof/with_two_couriers", Show::Count),
    Column("how they stand", "/proof/by_status", Show::Tally),
];

const LATENCIES: &[Column] = &[
    Column("in ms, since it was due", "/what", Show::Text),
    Column("p50", "/p50", Show::Count),
    Column("p90", "/p90", Show::Count),
    Column("p99", "/p99", Show::Count),
    Column("most", "/most", Show::Count),
];

/// Latencies by their names in JSON, and as a table says them.
const WORDS: [(&str, &str); 5] = [
    ("request", "request → answer"),
    ("first_offer", "request → first offer seen"),
    ("assigned", "request → assigned"),
    ("accept", "accept → answer"),
    ("status", "status → answer"),
];

/// Makes the city, and says how it went. Exits 1 where something was lost, doubled, or given to
/// two.
pub(super) fn run(place: &Place, asked: &Dispatch) -> Result<ExitCode, Failure> {
    let target = Target::of(place, "simulate dispatch")?;
    if !asked.registered {
        register(place, asked.couriers, &asked.market)?;
    }
    let (figures, holds) = one_thread()?.block_on(goes(asked, target))?;
    answer(asked.json, &figures, told)?;
    if let Some(why) = figures["first_failure"].as_str() {
        eprintln!("doorstep: {} requests failed, the first: {why}", figures["failed"]);
    }
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(figures: &Value) -> String {
    let row = |(name, what): (&str, &str)| {
        let mut row = figures["latency_ms"][name].clone();
        row["what"] = json!(what);
        row
    };
    let latencies: Vec<Value> = WORDS.into_iter().map(row).collect();
    format!("{}{}", table(LATENCIES, &latencies, None), card(COUNTS, figures, None))
}

async fn goes(asked: &Dispatch, target: Target) -> Result<(Value, bool), Failure> {
    let progress = ProgressBar::new_spinner();
    let connections = usize::try_from(asked.connections).unwrap_or(usize::MAX);
    let client = Arc::new(Client::new(target.clone(), connections, asked.patience));
    if !asked.registered {
        let told = |there| progress.set_message(format!("{there} online"));
        go_online(&client, asked.couriers, told).await.map_err(Failure::Refused)?;
    }
    let fleet = fleet_of(asked);
    let (drive, pinging) = pings(asked, fleet.clone(), target).await?;
    let city = City::new(load_of(asked, fleet), client, drive.began());
    let listening = city.listens();
    everybody_listens(asked, &city, &progress).await.map_err(Failure::Refused)?;
    sleep(asked.every + ON_THE_MAP).await;
    tokio::select! {
        () = city.asks() => {}
        () = tells(&city, &progress) => {}
    }
    let seconds = city.seconds();
    city.settles().await;
    drop(listening);
    let proof = city.proves().await.map_err(Failure::Refused)?;
    pinging.abort();
    progress.finish_and_clear();
    let mut figures = figures_of(asked, &city);
    figures["seconds"] = ((seconds * 100.0).round() / 100.0).into();
    figures["pings"] = pings_of(&drive);
    figures["proof"] = proof.to_json();
    Ok((figures, proof.holds()))
}

fn figures_of(asked: &Dispatch, city: &City) -> Value {
    let (again, asked_to_wait) = city.sent_again();
    let told = city.told();
    json!({
        "couriers": asked.couriers, "streams": streams_of(asked),
        "requests_per_s": asked.requests_per_second,
        "asked": told.asked, "answered": told.answered, "offers": told.offers,
        "assigned": told.assigned, "delivered": told.delivered, "refused": told.refused,
        "sent_again": again, "asked_to_wait": asked_to_wait, "streams_reopened": told.reopened,
        "failed": told.failed, "failed_of_couriers": told.failed_of_couriers,
        "first_failure": told.first_failure, "latency_ms": told.latencies(),
    })
}

fn pings_of(drive: &Drive) -> Value {
    let sent = drive.sent();
    json!({ "acknowledged": sent.acknowledged, "failed": sent.failed })
}

fn fleet_of(asked: &Dispatch) -> Fleet {
    fleet(FleetPlan {
        seed: asked.seed,
        couriers: asked.couriers,
        center: asked.center,
        every_us: i64::try_from(asked.every.as_micros()).unwrap_or(i64::MAX),
        dirt_bp: 0,
    })
}

fn load_of(asked: &Dispatch, fleet: Fleet) -> CityLoad {
    CityLoad {
        seed: asked.seed,
        market: asked.market.clone(),
        wanted: Wanted::Deliveries,
        fleet,
        streams: streams_of(asked),
        requests_per_s: asked.requests_per_second,
        length: asked.length,
        dwell: asked.dwell,
        settle: asked.settle,
    }
}

fn streams_of(asked: &Dispatch) -> u32 {
    asked.streams.unwrap_or(asked.couriers).min(asked.couriers)
}

/// Lets everybody tell where they are, until the task is ended.
async fn pings(
    asked: &Dispatch,
    fleet: Fleet,
    target: Target,
) -> Result<(Arc<Drive>, JoinHandle<()>), Failure> {
    let load = Load {
        fleet,
        form: Form::Binary,
        batch: (u64::from(asked.couriers) / PING_BATCHES).clamp(1, Form::Binary.usual_batch()),
        connections: PING_CONNECTIONS,
        // Longer than all of it takes: it is ended then.
        length: LET_IN + asked.length + asked.patience + asked.settle + LET_IN,
        failures_max: u32::MAX,
    };
    let (drive, connections) = Drive::open(load, target).await?;
    let pinging = Arc::clone(&drive);
    Ok((drive, tokio::spawn(async move { pinging.run(connections).await })))
}

async fn everybody_listens(
    asked: &Dispatch,
    city: &Arc<City>,
    progress: &ProgressBar,
) -> Result<(), String> {
    let began = Instant::now();
    loop {
        let (listening, why) = {
            let told = city.told();
            (told.listening, told.first_failure.clone())
        };
        if listening >= u64::from(streams_of(asked)) {
            return Ok(());
        }
        if let Some(why) = why {
            return Err(format!("a courier's stream: {why}"));
        }
        if began.elapsed() > LET_IN {
            return Err(format!("only {listening} couriers were let in within {LET_IN:?}"));
        }
        progress.set_message(format!("{listening} listening"));
        sleep(LOOK).await;
    }
}

/// Says each second how it goes, for ever.
async fn tells(city: &City, progress: &ProgressBar) {
    let (mut each, mut before) = (interval(Duration::from_secs(1)), 0);
    loop {
        each.tick().await;
        let told = city.told();
        let line = format!(
            "{} asked · {} answered/s · p99 {:.0} ms · {} assigned · {} delivered · {} failed",
            told.asked,
            told.answered - before,
            told.request().quantile_ms(0.99),
            told.assigned,
            told.delivered,
            told.failed + told.failed_of_couriers,
        );
        before = told.answered;
        drop(told);
        progress.set_message(line);
        progress.tick();
    }
}
