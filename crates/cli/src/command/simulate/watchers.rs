//! `doorstep simulate watchers`: how fresh a server's map is, and what looking at it costs.

use crate::arguments::{Place, Watchers, WatchersOf};
use crate::command::answer;
use crate::failure::Failure;
use crate::load::{Crowd, Latency, Scope, Target, one_thread};
use crate::table::{Column, Show, card};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::{Instant, interval, sleep};

/// How long all of them together may take to be let in.
const LET_IN: Duration = Duration::from_secs(120);

/// How often it is looked whether they are.
const LOOK: Duration = Duration::from_millis(200);

const FIGURES: &[Column] = &[
    Column("watching", "/watching", Show::Count),
    Column("lost", "/lost", Show::Count),
    Column("seconds", "/seconds", Show::Text),
    Column("updates", "/updates", Show::Count),
    Column("updates/s", "/updates_per_s", Show::Count),
    Column("messages", "/messages", Show::Count),
    Column("out of order", "/out_of_order", Show::Count),
    Column("seen: p50 ms", "/latency_ms/p50", Show::Text),
    Column("p99 ms", "/latency_ms/p99", Show::Text),
    Column("most ms", "/latency_ms/most", Show::Text),
    Column("KiB of the server each", "/kib_each", Show::Text),
];

/// Lets watchers in, and says what they were shown. Exits 1 where one was shown an older position
/// after a newer one.
pub(super) fn run(place: &Place, asked: &Watchers) -> Result<ExitCode, Failure> {
    let target = Target::of(place, "simulate watchers")?;
    let figures = one_thread()?.block_on(watch(asked, target))?;
    answer(asked.json, &figures, |figures| card(FIGURES, figures, None))?;
    if let Some(why) = figures["first_failure"].as_str() {
        eprintln!("doorstep: {} watchers were lost, the first: {why}", figures["lost"]);
    }
    if figures["watching"] == 0 {
        return Err(Failure::Refused("nobody was let in".to_owned()));
    }
    Ok(if figures["out_of_order"] == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn watch(asked: &Watchers, target: Target) -> Result<Value, Failure> {
    let scope = match asked.of {
        WatchersOf::Couriers => Scope::Couriers(asked.couriers),
        WatchersOf::Boxes => Scope::Boxes(asked.center),
    };
    let progress = ProgressBar::new_spinner();
    let crowd = Crowd::new(target);
    let before_kib = asked.pid.map(resident_kib).transpose()?;
    let watchers = crowd.begin(asked.count, scope);
    let began = Instant::now();
    while began.elapsed() < LET_IN && !everybody(&crowd, asked.count) {
        sleep(LOOK).await;
        progress.set_message(format!("{} let in", crowd.seen().watching));
    }
    // The first thing each is shown is a snapshot; what counts comes from here on.
    crowd.seen().latency.clear();
    let (watched, messages, updates) = begin_counting(&crowd);
    tokio::select! {
        () = sleep(asked.length) => {}
        () = tells(&crowd, &progress) => {}
    }
    let after_kib = asked.pid.map(resident_kib).transpose()?;
    progress.finish_and_clear();
    let seconds = watched.elapsed().as_secs_f64();
    let seen = crowd.seen();
    let updates = seen.updates - updates;
    let kib = before_kib.zip(after_kib).map(|(before, after)| after.saturating_sub(before));
    let figures = json!({
        "watching": seen.watching.saturating_sub(seen.lost), "lost": seen.lost,
        "first_failure": seen.first_failure, "seconds": (seconds * 100.0).round() / 100.0,
        "updates": updates, "updates_per_s": (updates as f64 / seconds).round() as u64,
        "messages": seen.messages - messages, "out_of_order": seen.out_of_order,
        "latency_ms": Latency::to_json(&seen.latency),
        "kib_before": before_kib, "kib_after": after_kib,
        "kib_each": kib.map(|kib| (kib as f64 / f64::from(asked.count) * 10.0).round() / 10.0),
    });
    drop((seen, watchers));
    Ok(figures)
}

fn everybody(crowd: &Crowd, count: u32) -> bool {
    let seen = crowd.seen();
    seen.watching >= u64::from(count)
        || seen.lost > 0 && seen.watching + seen.lost >= u64::from(count)
}

fn begin_counting(crowd: &Crowd) -> (Instant, u64, u64) {
    let seen = crowd.seen();
    (Instant::now(), seen.messages, seen.updates)
}

/// Says each second how it goes, for ever.
async fn tells(crowd: &Crowd, progress: &ProgressBar) {
    let (mut each, mut before) = (interval(Duration::from_secs(1)), crowd.seen().updates);
    loop {
        each.tick().await;
        let seen = crowd.seen();
        let line = format!(
            "{} watching · {} updates/s · seen p50 {:.0} ms p99 {:.0} ms · {} out of order",
            seen.watching.saturating_sub(seen.lost),
            seen.updates - before,
            seen.latency.quantile_ms(0.5),
            seen.latency.quantile_ms(0.99),
            seen.out_of_order,
        );
        before = seen.updates;
        drop(seen);
        progress.set_message(line);
        progress.tick();
    }
}

/// The memory that a process occupies, in KiB (proc(5), `VmRSS`).
fn resident_kib(pid: u32) -> Result<u64, Failure> {
    let path = std::path::PathBuf::from(format!("/proc/{pid}/status"));
    let status = std::fs::read_to_string(&path).map_err(Failure::file(&path))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|text| text.split_whitespace().next()?.parse().ok());
    kib.ok_or_else(|| Failure::Refused(format!("{} does not tell VmRSS", path.display())))
}
