//! `doorstep eta`: arrival times learned from trips, and how good they are.

use super::answer;
use super::geocode::market_of;
use super::import::Source;
use crate::arguments::{Eta, Learn, Place};
use crate::failure::Failure;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport};
use doorstep_domain::id::MarketId;
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

/// The columns that are sent: a file of trips may have many more.
const SENT: [&str; 6] = ["start_ts", "end_ts", "start_lat", "start_lon", "end_lat", "end_lon"];

const MODELS: &[Column] = &[
    Column("version", "/version", Show::Count),
    Column("trips", "/trips", Show::Count),
    Column("learned at", "/learned_at", Show::Text),
    Column("by", "/learned_by", Show::Text),
];

const METHODS: &[Column] = &[
    Column("method", "/method", Show::Text),
    Column("trips", "/trips", Show::Count),
    Column("% ±2 min", "/within_2_min_percent", Show::Count),
    Column("% ±5 min", "/within_5_min_percent", Show::Count),
    Column("% ±10 min", "/within_10_min_percent", Show::Count),
    Column("mean error, min", "/mean_error_min", Show::Count),
    Column("median", "/median_error_min", Show::Count),
    Column("% in p10–p90", "/within_p10_p90_percent", Show::Count),
];

/// Learns, evaluates or lists.
pub(crate) fn run(place: &Place, asked: &Eta) -> Result<ExitCode, Failure> {
    match asked {
        Eta::Learn(asked) => {
            let learned = learned(place, asked)?;
            answer(asked.listing.json, &learned, |learned| card(MODELS, learned, None))
        }
        Eta::Evaluate(trips) => {
            let path = "/v1/arrival/evaluate";
            let mut scores = sent(place, &trips.trips, trips.market.as_ref(), path)?;
            answer(trips.listing.json, &scores.clone(), |_| {
                shorten(&mut scores);
                table(METHODS, rows(&scores, "methods"), None)
            })
        }
        Eta::Models { market, listing } => {
            let transport = Transport::open(place)?;
            let market = market_of(&transport, market.as_ref())?;
            let request = Request::get("/v1/arrival/models").with("market", Some(market));
            let models = transport.ask(request)?;
            answer(listing.json, &models, |models| table(MODELS, rows(models, "data"), None))
        }
    }
}

fn learned(place: &Place, asked: &Learn) -> Result<Value, Failure> {
    let path = "/v1/arrival/models";
    if let Some(trips) = &asked.trips {
        return sent(place, trips, asked.market.as_ref(), path);
    }
    let transport = Transport::open(place)?;
    let market = market_of(&transport, asked.market.as_ref())?;
    let from = Some("deliveries").filter(|_| asked.deliveries);
    transport.ask(Request::post(path).with("market", Some(market)).with("from", from))
}

fn sent(
    place: &Place,
    trips: &Path,
    market: Option<&MarketId>,
    path: &str,
) -> Result<Value, Failure> {
    let body = needed(trips)?;
    let transport = Transport::open(place)?;
    let market = market_of(&transport, market)?;
    transport.ask(Request::post(path).with("market", Some(market)).sending("text/csv", body))
}

/// The columns of a file that are needed, as CSV.
fn needed(file: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |reason: String| Failure::Refused(format!("{}: {reason}", file.display()));
    let text = Source::open(file)?.read_whole()?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let headers = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let column = |name: &&str| {
        let found = headers.iter().position(|header| header.trim() == *name);
        found.ok_or_else(|| wrong(format!("has no column {name}")))
    };
    let columns: Vec<usize> = SENT.iter().map(column).collect::<Result<_, _>>()?;
    let mut lines = SENT.join(",") + "\n";
    for row in reader.records() {
        let row = row.map_err(|error| wrong(error.to_string()))?;
        // They are numbers: nothing to be quoted.
        let cells: Vec<&str> = columns.iter().map(|at| row.get(*at).unwrap_or("").trim()).collect();
        lines.push_str(&cells.join(","));
        lines.push('\n');
    }
    Ok(lines.into_bytes())
}

/// Two decimals are enough for people.
fn shorten(scores: &mut Value) {
    let methods = scores["methods"].as_array_mut().into_iter().flatten();
    let values = methods.filter_map(Value::as_object_mut).flat_map(|method| method.values_mut());
    for value in values.filter(|value| value.is_f64()) {
        let number = value.as_f64().unwrap_or_default();
        *value = ((number * 100.0).round() / 100.0).into();
    }
}
