//! Somebody who listens for webhooks, and answers as a story has it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A server of HTTP that ends with the process of the tests.
pub(crate) struct Listener {
    pub(crate) url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    heard: Vec<Heard>,
    answers: VecDeque<String>,
    always: String,
}

impl Listener {
    pub(crate) fn new() -> Listener {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", socket.local_addr().unwrap());
        let begin = State { always: status("204 No Content"), ..State::default() };
        let state = Arc::new((Mutex::new(begin), Condvar::new()));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &shared));
            }
        });
        Listener { url, state }
    }

    /// From now on it answers with this status line, unless something else comes first.
    pub(crate) fn answers(&self, line: &str) {
        self.state.0.lock().unwrap().always = status(line);
    }

    /// It answers once with this status line and these headers.
    pub(crate) fn answers_once(&self, line: &str, headers: &str) {
        let answer = format!("HTTP/1.1 {line}\r\n{headers}content-length: 0\r\n\r\n");
        self.state.0.lock().unwrap().answers.push_back(answer);
    }

    /// It takes requests and never answers.
    pub(crate) fn is_silent(&self) {
        self.state.0.lock().unwrap().always.clear();
    }

    /// Waits until it has heard so many, for half a minute at most; whether it has.
    pub(crate) fn waits_for(&self, count: usize) -> bool {
        let (state, bell) = &*self.state;
        let state = state.lock().unwrap();
        let fewer = |state: &mut State| state.heard.len() < count;
        let waited = bell.wait_timeout_while(state, Duration::from_secs(30), fewer).unwrap();
        !waited.1.timed_out()
    }

    /// What it has heard, oldest first.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.state.0.lock().unwrap().heard.clone()
    }

    /// The types of the messages that it has heard.
    pub(crate) fn types(&self) -> Vec<String> {
        let kind = |heard: &Heard| heard.json()["type"].as_str().unwrap().to_owned();
        self.heard().iter().map(kind).collect()
    }
}

fn status(line: &str) -> String {
    format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n")
}

/// One connection, request after request.
fn serve(stream: &TcpStream, (state, bell): &(Mutex<State>, Condvar)) {
    let mut reader = BufReader::new(stream);
    while let Some(heard) = read(&mut reader) {
        let answer = {
            let mut state = state.lock().unwrap();
            state.heard.push(heard);
            bell.notify_all();
            state.answers.pop_front().unwrap_or_else(|| state.always.clone())
        };
        let mut stream = stream;
        // Whoever has lost patience is not told any more.
        if !answer.is_empty() && stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Heard> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|bytes| *bytes > 0)?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => break,
        }
    }
    let mut heard = Heard { line: line.trim_end().to_owned(), headers, body: String::new() };
    let length: u64 = heard.header("content-length").parse().unwrap_or(0);
    reader.take(length).read_to_string(&mut heard.body).ok()?;
    Some(heard)
}
