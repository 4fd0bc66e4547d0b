//! What the demonstration shows of a settlement: its head, not all of it.

use crate::table::{Column, Show, currency, rows, table};
use serde_json::Value;

const ROWS_SHOWN: usize = 8;

const COURIERS: &[Column] = &[
    Column("top couriers", "/courier_id", Show::Text),
    Column("deliveries", "/deliveries", Show::Count),
    Column("worked", "/worked_seconds", Show::Seconds),
    Column("at peak", "/peak_seconds", Show::ShareOfWork),
    Column("pay", "/pay_minor", Show::Money),
    Column("tips", "/tip_minor", Show::Money),
    Column("payout", "/payout_minor", Show::Money),
];

const MERCHANTS: &[Column] = &[
    Column("top merchants", "/merchant_id", Show::Text),
    Column("deliveries", "/deliveries", Show::Count),
    Column("sales", "/sales_minor", Show::Money),
    Column("fee", "/fee_minor", Show::Money),
    Column("payout", "/payout_minor", Show::Money),
];

const CONFLICTS: &[Column] = &[
    Column("told differently", "/delivery_id", Show::Text),
    Column("stands", "/told/0/order_minor", Show::Money),
    Column("told as well", "/told/1/order_minor", Show::Money),
    Column("state", "/state", Show::Text),
];

const ADJUSTMENTS: &[Column] = &[
    Column("late delivery", "/delivery_id", Show::Text),
    Column("about", "/about_day", Show::Text),
    Column("courier", "/courier_id", Show::Text),
    Column("merchant", "/merchant_id", Show::Text),
    Column("figure", "/kind", Show::Text),
    Column("amount", "/amount_minor", Show::Money),
];

/// The couriers paid most, the merchants charged most, and what waits for a person.
pub(super) fn settled(settlement: &Value) -> String {
    [
        top(settlement, "couriers", "pay_minor", COURIERS),
        top(settlement, "merchants", "fee_minor", MERCHANTS),
        top(settlement, "conflicts", "", CONFLICTS),
    ]
    .join("\n")
}

/// The corrections that the late events made, on the next open day.
pub(super) fn adjustments(next: &Value) -> String {
    let day = next["day"].as_str().unwrap_or_default();
    format!("Booked on {day}, the next open day:\n{}", top(next, "adjustments", "", ADJUSTMENTS))
}

/// Where to go from here.
pub(super) fn where_to_look_next(settlement: &Value, command: &str) -> String {
    let best = most(settlement, "couriers", "pay_minor");
    let courier = best.first().and_then(|row| row["courier_id"].as_str()).unwrap_or_default();
    let day = settlement["day"].as_str().unwrap_or_default();
    format!(
        "\nEvery cent can be explained. Look next at\n\
         $ {command} pay --market sf --day {day} --courier {courier} --explain\n\
         $ {command} serve    # then http://127.0.0.1:8080/docs"
    )
}

fn top(of: &Value, field: &str, by: &str, columns: &[Column]) -> String {
    let all = rows(of, field).len();
    if all == 0 {
        return format!("no {field}\n");
    }
    let shown: Vec<Value> = most(of, field, by).into_iter().take(ROWS_SHOWN).collect();
    let rest = match all - shown.len() {
        0 => String::new(),
        rest => format!("  and {rest} more {field}\n"),
    };
    table(columns, &shown, currency(of)) + &rest
}

/// The rows of a field, those with the most first.
fn most(of: &Value, field: &str, by: &str) -> Vec<Value> {
    let mut sorted = rows(of, field).to_vec();
    sorted.sort_by_key(|row| std::cmp::Reverse(row[by].as_i64().unwrap_or(0)));
    sorted
}
