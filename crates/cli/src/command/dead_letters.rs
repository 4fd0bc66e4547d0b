//! `doorstep dead-letters`.

use super::answer;
use crate::arguments::{DeadLetters, Place};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport, segment};
use serde_json::json;
use std::process::ExitCode;

const LETTERS: &[Column] = &[
    Column("letter", "/letter_id", Show::Text),
    Column("state", "/state", Show::Text),
    Column("received at", "/received_at", Show::Text),
    Column("market", "/market", Show::Text),
    Column("code", "/code", Show::Text),
    Column("field", "/pointer", Show::Text),
    Column("reason", "/reason", Show::Text),
];

const LETTER: &[Column] = &[
    Column("letter", "/letter_id", Show::Text),
    Column("state", "/state", Show::Text),
    Column("received at", "/received_at", Show::Text),
    Column("market", "/market", Show::Text),
    Column("courier", "/courier", Show::Text),
    Column("form", "/form", Show::Text),
    Column("provider", "/provider", Show::Text),
    Column("file", "/line/file", Show::Text),
    Column("line", "/line/number", Show::Count),
    Column("code", "/code", Show::Text),
    Column("field", "/pointer", Show::Text),
    Column("reason", "/reason", Show::Text),
    Column("bytes", "/bytes", Show::Count),
    Column("handled at", "/handled_at", Show::Text),
    Column("handled by", "/handled_by", Show::Text),
    Column("raw", "/raw", Show::Text),
    Column("raw, base64", "/raw_base64", Show::Text),
];

const HANDLED: &[Column] = &[
    Column("letter", "/letter_id", Show::Text),
    Column("state", "/state", Show::Text),
    Column("at", "/handled_at", Show::Text),
    Column("by", "/handled_by", Show::Text),
];

const ALL: &[Column] = &[
    Column("replayed", "/replayed", Show::Count),
    Column("still refused", "/still_refused", Show::Text),
];

/// Lists, shows, replays or discards.
pub(crate) fn run(place: &Place, asked: &DeadLetters) -> Result<ExitCode, Failure> {
    let of = |letter_id: &str| format!("/v1/dead-letters/{}", segment(letter_id));
    match asked {
        DeadLetters::List { topic, state, page } => {
            let request = Request::get("/v1/dead-letters")
                .with("topic", Some(topic))
                .with("state", Some(state))
                .with("cursor", page.cursor.as_ref())
                .with("limit", Some(page.limit));
            let listed = Transport::open(place)?.ask(request)?;
            output::more(&listed);
            if state == "open" {
                eprintln!("doorstep: open only; --state all for all");
            }
            answer(page.json, &listed, |listed| table(LETTERS, rows(listed, "data"), None))
        }
        DeadLetters::Show { letter_id, listing } => {
            let letter = Transport::open(place)?.ask(Request::get(of(letter_id)))?;
            answer(listing.json, &letter, |letter| card(LETTER, letter, None))
        }
        DeadLetters::Replay { letter_id: Some(letter_id), with, .. } => {
            let repaired =
                with.as_ref().map(|path| std::fs::read(path).map_err(Failure::file(path)));
            let request = Request::post(format!("{}/replay", of(letter_id)));
            let request = request
                .sending("application/cloudevents+json", repaired.transpose()?.unwrap_or_default());
            handled(place, request, HANDLED)
        }
        DeadLetters::Replay { code, topic, .. } => {
            let request = Request::post("/v1/dead-letters/replay");
            let which = json!({ "code": code, "topic": topic });
            handled(place, request.sending_json(&which), ALL)
        }
        DeadLetters::Discard { letter_id } => {
            handled(place, Request::post(format!("{}/discard", of(letter_id))), HANDLED)
        }
    }
}

fn handled(place: &Place, request: Request, columns: &[Column]) -> Result<ExitCode, Failure> {
    let handled = Transport::open(place)?.ask(request)?;
    answer(false, &handled, |handled| card(columns, handled, None))
}
