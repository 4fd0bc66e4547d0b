//! `doorstep reconcile` and `doorstep check`: is what is kept what it should be?

use super::answer;
use super::settlement::path_of;
use crate::arguments::{Listing, Place, Reconcile};
use crate::failure::Failure;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport};
use serde_json::{Value, json};
use std::process::ExitCode;

const RESULT: &[Column] = &[
    Column("market", "/market", Show::Text),
    Column("day", "/day", Show::Text),
    Column("closed", "/closed", Show::Flag),
    Column("deliveries", "/deliveries", Show::Count),
    Column("not yet counted", "/lag_records", Show::Count),
    Column("differences", "/differences_found", Show::Count),
    Column("in minor units", "/delta_minor", Show::Count),
    Column("repaired", "/repaired", Show::Count),
];

const DIFFERENCES: &[Column] = &[
    Column("party", "/party_kind", Show::Text),
    Column("id", "/party_id", Show::Text),
    Column("figure", "/figure", Show::Text),
    Column("by the log", "/log", Show::Count),
    Column("in the store", "/store", Show::Count),
    Column("minor units", "/delta_minor", Show::Count),
];

const INVARIANTS: &[Column] = &[
    Column("invariant", "/name", Show::Text),
    Column("checked", "/checked", Show::Count),
    Column("violations", "/violations", Show::Count),
    Column("must hold", "/statement", Show::Text),
];

/// Recomputes a day from the log and compares.
pub(crate) fn reconcile(place: &Place, asked: &Reconcile) -> Result<ExitCode, Failure> {
    let request = Request::post(format!("{}/reconcile", path_of(&asked.day)))
        .sending_json(&json!({ "repair": asked.repair }));
    let found = Transport::open(place)?.ask(request)?;
    answer(asked.day.json, &found, |found| {
        let mut told = card(RESULT, found, None);
        let differences = rows(found, "differences");
        if !differences.is_empty() {
            told += &table(DIFFERENCES, differences, None);
        }
        let reasons = rows(found, "reasons").iter().filter_map(Value::as_str);
        told += &reasons.map(|reason| format!("unfinished: {reason}\n")).collect::<String>();
        told
    })?;
    let agrees = found["differences_found"] == 0;
    let repaired = asked.repair && found["unfinished"] == false;
    Ok(code(agrees || repaired))
}

/// Verifies every invariant.
pub(crate) fn check(place: &Place, asked: &Listing) -> Result<ExitCode, Failure> {
    let found = Transport::open(place)?.ask(Request::get("/v1/check"))?;
    answer(asked.json, &found, told)?;
    Ok(code(found["violations"] == 0))
}

fn told(found: &Value) -> String {
    let invariants = rows(found, "invariants");
    let details = invariants.iter().flat_map(|invariant| {
        let name = invariant["name"].as_str().unwrap_or_default();
        let of = rows(invariant, "details").iter().filter_map(Value::as_str);
        of.map(move |detail| format!("{name}: {detail}\n"))
    });
    table(INVARIANTS, invariants, None) + &details.collect::<String>()
}

fn code(as_it_should_be: bool) -> ExitCode {
    if as_it_should_be { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
