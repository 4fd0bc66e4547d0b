//! Somebody who has subscribed, and keeps the newest of what they are told of each delivery.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// By delivery: the highest revision, and the status it came with.
type Newest = Arc<Mutex<BTreeMap<String, (i64, String)>>>;

/// A server of HTTP that takes everything, and ends with the process of the tests.
pub(crate) struct Subscriber {
    pub(crate) url: String,
    newest: Newest,
}

impl Subscriber {
    pub(crate) fn new() -> Subscriber {
        let (socket, newest) = (TcpListener::bind("127.0.0.1:0").unwrap(), Newest::default());
        let url = format!("http://{}/hook", socket.local_addr().unwrap());
        let shared = Arc::clone(&newest);
        std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                // Whoever is killed while it speaks ends in the middle.
                std::thread::spawn(move || while take(&stream, &shared).is_some() {});
            }
        });
        Subscriber { url, newest }
    }

    /// Deliveries that they know otherwise than they stand.
    pub(crate) fn differs(&self, standings: &BTreeMap<String, String>) -> Vec<String> {
        let newest = self.newest.lock().unwrap();
        let known = |id: &str| newest.get(id).map_or("nothing", |(_, status)| status.as_str());
        let wrong = standings.iter().filter(|(id, status)| known(id) != *status);
        wrong.map(|(id, status)| format!("{id}: {status}, heard {}", known(id))).collect()
    }
}

fn take(mut stream: &TcpStream, newest: &Newest) -> Option<()> {
    let (mut reader, mut length) = (BufReader::new(stream), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
        match line.trim_end().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().ok()?,
            _ if line == "\r\n" => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let message: Value = serde_json::from_slice(&body).unwrap();
    let told = &message["data"];
    let (id, status) = (told["delivery_id"].as_str().unwrap(), told["status"].as_str().unwrap());
    let revision = told["revision"].as_i64().unwrap();
    let mut newest = newest.lock().unwrap();
    let known = newest.entry(id.to_owned()).or_default();
    if revision > known.0 {
        *known = (revision, status.to_owned());
    }
    drop(newest);
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()
}
