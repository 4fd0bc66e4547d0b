//! One guard for whoever is called: a seat, the breaker, the rate, the retries, the time-out.

use super::backoff::{Backoff, RetryRules};
use super::breaker::{Breaker, BreakerRules, Permit};
use super::error::{CallError, Fault};
use super::metric;
use super::rate::{Bucket, RateRules};
use super::request::{Answer, Request};
use super::seats::Seats;
use super::web::{Exchange, Web};
use doorstep_domain::time::{Clock, Micros, SECOND_US};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What may be asked of whom is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How long a call may take with all its attempts and rests, in microseconds.
    pub patience_us: i64,
    /// How long one attempt may take, in microseconds.
    pub attempt_us: i64,
    /// How long of it for the connection, in microseconds.
    pub connect_us: i64,
    /// Longest answer, in bytes, unpacked.
    pub answer_bytes_max: u64,
    /// Calls at once.
    pub seats: usize,
    /// Calls a second, retries included.
    pub rate: RateRules,
    /// Attempts and the rests between them.
    pub retry: RetryRules,
    /// When they are left alone.
    pub breaker: BreakerRules,
}

impl Rules {
    /// For questions that somebody waits for and that have another answer: little patience, and
    /// whoever fails is left alone soon. `per_second` 0 is no limit.
    pub fn of_a_question(patience_us: i64, per_second: u32) -> Rules {
        Rules {
            patience_us,
            attempt_us: patience_us,
            connect_us: patience_us / 2,
            answer_bytes_max: 4 << 20,
            // A server that answers in five milliseconds answers 6,400 a second of these.
            seats: 32,
            rate: RateRules::per_second(per_second),
            // What fails at once is tried again; what is slow has used up the patience.
            retry: RetryRules {
                attempts_max: 3,
                rest_us: 10_000,
                rest_us_max: 50_000,
                budget_percent: 20,
                budget_max: 10,
            },
            breaker: BreakerRules {
                window_us: 10 * SECOND_US,
                calls_min: 10,
                failures_percent: 50,
                open_us: SECOND_US,
                open_us_max: 8 * SECOND_US,
                trials: 3,
            },
        }
    }
}

/// Calls somebody. It blocks for as long as its rules allow: never on a thread that must not wait.
pub struct Guard {
    to: &'static str,
    rules: Rules,
    clock: Arc<dyn Clock>,
    web: Web,
    seats: Seats,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    bucket: Bucket,
    backoff: Backoff,
    breaker: Breaker,
}

