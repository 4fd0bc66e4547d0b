//! Messages wait until they are due, go out, and come again as long as they are not taken.

use super::super::{Connection, Target, now};
use super::outage::{Outages, between};
use crate::failure::Failure;
use doorstep_domain::time::Micros;
use doorstep_sim::provider::{Message, Telling};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{sleep, timeout};

/// Messages under way at once.
const AT_ONCE: usize = 32;

/// How long an answer may take: real ones wait five to seven seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// The only answer that says that a message was taken.
const TAKEN: u16 = 200;

/// All that wait, and how those went that were sent.
pub(super) struct Messages {
    target: Target,
    path: String,
    outages: Arc<Outages>,
    waiting: Mutex<BinaryHeap<Reverse<Waiting>>>,
    comes: Notify,
    turns: Semaphore,
    idle: Mutex<Vec<Connection>>,
    counts: Mutex<Counts>,
}

/// When it is due, how often it was sent, and which one.
type Waiting = (Micros, u32, Telling);

#[derive(Default)]
struct Counts {
    taken: u64,
    /// Forged ones that were taken: there should be none.
    forged_taken: u64,
    forged_refused: u64,
    sent_again: u64,
    given_up: u64,
    /// What came instead of 200, and how often; 0 is no answer.
    answers: BTreeMap<u16, u64>,
}

impl Messages {
    /// Errors: the URL is not one of plain HTTP.
    pub(super) fn to(url: &str, outages: Arc<Outages>) -> Result<Messages, Failure> {
        let after_scheme = url.find("://").map_or(0, |place| place + 3);
        let place = url[after_scheme..].find('/').map_or(url.len(), |place| after_scheme + place);
        let (server, path) = url.split_at(place);
        Ok(Messages {
            target: Target::at(server, None)?,
            path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
            outages,
            waiting: Mutex::default(),
            comes: Notify::new(),
            turns: Semaphore::new(AT_ONCE),
            idle: Mutex::default(),
            counts: Mutex::default(),
        })
    }

    pub(super) fn add(&self, tellings: Vec<Telling>) {
        if tellings.is_empty() {
            return;
        }
        let waiting = tellings.into_iter().map(|telling| Reverse((telling.due, 0, telling)));
        lock(&self.waiting).extend(waiting);
        self.comes.notify_one();
    }

    /// The next one, once it is due; with how often it was sent.
    pub(super) async fn next(&self) -> (Telling, u32) {
        loop {
            let at = now();
            let due = lock(&self.waiting).peek().map(|Reverse((due, ..))| *due);
            let until = self.outages.until(at).max(due.filter(|due| *due > at));
            match (due, until) {
                (None, _) => self.comes.notified().await,
                (Some(_), Some(until)) => {
                    let rest = sleep(between(at, until));
                    tokio::select! {
                        () = rest => {}
                        () = self.comes.notified() => {}
                    }
                }
                (Some(_), None) => {
                    if let Some(Reverse((_, attempts, telling))) = lock(&self.waiting).pop() {
                        return (telling, attempts);
                    }
                }
            }
        }
    }

    /// Sends it; whether it was taken.
    pub(super) async fn send(&self, telling: &Telling, message: &Message) -> bool {
        let Ok(_turn) = self.turns.acquire().await else {
            return false;
        };
        let mut head = self.target.head("POST", &self.path);
        head.push_str("content-type: application/json\r\n");
        for (name, value) in &message.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let answer = timeout(PATIENCE, self.exchange(&head, &message.body)).await;
        let status = answer.map_or(0, |answer| answer.unwrap_or(0));
        let mut counts = lock(&self.counts);
        match (status, telling.is_forged) {
            (TAKEN, false) => counts.taken += 1,
            (TAKEN, true) => counts.forged_taken += 1,
            (_, true) => counts.forged_refused += u64::from(status == 401),
            (_, false) => *counts.answers.entry(status).or_default() += 1,
        }
        status == TAKEN
    }

    /// Sends it again after a rest, or gives it up.
    pub(super) fn again(&self, telling: Telling, attempts: u32, rest_us: Option<i64>) {
        let mut counts = lock(&self.counts);
        match rest_us {
            None => counts.given_up += u64::from(!telling.is_forged),
            Some(rest_us) => {
                counts.sent_again += 1;
                lock(&self.waiting).push(Reverse((now().plus(rest_us), attempts, telling)));
                self.comes.notify_one();
            }
        }
    }

    pub(super) fn counts(&self) -> Value {
        let waiting = lock(&self.waiting).len();
        let counts = lock(&self.counts);
        json!({
            "waiting": waiting, "taken": counts.taken, "sent_again": counts.sent_again,
            "given_up": counts.given_up, "answers": counts.answers,
            "forged_taken": counts.forged_taken, "forged_refused": counts.forged_refused,
        })
    }

    /// One request over a kept connection, or a new one where that has ended meanwhile.
    async fn exchange(&self, head: &str, body: &[u8]) -> io::Result<u16> {
        let kept = lock(&self.idle).pop();
        let answered = match kept {
            Some(mut connection) => {
                connection.send(head, body).await.map(|answer| (connection, answer))
            }
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        let (connection, answer) = match answered {
            Ok(answered) => answered,
            Err(_) => {
                let mut connection = Connection::open(&self.target).await?;
                let answer = connection.send(head, body).await?;
                (connection, answer)
            }
        };
        lock(&self.idle).push(connection);
        Ok(answer.status)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
