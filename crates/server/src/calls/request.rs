//! What is asked and what is answered.

use super::error::Fault;
use doorstep_domain::time::SECOND_US;
use ureq::http::{HeaderMap, Method};

/// Longest piece of an answer that stands in an error, in characters.
const QUOTED_CHARS: usize = 200;

/// A request to somebody.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`…
    pub method: Method,
    /// `http://` or `https://`.
    pub url: String,
    /// By name.
    pub headers: Vec<(&'static str, String)>,
    /// Empty where there is none.
    pub body: Vec<u8>,
    /// Whether it may be sent twice: it changes nothing, or carries a key by which they know it.
    pub repeatable: bool,
    /// How long it may take at most, in microseconds, where that is less than the guard allows.
    pub patience_us: Option<i64>,
}

impl Request {
    /// Asks, and changes nothing.
    pub fn get(url: impl Into<String>) -> Request {
        Request {
            method: Method::GET,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            repeatable: true,
            patience_us: None,
        }
    }

    /// Sends; not repeated unless [`Request::repeatable`] is said.
    pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Request {
        let (method, body) = (Method::POST, body.into());
        Request { method, body, repeatable: false, ..Request::get(url) }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Request {
        self.headers.push((name, value.into()));
        self
    }

    /// It carries a key by which a repetition is known.
    #[must_use]
    pub fn repeatable(mut self) -> Request {
        self.repeatable = true;
        self
    }

    /// Within so many microseconds.
    #[must_use]
    pub fn within_us(mut self, patience_us: i64) -> Request {
        self.patience_us = Some(patience_us);
        self
    }
}

/// What somebody answered, whatever it was.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP's.
    pub status: u16,
    /// By name.
    pub headers: HeaderMap,
    /// Whole.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body of a 2xx. 408, 429 and 5xx are failures of theirs, everything else is a refusal.
    pub fn success(&self) -> Result<&[u8], Fault> {
        let reason = || format!("status {}: {}", self.status, self.quoted());
        match self.status {
            200..=299 => Ok(&self.body),
            408 | 429 | 500.. => {
                Err(Fault::Theirs { reason: reason(), retry_after_us: self.retry_after_us() })
            }
            _ => Err(Fault::Refused(reason())),
        }
    }

    /// The body of a success as JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, Fault> {
        let unreadable = |error| Fault::nonsense(format!("{error} in {:?}", self.quoted()));
        serde_json::from_slice(self.success()?).map_err(unreadable)
    }

    /// `Retry-After` (RFC 9110, 10.2.3), as microseconds. As a date it counts from the answer's own
    /// `Date`: whoever wrote both went by one clock, and it need not be ours.
    pub fn retry_after_us(&self) -> Option<i64> {
        let header = |name| self.headers.get(name)?.to_str().ok().map(str::trim);
        let told = header("retry-after")?;
        if let Ok(seconds) = told.parse::<u32>() {
            return Some(i64::from(seconds) * SECOND_US);
        }
        let (until_s, since_s) = (http_date_s(told)?, http_date_s(header("date")?)?);
        Some((until_s - since_s).max(0) * SECOND_US)
    }

    /// The beginning of the body, on one line.
    fn quoted(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(4 * QUOTED_CHARS)]);
        let one_line = |letter: char| if letter.is_control() { ' ' } else { letter };
        text.chars().take(QUOTED_CHARS).map(one_line).collect()
    }
}

/// Seconds since 1970 of an HTTP date in any of its three forms (RFC 9110, 5.6.7), which are all of
/// Greenwich.
fn http_date_s(text: &str) -> Option<i64> {
    const FORMS: [&str; 3] =
        ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let read = |form| jiff::civil::DateTime::strptime(form, text).ok();
    let zoned = FORMS.into_iter().find_map(read)?.to_zoned(jiff::tz::TimeZone::UTC);
    Some(zoned.ok()?.timestamp().as_second())
}

/// Names and values as a query of a URL (RFC 3986: all but the unreserved is encoded).
pub fn query(pairs: &[(&str, &str)]) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = |text: &str| -> String {
        let letter = |byte: u8| match keep(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        };
        text.bytes().map(letter).collect()
    };
    let pair = |(name, value): &(&str, &str)| format!("{}={}", encoded(name), encoded(value));
    pairs.iter().map(pair).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert("retry-after", text.parse().unwrap());
        }
        headers.insert("date", "Sun, 06 Nov 1994 08:49:30 GMT".parse().unwrap());
        Answer { status, headers, body: body.into() }
    }

    /// B11: what counts as a failure of theirs, what as a refusal.
    #[test]
    fn an_answer_is_a_success_a_failure_or_a_refusal() {
        let theirs = |retry_after_us: Option<i64>| Some((true, retry_after_us));
        let cases = [
            (200, None, None),
            (204, None, None),
            (301, None, Some((false, None))),
            (400, None, Some((false, None))),
            (404, Some("3"), Some((false, None))),
            (408, None, theirs(None)),
            (429, Some("3"), theirs(Some(3_000_000))),
            (500, None, theirs(None)),
            (503, Some("Sun, 06 Nov 1994 08:49:37 GMT"), theirs(Some(7_000_000))),
            (429, Some("Sunday, 06-Nov-94 08:50:30 GMT"), theirs(Some(60_000_000))),
            (429, Some("Sun Nov  6 09:49:30 1994"), theirs(Some(3_600_000_000))),
            (503, Some("Sat, 05 Nov 1994 08:49:37 GMT"), theirs(Some(0))),
            (503, Some("soon"), theirs(None)),
            (503, Some("Mon, 06 Nov 1994 08:49:37 GMT"), theirs(None)),
            (599, Some("-1"), theirs(None)),
        ];
        for (status, retry_after, expected) in cases {
            let fault = answer(status, retry_after, "no\r\nway").success().map(<[u8]>::len).err();
            let told = fault.map(|fault| match fault {
                Fault::Theirs { retry_after_us, .. } => (true, retry_after_us),
                Fault::Refused(reason) => {
                    assert_eq!(reason, format!("status {status}: no  way"));
                    (false, None)
                }
            });
            assert_eq!(told, expected, "{status}");
        }
        assert!(matches!(answer(200, None, "{").json::<u8>(), Err(Fault::Theirs { .. })));
    }

    #[test]
    fn a_query_is_encoded() {
        let pairs = [("q", "1200 Irving St & 9th, Ä"), ("limit", "1")];
        assert_eq!(query(&pairs), "q=1200%20Irving%20St%20%26%209th%2C%20%C3%84&limit=1");
        assert_eq!(query(&[]), "");
    }
}
