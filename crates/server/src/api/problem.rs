//! Errors as they are answered: problem details, RFC 9457.

use crate::error::{AppError, ShortLine};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use doorstep_log::LogError;
use doorstep_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// The media type of a problem.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// An error as it is answered. It is boxed: errors travel far, and most answers are none.
#[derive(Debug, Clone)]
pub struct Problem(Box<Details>);

/// A problem, RFC 9457, with `code`, `trace_id` and, for input, `errors`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Details {
    /// `urn:doorstep:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened, in a sentence.
    detail: String,
    /// The path that was asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    instance: String,
    /// Machine-readable kind; stable.
    code: String,
    /// Which fields are wrong, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// Of a shortage: every line that was asked for, and what there is of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lines: Vec<ShortLine>,
    /// The dead letter under which a refused event is kept.
    #[serde(skip_serializing_if = "String::is_empty")]
    dead_letter: String,
    /// To find the request in the logs.
    #[serde(skip_serializing_if = "String::is_empty")]
    trace_id: String,
    /// What failed inside: for the logs, and for whoever sits at the machine.
    #[serde(skip)]
    cause: Option<String>,
    #[serde(skip)]
    retry_after_ms: Option<u64>,
}

/// One wrong field.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body, or the name of a parameter.
    pub pointer: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A problem in a few words.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Brief {
    /// Machine-readable kind; stable.
    code: String,
    /// What happened, in a sentence.
    detail: String,
    /// After how many milliseconds to try again, where that helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

impl Problem {
    /// A problem of a status, with a stable code and a sentence.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Problem {
        Problem(Box::new(Details {
            kind: format!("urn:doorstep:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            instance: String::new(),
            code: code.to_owned(),
            errors: Vec::new(),
            lines: Vec::new(),
            dead_letter: String::new(),
            trace_id: String::new(),
            cause: None,
            retry_after_ms: None,
        }))
    }

    /// A wrong field of a request.
    pub fn field(pointer: impl Into<String>, reason: impl Into<String>) -> Problem {
        let (pointer, reason) = (pointer.into(), reason.into());
        let separator = if pointer.is_empty() { "" } else { ": " };
        let detail = format!("{pointer}{separator}{reason}");
        let mut problem = Problem::new(StatusCode::BAD_REQUEST, "invalid", detail);
        problem.0.errors.push(FieldError { pointer, reason });
        problem
    }

    /// A failure of ours; the cause goes to the logs, not to strangers.
    pub fn internal(cause: impl ToString) -> Problem {
        let detail = "something failed here; the logs say what, under this trace_id";
        let mut problem = Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail);
        problem.0.cause = Some(cause.to_string());
        problem
    }

    /// Its machine-readable kind.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The same with another code, such as that of a rejected event.
    pub fn with_code(mut self, code: &str) -> Problem {
        self.0.kind = format!("urn:doorstep:problem:{code}");
        code.clone_into(&mut self.0.code);
        self
    }

    /// The same, naming where what was refused is kept.
    pub fn with_dead_letter(mut self, letter_id: String) -> Problem {
        self.0.dead_letter = letter_id;
        self
    }

    /// The same with another status, where a protocol wants its own.
    pub(super) fn with_status(mut self, status: StatusCode) -> Problem {
        self.0.status = status.as_u16();
        status.canonical_reason().unwrap_or("Error").clone_into(&mut self.0.title);
        self
    }

    /// As it is told on a socket, where there is no request to say it of.
    pub(super) fn brief(&self) -> Brief {
        Brief {
            code: self.0.code.clone(),
            detail: self.0.detail.clone(),
            retry_after_ms: self.0.retry_after_ms,
        }
    }

    /// Too much at once.
    pub fn busy(code: &str, detail: impl Into<String>, retry_after_ms: u64) -> Problem {
        let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, code, detail);
        problem.0.retry_after_ms = Some(retry_after_ms);
        problem
    }

    /// Makes an error out of an answer that is one by its status alone, such as axum's own 404.
    pub(super) fn of_status(status: StatusCode, detail: String) -> Problem {
        let (code, words) = match status {
            StatusCode::NOT_FOUND => ("not_found", "there is nothing at this path"),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method_not_allowed", "this path does not take that method")
            }
            StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "the body is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("unsupported_media_type", "this content type is not read here")
            }
            status if status.is_server_error() => return Problem::internal(detail),
            _ => ("invalid", "the request cannot be read"),
        };
        let detail = if detail.is_empty() { words.to_owned() } else { detail };
        Problem::new(status, code, detail)
    }

    /// Says where and under which trace it happened; `local` callers are told the cause as well.
    pub(super) fn at(mut self, path: &str, trace_id: &str, local: bool) -> Problem {
        path.clone_into(&mut self.0.instance);
        trace_id.clone_into(&mut self.0.trace_id);
        if let Some(cause) = &self.0.cause {
            tracing::error!(trace_id, path, cause, "request failed");
            if local {
                cause.clone_into(&mut self.0.detail);
            }
        }
        self
    }

    /// The answer itself.
    pub(super) fn render(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(ms) = self.0.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000).max(1)));
        }
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read, so nothing can follow on this connection.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"doorstep\"");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Leaves itself in the extensions: the outermost layer knows the path and the trace.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status);
        let mut response = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Problem {
        let detail = error.to_string();
        match error {
            AppError::NotFound { .. } => Problem::new(StatusCode::NOT_FOUND, "not_found", detail),
            AppError::Invalid { pointer, reason } => Problem::field(pointer, reason),
            AppError::Refused { code, .. } => Problem::new(StatusCode::CONFLICT, code, detail),
            AppError::Shortage { lines } => {
                let mut problem = Problem::new(StatusCode::CONFLICT, "shortage", detail);
                problem.0.lines = lines;
                problem
            }
            AppError::Busy { retry_after_ms } => Problem::busy("busy", detail, retry_after_ms),
            AppError::Behind => {
                let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "behind", detail);
                problem.0.retry_after_ms = Some(1_000);
                problem
            }
            AppError::Log(LogError::TooLarge { .. }) => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
            }
            AppError::Log(LogError::Stopped { .. })
            | AppError::Store(
                StoreError::Disconnected { .. }
                | StoreError::Contended { .. }
                | StoreError::Closed
                | StoreError::Unknown { .. },
            ) => unavailable(detail),
            AppError::Store(_)
            | AppError::Log(_)
            | AppError::Archive(_)
            | AppError::Machine { .. } => Problem::internal(detail),
        }
    }
}

/// An engine that may be back soon. How long that takes nobody knows; a second is a fair guess.
pub(super) fn unavailable(cause: String) -> Problem {
    let detail = "an engine is not there at the moment; try again";
    let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
    problem.0.cause = Some(cause);
    problem.0.retry_after_ms = Some(1_000);
    problem
}
