//! The body of `POST /v1/events`: unpacked, and taken apart into events.

use super::limits::Limits;
use super::problem::Problem;
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io::Read;

/// How the events of a body stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One JSON object.
    Single,
    /// A JSON array of them.
    Batch,
    /// One a line.
    Lines,
}

/// Undoes `Content-Encoding`, up to the limit. Errors: 413, 415, or 400 where it is damaged.
pub(super) fn unpacked<'a>(
    headers: &HeaderMap,
    body: &'a [u8],
    limits: &Limits,
) -> Result<Cow<'a, [u8]>, Problem> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?"));
    let damaged = |error: std::io::Error| {
        Problem::field("Content-Encoding", format!("the body cannot be unpacked: {error}"))
    };
    let reader: Box<dyn Read + 'a> = match encoding.map(str::trim) {
        None | Some("" | "identity") => return Ok(Cow::Borrowed(body)),
        Some("gzip") => Box::new(flate2::read::MultiGzDecoder::new(body)),
        Some("zstd") => Box::new(zstd::Decoder::new(body).map_err(damaged)?),
        Some(other) => {
            let detail = format!("Content-Encoding {other:?} is not gzip or zstd");
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(Problem::new(status, "unsupported_encoding", detail));
        }
    };
    let most = limits.unpacked_bytes_max;
    let mut unpacked = Vec::new();
    reader.take(most as u64 + 1).read_to_end(&mut unpacked).map_err(damaged)?;
    if unpacked.len() > most {
        let detail = format!("the body unpacks to more than {most} bytes; send it in parts");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail));
    }
    Ok(Cow::Owned(unpacked))
}

/// The media type a body is said to have, without its parameters. Errors: 415 where it is text
/// in another encoding than UTF-8, which nothing here reads.
pub(super) fn media_type(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(None) };
    let value = value.to_str().unwrap_or("?").to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("").to_owned();
    let charset = parts.find_map(|parameter| parameter.strip_prefix("charset="));
    match charset.map(|charset| charset.trim_matches('"')) {
        None | Some("utf-8" | "utf8" | "us-ascii") => Ok(Some(essence)),
        Some(other) => {
            let detail = format!("charset {other:?} is not read here: send UTF-8");
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            Err(Problem::new(status, "unsupported_charset", detail))
        }
    }
}

/// What follows the byte order mark that some programs put in front of UTF-8.
pub(super) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// Which form a body has, by its content type; without one, by its looks.
pub(super) fn form(headers: &HeaderMap, body: &[u8]) -> Result<Form, Problem> {
    let body = without_mark(body);
    match media_type(headers)?.as_deref() {
        Some("application/cloudevents-batch+json") => Ok(Form::Batch),
        Some("application/x-ndjson" | "application/jsonl") => Ok(Form::Lines),
        Some("application/json" | "application/cloudevents+json") => Ok(one_or_many(body)),
        None => Ok(match one_or_many(body) {
            Form::Single if lines(body).nth(1).is_some() && is_object(first_line(body)) => {
                Form::Lines
            }
            form => form,
        }),
        Some(other) => {
            let detail = format!(
                "{other:?} is not read here: send application/cloudevents+json, \
                 application/cloudevents-batch+json, application/json or application/x-ndjson"
            );
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            Err(Problem::new(status, "unsupported_media_type", detail))
        }
    }
}

/// Takes a body apart into events with their numbers, counted from 1; the bytes stay as they are.
pub(super) fn events(form: Form, body: &[u8]) -> Result<Vec<(u64, &[u8])>, Problem> {
    let body = without_mark(body);
    match form {
        Form::Single => Ok(vec![(1, body.trim_ascii())]),
        Form::Lines => Ok(lines(body).collect()),
        Form::Batch => {
            let batch: Vec<&RawValue> = serde_json::from_slice(body).map_err(|error| {
                Problem::field("", format!("is not a JSON array: {error}")).with_code("malformed")
            })?;
            Ok((1..).zip(batch.into_iter().map(|event| event.get().as_bytes())).collect())
        }
    }
}

