//! One body of SQL for SQLite and Postgres: what only one of them understands stays out.

use super::tree::File;
use super::{Finding, Tree};

/// What is banned, and what to write instead.
const BANNED: [(&str, &str); 13] = [
    ("for update", "the lane row is the lock"),
    ("skip locked", "the lane row is the lock"),
    ("now()", "time is a parameter"),
    ("current_timestamp", "time is a bigint parameter"),
    ("::", "write cast(… as …)"),
    ("greatest(", "write case when"),
    ("least(", "write case when"),
    ("ilike", "compare lower() of both"),
    ("distinct on", "use row_number()"),
    ("generate_series", "use a recursive common table expression"),
    ("autoincrement", "ids are made by us"),
    ("nextval", "ids are made by us"),
    ("jsonb", "JSON is opaque text"),
];

/// Words that tell a statement, or a part of one, from any other text.
const TELLTALES: [&str; 10] = [
    "alter table",
    "create index",
    "create table",
    "delete from",
    "insert into",
    "on conflict",
    "returning",
    "select",
    "update",
    "where",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, rust) in tree.rust().filter(|(file, _)| speaks_sql(&file.path)) {
        for string in rust.strings.iter().filter(|string| is_sql(&string.text)) {
            findings.extend(banned(file, string.line, &string.text));
        }
    }
    for file in tree.files.iter().filter(|file| file.has_extension("sql")) {
        findings.extend(banned(file, 1, &file.text));
    }
    findings
}

/// Whether a file speaks the one body of SQL; an engine's own says what only it understands.
fn speaks_sql(path: &str) -> bool {
    const ENGINES: [&str; 2] = ["crates/store/src/postgres.rs", "crates/store/src/sqlite.rs"];
    if ENGINES.contains(&path) {
        return false;
    }
    path.starts_with("crates/store/") || path.starts_with("crates/server/")
}

fn is_sql(text: &str) -> bool {
    let lower = text.to_lowercase();
    let has = |telltale: &str| {
        lower.match_indices(telltale).any(|(at, found)| {
            let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let (before, after) = (&lower[..at], &lower[at + found.len()..]);
            !letter(before.chars().next_back()) && !letter(after.chars().next())
        })
    };
    TELLTALES.iter().any(|telltale| has(telltale))
}

fn banned<'a>(file: &'a File, first: usize, text: &'a str) -> impl Iterator<Item = Finding> + 'a {
    let lower = text.to_lowercase();
    BANNED.iter().flat_map(move |(banned, instead)| {
        let places = lower.match_indices(banned).map(|(at, _)| at).collect::<Vec<_>>();
        let lower = lower.clone();
        places.into_iter().map(move |at| {
            let line = first + lower[..at].matches('\n').count();
            file.finding(line, "sql", format!("`{banned}` is not portable: {instead}"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn every_banned_form_is_found_in_statements() {
        for (banned, _) in BANNED {
            let text = format!("const SQL: &str = \"select x {banned} from t\";");
            let found = check(&Tree::of(&[("crates/store/src/lane.rs", &text)]));
            assert_eq!(places(&found), ["crates/store/src/lane.rs:1"], "{banned}");
        }
    }

    #[test]
    fn only_statements_are_read() {
        let cases: [(&str, &str, &[&str]); 7] = [
            ("crates/store/src/a.rs", "f(\"select 1,\n  now()\")", &["crates/store/src/a.rs:2"]),
            ("crates/server/src/a.rs", "f(\"where x = $1::text\")", &["crates/server/src/a.rs:1"]),
            ("crates/store/src/a.rs", "f(\"doorstep::store\")", &[]),
            ("crates/store/src/a.rs", "// select now()", &[]),
            ("crates/store/src/a.rs", "f(\"selected by std::env\")", &[]),
            ("crates/cli/src/a.rs", "f(\"select now()\")", &[]),
            ("crates/store/a.sql", "-- why\nselect now();", &["crates/store/a.sql:2"]),
        ];
        for (path, text, expected) in cases {
            assert_eq!(places(&check(&Tree::of(&[(path, text)]))), expected, "{text}");
        }
    }
}
