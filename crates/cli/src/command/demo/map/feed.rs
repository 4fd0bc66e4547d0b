//! Telling the server what is on the tape, when it is due.

use super::clock::TapeClock;
use super::tape::{Piece, Tape};
use crate::failure::Failure;
use crate::load::{Connection, Target};
use doorstep_domain::time::{Micros, SECOND_US};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How much of the day is told at once where nobody waits for it, in microseconds: ten minutes.
const PIECE_US: i64 = 600 * SECOND_US;

/// How often something is told where somebody looks.
const LOOK: Duration = Duration::from_millis(100);

/// How fast the tape runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// As fast as it goes.
    Unpaced,
    /// So many times as fast as it happened, once it has come to an instant.
    Times {
        /// How many.
        speed: u32,
        /// From when on.
        from: Micros,
    },
}

/// What was told, and how long that took.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fed {
    pub(super) pings: u64,
    pub(super) rejected: u64,
    pub(super) events: u64,
    pub(super) seconds: f64,
    /// Up to when.
    pub(super) until: Micros,
}

/// A tape, and the server that it is told to.
pub(super) struct Feed {
    connection: Connection,
    target: Target,
    clock: Arc<TapeClock>,
    tape: Tape,
    fed: Fed,
}

impl Feed {
    pub(super) async fn open(
        target: &Target,
        clock: Arc<TapeClock>,
        tape: Tape,
    ) -> Result<Feed, Failure> {
        let connection = Connection::open(target).await;
        let connection = connection.map_err(|error| away(target, error))?;
        let fed = Fed { until: tape.span.start, ..Fed::default() };
        Ok(Feed { connection, target: target.clone(), clock, tape, fed })
    }

    /// Tells everything up to an instant.
    pub(super) async fn run(mut self, pace: Pace, until: Micros) -> Result<Fed, Failure> {
        self.tell(pace, until, || Ok(())).await?;
        Ok(self.fed)
    }

    /// Tells everything up to an instant or until `stop` is done; `paced` is called once the tape
    /// has come to where it is paced.
    pub(super) async fn until(
        mut self,
        pace: Pace,
        until: Micros,
        stop: impl Future<Output = ()>,
        paced: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<Fed, Failure> {
        let mut stop = std::pin::pin!(stop);
        tokio::select! {
            told = self.tell(pace, until, paced) => told?,
            () = &mut stop => return Ok(self.fed),
        }
        eprintln!("doorstep: the day is over; the map stays until Ctrl-C");
        stop.await;
        Ok(self.fed)
    }

    async fn tell(
        &mut self,
        pace: Pace,
        until: Micros,
        paced: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (began, mut paced, mut paced_since) = (Instant::now(), Some(paced), None);
        while self.fed.until < until && !self.tape.is_over() {
            let next = match pace {
                Pace::Times { speed, from } if self.fed.until >= from => {
                    if let Some(paced) = paced.take() {
                        paced()?;
                    }
                    sleep(LOOK).await;
                    let since = *paced_since.get_or_insert_with(Instant::now);
                    let passed_us = since.elapsed().as_micros() * u128::from(speed);
                    from.plus(i64::try_from(passed_us).unwrap_or(i64::MAX))
                }
                Pace::Times { from, .. } => self.fed.until.plus(PIECE_US).min(from),
                Pace::Unpaced => self.fed.until.plus(PIECE_US).min(until),
            };
            self.clock.moves_to(next);
            let piece = self.tape.until(next)?;
            self.send(piece).await?;
            self.fed.until = next;
            self.fed.seconds = began.elapsed().as_secs_f64();
        }
        Ok(())
    }

    async fn send(&mut self, piece: Piece) -> Result<(), Failure> {
        if !piece.couriers.is_empty() {
            self.post("/v1/couriers", "application/x-ndjson", &piece.couriers).await?;
        }
        if !piece.pings.is_empty() {
            let body = piece.pings.finish();
            let taken = self.post("/v1/pings", "application/vnd.doorstep.pings", &body).await?;
            self.fed.pings += taken["accepted"].as_u64().unwrap_or(0);
            self.fed.rejected += taken["rejected"].as_array().map_or(0, Vec::len) as u64;
        }
        if !piece.events.is_empty() {
            let taken = self.post("/v1/events", "application/x-ndjson", &piece.events).await?;
            self.fed.events += taken["accepted"].as_u64().unwrap_or(0);
        }
        Ok(())
    }

    /// Sends until it is taken: a server that is busy says when to come back.
    async fn post(
        &mut self,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<serde_json::Value, Failure> {
        let head = format!("{}content-type: {content_type}\r\n", self.target.head("POST", path));
        loop {
            let answer = self.connection.send(&head, body).await;
            let answer = answer.map_err(|error| away(&self.target, error))?;
            let said: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            match (answer.status, answer.retry_after) {
                (200 | 202, _) => return Ok(said),
                (429 | 503, Some(wait)) => sleep(wait).await,
                (status, _) => {
                    let why = said["detail"].as_str().unwrap_or_default();
                    return Err(Failure::Refused(format!("{path} answered {status}: {why}")));
                }
            }
        }
    }
}

fn away(target: &Target, error: std::io::Error) -> Failure {
    Failure::Refused(format!("http://{}: {error}", target.authority))
}
