//! `doorstep orders` and `doorstep apologies`.

use super::answer;
use super::deliveries::address;
use crate::arguments::{Apologies, NewOrder, OrderCommand, Place, Units};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, currency, rows, table};
use crate::transport::{Request, Transport, segment};
use serde_json::{Value, json};
use std::process::ExitCode;

const LINE: &[Column] = &[
    Column("order", "/order_id", Show::Text),
    Column("status", "/status", Show::Text),
    Column("ordered at", "/ordered_at", Show::Second),
    Column("total", "/total_minor", Show::Money),
    Column("reference", "/reference", Show::Text),
];

const ORDER: &[Column] = &[
    Column("order", "/order_id", Show::Text),
    Column("status", "/status", Show::Text),
    Column("held until", "/expires_at", Show::Second),
    Column("total", "/total_minor", Show::Money),
    Column("customer's link", "/order_url", Show::Text),
];

const PARTS: &[Column] = &[
    Column("centre", "/center_id", Show::Text),
    Column("delivery", "/delivery_id", Show::Text),
    Column("status", "/status", Show::Text),
    Column("goods", "/goods_minor", Show::Money),
    Column("refunded", "/refunded_minor", Show::Money),
    Column("arrival", "/estimated_arrival", Show::Second),
];

const GOODS: &[Column] = &[
    Column("from", "/center_id", Show::Text),
    Column("item", "/item_id", Show::Text),
    Column("units", "/quantity", Show::Count),
    Column("each", "/price_minor", Show::Money),
];

const MISSING: &[Column] = &[
    Column("item", "/item_id", Show::Text),
    Column("wanted", "/wanted", Show::Count),
    Column("got", "/available", Show::Count),
];

const REFUND: &[Column] = &[
    Column("order", "/order_id", Show::Text),
    Column("refund", "/refund_id", Show::Text),
    Column("delivery", "/delivery_id", Show::Text),
    Column("amount", "/amount_minor", Show::Money),
];

const APOLOGY: &[Column] = &[
    Column("order", "/order_id", Show::Text),
    Column("centre", "/center_id", Show::Text),
    Column("item", "/item_id", Show::Text),
    Column("units too many", "/units", Show::Count),
    Column("noticed at", "/noticed_at", Show::Second),
    Column("settled by", "/settled_by", Show::Text),
    Column("words", "/words", Show::Text),
];

/// Lists, shows, places, reserves, confirms, releases, cancels or refunds.
pub(crate) fn run(place: &Place, asked: &OrderCommand) -> Result<ExitCode, Failure> {
    let transport = Transport::open(place)?;
    match asked {
        OrderCommand::List { market, status, page } => {
            let request = Request::get("/v1/orders")
                .with("market", market.as_ref())
                .with("status", status.as_ref())
                .with("cursor", page.cursor.as_ref())
                .with("limit", Some(page.limit));
            let listed = transport.ask(request)?;
            output::more(&listed);
            answer(page.json, &listed, |listed| table(LINE, rows(listed, "data"), None))
        }
        OrderCommand::Show { order_id, listing } => {
            let shown = transport.ask(Request::get(path("orders", order_id, "")))?;
            answer(listing.json, &shown, told)
        }
        OrderCommand::Place(new) => order(&transport, "/v1/orders", new),
        OrderCommand::Reserve(new) => order(&transport, "/v1/reservations", new),
        OrderCommand::Confirm { order_id, payment } => {
            let request = Request::post(path("reservations", order_id, "confirm"));
            said(&transport, request.sending_json(&json!({ "payment": payment })))
        }
        OrderCommand::Release { order_id } => {
            let request = Request::post(path("reservations", order_id, "release"));
            said(&transport, request.sending_json(&json!({})))
        }
        OrderCommand::Cancel { order_id, reason } => {
            let request = Request::post(path("orders", order_id, "cancel"));
            said(&transport, request.sending_json(&json!({ "reason": reason })))
        }
        OrderCommand::Refund { order_id, part, amount_minor, reason } => {
            let body = json!({ "part": part, "amount_minor": amount_minor, "reason": reason });
            let request = Request::post(path("orders", order_id, "refunds")).sending_json(&body);
            let refunded = transport.ask(request)?;
            answer(false, &refunded, |refunded| card(REFUND, refunded, None))
        }
    }
}

/// Lists or settles.
pub(crate) fn apologies(place: &Place, asked: &Apologies) -> Result<ExitCode, Failure> {
    let transport = Transport::open(place)?;
    match asked {
        Apologies::List { market, all, page } => {
            let request = Request::get("/v1/apologies")
                .with("market", market.as_ref())
                .with("open", Some(!all))
                .with("cursor", page.cursor.as_ref())
                .with("limit", Some(page.limit));
            let listed = transport.ask(request)?;
            output::more(&listed);
            answer(page.json, &listed, |listed| table(APOLOGY, rows(listed, "data"), None))
        }
        Apologies::Settle { order_id, words } => {
            let request = Request::post(path("apologies", order_id, "settle"));
            let settled = transport.ask(request.sending_json(&json!({ "words": words })))?;
            answer(false, &settled, |settled| table(APOLOGY, rows(settled, "data"), None))
        }
    }
}

fn order(transport: &Transport, to: &str, new: &NewOrder) -> Result<ExitCode, Failure> {
    let mut body = json!({
        "customer": { "phone": new.phone },
        "destination_address": address(&new.to),
        "lines": lines(&new.lines),
        "on_shortage": new.on_shortage,
        "tip_minor": new.tip_minor,
    });
    if let Some(market) = &new.market {
        body["market"] = market.as_str().into();
    }
    let ordered = transport.ask(Request::post(to).sending_json(&body))?;
    answer(new.listing.json, &ordered, told)
}

fn said(transport: &Transport, request: Request) -> Result<ExitCode, Failure> {
    let order = transport.ask(request)?;
    answer(false, &order, told)
}

fn told(order: &Value) -> String {
    let money = currency(order);
    let mut goods = Vec::new();
    for part in rows(order, "parts") {
        for line in rows(part, "lines") {
            let mut line = line.clone();
            line["center_id"] = part["center_id"].clone();
            goods.push(line);
        }
    }
    let mut told = card(ORDER, order, money)
        + &table(PARTS, rows(order, "parts"), money)
        + &table(GOODS, &goods, money);
    if !rows(order, "missing").is_empty() {
        told += &table(MISSING, rows(order, "missing"), money);
    }
    told
}

/// As lines of a request.
pub(super) fn lines(units: &[Units]) -> Vec<Value> {
    let line = |units: &Units| json!({ "item_id": units.item_id, "quantity": units.quantity });
    units.iter().map(line).collect()
}

fn path(of: &str, order: &str, what: &str) -> String {
    let order = segment(order);
    let separator = if what.is_empty() { "" } else { "/" };
    format!("/v1/{of}/{order}{separator}{what}")
}
