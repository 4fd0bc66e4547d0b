//! The body of a request with pings: packed or not, and in which form.

use super::super::body::{media_type, unpacked, without_mark};
use super::super::limits::Limits;
use super::super::problem::Problem;
use crate::tracking::door::Form;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use doorstep_domain::tracking::batch;
use std::borrow::Cow;

/// Bytes up to which a body is read on the thread that received it: some hundred microseconds.
const READ_AT_ONCE_BYTES_MAX: usize = 64 << 10;

/// A body, and what its headers say of it.
#[derive(Debug)]
pub(in crate::api) struct Content {
    body: Bytes,
    headers: HeaderMap,
    told: Option<Told>,
}

/// What a content type promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Json,
    Lines,
    Batch,
}

impl Content {
    /// Errors: 415 where the content type or its charset is not read here.
    pub(in crate::api) fn of(headers: &HeaderMap, body: Bytes) -> Result<Content, Problem> {
        let mut kept = HeaderMap::new();
        if let Some(encoding) = headers.get(header::CONTENT_ENCODING) {
            kept.insert(header::CONTENT_ENCODING, encoding.clone());
        }
        Ok(Content { body, headers: kept, told: told(headers)? })
    }

    /// A message of a socket, whose kind says what it is.
    pub(in crate::api) fn message(body: Bytes, binary: bool) -> Content {
        let told = Some(if binary { Told::Batch } else { Told::Json });
        Content { body, headers: HeaderMap::new(), told }
    }

    /// Whether it is so little that it may be read where it was received.
    pub(super) fn is_small(&self) -> bool {
        self.body.len() <= READ_AT_ONCE_BYTES_MAX && self.headers.is_empty()
    }

    /// The body itself, and its form. Errors: 413, 415, or 400 where it is damaged.
    pub(super) fn opened(&self, limits: &Limits) -> Result<(Form, Cow<'_, [u8]>), Problem> {
        let body = match unpacked(&self.headers, &self.body, limits)? {
            Cow::Borrowed(body) => Cow::Borrowed(without_mark(body)),
            Cow::Owned(mut body) => {
                body.drain(..body.len() - without_mark(&body).len());
                Cow::Owned(body)
            }
        };
        let form = match self.told {
            Some(Told::Batch) => Form::Batch,
            Some(Told::Lines) => Form::Lines,
            Some(Told::Json) => one_or_many(&body),
            None => by_looks(&body),
        };
        Ok((form, body))
    }
}

fn told(headers: &HeaderMap) -> Result<Option<Told>, Problem> {
    // What devices send, letter by letter, is known without a copy of it.
    match headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes) {
        Some(b"application/json") => return Ok(Some(Told::Json)),
        Some(b"application/vnd.doorstep.pings") => return Ok(Some(Told::Batch)),
        _ => {}
    }
    let Some(essence) = media_type(headers)? else { return Ok(None) };
    match essence.as_str() {
        "application/json" => Ok(Some(Told::Json)),
        "application/x-ndjson" | "application/jsonl" => Ok(Some(Told::Lines)),
        "application/vnd.doorstep.pings" => Ok(Some(Told::Batch)),
        other => {
            let detail = format!(
                "{other:?} is not read here: send application/json, application/x-ndjson or \
                 application/vnd.doorstep.pings"
            );
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            Err(Problem::new(status, "unsupported_media_type", detail))
        }
    }
}

fn one_or_many(body: &[u8]) -> Form {
    if body.trim_ascii_start().first() == Some(&b'[') { Form::Array } else { Form::Single }
}

fn by_looks(body: &[u8]) -> Form {
    if body.starts_with(&batch::MAGIC) {
        return Form::Batch;
    }
    let body = body.trim_ascii();
    let line = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let whole = |text| serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok();
    match one_or_many(body) {
        Form::Single if line.len() < body.len() && whole(line) => Form::Lines,
        form => form,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_follows_the_content_type_or_the_looks() {
        let cases: [(Option<&str>, &[u8], Option<Form>); 13] = [
            (Some("application/json; charset=utf-8"), b" {\n}", Some(Form::Single)),
            (Some("application/json"), b"\n[{}]", Some(Form::Array)),
            (Some("Application/X-NDJSON"), b"{}", Some(Form::Lines)),
            (Some("application/vnd.doorstep.pings"), b"[", Some(Form::Batch)),
            (None, b"DSPB\x01", Some(Form::Batch)),
            (None, b"{\n\"lat\": 1\n}\n", Some(Form::Single)),
            (None, b"{\"lat\":1}\n{\"lat\":2}\n", Some(Form::Lines)),
            (None, b"[{},\n{}]", Some(Form::Array)),
            (None, b"{}\n", Some(Form::Single)),
            (None, b"\xef\xbb\xbf{\"lat\":1}\n{\"lat\":2}\n", Some(Form::Lines)),
            (Some("application/json; charset=utf-8"), b"\xef\xbb\xbf[{}]", Some(Form::Array)),
            (Some("application/json; charset=iso-8859-1"), b"{}", None),
            (Some("application/cloudevents+json"), b"{}", None),
        ];
        for (content_type, body, expected) in cases {
            let mut headers = HeaderMap::new();
            if let Some(content_type) = content_type {
                headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
            }
            let content = Content::of(&headers, Bytes::from_static(body));
            let found = content.ok().map(|content| content.opened(&Limits::default()).unwrap().0);
            assert_eq!(found, expected, "{content_type:?} {}", String::from_utf8_lossy(body));
        }
    }
}
