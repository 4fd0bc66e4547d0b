//! A server of somebody else's, in whatever mood it is told to be.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

/// How a question is met.
#[derive(Clone)]
pub(crate) enum Mood {
    /// Status, further headers, body.
    Says(u16, &'static str, String),
    /// As the function makes of the target of the request.
    Answers(fn(&str) -> String),
    /// The same, after a while.
    Dawdles(Duration, fn(&str) -> String),
    /// Takes the question and never answers.
    Hangs,
    /// Answers a letter at a time, for ever.
    Drips,
    /// Ends the connection in the middle of an answer.
    HangsUp,
}

/// Listening on loopback until dropped; refusing from then on.
pub(crate) struct Elsewhere {
    pub(crate) url: String,
    told: Arc<Told>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Told {
    /// The last one stays.
    moods: Mutex<Vec<Mood>>,
    asked: Mutex<Vec<String>>,
    held: Mutex<Vec<TcpStream>>,
    is_over: AtomicBool,
}

impl Elsewhere {
    pub(crate) fn new(mood: Mood) -> Elsewhere {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let told = Arc::new(Told::default());
        told.moods.lock().unwrap().push(mood);
        let listening = std::thread::spawn({
            let told = Arc::clone(&told);
            move || {
                for stream in listener.incoming() {
                    if told.is_over.load(Ordering::Acquire) {
                        return;
                    }
                    let told = Arc::clone(&told);
                    std::thread::spawn(move || meet(&told, stream.unwrap()));
                }
            }
        });
        Elsewhere { url, told, listening: Some(listening) }
    }

    /// One mood for each question; the last one stays.
    pub(crate) fn becomes(&self, moods: impl IntoIterator<Item = Mood>) {
        *self.told.moods.lock().unwrap() = moods.into_iter().collect();
    }

    /// What it was asked: `GET /path` and so on, the body after a space.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.told.asked.lock().unwrap().clone()
    }

    pub(crate) fn times_asked(&self) -> usize {
        self.told.asked.lock().unwrap().len()
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        self.told.is_over.store(true, Ordering::Release);
        let address = self.url.trim_start_matches("http://");
        let _ = TcpStream::connect(address);
        self.listening.take().map(JoinHandle::join);
    }
}

pub(crate) fn says(status: u16, body: &str) -> Mood {
    Mood::Says(status, "", body.to_owned())
}

/// A connection carries one question: what waits in a pool would make stories depend on time.
fn meet(told: &Told, mut stream: TcpStream) {
    let Some(question) = question(&stream) else { return };
    let target = question.split(' ').nth(1).unwrap_or_default().to_owned();
    told.asked.lock().unwrap().push(question);
    let mood = {
        let mut moods = told.moods.lock().unwrap();
        if moods.len() > 1 { moods.remove(0) } else { moods[0].clone() }
    };
    // Whoever asked may have gone.
    let _ = match mood {
        Mood::Says(status, headers, body) => answer(&mut stream, status, headers, &body),
        Mood::Answers(with) => answer(&mut stream, 200, "", &with(&target)),
        Mood::Dawdles(length, with) => {
            waits(length);
            answer(&mut stream, 200, "", &with(&target))
        }
        Mood::Hangs => {
            told.held.lock().unwrap().push(stream);
            Ok(())
        }
        Mood::Drips => drip(&mut stream),
        Mood::HangsUp => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"),
    };
}

fn answer(stream: &mut TcpStream, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} So\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")?;
    loop {
        stream.write_all(b"x")?;
        waits(Duration::from_millis(20));
    }
}

fn question(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let mut question = format!("{} {}", words.next()?, words.next()?);
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(text) = header.strip_prefix("content-length:") {
            length = text.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if length > 0 {
        question += &format!(" {}", String::from_utf8_lossy(&body));
    }
    Some(question)
}

pub(crate) fn waits(length: Duration) {
    let (_said, never) = mpsc::channel::<()>();
    let _ = never.recv_timeout(length);
}
