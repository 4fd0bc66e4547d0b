//! The description of the interface, and a page that shows it without asking anybody else.

use super::problem::{Details, PROBLEM_JSON};
use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use std::collections::BTreeMap;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    Components, Content, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder, SecurityRequirement,
};
use utoipa::{IntoParams, IntoResponses, PartialSchema, ToSchema};

const DESCRIPTION: &str = "\
Facts come in as CloudEvents, are made durable, counted once, priced and settled.

Errors are problem details (RFC 9457) with a stable `code` and, for input, `errors[]` that name \
the field. A POST that claims something carries an `Idempotency-Key`: the answer to a repeated one \
is the first answer, for 24 hours. Where a limit is reached the answer is 429 with `Retry-After`. \
Money is whole minor units of the market's currency, time is RFC 3339 in UTC, a day is a local day \
of the market.";

/// The document before the routes add themselves.
pub(super) fn document() -> OpenApi {
    let mut components = Components::new();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("key", bearer);
    components.schemas.insert("Problem".to_owned(), Details::schema());
    let mut nested = Vec::new();
    Details::schemas(&mut nested);
    components.schemas.extend(nested);
    let scopes: [&str; 0] = [];
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Doorstep")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(DESCRIPTION))
                .build(),
        )
        .components(Some(components))
        .security(Some([SecurityRequirement::new("key", scopes)]))
        .build()
}

/// `/openapi.json`, and `/docs`, which is one file and asks only for that.
pub(super) fn routes(document: OpenApi) -> Router {
    let json = document.to_json().unwrap_or_default();
    let described = move || {
        let json = json.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], json) }
    };
    let page = || async { Html(include_str!("docs.html")) };
    Router::new().route("/openapi.json", get(described)).route("/docs", get(page))
}

/// How a request that reads may fail.
pub(super) struct Reading;

/// How a request for what has an `ETag` may be answered without it.
pub(super) struct Revalidating;

/// The header that asks so.
pub(super) struct IfNoneMatch;

/// How a request that claims may fail.
pub(super) struct Claiming;

/// How a request that sends events may fail.
pub(super) struct Sending;

const READING: [(u16, &str); 8] = [
    (400, "A parameter is wrong; `errors` says which and why"),
    (401, "No key, or one that opens nothing"),
    (403, "The key's role may not do this"),
    (404, "There is nothing of that name"),
    (409, "The present state does not allow it"),
    (429, "Too much at once; `Retry-After` says when to try again"),
    (500, "Something failed here; the logs say what under `trace_id`"),
    (503, "An engine is not there at the moment"),
];

const CLAIMING: [(u16, &str); 2] =
    [(413, "The body is too large"), (422, "The `Idempotency-Key` was used for another request")];

const SENDING: [(u16, &str); 2] = [
    (413, "The body is too large, as sent or unpacked"),
    (415, "The content type or encoding is not read here"),
];

impl IntoResponses for Reading {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[&READING])
    }
}

impl IntoResponses for Revalidating {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let unchanged = "Nothing has changed since the answer of that `ETag`";
        let unchanged = ResponseBuilder::new().description(unchanged).build();
        let mut responses = problems(&[&READING]);
        responses.insert("304".to_owned(), RefOr::T(unchanged));
        responses
    }
}

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let tags = "The `ETag` of an earlier answer: 304 where this one would be the same";
        let parameter = ParameterBuilder::new()
            .name("If-None-Match")
            .parameter_in(ParameterIn::Header)
            .description(Some(tags))
            .schema(Some(String::schema()));
        vec![parameter.build()]
    }
}

impl IntoResponses for Claiming {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[&READING, &CLAIMING])
    }
}

impl IntoResponses for Sending {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems(&[&READING, &SENDING])
    }
}

fn problems(statuses: &[&[(u16, &str)]]) -> BTreeMap<String, RefOr<Response>> {
    let problem = |(status, description): &(u16, &str)| {
        let content = Content::new(Some(Ref::from_schema_name("Problem")));
        let response =
            ResponseBuilder::new().description(*description).content(PROBLEM_JSON, content).build();
        (status.to_string(), RefOr::T(response))
    };
    statuses.iter().copied().flatten().map(problem).collect()
}
