//! A database driver is named where its engine is spoken to and nowhere else.

use super::{Finding, Tree};

/// A driver and the beginnings of the paths that may name it; tests and benches may look
/// from outside.
const DRIVERS: [(&str, &[&str]); 2] = [
    (
        "rusqlite",
        &["crates/store/src/sqlite", "crates/store/tests/", "crates/store/benches/", "crates/log/"],
    ),
    (
        "postgres",
        &[
            "crates/store/src/postgres",
            "crates/store/tests/",
            "crates/store/benches/",
            "crates/server/tests/",
            "crates/cli/tests/",
        ],
    ),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, rust) in tree.rust() {
        for (driver, allowed) in DRIVERS {
            let own_module = rust.modules.iter().any(|module| module.name == driver);
            if own_module || allowed.iter().any(|prefix| file.path.starts_with(prefix)) {
                continue;
            }
            let named = rust.roots.iter().filter(|root| root.name == driver);
            findings.extend(named.map(|root| {
                let message = format!("`{driver}` is named here; only {allowed:?} may");
                file.finding(root.line, "driver", message)
            }));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn drivers_are_named_by_their_own_files_only() {
        let cases: [(&str, &str, &[&str]); 7] = [
            ("crates/store/src/sqlite.rs", "use rusqlite::Connection;", &[]),
            ("crates/store/src/postgres/tls.rs", "use postgres::Client;", &[]),
            ("crates/log/src/partition.rs", "use rusqlite::Connection;", &[]),
            ("crates/store/src/lane.rs", "use rusqlite::Row;", &["crates/store/src/lane.rs:1"]),
            ("crates/cli/src/a.rs", "\nfn f() { postgres::x() }", &["crates/cli/src/a.rs:2"]),
            ("crates/store/src/lib.rs", "mod postgres; pub use postgres::Postgres;", &[]),
            ("crates/server/src/wire.rs", "use doorstep_store::postgres::Postgres;", &[]),
        ];
        for (path, text, expected) in cases {
            assert_eq!(places(&check(&Tree::of(&[(path, text)]))), expected, "{path}: {text}");
        }
    }
}
