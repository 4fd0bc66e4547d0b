//! The interface of a running server.

use super::{Refusal, Request};
use crate::failure::Failure;
use doorstep_server::keys::Secret;
use std::io::{Read, Write};
use std::time::Duration;
use ureq::Agent;
use ureq::http;

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// How long to wait for the first byte of an answer: a large day is settled while it is asked for.
const ANSWER: Duration = Duration::from_secs(300);

/// Bytes moved at once.
const CHUNK_BYTES: usize = 64 << 10;

/// A server, and a key to it.
pub(crate) struct Remote {
    url: String,
    key: Option<String>,
    agent: Agent,
}

impl Remote {
    /// A server by its URL; the key is given or stands in the environment.
    pub(crate) fn new(url: &str, key: Option<String>) -> Result<Remote, Failure> {
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(Failure::Refused(format!("--server {url:?} is not an http:// URL")));
        }
        let key = key_of(key);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .build();
        Ok(Remote { url: url.trim_end_matches('/').to_owned(), key, agent: config.into() })
    }

    pub(super) fn exchange(
        &self,
        request: Request,
        out: &mut dyn Write,
    ) -> Result<Result<(), Refusal>, Failure> {
        let away = |error: ureq::Error| Failure::Refused(format!("{}: {error}", self.url));
        let response = self.agent.run(self.prepared(request)?).map_err(away)?;
        let status = response.status();
        let retry_after = response.headers().get(http::header::RETRY_AFTER).cloned();
        let mut body = response.into_body().into_reader();
        if status.is_success() {
            copy(&mut body, out)?;
            return Ok(Ok(()));
        }
        let mut problem = Vec::new();
        copy(&mut body, &mut problem)?;
        let retry_after = retry_after.as_ref().and_then(|value| value.to_str().ok());
        Ok(Err(Refusal::new(status.as_u16(), &problem, retry_after)))
    }

    fn prepared(&self, request: Request) -> Result<http::Request<Vec<u8>>, Failure> {
        let once = match &request.once {
            Some(once) => once.clone(),
            None => Secret::random()?.key_id(),
        };
        let mut builder = http::Request::builder()
            .method(request.method)
            .uri(format!("{}{}", self.url, request.path_and_query()))
            .header("idempotency-key", once);
        if let Some(content_type) = request.content_type {
            builder = builder.header(http::header::CONTENT_TYPE, content_type);
        }
        if let Some(key) = &self.key {
            builder = builder.header(http::header::AUTHORIZATION, format!("Bearer {key}"));
        }
        // A key with a line break in it, for example.
        builder.body(request.body).map_err(|error| Failure::Refused(error.to_string()))
    }
}

/// The key that was given, or that stands in the environment.
pub(crate) fn key_of(given: Option<String>) -> Option<String> {
    let known = ["DOORSTEP_KEY", "DOORSTEP_ADMIN_KEY"].into_iter();
    given.or_else(|| known.filter_map(|name| std::env::var(name).ok()).next())
}

/// As `std::io::copy`, but says on which side it failed.
fn copy(from: &mut impl Read, to: &mut dyn Write) -> Result<(), Failure> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = from.read(&mut chunk);
        match read.map_err(|error| Failure::Refused(format!("the answer broke off: {error}")))? {
            0 => return Ok(()),
            bytes => to.write_all(&chunk[..bytes]).map_err(Failure::output)?,
        }
    }
}
