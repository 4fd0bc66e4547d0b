//! Two nodes as processes: one follows the other, and is killed meanwhile.

use crate::desk::{DAY, Desk, Server};
use crate::kill::sleep;
use std::process::Stdio;
use std::time::Duration;

const KEY: &str = "follow-key";

/// Days stay open for a lifetime: what is compared does not hang on when a server closes them.
const OPEN: &str = r#"
[markets.sf]
time_zone = "America/Los_Angeles"
currency = "USD"
[markets.sf.pay]
per_hour_minor = 2400
[markets.sf.settlement]
grace = "800000h"
"#;

/// A node that was told two days of a city; it serves.
fn told(couriers: u32) -> (Desk, Server) {
    let west = Desk::with(OPEN);
    let city = format!("simulate city --seed 7 --couriers {couriers} --deliveries 10 --days 2");
    let city = west.types(&city).out;
    assert_eq!(west.pipes(city.as_bytes(), "import events -").code, 0);
    let server = west.serves();
    (west, server)
}

/// A desk with the key of a node.
fn with_key_of(server: &Server) -> Desk {
    let desk = Desk::with(OPEN);
    desk.holds(KEY, server.admin_key.clone().unwrap().as_bytes());
    desk
}

/// What a desk says of the day, and that nothing is wrong with what it keeps.
fn settled(desk: &Desk) -> String {
    let checked = desk.types("check");
    assert_eq!(checked.code, 0, "{checked:?}");
    desk.types(&format!("settle --market sf --day {DAY} --json")).out
}

/// E6, B10: who pulls is killed again and again, wherever that is, and in the end knows everything
/// once.
#[test]
fn a_follower_that_is_killed_ends_up_with_the_same() {
    let (west, server) = told(120);
    let east = with_key_of(&server);
    let line = format!("follow {} --follow-key-file {KEY} --json", server.url);
    // Each run is a little longer than the one before, until one comes to its end by itself.
    let killed = (1_u64..400).find(|run| {
        let mut child =
            east.command(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(10 + 5 * run));
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        ended.is_some_and(|status| status.success())
    });
    assert!(killed > Some(3), "{killed:?}");
    let again = east.types(&line).json();
    assert_eq!((&again["records"], &again["accepted"]), (&0.into(), &0.into()));
    assert_eq!(server.stops().0, 0);
    assert!(settled(&east) == settled(&west), "after {killed:?} runs");
}

/// E6: a server follows whom it is started with, and its status shows how far it is.
#[test]
fn a_server_follows_whom_it_is_told_to() {
    let (west, server) = told(8);
    let east = with_key_of(&server);
    let follower = east.serves_with(&format!("--follow {} --follow-key-file {KEY}", server.url));
    let key = follower.admin_key.clone().unwrap();
    let status = || {
        let asked = format!("status --server {} --key {key}", follower.url);
        (east.types(&asked).out, east.types(&format!("{asked} --json")).json())
    };
    while status().1["following"][0]["answered_at"].is_null()
        || status().1["following"][0]["behind_records"] != 0
    {
        std::thread::yield_now();
    }
    let shown = status().0;
    assert!(shown.contains("follows") && shown.contains(&server.url), "{shown}");
    assert_eq!((follower.stops().0, server.stops().0), (0, 0));
    assert!(settled(&east) == settled(&west), "{shown}");
}

#[test]
fn following_says_what_it_lacks() {
    let desk = Desk::new();
    let cases = [
        ("follow http://127.0.0.1:1", "--follow-key-file"),
        ("follow http://127.0.0.1:1 --follow-key-file nobody", "reading nobody"),
        ("follow here --follow-key-file doorstep.toml", "follow: \"here\""),
        ("follow http://127.0.0.1:1 --follow-key-file doorstep.toml --server http://x", "serve"),
        ("serve --listen 127.0.0.1:0 --follow http://127.0.0.1:1", "follow_key_file: is missing"),
    ];
    for (line, expected) in cases {
        let said = desk.types(line);
        assert_eq!((said.code, said.err.contains(expected)), (2, true), "{line}: {said:?}");
    }
    desk.holds(KEY, b"any");
    let said = desk.types(&format!("follow http://127.0.0.1:1 --follow-key-file {KEY}"));
    assert_eq!((said.code, said.err.lines().count()), (2, 1), "{said:?}");
    assert!(said.err.contains("following http://127.0.0.1:1"), "{said:?}");
}
