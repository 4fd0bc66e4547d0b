//! Items, centres and stock by the thousand: lines of files.

use super::Api;
use super::body::{events, form, unpacked};
use super::extract::{Asked, Raw};
use super::once::{Once, OnceKey};
use super::openapi::{Claiming, Sending};
use super::problem::Problem;
use super::reply;
use crate::app::App;
use crate::dispatch::words;
use crate::error::AppError;
use crate::keys::Principal;
use crate::stock::import::{self, Imported, LETTERS_MAX, Lines};
use crate::stock::put::{CenterSaid, ItemSaid, Put, put_centers, put_items};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use doorstep_store::movement::EntryKind;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What became of items or centres that were to be put in place.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub(super) struct PutInPlace {
    /// How many are new, or say something else than before.
    changed: u64,
    /// How many said what was known.
    known: u64,
    /// Which were not, in the order of the lines.
    rejected: Vec<RefusedLineView>,
}

/// A line that was not taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct RefusedLineView {
    /// Line, or place in the array, counted from 1.
    line: u64,
    /// Machine-readable kind.
    code: String,
    /// JSON pointer to the field; empty for the whole.
    pointer: String,
    /// Why.
    reason: String,
}

/// What the lines are.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportAsked {
    /// Whether so much is there, instead of so much came.
    #[serde(default)]
    count: bool,
    /// The file the lines are of, for whoever reads the dead letters.
    file: Option<String>,
    /// How many lines of the file come before these.
    #[serde(default)]
    lines_before: u64,
    /// Refused lines that become dead letters at most; 1000 where left out.
    #[param(maximum = 1000)]
    dead_letters_max: Option<usize>,
}

/// Puts items in place: one a line, or an array. Saying the same again changes nothing.
#[utoipa::path(
    post, path = "/v1/items", operation_id = "put_items",
    tag = "stock",
    request_body(
        description = "Items, each with its `item_id`",
        content((Vec<ItemSaid> = "application/json"), (String = "application/x-ndjson"))
    ),
    responses((status = 200, description = "In place", body = PutInPlace), Sending)
)]
pub(super) async fn items(
    State(api): State<Api>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let named = |said: ItemSaid| {
        let id = said.item_id.clone().ok_or("/item_id")?;
        Ok((id, said))
    };
    api.puts_in_place(headers, body, named, put_items).await
}

/// Puts centres in place: one a line, or an array. Saying the same again changes nothing.
#[utoipa::path(
    post, path = "/v1/centers", operation_id = "put_centers",
    tag = "stock",
    request_body(
        description = "Centres, each with its `center_id`",
        content((Vec<CenterSaid> = "application/json"), (String = "application/x-ndjson"))
    ),
    responses((status = 200, description = "In place", body = PutInPlace), Sending)
)]
pub(super) async fn centers(
    State(api): State<Api>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let named = |said: CenterSaid| {
        let id = said.center_id.clone().ok_or("/center_id")?;
        Ok((id, said))
    };
    api.puts_in_place(headers, body, named, put_centers).await
}

/// Takes stock: `center_id,item_id,quantity`, one a line, as CSV without a header.
///
/// Each line is a movement: so much came, or with `count` so much is there. What cannot be taken is
/// told with its line, and the first of it kept as dead letters, from which it is taken once it is
/// mended; the rest is taken, lane by lane, each in commits of its own. Under the same
/// key the same lines are taken once, so that a request that failed half-way may be sent again;
/// where lines of a lane can be taken only now, beside others that were, they need a new key.
#[utoipa::path(
    post, path = "/v1/stock/import", operation_id = "import_stock",
    tag = "stock",
    params(OnceKey, ImportAsked),
    request_body(description = "Lines", content((String = "text/csv"))),
    responses((status = 200, description = "Taken", body = Imported), Claiming)
)]
pub(super) async fn stock(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<ImportAsked>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let kind = if asked.count { EntryKind::Count } else { EntryKind::Receive };
    let once = Once::of(&headers, &principal, "stock.import", &[kind.as_str().as_bytes(), &body])?;
    let limits = api.limits;
    api.answer(move |app| {
        let csv = unpacked(&headers, &body, &limits)?;
        // What each lane takes of each block has a digest of its own, which `kind` is in.
        let (scope, key, _) = once.into_parts();
        let (scope, key, actor) = (scope.as_str(), key.as_str(), principal.name.as_str());
        let file = asked.file.as_deref();
        words("file", file.unwrap_or_default())?;
        let (lines_before, letters_max) =
            (asked.lines_before, asked.dead_letters_max.unwrap_or(LETTERS_MAX));
        if letters_max > LETTERS_MAX {
            let reason = format!("is more than {LETTERS_MAX}");
            return Err(AppError::invalid("dead_letters_max", reason).into());
        }
        let lines = Lines { csv: &csv, kind, actor, scope, key, file, lines_before, letters_max };
        reply::json(StatusCode::OK, &import::import(app, &lines)?)
    })
    .await
}

impl Api {
    /// Reads lines, and puts in place what they say.
    async fn puts_in_place<Id: Send + 'static, Said: DeserializeOwned + Send + 'static>(
        &self,
        headers: HeaderMap,
        body: axum::body::Bytes,
        named: impl Fn(Said) -> Result<(Id, Said), &'static str> + Send + 'static,
        put: impl FnOnce(&App, &[(Id, Said)]) -> Result<Put, AppError> + Send + 'static,
    ) -> Result<Response, Problem> {
        let limits = self.limits;
        self.answer(move |app| {
            let body = unpacked(&headers, &body, &limits)?;
            let lines = events(form(&headers, &body)?, &body)?;
            let mut done = PutInPlace::default();
            let (mut said, mut numbers) = (Vec::with_capacity(lines.len()), Vec::new());
            for (line, raw) in lines {
                match read(raw, &named) {
                    Ok(one) => {
                        said.push(one);
                        numbers.push(line);
                    }
                    Err((pointer, reason)) => done.refuse(line, "malformed", pointer, reason),
                }
            }
            let put = put(app, &said)?;
            (done.changed, done.known) = (put.changed, put.known);
            for (place, error) in put.refused {
                let (code, pointer, reason) = told(error)?;
                done.refuse(numbers[place], code, pointer, reason);
            }
            done.rejected.sort_by_key(|refused| refused.line);
            reply::json(StatusCode::OK, &done)
        })
        .await
    }
}

impl PutInPlace {
    fn refuse(&mut self, line: u64, code: &str, pointer: String, reason: String) {
        self.rejected.push(RefusedLineView { line, code: code.to_owned(), pointer, reason });
    }
}

fn read<Id, Said: DeserializeOwned>(
    raw: &[u8],
    named: impl Fn(Said) -> Result<(Id, Said), &'static str>,
) -> Result<(Id, Said), (String, String)> {
    let said = serde_json::from_slice(raw).map_err(|error| (String::new(), error.to_string()))?;
    named(said).map_err(|pointer| (pointer.to_owned(), "is missing".to_owned()))
}

/// Why one was refused. Errors: it was not refused; an engine failed.
fn told(error: AppError) -> Result<(&'static str, String, String), AppError> {
    match error {
        AppError::Invalid { pointer, reason } => Ok(("invalid", pointer, reason)),
        AppError::Refused { code, reason } => Ok((code, String::new(), reason)),
        other => Err(other),
    }
}
