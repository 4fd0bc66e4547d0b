//! A server, and the same commands through it.

use crate::desk::{DAY, Desk};
use doorstep_domain::time::Clock;
use serde_json::json;

/// While a server holds the data directory a command says to use it; through the server it prints
/// what it prints without one.
#[test]
fn commands_print_the_same_here_and_through_a_server() {
    let desk = Desk::with_city();
    let lines = [
        format!("settle --market sf --day {DAY}"),
        format!("pay --market sf --day {DAY} --explain"),
        format!("pay --market sf --day {DAY} --csv"),
        format!("export statements --market sf --day {DAY}"),
        "conflicts list".to_owned(),
        "plan list --market sf".to_owned(),
        format!("reconcile --market sf --day {DAY}"),
        "dead-letters list --json".to_owned(),
    ];
    let here: Vec<String> = lines.iter().map(|line| desk.types(line).out).collect();
    let server = desk.serves();
    let held = desk.types(&lines[0]);
    assert_eq!((held.code, held.err.contains("--server")), (2, true), "{held:?}");
    let key = server.admin_key.clone().unwrap();
    for (line, here) in lines.iter().zip(here) {
        let there = desk.types(&format!("{line} --server {} --key {key}", server.url));
        assert_eq!((there.code, there.out), (0, here), "{line}");
    }
    assert_eq!(server.stops().0, 0);
}

#[test]
fn a_server_takes_a_file_and_stops_when_told() {
    let desk = Desk::new();
    let server = desk.serves();
    let (key, url) = (server.admin_key.clone().unwrap(), server.url.clone());
    let city = desk.city();
    let to = format!("--server {url} --key {key}");
    let imported = desk.pipes(city.as_bytes(), &format!("import events - --json {to}")).json();
    assert_eq!(imported["accepted"].as_u64().unwrap(), city.lines().count() as u64);
    let (code, logs) = server.stops();
    assert_eq!(code, 0);
    let left = desk.path("doorstep-data/store.sqlite-wal").exists();
    assert!(!left, "whatever was written is in the store itself");
    assert!(!logs.iter().any(|line| line.contains(&key)), "a secret in the logs");
    assert!(logs.iter().any(|line| line.contains("/v1/events")), "{logs:?}");
    // Whatever the server had not counted yet is counted now.
    let pay = desk.types(&format!("pay --market sf --day {DAY} --json")).json();
    assert_eq!(pay.as_array().unwrap().len(), 8);
}

/// B12: a server says who is on its map; a data directory that is opened has none to show.
#[test]
fn the_status_of_a_server_shows_its_map() {
    let desk = Desk::new();
    desk.holds("couriers.csv", b"courier_id,market\nanna,sf\n");
    assert_eq!(desk.types("import couriers couriers.csv").code, 0);
    assert!(desk.types("status").out.contains("No map is kept here"), "{:?}", desk.types("status"));
    let server = desk.serves();
    let key = server.admin_key.clone().unwrap();
    let now = doorstep_server::clock::SystemClock.now();
    let ping = json!({ "courier_id": "anna", "lat": 37.77, "lng": -122.42, "at": now.to_string() });
    let sent = ureq::post(format!("{}/v1/pings", server.url))
        .header("authorization", format!("Bearer {key}"))
        .send_json(&ping);
    assert_eq!(sent.unwrap().status(), 202);
    let asked = format!("status --server {} --key {key}", server.url);
    let shown = || desk.types(&format!("{asked} --json")).json()["tracking"]["map"].clone();
    while shown()["couriers"][0]["idle"] != 1 {
        std::thread::yield_now();
    }
    assert_eq!(shown()["newest_ping_at"], now.to_string());
    let out = desk.types(&asked).out;
    assert!(out.contains("on the map") && out.contains("newest ping"), "{out}");
    assert_eq!(server.stops().0, 0);
}

#[test]
fn the_admin_key_is_shown_on_the_first_start_only() {
    let desk = Desk::new();
    let first = desk.serves();
    assert!(first.admin_key.as_ref().unwrap().starts_with("dsk_"));
    assert_eq!(first.stops().0, 0);
    let second = desk.serves();
    assert_eq!(second.admin_key, None);
    let keyless = desk.types(&format!("status --server {}", second.url));
    assert_eq!((keyless.code, keyless.err.contains("--key")), (2, true), "{keyless:?}");
}

#[test]
fn a_courier_s_key_opens_their_own_pay() {
    let desk = Desk::with_city();
    let created = desk.types("keys create --role courier --courier courier-1 --json").json();
    let key = created["secret"].as_str().unwrap();
    let server = desk.serves();
    let asked = |line: &str| desk.types(&format!("{line} --server {} --key {key}", server.url));
    assert_eq!(asked("status").code, 2);
    assert!(asked("status").err.contains("courier may not"), "{:?}", asked("status"));
}
