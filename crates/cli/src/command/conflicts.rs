//! `doorstep conflicts`.

use super::answer;
use crate::arguments::{Conflicts, Place};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport, segment};
use serde_json::{Value, json};
use std::process::ExitCode;

/// A conflict without what was told.
const CONFLICT: &[Column] = &[
    Column("market", "/market", Show::Text),
    Column("delivery", "/delivery_id", Show::Text),
    Column("day", "/day", Show::Text),
    Column("state", "/state", Show::Text),
    Column("raised at", "/raised_at", Show::Text),
    Column("resolved by", "/resolved_by", Show::Text),
];

/// One of the completions told, under its conflict.
pub(crate) const TOLD: &[Column] = &[
    Column("delivery", "/delivery_id", Show::Text),
    Column("day", "/day", Show::Text),
    Column("state", "/state", Show::Text),
    Column("stands", "/stands", Show::Flag),
    Column("keep", "/fingerprint", Show::Text),
    Column("courier", "/courier_id", Show::Text),
    Column("provider", "/provider", Show::Text),
    Column("merchant", "/merchant_id", Show::Text),
    Column("order", "/order_minor", Show::Money),
    Column("tip", "/tip_minor", Show::Money),
    Column("revision", "/revision", Show::Count),
];

/// Lists or resolves.
pub(crate) fn run(place: &Place, asked: &Conflicts) -> Result<ExitCode, Failure> {
    match asked {
        Conflicts::List { market, state, page } => {
            let request = Request::get("/v1/conflicts")
                .with("market", market.as_ref())
                .with("state", Some(state).filter(|state| *state != "all"))
                .with("cursor", page.cursor.as_ref())
                .with("limit", Some(page.limit));
            let listed = Transport::open(place)?.ask(request)?;
            output::more(&listed);
            answer(page.json, &listed, |listed| table(TOLD, &told(rows(listed, "data")), None))
        }
        Conflicts::Resolve { market, delivery, keep } => {
            let (market, delivery) = (segment(market.as_str()), segment(delivery.as_str()));
            let request = Request::post(format!("/v1/conflicts/{market}/{delivery}/resolve"));
            let request = request.sending_json(&json!({ "keep": keep }));
            let resolved = Transport::open(place)?.ask(request)?;
            answer(false, &resolved, |resolved| {
                let told = told(std::slice::from_ref(resolved));
                card(CONFLICT, resolved, None) + &table(TOLD, &told, None)
            })
        }
    }
}

/// One row for each completion that was told: what to decide between.
pub(crate) fn told(conflicts: &[Value]) -> Vec<Value> {
    let mut told = Vec::new();
    for conflict in conflicts {
        for completion in rows(conflict, "told") {
            let mut row = completion.clone();
            for field in ["delivery_id", "day", "state"] {
                row[field] = conflict[field].clone();
            }
            told.push(row);
        }
    }
    told
}
