//! What is typed wrongly, and what nobody reads.

use crate::desk::{Desk, Said};
use std::process::Stdio;

/// What is asked wrongly or cannot be done is answered in one line that says why, and with 2:
/// 1 is for findings only.
#[test]
fn wrong_usage_is_told_in_a_line() {
    let desk = Desk::with_city();
    desk.holds("broken.toml", b"[markets.sf]\ntime_zone = \"Mars/Olympus\"\ncurrency = \"USD\"\n");
    let cases = [
        // (what is typed, what is said)
        ("pay --market sf --day today", "\"today\" is not a day"),
        ("pay --day 2008-05-19", "--market"),
        ("pay --market xx", "market \"xx\" is not known"),
        ("settle --market sf", "--day"),
        ("import events nowhere.ndjson", "nowhere.ndjson: No such file"),
        ("status --config missing.toml", "`doorstep init` writes one"),
        ("status --config broken.toml", "is not an IANA time zone"),
        ("status --server localhost:8080", "is not an http:// URL"),
        ("status --server http://127.0.0.1:1", "http://127.0.0.1:1: "),
        ("close --market sf --day 2099-01-01", "is not over"),
        ("dead-letters show dl_0", "dead letter \"dl_0\" is not known"),
        ("keys create --role courier", "--courier"),
        ("keys revoke key_0", "key \"key_0\" is not known"),
        ("init", "--force"),
        ("tasks show msg_0", "task \"msg_0\" is not known"),
        ("tasks list --state asleep", "\"asleep\" is not waiting, running, done or parked"),
        ("subscriptions create ftp://x.example", "does not begin with http:// or https://"),
        ("subscriptions replay sub_0 --since 2008-05-19T00:00:00Z", "\"sub_0\" is not known"),
        ("serve --listen nowhere", "nowhere: "),
        ("simulate couriers", "drives a running server"),
        ("simulate watchers", "drives a running server"),
        ("simulate couriers --server https://127.0.0.1:1", "over plain HTTP"),
        ("simulate couriers --server http://127.0.0.1:1 --registered", "http://127.0.0.1:1: "),
        ("simulate couriers --center north", "is not a place such as"),
        ("conflicts resolve --market sf --delivery d --keep x", "is not known"),
    ];
    for (line, told) in cases {
        let said = desk.types(line);
        assert_eq!(said.code, 2, "{line}: {said:?}");
        assert!(said.err.contains(told), "{line}: {said:?}");
        assert_eq!(said.out, "", "{line}");
        assert!(!said.err.contains("panicked"), "{line}: {said:?}");
    }
}

/// B14: 1 means that something was found: money that differs, or an invariant that does not hold.
#[test]
fn findings_are_told_by_the_exit_code() {
    let desk = Desk::with_city();
    let reconcile = "reconcile --market sf --day 2008-05-20";
    assert_eq!((desk.types(reconcile).code, desk.types("check").code), (0, 0));
    // What was counted is then no longer in the log: money that nothing proves.
    std::fs::remove_dir_all(desk.path("doorstep-data/log")).unwrap();
    for line in [reconcile, "check"] {
        let said = desk.types(line);
        assert_eq!((said.code, said.err.as_str()), (1, ""), "{line}: {said:?}");
        assert!(!said.out.is_empty(), "{line}");
    }
}

/// `| head` ends a command quietly.
#[test]
fn a_broken_pipe_is_quiet() {
    let desk = Desk::new();
    let mut command = desk.command("simulate city --couriers 200 --days 5");
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!((said.code, said.err.as_str()), (0, ""));
}

#[test]
fn the_same_seed_makes_the_same_city() {
    let desk = Desk::new();
    let city = desk.city();
    assert_eq!(desk.city(), city);
    assert!(city.lines().count() > 100);
}

#[test]
fn the_version_is_told() {
    let said = Desk::new().types("version");
    assert_eq!(said.out, concat!("doorstep ", env!("CARGO_PKG_VERSION"), "\n"));
}

/// Whoever meets the program for the first time is told all that it is for.
#[test]
fn help_says_what_the_whole_is_for() {
    let help = Desk::new().types("--help").out;
    let first = help.lines().next().unwrap_or_default();
    for topic in ["where couriers are", "arrive", "paid", "settle"] {
        assert!(first.to_lowercase().contains(topic), "{topic}: {first}");
    }
}

/// What a command takes of its own stands above what all of them take.
#[test]
fn help_begins_with_the_command_s_own_options() {
    let help = Desk::new().types("pay --help").out;
    let at = |text: &str| help.find(text).unwrap_or_else(|| panic!("{text}: {help}"));
    assert!(at("--explain") < at("\nWhere:"), "{help}");
    assert!(at("\nWhere:") < at("--data-dir"), "{help}");
}
