//! `doorstep status` and `doorstep version`.

use super::answer;
use crate::arguments::{Listing, Place};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport};
use serde_json::Value;
use std::process::ExitCode;

// Eighty columns hold each of them; the rest is in `--json`.
const MARKETS: &[Column] = &[
    Column("market", "/market", Show::Text),
    Column("today", "/today", Show::Text),
    Column("open", "/days_open", Show::Count),
    Column("oldest", "/oldest_open_day", Show::Text),
    Column("closed", "/days_closed", Show::Count),
    Column("newest", "/newest_closed_day", Show::Text),
];

const EVENTS: &[Column] = &[
    Column("events", "/partition", Show::Count),
    Column("counted", "/next_offset", Show::Count),
    Column("of", "/end_offset", Show::Count),
    Column("waiting", "/lag_records", Show::Count),
    Column("archived", "/archived_offset", Show::Count),
    Column("newest event", "/newest_event_time", Show::Second),
];

const PINGS: &[Column] = &[
    Column("pings", "/partition", Show::Count),
    Column("written down", "/snapshot_offset", Show::Count),
    Column("of", "/end_offset", Show::Count),
    Column("archived", "/archived_offset", Show::Count),
];

const FOLLOWING: &[Column] = &[
    Column("follows", "/url", Show::Text),
    Column("behind", "/behind_records", Show::Count),
    Column("answered", "/answered_at", Show::Second),
];

const COURIERS: &[Column] = &[
    Column("on the map", "/market", Show::Text),
    Column("carrying", "/carrying", Show::Count),
    Column("idle", "/idle", Show::Count),
    Column("offline", "/offline", Show::Count),
];

const MAP: &[Column] = &[
    Column("blocks not on the map", "/tracking/map/lag_records", Show::Count),
    Column("newest ping", "/tracking/map/newest_ping_at", Show::Second),
    Column("its age", "/tracking/map/newest_ping_age_seconds", Show::Seconds),
    Column("watchers", "/tracking/map/watchers", Show::Count),
    Column("may watch", "/tracking/map/watchers_max", Show::Count),
];

const REST: &[Column] = &[
    Column("now", "/now", Show::Second),
    Column("dead letters open", "/dead_letters_open", Show::Tally),
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
    let tracking = &status["tracking"];
    let tables = [
        table(MARKETS, rows(status, "markets"), None),
        table(EVENTS, rows(status, "partitions"), None),
        table(PINGS, rows(tracking, "partitions"), None),
    ];
    let map = &tracking["map"];
    let (map, rest) = if map.is_null() {
        let elsewhere = "No map is kept here: ask the server that keeps one, with --server.\n";
        (elsewhere.to_owned(), REST.to_vec())
    } else {
        (table(COURIERS, rows(map, "couriers"), None), [MAP, REST].concat())
    };
    tables.concat() + &following(rows(status, "following")) + &map + &card(&rest, status, None)
}

/// The nodes that are followed, and below them why one could not be pulled from.
fn following(nodes: &[Value]) -> String {
    if nodes.is_empty() {
        return String::new();
    }
    let problems = nodes.iter().filter_map(|node| node["problem"].as_str());
    let problems: String = problems.map(|problem| format!("{problem}\n")).collect();
    table(FOLLOWING, nodes, None) + &problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// B12: what a terminal of eighty columns shows, of a server that has worked for years.
    #[test]
    fn the_status_fits_eighty_columns() {
        let (day, instant) = ("2008-05-25", "2008-05-25T19:00:00.123456Z");
        let market = json!({
            "market": "a-market-of-a-length", "today": day, "days_open": 12_345,
            "oldest_open_day": day, "days_closed": 12_345, "newest_closed_day": day,
        });
        let offset = 123_456_789_u64;
        let partition = json!({
            "partition": 12, "next_offset": offset, "end_offset": offset, "lag_records": 1_234_567,
            "archived_offset": offset, "snapshot_offset": offset, "newest_event_time": instant,
        });
        let couriers = json!([{ "market": "sf", "carrying": 70, "idle": 800, "offline": 9_000 }]);
        let map = json!({
            "lag_records": 3, "newest_ping_at": instant, "newest_ping_age_seconds": 61,
            "watchers": 5, "watchers_max": 20_000, "couriers": couriers,
        });
        let status = json!({
            "now": instant, "markets": [market], "partitions": [&partition],
            "tracking": { "partitions": [&partition], "map": map },
            "following": [{
                "url": "https://doorstep.east.example:8443", "behind_records": 1_234_567,
                "answered_at": instant, "problem": "following https://doorstep.east.example:8443: \
                no answer in time",
            }],
            "dead_letters_open": { "malformed": 9 },
        });
        let told = told(&status);
        let width = told.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(width <= 80, "{width}:\n{told}");
        let expected =
            ["9000", "0:01:01", "2008-05-25T19:00:00Z", "123456789", "malformed 9", "no answer"];
        for expected in expected {
            assert!(told.contains(expected), "{expected}:\n{told}");
        }
    }
}
