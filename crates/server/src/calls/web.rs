//! HTTP as it is spoken to others: bounded in time and size, without redirects, without proxies.

use super::error::CallError;
use super::request::{Answer, Request};
use super::target::{Forbidden, Reach, Resolver};
use std::time::Duration;
use ureq::http;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, Error};

/// Connections that wait for their next call, to one host.
const IDLE_MAX: usize = 32;

/// How long they wait: many servers end what rests for five seconds.
const IDLE: Duration = Duration::from_secs(4);

/// Longest head of an answer, in bytes.
const HEAD_BYTES_MAX: usize = 32 << 10;

/// Who may be called, and the connections to them. A clone shares them.
#[derive(Debug, Clone)]
pub struct Web {
    agent: Agent,
}

/// The bounds of one exchange.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange {
    /// Microseconds in all: the name, the connection, the answer.
    pub(super) total_us: i64,
    /// Microseconds of these for the connection.
    pub(super) connect_us: i64,
    /// Bytes of the answer, unpacked.
    pub(super) answer_bytes_max: u64,
}

impl Web {
    /// Calls whoever is within reach.
    pub fn new(reach: Reach) -> Web {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // A proxy would connect for us, to whatever address it finds.
            .proxy(None)
            .max_response_header_size(HEAD_BYTES_MAX)
            .max_idle_connections(4 * IDLE_MAX)
            .max_idle_connections_per_host(IDLE_MAX)
            .max_idle_age(IDLE)
            .user_agent(concat!("doorstep/", env!("CARGO_PKG_VERSION")))
            .build();
        let connector = DefaultConnector::default();
        Web { agent: Agent::with_parts(config, connector, Resolver::new(reach)) }
    }

    /// Sends once, and reads the answer whole.
    pub(super) fn exchange(
        &self,
        request: &Request,
        bounds: Exchange,
    ) -> Result<Answer, CallError> {
        let length = |us: i64| Some(Duration::from_micros(us.max(1).unsigned_abs()));
        let prepared = self.agent.configure_request(prepared(request)?);
        let prepared = prepared.timeout_global(length(bounds.total_us));
        let prepared = prepared.timeout_connect(length(bounds.connect_us)).build();
        let (parts, mut body) = self.agent.run(prepared).map_err(error)?.into_parts();
        let body = whole(&mut body, bounds.answer_bytes_max).map_err(error)?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

fn prepared(request: &Request) -> Result<http::Request<Vec<u8>>, CallError> {
    let mut builder = http::Request::builder().method(&request.method).uri(&request.url);
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    // A URL that is none, or a header with a line break in it.
    builder.body(request.body.clone()).map_err(|error| CallError::Forbidden(error.to_string()))
}

fn whole(body: &mut Body, bytes_max: u64) -> Result<Vec<u8>, Error> {
    body.with_config().limit(bytes_max).read_to_vec()
}

fn error(error: Error) -> CallError {
    match error {
        Error::Timeout(_) => CallError::TimedOut,
        Error::BadUri(reason) => CallError::Forbidden(reason),
        Error::Other(other) if other.is::<Forbidden>() => CallError::Forbidden(other.to_string()),
        Error::BodyExceedsLimit(bytes) => {
            failed(format!("the answer is longer than {bytes} bytes"))
        }
        Error::LargeResponseHeader(..) | Error::Protocol(_) | Error::Decompress(..) => {
            failed(error.to_string())
        }
        other => CallError::Unreachable(other.to_string()),
    }
}

fn failed(reason: String) -> CallError {
    CallError::Failed { reason, retry_after_us: None }
}