impl Guard {
    /// Of a callee that metrics name `to`; of the clock only differences count, so it should be
    /// one that never goes back. Several callees may share a name and a [`Web`].
    pub fn new(
        to: &'static str,
        rules: Rules,
        web: Web,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Guard {
        metric::describe(to);
        let state = State {
            bucket: Bucket::new(rules.rate),
            backoff: Backoff::new(rules.retry, seed),
            breaker: Breaker::new(rules.breaker),
        };
        let (seats, state) = (Seats::new(rules.seats), Mutex::new(state));
        Guard { to, rules, clock, web, seats, state }
    }

    /// Calls, and reads the answer: what `read` finds wrong with it counts as a failed attempt.
    ///
    /// Errors: see [`CallError`]; only what [`CallError::is_theirs`] counts against the callee.
    pub fn call<T>(
        &self,
        request: &Request,
        read: impl Fn(&Answer) -> Result<T, Fault>,
    ) -> Result<T, CallError> {
        let began = self.clock.now();
        let called = self.admitted(began).and_then(|(_seat, permit)| {
            let called = self.attempts(request, &read, began);
            self.tell(permit, called.as_ref().err());
            called
        });
        let outcome = called.as_ref().map_or_else(CallError::outcome, |_| "ok");
        let seconds = (self.clock.now().0 - began.0) as f64 / SECOND_US as f64;
        let was_sent = !matches!(outcome, "full" | "limited" | "open" | "forbidden");
        metric::ended(self.to, outcome, was_sent.then_some(seconds));
        called
    }

    /// Whether calls are refused because too many failed, or only tried.
    pub fn is_open(&self) -> bool {
        self.state().breaker.is_open()
    }

    /// The clock that it goes by.
    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// How long a call may take, in microseconds.
    pub fn patience_us(&self) -> i64 {
        self.rules.patience_us
    }

    fn admitted(&self, now: Micros) -> Result<(impl Drop + '_, Permit), CallError> {
        let seat = self.seats.take().ok_or(CallError::Full)?;
        let mut state = self.state();
        let open = |retry_after_us| CallError::Open { retry_after_us };
        let permit = state.breaker.admit(now).map_err(open)?;
        if let Err(retry_after_us) = state.bucket.take(now) {
            state.breaker.give_back(permit);
            return Err(CallError::Limited { retry_after_us });
        }
        state.backoff.earn();
        drop(state);
        Ok((seat, permit))
    }

    fn attempts<T>(
        &self,
        request: &Request,
        read: &impl Fn(&Answer) -> Result<T, Fault>,
        began: Micros,
    ) -> Result<T, CallError> {
        let patience_us = request.patience_us.unwrap_or(i64::MAX).min(self.rules.patience_us);
        let deadline = began.plus(patience_us);
        for attempts in 1.. {
            let left_us = deadline.0 - self.clock.now().0;
            if left_us <= 0 {
                break;
            }
            let failed = match self.attempt(request, read, left_us) {
                Err(error) if error.is_theirs() => error,
                decided => return decided,
            };
            match self.rest_us(request, &failed, attempts, deadline) {
                Some(rest_us) => rest(rest_us),
                None => return Err(failed),
            }
            metric::repeated(self.to);
        }
        Err(CallError::TimedOut)
    }

    fn attempt<T>(
        &self,
        request: &Request,
        read: &impl Fn(&Answer) -> Result<T, Fault>,
        left_us: i64,
    ) -> Result<T, CallError> {
        let attempt_us = left_us.min(self.rules.attempt_us);
        let bounds = Exchange {
            total_us: attempt_us,
            connect_us: attempt_us.min(self.rules.connect_us),
            answer_bytes_max: self.rules.answer_bytes_max,
        };
        Ok(read(&self.web.exchange(request, bounds)?)?)
    }

    /// How long to rest before the next attempt; `None` where there is none: it is not safe, was
    /// often enough, or would come too late.
    fn rest_us(
        &self,
        request: &Request,
        failed: &CallError,
        attempts: u32,
        deadline: Micros,
    ) -> Option<i64> {
        if !request.repeatable {
            return None;
        }
        let (now, mut state) = (self.clock.now(), self.state());
        let told_us = match failed {
            CallError::Failed { retry_after_us, .. } => retry_after_us.unwrap_or(0),
            _ => 0,
        };
        if now.plus(told_us) >= deadline {
            return None;
        }
        let rest_us = state.backoff.rest_us(attempts)?.max(told_us);
        (now.plus(rest_us) < deadline && state.bucket.take(now).is_ok()).then_some(rest_us)
    }

    fn tell(&self, permit: Permit, error: Option<&CallError>) {
        // What never left says nothing about them.
        let is_unsaid = matches!(error, Some(CallError::Forbidden(_)));
        let is_good = !error.is_some_and(CallError::is_theirs);
        let mut state = self.state();
        let was_open = state.breaker.is_open();
        if is_unsaid {
            state.breaker.give_back(permit);
        } else {
            state.breaker.tell(permit, is_good, self.clock.now());
        }
        let is_open = state.breaker.is_open();
        drop(state);
        if was_open != is_open {
            self.say_turned(is_open, error);
        }
    }

    fn say_turned(&self, is_open: bool, error: Option<&CallError>) {
        metric::turned(self.to, is_open);
        match error {
            Some(error) if is_open => {
                tracing::warn!(to = self.to, %error, "calls fail: left alone for a while");
            }
            _ => tracing::info!(to = self.to, "calls succeed again"),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.is_open() {
            metric::turned(self.to, false);
        }
    }
}

/// Waits for a while, in microseconds.
pub(crate) fn rest(rest_us: i64) {
    #[expect(clippy::disallowed_methods, reason = "there is nothing to wait for but the time")]
    std::thread::sleep(Duration::from_micros(rest_us.max(0).unsigned_abs()));
}
