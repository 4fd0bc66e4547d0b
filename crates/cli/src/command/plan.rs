//! `doorstep plan`.

use super::answer;
use crate::arguments::{Place, Plan};
use crate::failure::Failure;
use crate::table::{Column, Show, currency, rows, table};
use crate::transport::{Request, Transport};
use serde_json::Value;
use std::path::Path;
use std::process::ExitCode;

const VERSIONS: &[Column] = &[
    Column("version", "/version", Show::Count),
    Column("governs from", "/from", Show::Text),
    Column("until", "/until", Show::Text),
    Column("added at", "/created_at", Show::Text),
    Column("by", "/created_by", Show::Text),
];

const APPLIED: &[Column] = &[
    Column("market", "/market", Show::Text),
    Column("versions", "/versions", Show::Text),
    Column("effective from", "/effective_from", Show::Text),
    Column("in force before", "/repeated", Show::Flag),
];

const CHANGES: &[Column] = &[
    Column("day", "/day", Show::Text),
    Column("who", "/who", Show::Text),
    Column("id", "/id", Show::Text),
    Column("figure", "/figure", Show::Text),
    Column("before", "/before_minor", Show::Money),
    Column("after", "/after_minor", Show::Money),
    Column("difference", "/difference_minor", Show::Money),
];

/// Lists, previews or applies.
pub(crate) fn run(place: &Place, asked: &Plan) -> Result<ExitCode, Failure> {
    match asked {
        Plan::List { market, listing } => {
            let request = Request::get("/v1/plans").with("market", Some(market));
            let versions = Transport::open(place)?.ask(request)?;
            answer(listing.json, &versions, |versions| {
                let versions: Vec<Value> = rows(versions, "").iter().map(governing).collect();
                table(VERSIONS, &versions, None)
            })
        }
        Plan::Preview { file, listing } => {
            let request =
                Request::post("/v1/plans/preview").sending("application/toml", read(file)?);
            let preview = Transport::open(place)?.ask(request)?;
            answer(listing.json, &preview, previewed)
        }
        Plan::Apply { file, listing } => {
            let request = Request::post("/v1/plans").sending("application/toml", read(file)?);
            let applied = Transport::open(place)?.ask(request)?;
            answer(listing.json, &applied, |applied| table(APPLIED, rows(applied, "markets"), None))
        }
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(Failure::file(file))
}

/// A version with the instants it governs in words.
fn governing(version: &Value) -> Value {
    let mut version = version.clone();
    let told = |instant: &Value, otherwise: &str| match instant {
        Value::Null => Value::from(otherwise),
        instant => instant.clone(),
    };
    let (from, until) = if version["in_force"] == true {
        let (from, until) = (&version["effective_from"], &version["effective_until"]);
        (told(from, "the beginning"), told(until, "further notice"))
    } else {
        (Value::from("nothing, overtaken"), Value::Null)
    };
    (version["from"], version["until"]) = (from, until);
    version
}

fn previewed(preview: &Value) -> String {
    rows(preview, "markets").iter().map(of_market).collect()
}

fn of_market(market: &Value) -> String {
    let name = market["market"].as_str().unwrap_or_default();
    if market["changes_terms"] == false {
        return format!("{name}: these terms are in force already\n");
    }
    let changes: Vec<Value> = rows(market, "days").iter().flat_map(changes_of).collect();
    let money = currency(market);
    let amount = |field: &str| {
        let minor = market[field].as_i64().unwrap_or(0);
        money.map_or_else(|| minor.to_string(), |money| format!("{} {money}", money.format(minor)))
    };
    format!(
        "{name}: {} to pay more or less\n{}pay and tips {}, fees {}\n",
        changes.len(),
        table(CHANGES, &changes, money),
        amount("pay_difference_minor"),
        amount("fee_difference_minor"),
    )
}

fn changes_of(day: &Value) -> Vec<Value> {
    let parties = [("couriers", "courier", "pay and tips"), ("merchants", "merchant", "fee")];
    let changes = parties.iter().flat_map(|(field, who, figure)| {
        rows(day, field).iter().map(|change| {
            let mut change = change.clone();
            change["day"] = day["day"].clone();
            change["who"] = Value::from(*who);
            change["figure"] = Value::from(*figure);
            change
        })
    });
    changes.collect()
}
