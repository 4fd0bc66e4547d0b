//! `doorstep simulate mdrp`: how good dispatch is, on public days of a real delivery network.

mod pay;

use crate::arguments::{Mdrp, MdrpMode};
use crate::command::answer;
use crate::failure::Failure;
use crate::table::{Column, Show, rows, table};
use doorstep_domain::dispatch::batch;
use doorstep_sim::mdrp::day::MINUTE_US;
use doorstep_sim::mdrp::{Checked, Instance, Measures, Solution, check, day, nearest};
use indicatif::ProgressBar;
use pay::Paid;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const FIGURES: &[Column] = &[
    Column("instance", "/instance", Show::Text),
    Column("orders", "/orders", Show::Count),
    Column("delivered %", "/delivered_percent", Show::Count),
    Column("click-to-door", "/click_to_door_min/mean", Show::Count),
    Column("p90", "/click_to_door_min/p90", Show::Count),
    Column("on target %", "/on_target_percent", Show::Count),
    Column("ready-to-pickup", "/ready_to_pickup_min/mean", Show::Count),
    Column("ready-to-door", "/ready_to_door_min/mean", Show::Count),
    Column("bundled %", "/bundled_percent", Show::Count),
    Column("utilised %", "/utilised_percent", Show::Count),
    Column("pay", "/pay_minor", Show::Money),
    Column("slowest ms", "/slowest_ms", Show::Count),
];

/// Faults that are told of each instance; more of them say no more.
const FAULTS_TOLD: usize = 5;

/// What is known of a day, or of several.
#[derive(Default)]
struct Figures {
    measures: Measures,
    paid: Paid,
    slowest: Duration,
}

/// Runs the instances, writes and checks their solutions, and says what they are worth. Exits 1
/// where a solution breaks a rule of the paper.
pub(super) fn run(asked: &Mdrp) -> Result<ExitCode, Failure> {
    let directories = instances(asked)?;
    let progress = ProgressBar::new(directories.len() as u64);
    let (mut told, mut all, mut feasible) = (Vec::new(), Figures::default(), true);
    for directory in &directories {
        let (name, figures, faults) = one(asked, directory)?;
        for fault in faults.iter().take(FAULTS_TOLD) {
            progress.suspend(|| eprintln!("doorstep: {name}: {fault}"));
        }
        feasible &= faults.is_empty();
        told.push(figures.row(&name, faults.len()));
        all.measures.join(&figures.measures);
        all.paid.join(figures.paid);
        all.slowest = all.slowest.max(figures.slowest);
        progress.inc(1);
    }
    progress.finish_and_clear();
    told.push(all.row("all", 0));
    let figures = json!({ "mode": asked.mode.as_str(), "currency": pay::CURRENCY, "data": told });
    answer(asked.json, &figures, |figures| {
        table(FIGURES, rows(figures, "data"), pay::CURRENCY.parse().ok())
    })?;
    Ok(if feasible { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The directories asked for: the one itself, or those in it by name.
fn instances(asked: &Mdrp) -> Result<Vec<PathBuf>, Failure> {
    let within = &asked.instances;
    if within.join("orders.txt").is_file() {
        return Ok(vec![within.clone()]);
    }
    let mut directories = Vec::new();
    for entry in fs::read_dir(within).map_err(Failure::file(within))? {
        let path = entry.map_err(Failure::file(within))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let wanted = asked
            .class
            .as_ref()
            .is_none_or(|class| name.as_ref().is_some_and(|name| name.ends_with(class.as_str())));
        if path.is_dir() && wanted {
            directories.push(path);
        }
    }
    directories.sort();
    directories.truncate(asked.limit.unwrap_or(usize::MAX));
    if directories.is_empty() {
        let class = asked.class.as_deref().map(|class| format!(" of class {class}"));
        let class = class.unwrap_or_default();
        return Err(Failure::Refused(format!("{}: no instance{class}", within.display())));
    }
    Ok(directories)
}

/// Runs one instance, writes its solution and reads it again as a stranger would.
fn one(asked: &Mdrp, directory: &Path) -> Result<(String, Figures, Vec<String>), Failure> {
    let refused = |error: &dyn std::fmt::Display| Failure::Refused(error.to_string());
    let instance = Instance::read(directory).map_err(|error| refused(&error))?;
    let (solution, slowest) = dispatched(asked, &instance);
    let out = asked.out.join(&instance.name);
    solution.write(&out).map_err(Failure::file(&out))?;
    let Checked { faults, measures, drops_min } =
        check(directory, &out).map_err(|error| refused(&error))?;
    let paid = pay::paid(&instance, &drops_min).map_err(|error| refused(&error))?;
    Ok((instance.name, Figures { measures, paid, slowest }, faults))
}

fn dispatched(asked: &Mdrp, instance: &Instance) -> (Solution, Duration) {
    let every_min = asked.every_min;
    let settings = day::settings(instance, every_min);
    let parameters = instance.parameters;
    let travel = |from, to| parameters.travel_min(from, to) * MINUTE_US;
    let mut slowest = Duration::ZERO;
    let solution = day::run(instance, every_min, &mut |snapshot, now| {
        #[expect(clippy::disallowed_methods, reason = "how long a decision takes is what is asked")]
        let began = Instant::now();
        let plan = match asked.mode {
            MdrpMode::Batch => batch::plan(snapshot, &settings, travel, now),
            MdrpMode::Nearest => nearest::nearest(snapshot, &settings, travel, now),
        };
        #[expect(clippy::disallowed_methods, reason = "how long a decision takes is what is asked")]
        let took = began.elapsed();
        slowest = slowest.max(took);
        plan
    });
    (solution, slowest)
}

impl Figures {
    fn row(&self, name: &str, faults: usize) -> Value {
        let of = &self.measures;
        let spread = |spread: &doorstep_sim::mdrp::check::Spread| {
            json!({
                "mean": hundredths(spread.mean()), "p10": spread.percentile(10),
                "p50": spread.percentile(50), "p90": spread.percentile(90),
                "most": spread.percentile(100),
            })
        };
        json!({
            "instance": name, "faults": faults, "orders": of.orders, "delivered": of.delivered,
            "delivered_percent": percent(of.delivered, of.orders),
            "on_target_percent": percent(of.on_target, of.delivered),
            "click_to_door_min": spread(&of.click_to_door),
            "ready_to_door_min": spread(&of.ready_to_door),
            "ready_to_pickup_min": spread(&of.ready_to_pickup),
            "pickups": of.pickups, "bundled_percent": percent(of.bundled, of.delivered),
            "utilised_percent": hundredths(of.busy_min as f64 * 100.0 / of.duty_min.max(1) as f64),
            "couriers": self.paid.couriers, "pay_minor": self.paid.pay_minor,
            "earned_minor": self.paid.earned_minor,
            "guaranteed_percent": percent(self.paid.guaranteed, self.paid.couriers),
            "slowest_ms": hundredths(self.slowest.as_secs_f64() * 1_000.0),
        })
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    hundredths(part as f64 * 100.0 / whole.max(1) as f64)
}

fn hundredths(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
