//! How a command reaches the interface: in this process, or over HTTP. The answers are the same.

mod local;
mod remote;

pub(crate) use local::{Local, Opening, count_everything};
pub(crate) use remote::{Remote, key_of};

use crate::arguments::Place;
use crate::failure::Failure;
use serde_json::Value;
use std::io::Write;
use std::time::Duration;

/// A request to the interface.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    method: &'static str,
    path: String,
    query: Vec<(&'static str, String)>,
    content_type: Option<&'static str>,
    body: Vec<u8>,
    once: Option<String>,
}

impl Request {
    /// Asks for something. Segments of the path must have been through [`segment`].
    pub(crate) fn get(path: impl Into<String>) -> Request {
        Request::new("GET", path)
    }

    /// Claims something: with a key of its own, so that it is done once.
    pub(crate) fn post(path: impl Into<String>) -> Request {
        Request::new("POST", path)
    }

    /// Ends something.
    pub(crate) fn delete(path: impl Into<String>) -> Request {
        Request::new("DELETE", path)
    }

    fn new(method: &'static str, path: impl Into<String>) -> Request {
        let (query, body) = (Vec::new(), Vec::new());
        Request { method, path: path.into(), query, content_type: None, body, once: None }
    }

    /// With a parameter, where there is a value.
    pub(crate) fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Request {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Under a key: what was done under it is not done again.
    pub(crate) fn once(mut self, key: String) -> Request {
        self.once = Some(key);
        self
    }

    /// With a body.
    pub(crate) fn sending(mut self, content_type: &'static str, body: Vec<u8>) -> Request {
        self.content_type = Some(content_type);
        self.body = body;
        self
    }

    /// With a JSON body.
    pub(crate) fn sending_json(self, body: &Value) -> Request {
        self.sending("application/json", body.to_string().into_bytes())
    }

    fn path_and_query(&self) -> String {
        let pair = |(name, value): &(&str, String)| format!("{name}={}", segment(value));
        let query: Vec<String> = self.query.iter().map(pair).collect();
        let separator = if query.is_empty() { "" } else { "?" };
        format!("{}{separator}{}", self.path, query.join("&"))
    }
}

/// Text as it may stand in one segment of a path or one value of a query (RFC 3986, unreserved).
pub(crate) fn segment(text: impl AsRef<str>) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = text
        .as_ref()
        .bytes()
        .map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    encoded.collect()
}

/// An answer that is an error.
pub(crate) struct Refusal {
    status: u16,
    problem: Value,
    retry_after: Option<Duration>,
}

impl Refusal {
    fn new(status: u16, body: &[u8], retry_after: Option<&str>) -> Refusal {
        let problem = serde_json::from_slice(body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
        let retry_after = retry_after.and_then(|seconds| seconds.parse().ok());
        Refusal { status, problem, retry_after: retry_after.map(Duration::from_secs) }
    }

    /// Whether this address, and not the market, is what is not known.
    pub(crate) fn is_unknown_address(&self) -> bool {
        let detail = self.problem["detail"].as_str().unwrap_or_default();
        self.problem["code"] == "not_found" && detail.starts_with("address ")
    }

    /// How long to wait before the same may be asked again, where that helps.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.retry_after.filter(|_| matches!(self.status, 429 | 503))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        let detail = refusal.problem["detail"].as_str();
        let detail = detail.map_or_else(|| refusal.problem.to_string(), str::to_owned);
        match refusal.status {
            401 => Failure::Refused(format!("{detail} (give --key, or set DOORSTEP_KEY)")),
            _ => Failure::Refused(detail),
        }
    }
}

/// Where requests go.
pub(crate) enum Transport {
    /// The data directory is open in this process.
    Local(Box<Local>),
    /// A server has it.
    Remote(Remote),
}

impl Transport {
    /// Opens the place a command names; in this process everything that the log holds is counted
    /// before the first question.
    pub(crate) fn open(place: &Place) -> Result<Transport, Failure> {
        match &place.server {
            Some(url) => Ok(Transport::Remote(Remote::new(url, place.key.clone())?)),
            None => {
                Ok(Transport::Local(Box::new(Local::open(place, Opening::CountingEverything)?)))
            }
        }
    }

    /// Asks, and reads the whole answer as JSON.
    pub(crate) fn ask(&self, request: Request) -> Result<Value, Failure> {
        Ok(self.try_ask(request)??)
    }

    /// Asks; the inner error is the interface's own, which may be worth another try.
    pub(crate) fn try_ask(&self, request: Request) -> Result<Result<Value, Refusal>, Failure> {
        let mut body = Vec::new();
        if let Err(refusal) = self.exchange(request, &mut body)? {
            return Ok(Err(refusal));
        }
        let answer = serde_json::from_slice(&body);
        answer.map(Ok).map_err(|error| Failure::Refused(format!("the answer is not JSON: {error}")))
    }

    /// Asks, and writes the answer to `out` as it comes.
    pub(crate) fn download(&self, request: Request, out: &mut dyn Write) -> Result<(), Failure> {
        Ok(self.exchange(request, out)??)
    }

    fn exchange(
        &self,
        request: Request,
        out: &mut dyn Write,
    ) -> Result<Result<(), Refusal>, Failure> {
        match self {
            Transport::Local(local) => local.exchange(request, out),
            Transport::Remote(remote) => remote.exchange(request, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_what_was_asked() {
        let request = Request::get(format!("/v1/couriers/{}/pay", segment("cab 17/ü")))
            .with("day", Some("2008-05-19"))
            .with("market", None::<&str>)
            .with("state", Some("a&b=c"));
        let expected = "/v1/couriers/cab%2017%2F%C3%BC/pay?day=2008-05-19&state=a%26b%3Dc";
        assert_eq!(request.path_and_query(), expected);
    }
}
