//! `doorstep simulate couriers`: a fleet that tells a server where it is.

use crate::arguments::{Couriers, Place};
use crate::command::answer;
use crate::failure::Failure;
use crate::load::{Drive, FAILURES_MAX, Load, Target, one_thread};
use crate::table::{Column, Show, card};
use crate::transport::{Remote, Request, Transport};
use doorstep_domain::id::MarketId;
use doorstep_sim::fleet::{FleetPlan, fleet, name};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::fmt::Write;
use std::ops::Range;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::interval;

/// Couriers registered in one request: about half a MiB.
const REGISTERED_AT_ONCE: u32 = 10_000;

/// How often the progress line changes.
const LOOK: Duration = Duration::from_secs(1);

const FIGURES: &[Column] = &[
    Column("couriers", "/couriers", Show::Count),
    Column("seconds", "/seconds", Show::Text),
    Column("due", "/due", Show::Count),
    Column("sent", "/sent", Show::Count),
    Column("acknowledged", "/acknowledged", Show::Count),
    Column("acknowledged/s", "/acknowledged_per_s", Show::Count),
    Column("rejected", "/rejected", Show::Count),
    Column("asked to wait", "/asked_to_wait", Show::Count),
    Column("failed", "/failed", Show::Count),
    Column("answered: p50 ms", "/latency_ms/p50", Show::Text),
    Column("p99 ms", "/latency_ms/p99", Show::Text),
    Column("most ms", "/latency_ms/most", Show::Text),
];

/// Registers the fleet, drives it, and says how it went.
pub(super) fn run(place: &Place, asked: &Couriers) -> Result<ExitCode, Failure> {
    let target = Target::of(place, "simulate couriers")?;
    if !asked.registered {
        register(place, asked.couriers, &asked.market)?;
    }
    let load = Load {
        fleet: fleet(FleetPlan {
            seed: asked.seed,
            couriers: asked.couriers,
            center: asked.center,
            every_us: i64::try_from(asked.every.as_micros()).unwrap_or(i64::MAX),
            dirt_bp: asked.dirt_bp,
        }),
        form: asked.form,
        batch: asked.batch.unwrap_or_else(|| asked.form.usual_batch()),
        connections: asked.connections.unwrap_or_else(|| asked.form.usual_connections()),
        length: asked.length,
        failures_max: FAILURES_MAX,
    };
    let figures = one_thread()?.block_on(drives(load, target))?;
    answer(asked.json, &figures, |figures| card(FIGURES, figures, None))?;
    match figures["first_failure"].as_str() {
        // Nothing went through: that is no measurement.
        Some(why) if figures["acknowledged"] == 0 => Err(Failure::Refused(why.to_owned())),
        Some(why) => {
            eprintln!("doorstep: {} requests failed, the first: {why}", figures["failed"]);
            Ok(ExitCode::SUCCESS)
        }
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Makes the fleet known; whoever is known already stays as they are.
pub(crate) fn register(place: &Place, couriers: u32, market: &MarketId) -> Result<(), Failure> {
    let url = place.server.as_deref().unwrap_or_default();
    let remote = Transport::Remote(Remote::new(url, place.key.clone())?);
    let progress = ProgressBar::new(couriers.into());
    let style = "registering {wide_bar} {human_pos}/{human_len} couriers";
    progress.set_style(
        ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut first = 0;
    while first < couriers {
        let end = first.saturating_add(REGISTERED_AT_ONCE).min(couriers);
        let lines = registrations(first..end, market.as_str());
        let request = Request::post("/v1/couriers").sending("application/x-ndjson", lines);
        let taken = remote.ask(request)?;
        if let Some(refused) = taken["rejected"].get(0) {
            let why = refused["reason"].as_str().unwrap_or_default();
            return Err(Failure::Refused(format!("a courier was not registered: {why}")));
        }
        progress.set_position(end.into());
        first = end;
    }
    progress.finish_and_clear();
    Ok(())
}

/// A line for each courier.
fn registrations(couriers: Range<u32>, market: &str) -> Vec<u8> {
    let mut lines = String::new();
    for courier in couriers {
        let courier = name(courier);
        // A string takes whatever is written to it.
        let _ = writeln!(lines, r#"{{"courier_id":"{}","market":"{market}"}}"#, courier.as_str());
    }
    lines.into_bytes()
}

/// Drives the load to its end, with a line of progress each second.
async fn drives(load: Load, target: Target) -> Result<Value, Failure> {
    let (couriers, form, batch) = (load.fleet.plan().couriers, load.form, load.batch);
    let (drive, connections) = Drive::open(load, target).await?;
    let progress = ProgressBar::new_spinner();
    tokio::select! {
        () = drive.run(connections) => {}
        () = tells(&drive, &progress) => {}
    }
    progress.finish_and_clear();
    let (due, seconds) = (drive.due(), drive.seconds());
    let sent = drive.sent();
    Ok(json!({
        "couriers": couriers, "form": form.as_str(), "batch": batch,
        "seconds": hundredths(seconds), "due": due, "sent": sent.pings,
        "acknowledged": sent.acknowledged,
        "acknowledged_per_s": (sent.acknowledged as f64 / seconds).round() as u64,
        "rejected": sent.rejected, "asked_to_wait": sent.asked_to_wait,
        "failed": sent.failed, "first_failure": sent.first_failure,
        "latency_ms": sent.latency.to_json(),
    }))
}

/// Says each second how it goes, for ever.
async fn tells(drive: &Drive, progress: &ProgressBar) {
    let (mut each, mut before) = (interval(LOOK), (0, 0));
    loop {
        each.tick().await;
        let due = drive.due();
        let mut sent = drive.sent();
        let line = format!(
            "{} sent/s · {} acknowledged/s · {} behind · answered p50 {:.1} ms p99 {:.1} ms · \
             {} asked to wait · {} failed",
            sent.pings - before.0,
            sent.acknowledged - before.1,
            due.saturating_sub(sent.pings),
            sent.lately.quantile_ms(0.5),
            sent.lately.quantile_ms(0.99),
            sent.asked_to_wait,
            sent.failed,
        );
        before = (sent.pings, sent.acknowledged);
        sent.lately.clear();
        drop(sent);
        progress.set_message(line);
        progress.tick();
    }
}

fn hundredths(seconds: f64) -> f64 {
    (seconds * 100.0).round() / 100.0
}
