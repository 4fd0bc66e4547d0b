//! A fleet's pings, sent when they are due.

use super::connection::{Answer, Connection};
use super::figures::Sent;
use super::form::Form;
use super::target::Target;
use crate::failure::Failure;
use doorstep_domain::time::Micros;
use doorstep_sim::fleet::Fleet;
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

/// How long to wait where the server says only that it is busy, and before connecting again.
const REST: Duration = Duration::from_millis(250);

/// Failures in a row after which a connection is given up, where nobody says otherwise.
pub(crate) const FAILURES_MAX: u32 = 20;

/// What load to make.
#[derive(Clone)]
pub(crate) struct Load {
    /// Who tells where they are, and how often.
    pub(crate) fleet: Fleet,
    /// In which form.
    pub(crate) form: Form,
    /// Pings of one request.
    pub(crate) batch: u64,
    /// Connections that share the requests.
    pub(crate) connections: u32,
    /// For how long.
    pub(crate) length: Duration,
    /// Failures in a row after which a connection is given up.
    pub(crate) failures_max: u32,
}

/// A load under way.
pub(crate) struct Drive {
    load: Load,
    target: Target,
    head: String,
    /// How many pings are due before the end.
    pings: u64,
    began: (Instant, Micros),
    next_batch: AtomicU64,
    sent: Mutex<Sent>,
}

impl Drive {
    /// Opens the connections; the load begins once all of them are there. Errors: nobody listens.
    pub(crate) async fn open(
        load: Load,
        target: Target,
    ) -> Result<(Arc<Drive>, Vec<Connection>), Failure> {
        let mut connections = Vec::new();
        for _ in 0..load.connections.max(1) {
            let opened = Connection::open(&target).await;
            connections.push(opened.map_err(|error| {
                Failure::Refused(format!("http://{}: {error}", target.authority))
            })?);
        }
        let content_type = load.form.content_type();
        let head = format!("{}content-type: {content_type}\r\n", target.head("POST", "/v1/pings"));
        let length_us = i64::try_from(load.length.as_micros()).unwrap_or(i64::MAX);
        let pings = load.fleet.due_before(length_us);
        let began = (Instant::now(), super::now());
        let (next_batch, sent) = (AtomicU64::new(0), Mutex::default());
        Ok((Arc::new(Drive { load, target, head, pings, began, next_batch, sent }), connections))
    }

    /// Sends until the time is over.
    pub(crate) async fn run(self: &Arc<Drive>, connections: Vec<Connection>) {
        let mut tasks = JoinSet::new();
        for connection in connections {
            let drive = Arc::clone(self);
            tasks.spawn(async move { drive.keeps_sending(connection).await });
        }
        while tasks.join_next().await.is_some() {}
    }

    /// When the first ping was due.
    pub(crate) fn began(&self) -> Micros {
        self.began.1
    }

    /// Pings that should have been sent until now, or by the end.
    pub(crate) fn due(&self) -> u64 {
        let passed_us = i64::try_from(self.began.0.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.load.fleet.due_before(passed_us).min(self.pings)
    }

    /// Seconds since the beginning.
    pub(crate) fn seconds(&self) -> f64 {
        self.began.0.elapsed().as_secs_f64()
    }

    /// What has become of it so far.
    pub(crate) fn sent(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the batch that is due next, waits for its time, sends it, and begins anew.
    async fn keeps_sending(&self, mut connection: Connection) {
        let mut failures = 0;
        loop {
            let batch = self.next_batch.fetch_add(1, Relaxed);
            let first = batch * self.load.batch;
            let numbers = first..(first + self.load.batch).min(self.pings);
            if numbers.is_empty() || Instant::now() >= self.end() {
                return;
            }
            // A gateway sends a batch once its last ping is there.
            let due_us = self.load.fleet.due_us(numbers.end - 1);
            let due = self.began.0 + Duration::from_micros(due_us.unsigned_abs());
            if Instant::now() < due {
                sleep_until(due).await;
            }
            let (body, pings) = self.load.form.body(&self.load.fleet, self.began.1, numbers);
            if pings == 0 {
                continue;
            }
            self.sent().pings += pings;
            while let Err(wait) = self.sends(&mut connection, &body, due, &mut failures).await {
                if failures >= self.load.failures_max || Instant::now() + wait >= self.end() {
                    return;
                }
                sleep(wait).await;
            }
        }
    }

    fn end(&self) -> Instant {
        self.began.0 + self.load.length
    }

    /// Sends one request; the error is how long to wait before it is sent again.
    async fn sends(
        &self,
        connection: &mut Connection,
        body: &[u8],
        due: Instant,
        failures: &mut u32,
    ) -> Result<(), Duration> {
        match connection.send(&self.head, body).await {
            Ok(answer) if answer.status == 202 => {
                *failures = 0;
                let (accepted, rejected) = counts(&answer);
                let latency_us = i64::try_from(due.elapsed().as_micros()).unwrap_or(i64::MAX);
                self.sent().answered(accepted, rejected, latency_us);
                Ok(())
            }
            Ok(answer) if matches!(answer.status, 429 | 503) => {
                self.sent().asked_to_wait += 1;
                Err(answer.retry_after.unwrap_or(REST))
            }
            Ok(answer) => {
                *failures = self.load.failures_max;
                self.sent().fails(format!("answered with {}: {}", answer.status, told(&answer)));
                Err(REST)
            }
            Err(error) => {
                *failures = failures.saturating_add(1);
                self.sent().fails(error.to_string());
                sleep(REST).await;
                if let Ok(opened) = Connection::open(&self.target).await {
                    *connection = opened;
                }
                Err(Duration::ZERO)
            }
        }
    }
}

/// How many pings of a request were taken, and how many were not.
fn counts(answer: &Answer) -> (u64, u64) {
    if let Some(accepted) = all_taken(&answer.body) {
        return (accepted, 0);
    }
    let taken: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let rejected = taken["rejected"].as_array().map_or(0, Vec::len);
    (taken["accepted"].as_u64().unwrap_or(0), rejected as u64)
}

/// What nearly every answer says.
fn all_taken(body: &[u8]) -> Option<u64> {
    let accepted = body.strip_prefix(br#"{"accepted":"#)?.strip_suffix(br#","rejected":[]}"#)?;
    std::str::from_utf8(accepted).ok()?.parse().ok()
}

/// What an answer that refuses says.
fn told(answer: &Answer) -> String {
    let problem: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    problem["detail"].as_str().unwrap_or("no reason is given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted() {
        let refused = r#"{"accepted":2,"rejected":[{"line":1},{"line":3}],"retry_after_ms":7}"#;
        let cases = [
            (r#"{"accepted":1,"rejected":[]}"#, (1, 0)),
            (r#"{"rejected": [], "accepted": 12}"#, (12, 0)),
            (r#"{"accepted":-1,"rejected":[]}"#, (0, 0)),
            (refused, (2, 2)),
            ("nothing", (0, 0)),
        ];
        for (body, expected) in cases {
            let body = body.as_bytes().to_vec();
            let answer = Answer { status: 202, retry_after: None, body };
            assert_eq!(counts(&answer), expected);
        }
    }
}
