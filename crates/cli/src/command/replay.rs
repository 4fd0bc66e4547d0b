//! `doorstep replay`: archived hours go back into the log, hour by hour.

use super::answer;
use crate::arguments::{Place, Replay};
use crate::failure::Failure;
use crate::table::{Column, Show, card, rows};
use crate::transport::{Request, Transport};
use doorstep_domain::time::Micros;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::ExitCode;

const REPLAYED: &[Column] = &[
    Column("hours", "/hours", Show::Count),
    Column("files", "/files", Show::Count),
    Column("records", "/records", Show::Count),
    Column("pings", "/pings", Show::Count),
    Column("bytes", "/bytes", Show::Count),
];

/// What each answer counts.
const COUNTS: [&str; 4] = ["files", "records", "pings", "bytes"];

/// Feeds archived hours back into the log.
pub(crate) fn replay(place: &Place, asked: &Replay) -> Result<ExitCode, Failure> {
    let transport = Transport::open(place)?;
    let hours = hours(&transport, asked)?;
    let progress = ProgressBar::new(hours.values().sum());
    let mut total = BTreeMap::from(COUNTS.map(|count| (count, 0)));
    for (begin, end) in spans(asked, hours.keys().copied()) {
        let request = Request::post("/v1/archive/replay").sending_json(&json!({
            "topic": asked.topic.as_str(), "from": begin, "to": end, "market": asked.market,
        }));
        let replayed = transport.ask(request)?;
        for (count, total) in &mut total {
            *total += replayed[count].as_u64().unwrap_or(0);
        }
        progress.set_position(total["records"]);
    }
    progress.finish_and_clear();
    let mut told = json!(total);
    told["hours"] = Value::from(hours.len());
    answer(asked.json, &told, |told| card(REPLAYED, told, None))
}

/// The archived hours that are meant, with how many records each has.
fn hours(transport: &Transport, asked: &Replay) -> Result<BTreeMap<Micros, u64>, Failure> {
    let mut hours = BTreeMap::new();
    let mut cursor: Option<String> = None;
    loop {
        let request = Request::get("/v1/archive")
            .with("topic", Some(asked.topic.as_str()))
            .with("from", Some(asked.from))
            .with("to", Some(asked.to))
            .with("market", asked.market.as_ref())
            .with("limit", Some(1_000))
            .with("cursor", cursor.as_ref());
        let page = transport.ask(request)?;
        for file in rows(&page, "data") {
            let hour = file["hour"].as_str().and_then(|hour| hour.parse().ok());
            let hour = hour.ok_or_else(|| Failure::Refused(format!("{file} has no hour")))?;
            *hours.entry(hour).or_insert(0) += file["records"].as_u64().unwrap_or(0);
        }
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Ok(hours);
        }
    }
}

/// The time that was asked for, cut where an archived hour begins: one request feeds back one.
fn spans(
    asked: &Replay,
    hours: impl Iterator<Item = Micros>,
) -> impl Iterator<Item = (Micros, Micros)> {
    let inside = hours.filter(|hour| asked.from < *hour && *hour < asked.to);
    let cuts: Vec<Micros> =
        std::iter::once(asked.from).chain(inside).chain(std::iter::once(asked.to)).collect();
    let pair = |pair: &[Micros]| (pair[0], pair[1]);
    cuts.windows(2).map(pair).collect::<Vec<_>>().into_iter()
}
