//! A load against a server: everything acknowledged, everything shown, nothing shown backwards.

use crate::desk::{Desk, Server};
use serde_json::Value;

/// Couriers who drive for a few seconds, each telling twice a second where it is.
const COURIERS: &str = "simulate couriers --couriers 200 --every 500ms --json";

fn drives(desk: &Desk, server: &Server, words: &str) -> Value {
    let key = server.admin_key.as_ref().unwrap();
    desk.types(&format!("{words} --server {} --key {key}", server.url)).json()
}

/// C15: what watchers are shown of couriers who drive is news each time, and never goes back,
/// though some of the pings come late, twice or out of order.
#[test]
fn what_couriers_tell_is_what_watchers_see() {
    let desk = Desk::new();
    let server = desk.serves();
    // Makes the couriers known, so that the watchers below can name them.
    drives(&desk, &server, &format!("{COURIERS} --for 500ms"));
    let couriers = format!("{COURIERS} --registered --dirt-bp 500 --batch 50 --for 8s");
    let (sent, own, boxes) = std::thread::scope(|scope| {
        let sent = scope.spawn(|| drives(&desk, &server, &couriers));
        let watchers = |of: &str| {
            let line = format!("simulate watchers --count 40 --of {of} --couriers 200 --for 4s");
            drives(&desk, &server, &format!("{line} --json"))
        };
        let own = scope.spawn(move || watchers("couriers"));
        let boxes = watchers("boxes");
        (sent.join().unwrap(), own.join().unwrap(), boxes)
    });
    assert_eq!((&sent["rejected"], &sent["failed"]), (&0.into(), &0.into()), "{sent}");
    assert_eq!(sent["acknowledged"], sent["sent"], "{sent}");
    assert!(sent["acknowledged"].as_u64().unwrap() > 200 * 8, "{sent}");
    for seen in [&own, &boxes] {
        assert_eq!((&seen["watching"], &seen["lost"]), (&40.into(), &0.into()), "{seen}");
        assert_eq!(seen["out_of_order"], 0, "{seen}");
        assert!(seen["updates"].as_u64().unwrap() > 40, "{seen}");
    }
    assert_eq!(server.stops().0, 0);
}

/// A1: in each form the same pings are taken, all of them.
#[test]
fn couriers_are_understood_in_each_form() {
    let desk = Desk::new();
    let server = desk.serves();
    for form in ["single", "json", "binary"] {
        let sent = drives(&desk, &server, &format!("{COURIERS} --for 1s --form {form}"));
        assert_eq!((&sent["rejected"], &sent["failed"]), (&0.into(), &0.into()), "{sent}");
        assert!(sent["acknowledged"].as_u64().unwrap() > 0, "{sent}");
        assert_eq!(sent["acknowledged"], sent["sent"], "{sent}");
    }
}

/// A city that asks and couriers who carry.
const CITY: &str = "simulate dispatch --couriers 40 --requests-per-second 8 --for 4s --every 1s";

/// C4, C6: what a city asks for is offered, taken by one, and brought; the figures add up to what
/// the server keeps, and the table fits a terminal.
#[test]
fn a_city_is_served() {
    let desk = Desk::new();
    let server = desk.serves();
    let told = drives(&desk, &server, &format!("{CITY} --json"));
    for (name, expected) in [
        ("/asked", 32),
        ("/answered", 32),
        ("/assigned", 32),
        ("/delivered", 32),
        ("/failed", 0),
        ("/failed_of_couriers", 0),
        ("/proof/kept", 32),
        ("/proof/lost", 0),
        ("/proof/doubled", 0),
        ("/proof/with_two_couriers", 0),
        ("/proof/by_status/delivered", 32),
    ] {
        assert_eq!(told.pointer(name), Some(&expected.into()), "{name}: {told}");
    }
    let ms = |what: &str| told.pointer(&format!("/latency_ms/{what}")).unwrap().as_f64().unwrap();
    assert!(ms("request/p50") > 0.0 && ms("status/p99") >= ms("status/p50"), "{told}");
    assert!(ms("assigned/p50") > ms("first_offer/p50") + 200.0, "couriers think: {told}");

    // A few of them listen, and packages wait where these are; another run's are not counted.
    let key = server.admin_key.clone().unwrap();
    let to = format!("--registered --streams 10 --server {} --key {key}", server.url);
    let said = desk.types(&format!("{CITY} {to}"));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.lines().all(|line| line.chars().count() <= 80), "{}", said.out);
    let row = |name: &str| {
        let line = said.out.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().last()?.parse::<u32>().ok())
    };
    assert_eq!((row("asked "), row("lost"), row("doubled")), (Some(32), Some(0), Some(0)));
    assert!(row("delivered") > Some(16), "{}", said.out);
}

/// C4: everybody accepts at once, and one has it.
#[test]
fn a_race_has_one_winner() {
    let desk = Desk::new();
    let server = desk.serves();
    let raced = drives(&desk, &server, "simulate race --couriers 40 --rounds 3 --json");
    assert_eq!((&raced["with_one_winner"], &raced["refused"]), (&3.into(), &117.into()), "{raced}");
}

/// A load that nothing of goes through is no measurement: it ends with 2 and the server's reason.
#[test]
fn a_load_that_is_refused_says_why() {
    let desk = Desk::new();
    let server = desk.serves();
    let key = server.admin_key.clone().unwrap();
    let to = format!("--server {} --key", server.url);
    let cases = [
        (format!("{COURIERS} --market xx {to} {key}"), "was not registered"),
        (format!("{COURIERS} --for 1s {to} wrong"), "key"),
        (format!("{COURIERS} --registered --for 1s {to} wrong"), "answered with 401"),
        (format!("simulate watchers --count 2 --for 1s {to} wrong"), "nobody was let in"),
        (format!("{CITY} {to} wrong"), "key"),
        (format!("{CITY} --registered {to} {key}"), "a courier's stream: refused with 404"),
        (format!("simulate race --registered --couriers 2 {to} {key}"), "404"),
    ];
    for (line, why) in cases {
        let said = desk.types(&line);
        assert_eq!((said.code, said.err.contains(why)), (2, true), "{line}: {said:?}");
    }
}
