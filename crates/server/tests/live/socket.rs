//! Watching over a WebSocket.

use super::{are_seen, ping};
use crate::served::{Served, Visitor};
use crate::world::World;
use doorstep_domain::tracking::Ping;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

const CITY: &str = "bbox=-122.52,37.70,-122.35,37.82";

pub(crate) struct Socket(WebSocket<TcpStream>);

/// One binary frame, read.
#[derive(Debug)]
struct Frame {
    flags: u8,
    version: u64,
    server_ms: i64,
    dots: Vec<Dot>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Dot {
    number: u32,
    lat_e7: i32,
    lng_e7: i32,
    age_ms: u32,
    heading: u8,
    state: u8,
    flags: u8,
}

impl Socket {
    fn of(visitor: &Visitor, query: &str) -> Socket {
        Socket::at(visitor, &format!("/v1/watch/socket?{query}"))
    }

    /// Connects as a page in a browser does: the key is one of the protocols.
    pub(crate) fn at(visitor: &Visitor, path: &str) -> Socket {
        let host = visitor.url.strip_prefix("http://").unwrap();
        let mut request = format!("ws://{host}{path}").into_client_request().unwrap();
        let offers = format!("doorstep, key.{}", visitor.key.as_deref().unwrap());
        request.headers_mut().insert("sec-websocket-protocol", offers.parse().unwrap());
        let connection = TcpStream::connect(host).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let (socket, answer) = tungstenite::client(request, connection).unwrap();
        assert_eq!(answer.headers()["sec-websocket-protocol"], "doorstep");
        Socket(socket)
    }

    fn says(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).unwrap();
    }

