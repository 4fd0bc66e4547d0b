//! A provider in this process, which lives by the story's clock and says things when it is let.

use doorstep_domain::time::Micros;
use doorstep_sim::provider::{Asked, Kind, Message, Plan, Provider, Telling};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

/// A server of HTTP that ends with the process of the tests.
pub(crate) struct Other {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

struct State {
    provider: Provider,
    now: Micros,
    tellings: Vec<Telling>,
    is_away: bool,
    meanwhile: Option<Meanwhile>,
}

/// The end of a path, and what happens while that is asked for.
type Meanwhile = (&'static str, Box<dyn FnOnce() + Send>);

impl Other {
    pub(crate) fn new(name: &'static str, plan: Plan) -> Other {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let kind = plan.kind;
        let (provider, now) = (Provider::new(plan), Micros(0));
        let state = State { provider, now, tellings: Vec::new(), is_away: false, meanwhile: None };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || while serve(&stream, &shared).is_some() {});
            }
        });
        Other { name, kind, url, state }
    }

    /// What time it is there.
    pub(crate) fn is_at(&self, now: Micros) {
        self.state().now = now;
    }

    /// Whether every connection to it breaks.
    pub(crate) fn is_away(&self, is_away: bool) {
        self.state().is_away = is_away;
    }

    /// Something happens elsewhere while the next answer to this is on its way.
    pub(crate) fn meanwhile(&self, asked: &'static str, happens: impl FnOnce() + Send + 'static) {
        self.state().meanwhile = Some((asked, Box::new(happens)));
    }

    pub(crate) fn truth(&self) -> Value {
        let state = self.state();
        state.provider.truth(state.now)
    }

    /// How often a delivery of ours was booked there.
    pub(crate) fn bookings_of(&self, delivery: &str) -> u64 {
        self.truth()["bookings"][delivery].as_u64().unwrap_or(0)
    }

    /// What it has to say by now, the oldest first; it is said once.
    pub(crate) fn says(&self) -> Vec<Message> {
        let mut state = self.state();
        let now = state.now;
        let (mut due, later): (Vec<_>, Vec<_>) =
            state.tellings.drain(..).partition(|telling| telling.due <= now);
        state.tellings = later;
        due.sort();
        due.iter().filter_map(|telling| state.provider.message(telling)).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

/// Answers one request; none where the connection is over.
fn serve(mut stream: &TcpStream, shared: &Mutex<State>) -> Option<()> {
    let (mut reader, mut line) = (BufReader::new(stream), String::new());
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|bytes| *bytes > 0)?;
        match header.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                value.clone_into(&mut authorization);
            }
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            _ if header == "\r\n" => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let asked = Asked { method, path, query, authorization: &authorization, body: &body };
    let mut state = shared.lock().unwrap();
    if state.is_away {
        return None;
    }
    let now = state.now;
    let answered = state.provider.ask(&asked, now);
    state.tellings.extend(answered.tellings);
    let meanwhile = state.meanwhile.take_if(|(asked, _)| path.ends_with(*asked));
    drop(state);
    if let Some((_, happens)) = meanwhile {
        happens();
    }
    if answered.is_lost {
        return None;
    }
    let body = answered.body.to_string();
    let retry = answered.retry_after_s.map(|s| format!("retry-after: {s}\r\n"));
    let head = format!(
        "HTTP/1.1 {} Told\r\ncontent-type: application/json\r\n{}content-length: {}\r\n\r\n",
        answered.status,
        retry.unwrap_or_default(),
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).ok()
}
