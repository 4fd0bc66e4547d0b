//! The line to a provider: its guard, and what its answers mean.

use super::{Access, Allowance};
use crate::calls::target::Reach;
use crate::calls::{
    Answer, BreakerRules, CallError, Fault, Guard, RateRules, Request, RetryRules, Rules, Web, rest,
};
use crate::clock::{SteadyClock, SystemClock};
use doorstep_domain::time::{Clock, SECOND_US};
use serde_json::Value;
use std::sync::Arc;
use ureq::http::Method;

/// How long an answer is awaited, in microseconds.
const PATIENCE_US: i64 = 10 * SECOND_US;

/// How long of it for the connection, in microseconds.
const CONNECT_US: i64 = 3 * SECOND_US;

/// How long a call waits for its turn, in microseconds: some providers are asked every three
/// seconds at most, and a booking may be two calls.
const TURN_US: i64 = 4 * SECOND_US;

/// A way to ask one provider.
pub(super) struct Line {
    url: String,
    guard: Guard,
    allowance: Arc<Allowance>,
}

/// What was answered where they work and have understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    /// What was asked for.
    Yes(Value),
    /// They do not know it.
    Unknown(Value),
    /// It is there already.
    Repeated(Value),
    /// No, and why.
    No(String),
}

impl Line {
    /// To the adapter `to`, as metrics call it.
    pub(super) fn new(to: &'static str, access: &Access) -> Line {
        let clock = Arc::new(SteadyClock::start());
        // Nothing is repeated here, so that there is nothing to be chanced.
        let guard = Guard::new(to, rules(access), Web::new(Reach::Anywhere), clock, 0);
        let url = access.url.trim_end_matches('/').to_owned();
        Line { url, guard, allowance: Arc::clone(&access.allowance) }
    }

    /// Asks something of its API.
    pub(super) fn ask(
        &self,
        method: Method,
        path: &str,
        authorization: &str,
        body: Option<&Value>,
    ) -> Result<Told, CallError> {
        let mut request = Request {
            method,
            body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
            ..Request::get(format!("{}{path}", self.url))
        };
        request = request.header("authorization", authorization);
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        self.send(&request)
    }

    /// Sends a request, in its turn.
    pub(super) fn send(&self, request: &Request) -> Result<Told, CallError> {
        self.awaits_its_turn()?;
        self.guard.call(request, told)
    }

    /// Turns go by the clock of the machine: other processes go by theirs.
    fn awaits_its_turn(&self) -> Result<(), CallError> {
        let began = SystemClock.now();
        loop {
            let now = SystemClock.now();
            let wait_us = match self.allowance.take(now) {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(wait_us)) => wait_us,
                Err(error) => {
                    tracing::error!(%error, "what may be asked is not known: nothing is");
                    return Err(CallError::Limited { retry_after_us: SECOND_US });
                }
            };
            if now.0 - began.0 + wait_us > TURN_US {
                return Err(CallError::Limited { retry_after_us: wait_us });
            }
            rest(wait_us);
        }
    }
}

impl Told {
    /// What was asked for. Errors: [`CallError::Refused`] of everything else.
    pub(super) fn yes(self) -> Result<Value, CallError> {
        match self {
            Told::Yes(value) => Ok(value),
            Told::Unknown(value) => Err(CallError::Refused(format!("it is not known: {value}"))),
            Told::Repeated(value) => Err(CallError::Refused(format!("it is there: {value}"))),
            Told::No(reason) => Err(CallError::Refused(reason)),
        }
    }

    /// What was asked for; none where they do not know it. Errors: as of [`Told::yes`].
    pub(super) fn known(self) -> Result<Option<Value>, CallError> {
        match self {
            Told::Unknown(_) => Ok(None),
            told => told.yes().map(Some),
        }
    }
}

/// A refusal that leaves open how it stands with a delivery: it is asked again.
pub(super) fn unsettled(error: CallError) -> CallError {
    match error {
        CallError::Refused(reason) => CallError::Failed { reason, retry_after_us: None },
        error => error,
    }
}

/// Whoever does not take what they are shown fails: that is a fault of the configuration, and says
/// nothing of the delivery.
fn told(answer: &Answer) -> Result<Told, Fault> {
    let value = || serde_json::from_slice(&answer.body).unwrap_or_default();
    match (answer.status, answer.success()) {
        (_, Ok(_)) if answer.body.is_empty() => Ok(Told::Yes(Value::Null)),
        (_, Ok(_)) => answer.json().map(Told::Yes),
        (_, Err(Fault::Theirs { reason, retry_after_us })) => {
            Err(Fault::Theirs { reason, retry_after_us })
        }
        (401..=403, Err(Fault::Refused(reason))) => {
            Err(Fault::Theirs { reason, retry_after_us: None })
        }
        (404, _) => Ok(Told::Unknown(value())),
        (409, _) => Ok(Told::Repeated(value())),
        (_, Err(Fault::Refused(reason))) => Ok(Told::No(reason)),
    }
}

/// One attempt: whoever asks has a schedule of their own. The breaker is everybody's.
fn rules(access: &Access) -> Rules {
    Rules {
        patience_us: PATIENCE_US,
        attempt_us: PATIENCE_US,
        connect_us: CONNECT_US,
        answer_bytes_max: 4 << 20,
        seats: access.at_once,
        // Taken before, of what all processes share.
        rate: RateRules { interval_us: 0, burst: 0 },
        retry: RetryRules {
            attempts_max: 1,
            rest_us: 0,
            rest_us_max: 0,
            budget_percent: 0,
            budget_max: 0,
        },
        breaker: BreakerRules {
            window_us: 30 * SECOND_US,
            calls_min: 5,
            failures_percent: 50,
            open_us: 2 * SECOND_US,
            open_us_max: 60 * SECOND_US,
            trials: 2,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::HeaderMap;

    /// E9: who refuses a delivery, who fails, and whose account is wrong.
    #[test]
    fn answers_are_told_apart() {
        let theirs = || Err(());
        let cases: [(u16, &str, Result<&str, ()>); 10] = [
            (200, r#"{"id":"del_1"}"#, Ok("yes")),
            (204, "", Ok("yes")),
            (200, "{", theirs()),
            (400, "{}", Ok("no")),
            (401, "{}", theirs()),
            (403, "{}", theirs()),
            (404, "{}", Ok("unknown")),
            (409, "{}", Ok("repeated")),
            (429, "{}", theirs()),
            (503, "{}", theirs()),
        ];
        for (status, body, expected) in cases {
            let answer = Answer { status, headers: HeaderMap::new(), body: body.into() };
            let told = told(&answer).map_err(drop).map(|told| match told {
                Told::Yes(_) => "yes",
                Told::No(_) => "no",
                Told::Unknown(_) => "unknown",
                Told::Repeated(_) => "repeated",
            });
            assert_eq!(told, expected, "{status} {body:?}");
        }
    }
}