/// Lines that say something, with their numbers counted from 1.
fn lines(body: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let numbered = (1..).zip(body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii));
    numbered.filter(|(_, line)| !line.is_empty())
}

fn first_line(body: &[u8]) -> &[u8] {
    lines(body).next().map_or(&[], |(_, line)| line)
}

fn is_object(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

fn one_or_many(body: &[u8]) -> Form {
    if body.trim_ascii_start().first() == Some(&b'[') { Form::Batch } else { Form::Single }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn the_form_follows_the_content_type_or_the_looks() {
        let cases: [(Option<&str>, &[u8], Option<Form>); 15] = [
            (Some("application/json; charset=utf-8"), b" {\n}", Some(Form::Single)),
            (Some("application/cloudevents+json"), b"{}", Some(Form::Single)),
            (Some("application/json"), b"\n[{}]", Some(Form::Batch)),
            (Some("Application/CloudEvents-Batch+JSON"), b"[]", Some(Form::Batch)),
            (Some("application/x-ndjson"), b"{}", Some(Form::Lines)),
            (None, b"{\n\"id\": 1\n}", Some(Form::Single)),
            (None, b"{\"id\":1}\n{\"id\":2}\n", Some(Form::Lines)),
            (None, b"[{},\n{}]", Some(Form::Batch)),
            (None, b"{}", Some(Form::Single)),
            (None, b"\xef\xbb\xbf{\"id\":1}\n{\"id\":2}\n", Some(Form::Lines)),
            (Some("application/json"), b"\xef\xbb\xbf[{}]", Some(Form::Batch)),
            (Some("application/json; Charset=\"UTF-8\""), b"{}", Some(Form::Single)),
            (Some("application/json; charset=utf-16"), b"{}", None),
            (Some("application/x-ndjson;a=b; charset=latin1"), b"{}", None),
            (Some("text/csv"), b"{}", None),
        ];
        for (content_type, body, expected) in cases {
            let headers = content_type.map(|value| headers(header::CONTENT_TYPE, value));
            let found = form(&headers.unwrap_or_default(), body).ok();
            assert_eq!(found, expected, "{content_type:?} {}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn events_keep_their_bytes_and_their_numbers() {
        let of = |form, body: &'static [u8]| events(form, body).unwrap();
        let first: &[u8] = b"{\"id\": 1}";
        assert_eq!(of(Form::Lines, b"{\"id\": 1}\n\n{}\r\n"), [(1, first), (3, b"{}")]);
        assert_eq!(of(Form::Batch, b"[ {\"id\": 1} ,7]"), [(1, first), (2, b"7")]);
        assert_eq!(of(Form::Single, b"\n{\"id\": 1}\n"), [(1, first)]);
        assert_eq!(of(Form::Lines, b"\xef\xbb\xbf{\"id\": 1}\n{}"), [(1, first), (2, b"{}")]);
        assert!(events(Form::Batch, b"[{}").is_err());
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused_before_it_is_held() {
        let limits = Limits { unpacked_bytes_max: 1_000, ..Limits::default() };
        let plain = vec![b' '; 1_000_000];
        let packed = zstd::encode_all(plain.as_slice(), 3).unwrap();
        let small = zstd::encode_all(&b"{}"[..], 3).unwrap();
        let encoded = headers(header::CONTENT_ENCODING, "zstd");
        assert!(unpacked(&encoded, &packed, &limits).is_err());
        assert_eq!(&*unpacked(&encoded, &small, &limits).unwrap(), b"{}");
        assert!(unpacked(&encoded, b"no zstd", &limits).is_err());
        assert!(unpacked(&headers(header::CONTENT_ENCODING, "br"), b"", &limits).is_err());
    }
}
