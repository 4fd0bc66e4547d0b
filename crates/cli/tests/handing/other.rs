//! Somebody else who delivers, as a process of its own.

use crate::desk::Desk;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A running provider; it is killed where a story is over.
pub(crate) struct Other {
    child: Child,
    pub(crate) url: String,
}

impl Other {
    /// Starts one, with words of its command line.
    pub(crate) fn starts(desk: &Desk, words: &str) -> Other {
        let line = format!("simulate provider --listen 127.0.0.1:0 {words}");
        let mut child = desk.command(&line).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let url = loop {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "the provider ended");
            if let Some((_, url)) = line.trim().split_once(" listens on ") {
                break url.to_owned();
            }
        };
        Other { child, url }
    }

    /// What it knows as the truth; none while it is out.
    pub(crate) fn truth(&self) -> Option<Value> {
        let answer = ureq::get(format!("{}/_truth", self.url)).call();
        answer.ok()?.body_mut().read_json().ok()
    }

    fn books(&self, ours: &str) -> Result<Value, ureq::Error> {
        let body = json!({
            "destination": { "address": { "unparsed": "1 A St" } }, "pickupTask": true,
            "metadata": [{ "name": "delivery_id", "type": "string", "value": ours }],
            "recipients": [{ "name": "c", "phone": "+14155550123" }],
        });
        let pickup = self.asks(&body)?;
        let mut body = body;
        body["pickupTask"] = json!(false);
        body["dependencies"] = json!([pickup["id"]]);
        self.asks(&body)
    }

    fn asks(&self, body: &Value) -> Result<Value, ureq::Error> {
        let url = format!("{}/api/v2/tasks", self.url);
        // The key is `key`, as the user.
        let sent = ureq::post(url).header("authorization", "Basic a2V5Og==").send_json(body);
        sent?.body_mut().read_json()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It has ended where it failed; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

type Heard = Arc<Mutex<Vec<Value>>>;

/// Somebody who listens; what is signed as `forged` says is refused, and the first message too.
fn listens() -> (String, Heard) {
    let (socket, heard) = (TcpListener::bind("127.0.0.1:0").unwrap(), Heard::default());
    let url = format!("http://{}/events", socket.local_addr().unwrap());
    let shared = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in socket.incoming().map_while(Result::ok) {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || while take(&stream, &shared).is_some() {});
        }
    });
    (url, heard)
}

fn take(mut stream: &TcpStream, heard: &Heard) -> Option<()> {
    let (mut reader, mut signature, mut length) = (BufReader::new(stream), String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        match line.trim_end().split_once(": ") {
            Some(("x-onfleet-signature", value)) => value.clone_into(&mut signature),
            Some(("content-length", value)) => length = value.parse().ok()?,
            _ if line == "\r\n" => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    assert_eq!(signature.len(), 128, "{signature}");
    let mut heard = heard.lock().unwrap();
    heard.push(serde_json::from_slice(&body).unwrap());
    let status = if heard.len() == 1 { "503 Busy" } else { "200 OK" };
    stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").as_bytes()).ok()
}

/// E7: a provider takes bookings, loses answers, is out and comes back, and sends what was not
/// taken once more.
#[test]
fn a_simulated_provider_takes_bookings_and_tells_of_them() {
    let (desk, (url, heard)) = (Desk::new(), listens());
    let words = "--kind onfleet --speed 3000 --lost-answers 0.3 --outage 2s+1s";
    let other = Other::starts(&desk, &format!("{words} --events-to {url}"));
    let answered = (0..20).filter(|n| other.books(&format!("del_{n}")).is_ok()).count();
    assert!((8..19).contains(&answered), "{answered}");
    let (mut was_out, mut looks) = (false, 0);
    let truth = loop {
        match other.truth() {
            None => was_out = true,
            Some(truth) => {
                let is_over = |delivery: &Value| delivery["is_over"] == true;
                let deliveries = truth["deliveries"].as_array().unwrap();
                if was_out && truth["messages"]["waiting"] == 0 && deliveries.iter().all(is_over) {
                    break truth;
                }
            }
        }
        looks += 1;
        assert!(looks < 1_500, "it does not end");
        std::thread::park_timeout(Duration::from_millis(20));
    };
    assert_eq!(truth["bookings"].as_object().unwrap().len(), 20, "{truth}");
    let counts = &truth["messages"];
    assert_eq!(counts["taken"], 20 * 8, "{counts}");
    assert!(counts["sent_again"].as_u64().unwrap() >= 1, "{counts}");
    let heard = heard.lock().unwrap();
    let delivered = heard.iter().filter(|message| {
        message["triggerName"] == "taskCompleted" && message["data"]["task"]["pickupTask"] == false
    });
    assert!(delivered.count() >= 20);
}
