//! Server-sent events, read from a plain connection.

use crate::served::Visitor;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer without end, being read.
pub(crate) struct Stream {
    lines: BufReader<TcpStream>,
    pub(crate) head: Vec<String>,
    /// The id of the last event.
    pub(crate) id: String,
}

/// One event.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) body: Value,
}

impl Stream {
    /// Asks for events, with the id of the last one seen where there is one.
    pub(crate) fn of(visitor: &Visitor, path: &str, last: &str) -> Stream {
        let host = visitor.url.strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(host).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let key = visitor.key.as_deref().unwrap_or_default();
        let last =
            if last.is_empty() { String::new() } else { format!("last-event-id: {last}\r\n") };
        // HTTP/1.0, so that the body comes as it is and not in chunks.
        let request = format!(
            "GET {path} HTTP/1.0\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n{last}\r\n"
        );
        connection.write_all(request.as_bytes()).unwrap();
        let mut stream =
            Stream { lines: BufReader::new(connection), head: Vec::new(), id: String::new() };
        while let Some(line) = stream.line().filter(|line| !line.is_empty()) {
            stream.head.push(line.to_ascii_lowercase());
        }
        stream
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line).unwrap();
        (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// The next event; `None` where the server has ended the stream.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let line = self.line()?;
            match line.split_once(": ") {
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("data", value)) => data.push_str(value),
                Some(("id", value)) => value.clone_into(&mut self.id),
                _ if line.is_empty() && !data.is_empty() => {
                    let body = serde_json::from_str(&data).unwrap();
                    return Some(Event { name, body });
                }
                _ => {}
            }
        }
    }

    /// Reads on until the id is this, in whatever it stands.
    pub(crate) fn waits_for_id(&mut self, id: &str) {
        while self.id != id {
            let line = self.line().unwrap();
            if let Some(("id", value)) = line.split_once(": ") {
                value.clone_into(&mut self.id);
            }
        }
    }

    /// The next event, of this name.
    pub(crate) fn expects(&mut self, name: &str) -> Value {
        let event = self.next().unwrap();
        assert_eq!(event.name, name, "{event:?}");
        event.body
    }

    /// The couriers of the next event, which is `positions`, with their latitudes.
    pub(crate) fn positions(&mut self) -> Vec<(String, f64)> {
        let body = self.expects("positions");
        let positions = body["positions"].as_array().unwrap().iter();
        let mut positions: Vec<(String, f64)> = positions
            .map(|dot| {
                (dot["courier_id"].as_str().unwrap().to_owned(), dot["lat"].as_f64().unwrap())
            })
            .collect();
        positions.sort_by(|one, other| one.0.cmp(&other.0));
        positions
    }
}
