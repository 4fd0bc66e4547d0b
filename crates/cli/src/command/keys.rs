//! `doorstep keys` and `doorstep audit`.

use super::answer;
use crate::arguments::{AuditList, Keys, Place};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport, segment};
use serde_json::{Value, json};
use std::process::ExitCode;

const KEYS: &[Column] = &[
    Column("key", "/key_id", Show::Text),
    Column("role", "/role", Show::Text),
    Column("courier", "/courier_id", Show::Text),
    Column("merchant", "/merchant_id", Show::Text),
    Column("label", "/label", Show::Text),
    Column("created at", "/created_at", Show::Text),
    Column("revoked at", "/revoked_at", Show::Text),
];

const TRAIL: &[Column] = &[
    Column("at", "/at", Show::Text),
    Column("who", "/actor", Show::Text),
    Column("did", "/action", Show::Text),
    Column("to", "/subject", Show::Text),
    Column("before", "/before", Show::Text),
    Column("after", "/after", Show::Text),
];

/// Makes, lists or revokes keys.
pub(crate) fn run(place: &Place, asked: &Keys) -> Result<ExitCode, Failure> {
    match asked {
        Keys::Create { role, courier, merchant, label, listing } => {
            let new = json!({
                "role": role.as_str(), "courier_id": courier, "merchant_id": merchant,
                "label": label,
            });
            let request = Request::post("/v1/keys").sending_json(&new);
            let created = Transport::open(place)?.ask(request)?;
            answer(listing.json, &created, told_once)
        }
        Keys::List(listing) => {
            let keys = Transport::open(place)?.ask(Request::get("/v1/keys"))?;
            answer(listing.json, &keys, |keys| table(KEYS, rows(keys, ""), None))
        }
        Keys::Revoke { key_id } => {
            let request = Request::delete(format!("/v1/keys/{}", segment(key_id)));
            let revoked = Transport::open(place)?.ask(request)?;
            answer(false, &revoked, |revoked| card(KEYS, revoked, None))
        }
    }
}

/// Lists the audit trail.
pub(crate) fn audit(place: &Place, asked: &AuditList) -> Result<ExitCode, Failure> {
    let AuditList::List(page) = asked;
    let request = Request::get("/v1/audit")
        .with("cursor", page.cursor.as_ref())
        .with("limit", Some(page.limit));
    let trail = Transport::open(place)?.ask(request)?;
    output::more(&trail);
    answer(page.json, &trail, |trail| table(TRAIL, rows(trail, "data"), None))
}

fn told_once(created: &Value) -> String {
    let secret = created["secret"].as_str().unwrap_or_default();
    format!("{}secret, shown this once: {secret}\n", card(KEYS, created, None))
}
