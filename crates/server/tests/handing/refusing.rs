//! What a provider's API is taken to mean when it says no.

use super::{Handing, Other, plan};
use crate::dispatch::{Network, parcel};
use doorstep_domain::time::Clock;
use doorstep_server::calls::CallError;
use doorstep_server::dispatch::handing;
use doorstep_server::provider::outbound::{
    Access, Allowance, Booked, Names, Outbound, Wanted, open,
};
use doorstep_sim::provider::Kind;
use doorstep_store::package;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

type Answers = dyn Fn(&str) -> (u16, Value) + Send + Sync;

/// A provider that answers each request as the story says, and what it was asked.
struct Api {
    network: Network,
    outbound: Arc<dyn Outbound>,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Api {
    fn new(
        adapter: &str,
        credential: &str,
        answers: impl Fn(&str) -> (u16, Value) + Send + Sync + 'static,
    ) -> Api {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let network = Network::new();
        let store = &network.world().app.store;
        let access = Access {
            url: format!("http://{}", socket.local_addr().unwrap()),
            credential: credential.to_owned(),
            account: "cus_1".to_owned(),
            token_url: None,
            allowance: Arc::new(Allowance::new(store, "story".to_owned(), 1)),
            at_once: 32,
        };
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                while serve(&stream, &answers, &shared).is_some() {}
            }
        });
        let clock: Arc<dyn Clock> = network.world().app.clock.clone();
        let outbound = open(adapter, access, clock).unwrap();
        Api { network, outbound, asked }
    }

    /// An hour after somebody wanted it.
    fn books(&self) -> Result<Booked, CallError> {
        let id = self.network.is_asked(&parcel());
        self.network.passes(3_600);
        let app = &self.network.world().app;
        let package = app.store.read(|tx| package::load(tx, &id)).unwrap().unwrap();
        let wanted = Wanted { package: &package, pickup_phone: "+1", currency: "USD" };
        self.outbound.book(&wanted, false)
    }

    fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
    }
}

/// Answers one request; none where the connection is over.
fn serve(
    mut stream: &TcpStream,
    answers: &Answers,
    asked: &Mutex<Vec<(String, String)>>,
) -> Option<()> {
    let (mut reader, mut line) = (BufReader::new(stream), String::new());
    reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|bytes| *bytes > 0)?;
        let (name, value) = header.trim_end().split_once(": ").unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok()?;
        }
        if header == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    let wish = line.rsplit_once(' ')?.0.to_owned();
    let is_dropoff = body.contains("\"dependencies\"");
    let (status, told) =
        answers(&if is_dropoff { format!("{wish} dropoff") } else { wish.clone() });
    asked.lock().unwrap().push((wish, body));
    let told = told.to_string();
    let length = told.len();
    let head = format!(
        "HTTP/1.1 {status} Told\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{told}").as_bytes()).ok()
}

/// E9: whoever refuses the second half of a delivery keeps nothing of the first; where that does
/// not go away nobody knows yet how it stands.
#[test]
fn half_a_delivery_is_taken_back() {
    for deleted in [200, 404, 400, 503] {
        let api = Api::new("onfleet", "key", move |wish| match wish {
            "POST /api/v2/tasks" => (200, json!({ "id": "T1", "pickupTask": true })),
            "DELETE /api/v2/tasks/T1" => (deleted, json!({})),
            _ => (400, json!({ "message": "no such address" })),
        });
        let error = api.books().unwrap_err();
        let is_refused = matches!(error, CallError::Refused(_));
        assert_eq!(is_refused, matches!(deleted, 200 | 404), "{deleted}: {error:?}");
        assert_eq!(error.is_theirs(), !is_refused, "{deleted}: {error:?}");
        assert_eq!(api.asked().last().unwrap().0, "DELETE /api/v2/tasks/T1", "{deleted}");
    }
}

/// E5: only what they do not know is deleted; every other no says nothing of the delivery.
#[test]
fn a_refused_look_is_no_deletion() {
    for (status, is_told) in [(200, true), (404, true), (400, false), (409, false), (503, false)] {
        let api = Api::new("onfleet", "key", move |wish| match wish {
            "POST /api/v2/tasks/metadata" => (200, json!([])),
            _ => (status, json!({ "id": "T1" })),
        });
        let fetched = api.outbound.fetch(Names { delivery: "D", reference: "T1" });
        assert_eq!(fetched.is_ok(), is_told, "{status}: {fetched:?}");
        let first = fetched.ok().flatten().map(|told| told[0]["triggerName"].clone());
        let is_deleted = first.is_some_and(|name| name == "taskDeleted");
        assert_eq!(is_deleted, status == 404, "{status}");
    }
}

/// E9: what says nothing of the delivery is no refusal of it: a token that is not given, and a
/// booking that is there and cannot be found.
#[test]
fn what_says_nothing_of_the_delivery_is_no_refusal() {
    let named = json!({ "metadata": { "delivery_id": "del_1" } });
    let token = json!({ "access_token": "t", "expires_in": 3_600 });
    let uber = [(400, 200, json!({})), (200, 409, json!({})), (200, 409, named)];
    for (token_status, status, told) in uber {
        let (token, shown) = (token.clone(), told.clone());
        let api = Api::new("uber_direct", "client:secret", move |wish| match wish {
            "POST /oauth/v2/token" => (token_status, token.clone()),
            "POST /v1/customers/cus_1/deliveries" => (status, shown.clone()),
            _ => (404, json!({})),
        });
        let error = api.books().unwrap_err();
        assert!(matches!(error, CallError::Failed { .. }), "{token_status} {told}: {error:?}");
    }
    let api = Api::new("doordash_drive", "developer:key:c2VjcmV0", |wish| match wish {
        "POST /drive/v2/deliveries" => (409, json!({})),
        _ => (404, json!({})),
    });
    let error = api.books().unwrap_err();
    assert!(matches!(error, CallError::Failed { .. }), "{error:?}");
}

/// E9: what has long been ready is picked up now: nobody takes a wish of an hour ago.
#[test]
fn what_has_long_been_ready_is_picked_up_now() {
    for (adapter, credential, field) in [
        ("uber_direct", "client:secret", "pickup_ready_dt"),
        ("doordash_drive", "developer:key:c2VjcmV0", "pickup_time"),
    ] {
        let api = Api::new(adapter, credential, |_| {
            (200, json!({ "access_token": "t", "expires_in": 3_600, "id": "del_1" }))
        });
        api.books().unwrap();
        let wish: Value = serde_json::from_str(&api.asked().last().unwrap().1).unwrap();
        let now = api.network.world().app.clock.now().to_string();
        assert_eq!(wish[field], now, "{adapter}: {wish}");
    }
}

/// E9: a reason with characters that not every engine keeps is kept without them.
#[test]
fn control_characters_of_a_reason_are_spaces() {
    let story = Handing::to(vec![Other::new("other", plan(Kind::UberDirect))]);
    let id = story.is_handed_over();
    story.asks();
    for _ in 0..60 {
        if story.status(&id) == "assigned" {
            break;
        }
        story.passes(10);
        story.hears_all();
    }
    let app = &story.network.world().app;
    assert!(handing::refused(app, &id, "other", "x\u{0}y").unwrap());
    let shown = story.network.shows(&id).to_string();
    assert!(shown.contains("x y") && !shown.contains("\\u0000"), "{shown}");
}
