//! `doorstep stock`, `availability`, `items` and `centers`.

use super::answer;
use super::orders::lines;
use crate::arguments::{Availability, Centers, Items, Moved, Place, Stock};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, currency, rows, table};
use crate::transport::{Request, Transport};
use serde_json::{Value, json};
use std::process::ExitCode;

const ROWS: &[Column] = &[
    Column("item", "/item_id", Show::Text),
    Column("name", "/name", Show::Text),
    Column("units", "/quantity", Show::Count),
];

const ROW: &[Column] = &[
    Column("centre", "/center_id", Show::Text),
    Column("item", "/item_id", Show::Text),
    Column("units", "/quantity", Show::Count),
];

const MOVEMENTS: &[Column] = &[
    Column("at", "/at", Show::Second),
    Column("what", "/kind", Show::Text),
    Column("by", "/delta", Show::Count),
    Column("to", "/quantity", Show::Count),
    Column("because of", "/cause", Show::Text),
];

const AVAILABLE: &[Column] = &[
    Column("item", "/item_id", Show::Text),
    Column("name", "/name", Show::Text),
    Column("price", "/price_minor", Show::Money),
    Column("units", "/available", Show::Count),
    Column("soonest from", "/best/center_id", Show::Text),
    Column("there in", "/best/eta_seconds", Show::Seconds),
];

const ITEMS: &[Column] = &[
    Column("item", "/item_id", Show::Text),
    Column("name", "/name", Show::Text),
    Column("category", "/category", Show::Text),
    Column("class", "/class", Show::Text),
    Column("price", "/price_minor", Show::Money),
];

const CENTERS: &[Column] = &[
    Column("centre", "/center_id", Show::Text),
    Column("name", "/name", Show::Text),
    Column("merchant", "/merchant_id", Show::Text),
    Column("address", "/address", Show::Text),
    Column("hours", "/hours", Show::Text),
    Column("closed", "/closed", Show::Flag),
];

const NEARBY: &[Column] = &[
    Column("centre", "/center_id", Show::Text),
    Column("name", "/name", Show::Text),
    Column("metres", "/distance_m", Show::Count),
    Column("there in", "/eta_seconds", Show::Seconds),
    Column("open", "/open", Show::Flag),
    Column("opens at", "/opens_at", Show::Second),
];

/// Shows, or moves.
pub(crate) fn run(place: &Place, asked: &Stock) -> Result<ExitCode, Failure> {
    let transport = Transport::open(place)?;
    let (what, moved, more) = match asked {
        Stock::Show { center_id, item_id, page } => {
            let request = Request::get("/v1/stock")
                .with("center_id", Some(center_id))
                .with("item_id", item_id.as_ref())
                .with("cursor", page.cursor.as_ref())
                .with("limit", Some(page.limit));
            let shown = transport.ask(request)?;
            output::more(&shown);
            return answer(page.json, &shown, |shown| match item_id {
                Some(_) => {
                    card(ROW, shown, None) + &table(MOVEMENTS, rows(shown, "movements"), None)
                }
                None => table(ROWS, rows(shown, "data"), None),
            });
        }
        Stock::Receive(moved) => ("receive", moved, Value::Null),
        Stock::Count(moved) => ("count", moved, Value::Null),
        Stock::WriteOff { moved, reason } => ("write-off", moved, json!({ "reason": reason })),
        Stock::Transfer { moved, to } => ("transfer", moved, json!({ "to_center_id": to })),
    };
    let request = Request::post(format!("/v1/stock/{what}")).sending_json(&body(moved, more));
    let done = transport.ask(request)?;
    answer(false, &done, |done| table(ROWS, rows(done, "lines"), None))
}

fn body(moved: &Moved, more: Value) -> Value {
    let mut body = json!({
        "center_id": moved.center_id,
        "reference": moved.reference,
        "lines": lines(&moved.lines),
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

/// What can be had at a place.
pub(crate) fn availability(place: &Place, asked: &Availability) -> Result<ExitCode, Failure> {
    let (lat, lng) = position(&asked.at)?;
    let items = Some(asked.items.join(",")).filter(|items| !items.is_empty());
    let request = Request::get("/v1/availability")
        .with("lat", Some(lat))
        .with("lng", Some(lng))
        .with("items", items)
        .with("category", asked.category.as_ref())
        .with("market", asked.market.as_ref())
        .with("cursor", asked.page.cursor.as_ref())
        .with("limit", Some(asked.page.limit));
    let told = Transport::open(place)?.ask(request)?;
    output::more(&told);
    answer(asked.page.json, &told, |told| {
        let age_ms = &told["age_ms"];
        let table = table(AVAILABLE, rows(told, "data"), currency(told));
        format!("{table}as of {age_ms} ms ago\n")
    })
}

/// Finds items.
pub(crate) fn items(place: &Place, asked: &Items) -> Result<ExitCode, Failure> {
    let Items::List { query, category, market, page } = asked;
    let request = Request::get("/v1/items")
        .with("query", Some(query.join(" ")).filter(|query| !query.is_empty()))
        .with("category", category.as_ref())
        .with("market", market.as_ref())
        .with("cursor", page.cursor.as_ref())
        .with("limit", Some(page.limit));
    let listed = Transport::open(place)?.ask(request)?;
    output::more(&listed);
    answer(page.json, &listed, |listed| table(ITEMS, rows(listed, "data"), currency(listed)))
}

/// Lists centres, or finds those that reach a place.
pub(crate) fn centers(place: &Place, asked: &Centers) -> Result<ExitCode, Failure> {
    let transport = Transport::open(place)?;
    match asked {
        Centers::List { market, page } => {
            let request = Request::get("/v1/centers")
                .with("market", market.as_ref())
                .with("cursor", page.cursor.as_ref())
                .with("limit", Some(page.limit));
            let listed = transport.ask(request)?;
            output::more(&listed);
            answer(page.json, &listed, |listed| table(CENTERS, rows(listed, "data"), None))
        }
        Centers::Nearby { at, listing } => {
            let (lat, lng) = position(at)?;
            let request = Request::get("/v1/centers/nearby");
            let near = transport.ask(request.with("lat", Some(lat)).with("lng", Some(lng)))?;
            answer(listing.json, &near, |near| table(NEARBY, rows(near, "data"), None))
        }
    }
}

fn position(text: &str) -> Result<(f64, f64), Failure> {
    let numbers = text
        .split_once(',')
        .and_then(|(lat, lng)| Some((lat.trim().parse().ok()?, lng.trim().parse().ok()?)));
    let wrong = || Failure::Refused(format!("{text:?} is not a place such as 37.77,-122.43"));
    numbers.ok_or_else(wrong)
}
