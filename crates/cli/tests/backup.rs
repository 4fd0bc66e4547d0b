//! Backup and restore, as a person types them.

use crate::desk::{DAY, Desk};
use serde_json::Value;

/// F6: a directory is backed up while a server holds it and restored beside it: the day that was
/// closed has the same digest there, and every invariant holds.
#[test]
fn a_served_directory_is_backed_up_and_restored() {
    let desk = Desk::with_city();
    let settle = format!("settle --market sf --day {DAY} --json");
    let digest = desk.types(&settle).json()["digest"].clone();
    let server = desk.serves();
    let backed_up = desk.types("backup copy --json").json();
    assert_eq!(server.stops().0, 0);
    assert_eq!(backed_up["store"], "sqlite");
    // The store, the partitions of three topics and of their dead letters, those of imports, how
    // many each topic has; and what was archived, if an hour closed meanwhile.
    let files = backed_up["files"].as_array().unwrap().iter();
    let archived = |file: &&Value| file["path"].as_str().unwrap().starts_with("archive/");
    assert_eq!(files.filter(|file| !archived(file)).count(), 1 + 16 + 7);
    assert_eq!(
        serde_json::from_slice::<Value>(&desk.reads("copy/manifest.json")).unwrap(),
        backed_up
    );

    let restored = desk.types("restore copy --data-dir elsewhere");
    assert_eq!(restored.code, 0, "{restored:?}");
    assert_eq!(restored.err, "", "progress is for terminals");
    for shown in ["events.dead-letters", "taken       20", "elsewhere"] {
        assert!(restored.out.contains(shown), "{shown}: {}", restored.out);
    }
    let there = desk.types(&format!("{settle} --data-dir elsewhere")).json();
    assert_eq!(there["digest"], digest);
    let checked = desk.types("check --json --data-dir elsewhere").json();
    assert_eq!(checked["violations"], 0);
}

/// F6: what cannot be done is told in a line, and nothing is written over.
#[test]
fn backups_that_cannot_be_are_refused() {
    let desk = Desk::with_city();
    assert_eq!(desk.types("backup copy").code, 0);
    desk.holds("file", b"mine");
    let cases = [
        // (what is typed, what is said)
        ("backup copy", "copy is not empty"),
        ("backup file", "file: Not a directory"),
        ("backup new --data-dir nowhere", "\"nowhere\" is not known"),
        ("backup new --log-only", "without --log-only"),
        ("backup new --server http://127.0.0.1:1", "where the data is"),
        ("restore copy", "doorstep-data is not empty"),
        ("restore nowhere --data-dir new", "is not a backup"),
        ("restore copy --server http://127.0.0.1:1", "where the data is"),
    ];
    for (line, told) in cases {
        let said = desk.types(line);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{line}: {said:?}");
        assert!(said.err.contains(told), "{line}: {said:?}");
    }
    desk.holds("copy/store.sqlite", b"something else");
    let damaged = desk.types("restore copy --data-dir new");
    assert_eq!(damaged.code, 2);
    assert!(damaged.err.contains("copy/store.sqlite is damaged"), "{damaged:?}");
}
