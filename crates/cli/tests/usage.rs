//! What is typed wrongly, and what nobody reads.

use crate::desk::{Desk, Said};
use std::process::Stdio;

/// A wrong question is answered in one line that says what is wrong; the code tells scripts.
#[test]
fn wrong_usage_is_told_in_a_line() {
    let desk = Desk::with_city();
    desk.holds(
        "broken.toml",
        b"[markets.sf]\ntime_zone = \"Mars/Olympus\"\ncurrency = \"USD\"\n",
    );
    let cases = [
        // (what is typed, exit code, what is said)
        ("pay --market sf --day today", 2, "\"today\" is not a day"),
        ("pay --day 2008-05-19", 2, "--market"),
        ("pay --market xx", 1, "market \"xx\" is not known"),
        ("settle --market sf", 2, "--day"),
        (
            "import events nowhere.ndjson",
            1,
            "nowhere.ndjson: No such file",
        ),
        (
            "status --config missing.toml",
            2,
            "`doorstep init` writes one",
        ),
        ("status --config broken.toml", 2, "is not an IANA time zone"),
        ("status --server localhost:8080", 2, "is not an http:// URL"),
        (
            "status --server http://127.0.0.1:1",
            1,
            "http://127.0.0.1:1: ",
        ),
        ("close --market sf --day 2099-01-01", 1, "is not over"),
        (
            "dead-letters show dl_0",
            1,
            "dead letter \"dl_0\" is not known",
        ),
        ("keys create --role courier", 2, "--courier"),
        ("keys revoke key_0", 1, "key \"key_0\" is not known"),
        ("init", 1, "--force"),
        ("serve --listen nowhere", 1, "nowhere: "),
        (
            "conflicts resolve --market sf --delivery d --keep x",
            1,
            "is not known",
        ),
    ];
    for (line, code, told) in cases {
        let said = desk.types(line);
        assert_eq!(said.code, code, "{line}: {said:?}");
        assert!(said.err.contains(told), "{line}: {said:?}");
        assert_eq!(said.out, "", "{line}");
        assert!(!said.err.contains("panicked"), "{line}: {said:?}");
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
    assert_eq!(
        said.out,
        concat!("doorstep ", env!("CARGO_PKG_VERSION"), "\n")
    );
}
