//! `doorstep geocode`: addresses to places, and how good that is.

use super::answer;
use super::import::{Source, only_market};
use crate::arguments::{Geocode, GeocodeEvaluate, Place};
use crate::failure::Failure;
use crate::table::{Column, Show, card, table};
use crate::transport::{Request, Transport};
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::Position;
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Answers that are surer than this are counted as sure.
const SURE: f64 = 0.6;

const FOUND: &[Column] = &[
    Column("address", "/address", Show::Text),
    Column("lat", "/lat", Show::Count),
    Column("lng", "/lng", Show::Count),
    Column("street", "/street", Show::Text),
    Column("number", "/number", Show::Count),
    Column("zip", "/zip", Show::Text),
    Column("how", "/how", Show::Text),
    Column("confidence", "/confidence", Show::Count),
    Column("by", "/geocoder", Show::Text),
];

const FIGURES: &[Column] = &[
    Column("addresses", "/addresses", Show::Count),
    Column("house number found, of 100", "/matched_percent", Show::Text),
    Column("  of these, metres off: median", "/median_m", Show::Text),
    Column("  90 of 100 within", "/p90_m", Show::Text),
    Column("  95 of 100 within", "/p95_m", Show::Text),
    Column("anything found, of 100", "/answered_percent", Show::Text),
    Column("  of these, metres off: median", "/answered_median_m", Show::Text),
    Column("  95 of 100 within", "/answered_p95_m", Show::Text),
];

/// Finds addresses, or says how well they are found.
pub(crate) fn run(place: &Place, asked: &Geocode) -> Result<ExitCode, Failure> {
    let transport = Transport::open(place)?;
    if let Some(GeocodeEvaluate::Evaluate { businesses, market, listing }) = &asked.evaluate {
        let market = market_of(&transport, market.as_ref())?;
        let figures = evaluate(&transport, &market, businesses)?;
        return answer(listing.json, &figures, |figures| card(FIGURES, figures, None));
    }
    let market = market_of(&transport, asked.market.as_ref())?;
    let mut found = Vec::new();
    let mut code = ExitCode::SUCCESS;
    for address in &asked.addresses {
        match transport.try_ask(request(&market, address))? {
            Ok(mut answer) => {
                answer["address"] = address.as_str().into();
                found.push(answer);
            }
            Err(refusal) if refusal.is_unknown_address() => {
                eprintln!("doorstep: {address:?} was not found");
                code = ExitCode::FAILURE;
            }
            Err(refusal) => return Err(refusal.into()),
        }
    }
    let found = Value::Array(found);
    let rows = |found: &Value| table(FOUND, found.as_array().map_or(&[], Vec::as_slice), None);
    answer(asked.listing.json, &found, rows)?;
    Ok(code)
}

/// The market named, or the only one.
pub(super) fn market_of(
    transport: &Transport,
    named: Option<&MarketId>,
) -> Result<String, Failure> {
    named.map_or_else(|| only_market(transport), |market| Ok(market.to_string()))
}

fn request(market: &str, address: &str) -> Request {
    Request::get("/v1/geocode").with("market", Some(market)).with("address", Some(address))
}

fn evaluate(transport: &Transport, market: &str, file: &Path) -> Result<Value, Failure> {
    let text = Source::open(file)?.read_whole()?;
    let wrong = |reason: String| Failure::Refused(format!("{}: {reason}", file.display()));
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let (mut count, mut matched, mut answered) = (0_usize, Vec::new(), Vec::new());
    for row in reader.deserialize::<std::collections::BTreeMap<String, String>>() {
        let row = row.map_err(|error| wrong(error.to_string()))?;
        let cell = |name: &str| row.get(name).map_or("", |cell| cell.trim());
        let degrees = |name: &str| cell(name).parse().ok();
        let truth = degrees("lat")
            .zip(degrees("lon"))
            .and_then(|(lat, lng)| Position::from_degrees(lat, lng));
        let truth = truth.ok_or_else(|| wrong(format!("row {}: no lat, lon", count + 1)))?;
        count += 1;
        let address = format!("{}, {}", cell("address"), cell("postal_code"));
        let found = match transport.try_ask(request(market, &address))? {
            Ok(found) => found,
            Err(refusal) if refusal.is_unknown_address() => continue,
            Err(refusal) => return Err(refusal.into()),
        };
        let number = |name: &str| found[name].as_f64().unwrap_or(f64::NAN);
        let Some(place) = Position::from_degrees(number("lat"), number("lng")) else { continue };
        let off_m = place.distance_m(truth);
        answered.push(off_m);
        if found["how"] == "number" && number("confidence") >= SURE {
            matched.push(off_m);
        }
    }
    Ok(figures(count, matched, answered))
}

fn figures(count: usize, mut matched: Vec<f64>, mut answered: Vec<f64>) -> Value {
    matched.sort_by(f64::total_cmp);
    answered.sort_by(f64::total_cmp);
    let percent = |part: &[f64]| tenths(100.0 * part.len() as f64 / count.max(1) as f64);
    let at = |sorted: &[f64], percent: usize| {
        sorted.get(sorted.len().saturating_sub(1) * percent / 100).map(|metres| tenths(*metres))
    };
    json!({
        "addresses": count,
        "matched_percent": percent(&matched), "median_m": at(&matched, 50),
        "p90_m": at(&matched, 90), "p95_m": at(&matched, 95),
        "answered_percent": percent(&answered), "answered_median_m": at(&answered, 50),
        "answered_p95_m": at(&answered, 95),
    })
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