    pub(crate) fn text(&mut self) -> Value {
        loop {
            match self.0.read().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Reads until the server ends it: the code and the reason.
    pub(crate) fn end(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(close) = self.0.read().unwrap() {
                let close = close.unwrap();
                return (close.code.into(), close.reason.to_string());
            }
        }
    }

    fn frame(&mut self) -> Frame {
        loop {
            match self.0.read().unwrap() {
                Message::Binary(bytes) => return Frame::read(&bytes),
                Message::Ping(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

impl Frame {
    fn read(bytes: &[u8]) -> Frame {
        assert_eq!((&bytes[..5], &bytes[6..8]), (&b"DSPW\x01"[..], &[0, 0][..]));
        let word =
            |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        let count = word(bytes, 24) as usize;
        let size = if bytes[5] & 2 == 0 { 20 } else { 16 };
        assert_eq!(bytes.len(), 28 + count * size);
        let dot = |dot: &[u8]| Dot {
            number: word(dot, 0),
            lat_e7: word(dot, 4) as i32,
            lng_e7: word(dot, 8) as i32,
            age_ms: word(dot, 12),
            heading: dot[16],
            state: dot[17],
            flags: dot[18],
        };
        let dots = if size == 20 { bytes[28..].chunks(20).map(dot).collect() } else { Vec::new() };
        Frame { flags: bytes[5], version: long(8), server_ms: long(16) as i64, dots }
    }
}

fn served(couriers: &[(&str, Ping)]) -> Served {
    let world = World::new();
    are_seen(&world, couriers);
    Served::new(world)
}

/// C7: messages are numbered and carry the id to come back with; the view can be changed.
#[test]
fn a_socket_tells_what_the_events_tell() {
    let there = ping(37.77, -122.42, -300);
    let served = served(&[("anna", there), ("bea", ping(38.5, -121.5, -300))]);
    let mut socket = Socket::of(&served.operator, CITY);
    let hello = socket.text();
    assert_eq!(hello["epoch"], format!("{:x}", served.world.app.live.epoch()));
    assert_eq!(hello["version"], served.world.app.live.version());
    assert_eq!(socket.text(), json!({ "seq": 0, "type": "reset", "reason": "begin" }));
    let first = socket.text();
    assert_eq!((&first["seq"], &first["type"]), (&json!(1), &json!("positions")));
    assert_eq!(first["positions"][0]["courier_id"], "anna");
    let id = first["id"].as_str().unwrap().to_owned();
    socket.says(&json!({ "bbox": [-122.0, 38.0, -121.0, 39.0], "market": "sf" }));
    assert_eq!(socket.text()["type"], "reset");
    assert_eq!(socket.text()["positions"][0]["courier_id"], "bea");
    drop(socket);

    are_seen(&served.world, &[("anna", ping(37.771, -122.42, -200))]);
    let mut back = Socket::of(&served.operator, "market=sf");
    back.says(&json!({ "resume": id }));
    let mut told = back.text();
    while told["positions"].as_array().is_none_or(|positions| positions.len() != 1) {
        told = back.text();
    }
    assert_eq!(told["positions"][0]["lat"], 37.771, "what has changed since");
}

/// F4: who turns to where nothing can be is told so, not shown nothing.
#[test]
fn a_view_of_a_market_that_nobody_knows_ends_with_the_reason() {
    let served = served(&[("anna", ping(37.77, -122.42, -300))]);
    let turns = [
        json!({ "market": "nope" }),
        json!({ "bbox": [-122.0, 38.0, -121.0, 39.0], "market": "nope" }),
    ];
    for turn in turns {
        let mut socket = Socket::of(&served.operator, CITY);
        socket.says(&turn);
        assert_eq!(socket.end(), (1008, "market \"nope\" is not known".to_owned()), "{turn}");
    }
}

/// F2: frames for the map: a snapshot first, then who moved, and who left.
#[test]
fn binary_frames_say_who_is_where() {
    let there = Ping { heading_cdeg: Some(18_000), ..ping(37.77, -122.42, -300) };
    let away = Ping { heading_cdeg: None, ..ping(37.78, -122.42, -300) };
    let served = served(&[("anna", there), ("bea", away)]);
    let mut socket = Socket::of(&served.operator, &format!("{CITY}&format=binary"));
    let version = socket.text()["version"].as_u64().unwrap();
    let first = socket.frame();
    assert_eq!((first.flags, first.version), (1, version));
    assert_eq!(first.server_ms, super::noon().0 / 1_000);
    let mut dots = first.dots.clone();
    dots.sort_by_key(|dot| dot.lat_e7);
    let anna = Dot {
        number: dots[0].number,
        lat_e7: 377_700_000,
        lng_e7: -1_224_200_000,
        age_ms: 300_000,
        heading: 128,
        state: 1,
        flags: 0,
    };
    let bea = Dot { number: dots[1].number, lat_e7: 377_800_000, heading: 255, ..anna };
    assert_eq!(dots, [anna, bea]);
    are_seen(&served.world, &[("bea", ping(37.60, -122.42, 1_000))]);
    let left = socket.frame();
    assert_eq!((left.flags, left.dots.len(), left.dots[0].number), (0, 1, bea.number));
    assert_eq!((left.dots[0].lat_e7, left.dots[0].age_ms), (376_000_000, 0));
    assert!(left.version > first.version);
    are_seen(&served.world, &[("anna", ping(40.0, -100.0, -299))]);
    let kept_off = socket.frame().dots;
    assert_eq!(kept_off, [Dot { flags: 1, ..anna }], "too far to be believed");
    let problem = served.operator.gets("/v1/watch/socket?couriers=anna&format=binary").problem();
    assert_eq!(problem["errors"][0]["pointer"], "format");
}

/// C7, C15: who does not read for a while finds frames in order, and in the end the newest of
/// everybody. More couriers than one frame holds come in several.
#[test]
fn who_reads_late_finds_order_and_the_newest() {
    const COURIERS: u32 = 7_000;
    let names: Vec<String> = (0..COURIERS).map(|number| format!("c{number}")).collect();
    let moved = |to: i64| -> Vec<(&str, Ping)> {
        let ping = ping(37.75 + to as f64 * 1e-4, -122.42, to * 60);
        names.iter().map(|name| (name.as_str(), ping)).collect()
    };
    let served = served(&moved(0));
    let mut socket = Socket::of(&served.operator, "market=sf&format=binary");
    socket.text();
    let parts: Vec<Frame> = (0..3).map(|_| socket.frame()).collect();
    let shape = |frame: &Frame| (frame.flags, frame.version > 0, frame.dots.len());
    let shapes: Vec<_> = parts.iter().map(shape).collect();
    assert_eq!(shapes, [(1, false, 3_000), (0, false, 3_000), (0, true, 1_000)]);
    // Another watcher says when three looks have passed; this one reads nothing meanwhile.
    let mut other = Socket::of(&served.operator, "market=sf&format=binary");
    other.text();
    (0..3).for_each(|_| drop(other.frame()));
    for to in 1..=3 {
        are_seen(&served.world, &moved(to));
        (0..3).for_each(|_| drop(other.frame()));
    }
    are_seen(&served.world, &moved(4));
    let newest = ping(37.75 + 4e-4, -122.42, 240).position.lat_e7;
    let mut known: HashMap<u32, i32> = HashMap::new();
    while known.len() < COURIERS as usize || known.values().any(|lat| *lat != newest) {
        for dot in socket.frame().dots {
            let before = known.insert(dot.number, dot.lat_e7);
            assert!(before.is_none_or(|before| before <= dot.lat_e7), "went back: {dot:?}");
        }
    }
}

/// A courier's socket shows that courier, and cannot be turned to others.
#[test]
fn a_courier_s_socket_stays_with_the_courier() {
    let there = ping(37.77, -122.42, -300);
    let served = served(&[("anna", there), ("bea", there)]);
    let mut socket = Socket::of(&served.courier("anna"), "couriers=anna");
    socket.text();
    assert_eq!(socket.text()["type"], "reset");
    assert_eq!(socket.text()["positions"].as_array().unwrap().len(), 1);
    socket.says(&json!({ "market": "sf" }));
    let closed = loop {
        match socket.0.read().unwrap() {
            Message::Close(frame) => break frame.unwrap(),
            Message::Ping(_) | Message::Text(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(closed.reason.contains("only itself"), "{closed:?}");
    let problem = served.operator.gets("/v1/watch/socket?market=sf").problem();
    assert_eq!(problem["code"], "not_a_websocket");
}
