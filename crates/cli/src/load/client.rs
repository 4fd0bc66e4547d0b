//! Requests that are sent until they are answered: over kept connections, again after a connection
//! was lost or the server asked to wait.

use super::connection::{Answer, Connection};
use super::target::Target;
use serde_json::Value;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

/// How long to wait before the same is sent again where the server does not say.
const REST: Duration = Duration::from_millis(100);

/// How long a connection may take to be there.
const CONNECT: Duration = Duration::from_secs(5);

/// How long one answer may take before the connection is given up.
const ANSWER: Duration = Duration::from_secs(30);

/// Kept connections to one server, shared by everybody who asks.
pub(crate) struct Client {
    target: Target,
    idle: Mutex<Vec<Connection>>,
    turns: Semaphore,
    patience: Duration,
    sent_again: AtomicU64,
    asked_to_wait: AtomicU64,
}

/// A request.
pub(crate) struct Call {
    head: String,
    body: Vec<u8>,
}

impl Client {
    /// At most so many requests at once; each is sent again for as long as the patience lasts.
    pub(crate) fn new(target: Target, connections: usize, patience: Duration) -> Client {
        Client {
            target,
            idle: Mutex::default(),
            turns: Semaphore::new(connections.max(1)),
            patience,
            sent_again: AtomicU64::new(0),
            asked_to_wait: AtomicU64::new(0),
        }
    }

    /// Where it sends.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Requests that were sent again, for whatever reason.
    pub(crate) fn sent_again(&self) -> u64 {
        self.sent_again.load(Relaxed)
    }

    /// Those of them that the server had asked to wait (429, 503).
    pub(crate) fn asked_to_wait(&self) -> u64 {
        self.asked_to_wait.load(Relaxed)
    }

    /// A request without a body.
    pub(crate) fn get(&self, path: &str) -> Call {
        Call { head: self.target.head("GET", path), body: Vec::new() }
    }

    /// A request with JSON, under an `Idempotency-Key` where there is one.
    pub(crate) fn sending(
        &self,
        method: &str,
        path: &str,
        once: Option<&str>,
        json: &Value,
    ) -> Call {
        let once = once.map(|key| format!("idempotency-key: {key}\r\n")).unwrap_or_default();
        let head = self.target.head(method, path);
        let head = format!("{head}content-type: application/json\r\n{once}");
        Call { head, body: json.to_string().into_bytes() }
    }

    /// Sends until it is answered with anything but 429 and 503. Errors: the patience is over, and
    /// why the last attempt came to nothing.
    pub(crate) async fn ask(&self, call: &Call) -> Result<Answer, String> {
        let end = Instant::now() + self.patience;
        loop {
            let (wait, why) = match self.attempt(call).await {
                Ok(answer) if matches!(answer.status, 429 | 503) => {
                    self.asked_to_wait.fetch_add(1, Relaxed);
                    let wait = answer.retry_after.unwrap_or(REST);
                    (wait, format!("asked to wait with {}", answer.status))
                }
                Ok(answer) => return Ok(answer),
                Err(error) => (REST, error.to_string()),
            };
            if Instant::now() + wait > end {
                return Err(why);
            }
            self.sent_again.fetch_add(1, Relaxed);
            sleep(wait).await;
        }
    }

    /// As [`Client::ask`], for a body of JSON that must be there. Errors: also a refusal.
    pub(crate) async fn read(&self, path: &str) -> Result<Value, String> {
        let answer = self.ask(&self.get(path)).await?;
        match answer.status {
            200 => Ok(told(&answer)),
            status => Err(format!("{path} was answered with {status}: {}", why(&answer))),
        }
    }

    /// Opens so many connections before they are needed. Errors: nobody listens.
    pub(crate) async fn warm(&self, connections: usize) -> io::Result<()> {
        for _ in 0..connections {
            let opened = timeout(CONNECT, Connection::open(&self.target)).await??;
            self.idle().push(opened);
        }
        Ok(())
    }

    async fn attempt(&self, call: &Call) -> io::Result<Answer> {
        let _turn = self.turns.acquire().await;
        let kept = self.idle().pop();
        let mut connection = match kept {
            Some(kept) => kept,
            None => timeout(CONNECT, Connection::open(&self.target)).await??,
        };
        let answer = timeout(ANSWER, connection.send(&call.head, &call.body)).await??;
        self.idle().push(connection);
        Ok(answer)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The JSON of an answer; null where it is none.
pub(crate) fn told(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// What an answer that refuses says.
pub(crate) fn why(answer: &Answer) -> String {
    let detail = told(answer)["detail"].as_str().map(str::to_owned);
    detail.unwrap_or_else(|| "no reason is given".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::one_thread;
    use serde_json::json;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    const WAIT: &str = "HTTP/1.1 429 x\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n";

    /// Answers each connection with the next of these, and hangs up after it.
    async fn answers(listener: TcpListener, answers: &[&str]) -> Vec<String> {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4_096];
            let read = stream.read(&mut request).await.unwrap();
            asked.push(String::from_utf8_lossy(&request[..read]).into_owned());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    }

    #[test]
    fn the_same_is_sent_until_it_is_answered() {
        one_thread().unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let target = Target::at(&url, Some("dsk_1".to_owned())).unwrap();
            let client = Client::new(target, 1, Duration::from_secs(20));
            let call = client.sending("POST", "/v1/deliveries", Some("k"), &json!({}));
            let (answer, asked) =
                tokio::join!(client.ask(&call), answers(listener, &["", WAIT, OK]));
            assert_eq!(answer.unwrap().status, 200);
            assert!(asked.iter().all(|request| request.contains("idempotency-key: k\r\n")));
            assert_eq!((asked.len(), client.asked_to_wait()), (3, 1));
            assert!(client.sent_again() >= 2, "{}", client.sent_again());
        });
    }

    #[test]
    fn who_has_waited_long_enough_says_why() {
        one_thread().unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let client = Client::new(Target::at(&url, None).unwrap(), 1, Duration::ZERO);
            let call = client.get("/v1/me");
            let (answer, _) = tokio::join!(client.ask(&call), answers(listener, &[WAIT]));
            // The server asked to wait no time at all, which is more than there is.
            let why = answer.err();
            assert!(why.is_none_or(|why| why.contains("429")));
        });
    }
}
