//! `doorstep settle` and `doorstep close`.

use super::answer;
use super::conflicts::{TOLD, told as told_of_conflicts};
use crate::arguments::{DayOfMarket, Place};
use crate::failure::Failure;
use crate::table::{Column, Show, card, currency, rows, table};
use crate::transport::{Request, Transport, segment};
use serde_json::Value;
use std::process::ExitCode;

const DAY: &[Column] = &[
    Column("market", "/market", Show::Text),
    Column("day", "/day", Show::Text),
    Column("provisional", "/provisional", Show::Flag),
    Column("closed at", "/closed_at", Show::Text),
    Column("digest", "/digest", Show::Text),
    Column("deliveries", "/totals/deliveries", Show::Count),
    Column("sales", "/totals/sales_minor", Show::Money),
    Column("fees", "/totals/fee_minor", Show::Money),
    Column("pay", "/totals/pay_minor", Show::Money),
    Column("tips", "/totals/tip_minor", Show::Money),
    Column("adjustments", "/totals/adjustment_minor", Show::Money),
    Column("paid to couriers", "/totals/courier_payout_minor", Show::Money),
    Column("paid to merchants", "/totals/merchant_payout_minor", Show::Money),
    Column("providers charge", "/totals/provider_cost_minor", Show::Money),
    Column("owed to providers", "/totals/provider_payout_minor", Show::Money),
];

const COURIERS: &[Column] = &[
    Column("courier", "/courier_id", Show::Text),
    Column("deliveries", "/deliveries", Show::Count),
    Column("worked", "/worked_seconds", Show::Seconds),
    Column("peak", "/peak_seconds", Show::ShareOfWork),
    Column("pay", "/pay_minor", Show::Money),
    Column("tips", "/tip_minor", Show::Money),
    Column("adjusted", "/adjustment_minor", Show::Money),
    Column("payout", "/payout_minor", Show::Money),
];

const MERCHANTS: &[Column] = &[
    Column("merchant", "/merchant_id", Show::Text),
    Column("deliveries", "/deliveries", Show::Count),
    Column("sales", "/sales_minor", Show::Money),
    Column("fee", "/fee_minor", Show::Money),
    Column("adjusted", "/adjustment_minor", Show::Money),
    Column("payout", "/payout_minor", Show::Money),
];

const PROVIDERS: &[Column] = &[
    Column("provider", "/provider_id", Show::Text),
    Column("deliveries", "/deliveries", Show::Count),
    Column("unpriced", "/unpriced", Show::Count),
    Column("cost", "/cost_minor", Show::Money),
    Column("tips", "/tip_minor", Show::Money),
    Column("adjusted", "/adjustment_minor", Show::Money),
    Column("owed", "/payout_minor", Show::Money),
];

const ADJUSTMENTS: &[Column] = &[
    Column("about", "/about_day", Show::Text),
    Column("courier", "/courier_id", Show::Text),
    Column("merchant", "/merchant_id", Show::Text),
    Column("provider", "/provider_id", Show::Text),
    Column("delivery", "/delivery_id", Show::Text),
    Column("figure", "/kind", Show::Text),
    Column("amount", "/amount_minor", Show::Money),
    Column("why", "/reason", Show::Text),
];

const CLOSED: &[Column] = &[
    Column("market", "/market", Show::Text),
    Column("day", "/day", Show::Text),
    Column("closed at", "/closed_at", Show::Text),
    Column("closed by", "/closed_by", Show::Text),
    Column("closed before", "/repeated", Show::Flag),
    Column("digest", "/digest", Show::Text),
];

/// Where a day of a market is found.
pub(crate) fn path_of(asked: &DayOfMarket) -> String {
    format!("/v1/settlements/{}/{}", segment(asked.market.as_str()), asked.day)
}

/// Shows the settlement of a day.
pub(crate) fn settle(place: &Place, asked: &DayOfMarket) -> Result<ExitCode, Failure> {
    let settlement = Transport::open(place)?.ask(Request::get(path_of(asked)))?;
    answer(asked.json, &settlement, told)
}

/// Closes a day.
pub(crate) fn close(place: &Place, asked: &DayOfMarket) -> Result<ExitCode, Failure> {
    let request = Request::post(format!("{}/close", path_of(asked)));
    let closed = Transport::open(place)?.ask(request)?;
    answer(asked.json, &closed, |closed| card(CLOSED, closed, None))
}

fn told(settlement: &Value) -> String {
    let money = currency(settlement);
    let mut told = card(DAY, settlement, money);
    let parts = [
        ("couriers", COURIERS),
        ("merchants", MERCHANTS),
        ("providers", PROVIDERS),
        ("conflicts", TOLD),
        ("adjustments", ADJUSTMENTS),
    ];
    for (field, columns) in parts {
        let mut rows = rows(settlement, field).to_vec();
        if field == "conflicts" {
            rows = told_of_conflicts(&rows);
        }
        if !rows.is_empty() {
            told += &format!("\n{field}\n{}", table(columns, &rows, money));
        }
    }
    told
}
