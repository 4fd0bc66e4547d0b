//! `doorstep pay`.

use super::answer;
use crate::arguments::{Pay, Place};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, csv, rows, table};
use crate::transport::{Request, Transport};
use serde_json::Value;
use std::process::ExitCode;

const PAY: &[Column] = &[
    Column("courier", "/courier_id", Show::Text),
    Column("deliveries", "/deliveries", Show::Count),
    Column("worked", "/worked_seconds", Show::Seconds),
    Column("peak", "/peak_seconds", Show::ShareOfWork),
    Column("pay", "/pay_minor", Show::Money),
    Column("adjusted", "/adjustment_minor", Show::Money),
    Column("total", "/total_minor", Show::Money),
    Column("tips", "/tip_minor", Show::Money),
    Column("provisional", "/provisional", Show::Flag),
];

const LINE: &[Column] = &[
    Column("for", "/kind", Show::Text),
    Column("delivery", "/delivery", Show::Text),
    Column("from", "/from", Show::Text),
    Column("until", "/end", Show::Text),
    Column("base", "/base_us", Show::Micros),
    Column("peak", "/peak_us", Show::Micros),
    Column("rates", "/rates", Show::Text),
    Column("amount", "/amount/exact", Show::Count),
];

const CSV: &[&str] = &[
    "courier_id",
    "market",
    "day",
    "currency",
    "deliveries",
    "worked_seconds",
    "peak_seconds",
    "pay_minor",
    "adjustment_minor",
    "total_minor",
    "tip_minor",
    "provisional",
];

/// Shows couriers' pay on a day.
pub(crate) fn pay(place: &Place, asked: &Pay) -> Result<ExitCode, Failure> {
    let request = Request::get("/v1/pay")
        .with("market", Some(&asked.market))
        .with("day", asked.day)
        .with("courier", asked.courier.as_ref())
        .with("explain", asked.explain.then_some(true));
    let pay = Transport::open(place)?.ask(request)?;
    if asked.csv {
        output::print(&csv(CSV, rows(&pay, "")))?;
        return Ok(ExitCode::SUCCESS);
    }
    answer(asked.json, &pay, |pay| {
        if rows(pay, "").is_empty() {
            nothing(asked)
        } else if asked.explain {
            explained(rows(pay, ""))
        } else {
            table(PAY, rows(pay, ""), None)
        }
    })
}

fn nothing(asked: &Pay) -> String {
    let day = asked.day.map_or("today".to_owned(), |day| format!("on {day}"));
    let whose = asked.courier.as_ref();
    let whose = whose.map_or_else(String::new, |courier| format!(" for {courier}"));
    format!("nothing {day} in market {}{whose}\n", asked.market)
}

fn explained(couriers: &[Value]) -> String {
    let one = |courier: &Value| {
        let lines: Vec<Value> = rows(courier, "lines").iter().map(line).collect();
        let pay = table(PAY, std::slice::from_ref(courier), None);
        pay + &table(LINE, &lines, None)
    };
    couriers.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// A line with its stretches in words, and the instant of a delivery where an interval begins.
fn line(line: &Value) -> Value {
    let mut line = line.clone();
    let from = if line["start"].is_null() { &line["at"] } else { &line["start"] };
    line["from"] = from.clone();
    let stretch = |stretch: &Value| {
        let window = stretch["window"].as_str().unwrap_or("base");
        format!("{window}: {}/h", stretch["per_hour_minor"])
    };
    let rates: Vec<String> = rows(&line, "stretches").iter().map(stretch).collect();
    line["rates"] = Value::String(rates.join(", "));
    line
}
