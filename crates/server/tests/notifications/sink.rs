//! Somebody who takes mail: RFC 5321, with STARTTLS (RFC 3207) and AUTH (RFC 4954) where a story
//! wants them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A mail as it was taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) user: Option<String>,
    pub(crate) is_private: bool,
    text: String,
}

impl Mail {
    /// A header, unfolded, with its encoded words read.
    pub(crate) fn header(&self, name: &str) -> String {
        let head = self.text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ");
        let prefix = format!("{name}: ");
        let value = head.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default();
        let words = value.split(' ').map(|word| {
            let inside = word.strip_prefix("=?utf-8?B?").and_then(|word| word.strip_suffix("?="));
            match inside {
                Some(inside) => String::from_utf8(STANDARD.decode(inside).unwrap()).unwrap(),
                None => format!("{word} "),
            }
        });
        words.collect::<String>().trim().to_owned()
    }

    /// The text, which is base64.
    pub(crate) fn body(&self) -> String {
        let body = self.text.split_once("\r\n\r\n").unwrap().1;
        assert!(body.lines().all(|line| line.len() <= 76), "{body}");
        String::from_utf8(STANDARD.decode(body.replace("\r\n", "")).unwrap()).unwrap()
    }
}

/// A mail server that ends with the process of the tests.
pub(crate) struct Sink {
    pub(crate) port: u16,
    /// The certificate that it shows, as PEM.
    pub(crate) certificate: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    taken: Vec<Mail>,
    /// What a command that begins so is answered, once.
    replies: VecDeque<(String, String)>,
}

impl Sink {
    pub(crate) fn new() -> Sink {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let (tls, state) = (Arc::new(tls), Arc::new(Mutex::new(State::default())));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                let (tls, shared) = (Arc::clone(&tls), Arc::clone(&shared));
                std::thread::spawn(move || greet(stream, tls, &shared));
            }
        });
        Sink { port, certificate: made.cert.pem(), state }
    }

    /// Answers a command that begins so with this, once.
    pub(crate) fn answers(&self, command: &str, reply: &str) {
        let reply = (command.to_owned(), reply.to_owned());
        self.state.lock().unwrap().replies.push_back(reply);
    }

    /// What it has taken, oldest first.
    pub(crate) fn taken(&self) -> Vec<Mail> {
        self.state.lock().unwrap().taken.clone()
    }
}

/// Begins in the clear, and turns to TLS when it is asked to.
fn greet(mut stream: TcpStream, tls: Arc<ServerConfig>, state: &Mutex<State>) {
    if stream.write_all(b"220 sink ready\r\n").is_err() {
        return;
    }
    if converse(&mut stream, false, state) {
        let connection = ServerConnection::new(tls).unwrap();
        converse(&mut StreamOwned::new(connection, stream), true, state);
    }
}

/// One conversation; whether it is to go on in private.
fn converse(stream: &mut (impl Read + Write), is_private: bool, state: &Mutex<State>) -> bool {
    let mut mail = Mail { is_private, ..Mail::default() };
    while let Some(line) = line(stream) {
        let command = line.trim_end();
        let reply = scripted(command, state).unwrap_or_else(|| reply(command, &mut mail));
        if stream.write_all(format!("{reply}\r\n").as_bytes()).is_err() {
            return false;
        }
        match command {
            "STARTTLS" => return true,
            "DATA" if reply.starts_with("354") => {
                mail.text = text(stream);
                let reply = scripted("TEXT", state).unwrap_or_else(|| {
                    state.lock().unwrap().taken.push(mail.clone());
                    "250 taken".to_owned()
                });
                stream.write_all(format!("{reply}\r\n").as_bytes()).unwrap();
            }
            "QUIT" => return false,
            _ => {}
        }
    }
    false
}

fn scripted(command: &str, state: &Mutex<State>) -> Option<String> {
    let replies = &mut state.lock().unwrap().replies;
    let at = replies.iter().position(|(begin, _)| command.starts_with(begin.as_str()))?;
    replies.remove(at).map(|(_, reply)| reply)
}

fn reply(command: &str, mail: &mut Mail) -> String {
    let inside = || command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
    if command.starts_with("EHLO ") {
        let more = if mail.is_private { "" } else { "250-STARTTLS\r\n" };
        return format!("250-sink\r\n{more}250 AUTH PLAIN");
    }
    if let Some(said) = command.strip_prefix("AUTH PLAIN ") {
        let said = String::from_utf8(STANDARD.decode(said).unwrap()).unwrap();
        let mut parts = said.split('\0').skip(1).map(str::to_owned);
        let (user, password) = (parts.next(), parts.next());
        if password.as_deref() != Some("right") {
            return "535 5.7.8 wrong password".to_owned();
        }
        mail.user = user;
        return "235 welcome".to_owned();
    }
    if command.starts_with("MAIL FROM:") {
        mail.from = inside();
    } else if command.starts_with("RCPT TO:") {
        mail.to = inside();
    } else if command == "DATA" {
        return "354 go on".to_owned();
    }
    "250 fine".to_owned()
}

/// A line with its end; read by single bytes, so that nothing behind it is taken with it.
fn line(stream: &mut impl Read) -> Option<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while stream.read_exact(&mut byte).is_ok() {
        line.push(byte[0]);
        if byte[0] == b'\n' {
            return String::from_utf8(line).ok();
        }
    }
    None
}

/// What follows `DATA`, up to the full stop that stands alone.
fn text(stream: &mut impl Read) -> String {
    let mut text = String::new();
    while let Some(line) = line(stream).filter(|line| line != ".\r\n") {
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
    text
}
