//! `doorstep status` and `doorstep version`.

use super::answer;
use crate::arguments::{Listing, Place};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport};
use serde_json::Value;
use std::process::ExitCode;

const MARKETS: &[Column] = &[
    Column("market", "/market", Show::Text),
    Column("zone", "/time_zone", Show::Text),
    Column("today", "/today", Show::Text),
    Column("days open", "/days_open", Show::Count),
    Column("oldest", "/oldest_open_day", Show::Text),
    Column("days closed", "/days_closed", Show::Count),
    Column("newest", "/newest_closed_day", Show::Text),
];

const PARTITIONS: &[Column] = &[
    Column("topic", "/topic", Show::Text),
    Column("partition", "/partition", Show::Count),
    Column("counted", "/next_offset", Show::Count),
    Column("of", "/end_offset", Show::Count),
    Column("waiting", "/lag_records", Show::Count),
    Column("newest event", "/newest_event_time", Show::Text),
];

const REST: &[Column] = &[
    Column("now", "/now", Show::Text),
    Column("dead letters open", "/dead_letters_open", Show::Text),
];

/// Shows how things stand.
pub(crate) fn status(place: &Place, asked: &Listing) -> Result<ExitCode, Failure> {
    let status = Transport::open(place)?.ask(Request::get("/v1/status"))?;
    answer(asked.json, &status, told)
}

/// Says which version this is.
pub(crate) fn version() -> Result<ExitCode, Failure> {
    output::line(concat!("doorstep ", env!("CARGO_PKG_VERSION")))?;
    Ok(ExitCode::SUCCESS)
}

fn told(status: &Value) -> String {
    let markets = table(MARKETS, rows(status, "markets"), None);
    let partitions = table(PARTITIONS, rows(status, "partitions"), None);
    markets + &partitions + &card(REST, status, None)
}
