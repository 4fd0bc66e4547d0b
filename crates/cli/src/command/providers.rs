//! `doorstep providers`.

use super::answer;
use crate::arguments::{Page, Place, Providers};
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows, table};
use crate::transport::{Request, Transport, segment};
use serde_json::json;
use std::process::ExitCode;

const PROVIDERS: &[Column] = &[
    Column("provider", "/provider", Show::Text),
    Column("adapter", "/adapter", Show::Text),
    Column("verify", "/verify", Show::Text),
    Column("open", "/open", Show::Count),
    Column("conflicts", "/conflicts", Show::Count),
    Column("flagged", "/flagged", Show::Count),
    Column("given up", "/given_up", Show::Count),
    Column("heard at", "/heard_at", Show::Second),
];

const ADAPTERS: &[Column] = &[
    Column("adapter", "/adapter", Show::Text),
    Column("provider", "/title", Show::Text),
    Column("verify", "/verify", Show::Text),
    Column("shipped", "/shipped", Show::Flag),
];

const TESTED: &[Column] = &[
    Column("#", "/number", Show::Count),
    Column("name", "/name", Show::Text),
    Column("reference", "/reference", Show::Text),
    Column("event", "/event", Show::Text),
    Column("status", "/status", Show::Text),
    Column("at", "/at", Show::Text),
    Column("courier", "/courier", Show::Text),
    Column("note", "/note", Show::Text),
];

const UNKNOWN: &[Column] = &[
    Column("reference", "/reference", Show::Text),
    Column("status", "/status", Show::Text),
    Column("since", "/at", Show::Text),
    Column("heard at", "/heard_at", Show::Second),
    Column("flagged", "/flagged", Show::Count),
];

const DISPUTED: &[Column] = &[
    Column("delivery", "/delivery_id", Show::Text),
    Column("merchant", "/merchant_id", Show::Text),
    Column("reference", "/reference", Show::Text),
    Column("counts as", "/status", Show::Text),
    Column("since", "/at", Show::Text),
    Column("heard at", "/heard_at", Show::Second),
];

const FOLLOWED: &[Column] = &[
    Column("delivery", "/delivery_id", Show::Text),
    Column("status", "/status", Show::Text),
    Column("provider", "/provider/provider", Show::Text),
    Column("reference", "/provider/reference", Show::Text),
    Column("asked in vain", "/provider/asked_in_vain", Show::Count),
];

/// Lists, shows, tries, follows.
pub(crate) fn run(place: &Place, asked: &Providers) -> Result<ExitCode, Failure> {
    let of = |provider: &str, what: &str| format!("/v1/providers/{}/{what}", segment(provider));
    let adapter = |adapter: &str| format!("/v1/adapters/{}", segment(adapter));
    match asked {
        Providers::List(listing) => {
            let listed = Transport::open(place)?.ask(Request::get("/v1/providers"))?;
            answer(listing.json, &listed, |listed| table(PROVIDERS, rows(listed, "data"), None))
        }
        Providers::Adapters(listing) => {
            let listed = Transport::open(place)?.ask(Request::get("/v1/adapters"))?;
            answer(listing.json, &listed, |listed| table(ADAPTERS, rows(listed, "data"), None))
        }
        Providers::Show { adapter: named } => {
            let request = Request::get(adapter(named));
            Transport::open(place)?.download(request, &mut std::io::stdout().lock())?;
            Ok(ExitCode::SUCCESS)
        }
        Providers::Test { adapter: named, file, listing } => {
            let payloads = std::fs::read(file).map_err(Failure::file(file))?;
            let request = Request::post(format!("{}/test", adapter(named)));
            let request = request.sending("application/x-ndjson", payloads);
            let tested = Transport::open(place)?.ask(request)?;
            answer(listing.json, &tested, |tested| table(TESTED, rows(tested, "data"), None))
        }
        Providers::Unknown { provider, page } => {
            listed(place, of(provider, "unknown"), page, UNKNOWN)
        }
        Providers::Disputed { provider, page } => {
            listed(place, of(provider, "disputed"), page, DISPUTED)
        }
        Providers::Follow { provider, reference, merchant, market, delivery, listing } => {
            let new = json!({
                "reference": reference, "merchant_id": merchant, "market": market,
                "delivery_id": delivery,
            });
            let request = Request::post(of(provider, "deliveries")).sending_json(&new);
            let followed = Transport::open(place)?.ask(request)?;
            answer(listing.json, &followed, |followed| card(FOLLOWED, followed, None))
        }
    }
}

fn listed(
    place: &Place,
    path: String,
    page: &Page,
    columns: &[Column],
) -> Result<ExitCode, Failure> {
    let request =
        Request::get(path).with("cursor", page.cursor.as_ref()).with("limit", Some(page.limit));
    let listed = Transport::open(place)?.ask(request)?;
    output::more(&listed);
    answer(page.json, &listed, |listed| table(columns, rows(listed, "data"), None))
}
