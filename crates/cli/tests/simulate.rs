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
    ];
    for (line, why) in cases {
        let said = desk.types(&line);
        assert_eq!((said.code, said.err.contains(why)), (2, true), "{line}: {said:?}");
    }
}
