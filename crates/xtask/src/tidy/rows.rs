//! Tests name the rows of the requirements they prove (`/// A6: …`), so that a search for a row
//! finds its proof, and no row once proven loses it unseen.

use super::{Finding, Tree};
use std::collections::BTreeMap;

/// The chapters of the requirements and how many rows each has.
const CHAPTERS: [(char, u32); 6] = [('A', 10), ('B', 18), ('C', 16), ('D', 13), ('E', 9), ('F', 7)];

/// Rows that are done: at least one test proves each.
const DONE: [&str; 68] = [
    "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "B1", "B2", "B3", "B4", "B5",
    "B6", "B7", "B10", "B11", "B12", "B13", "B14", "B15", "B16", "B17", "B18", "C1", "C2", "C3",
    "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "C12", "C13", "C14", "C15", "C16", "D1",
    "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "D10", "D11", "D12", "D13", "E1", "E2", "E3",
    "E4", "E5", "E6", "E7", "E8", "E9", "F1", "F3", "F4", "F6",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = unknown(tree);
    let proven = proven(tree);
    let here = tree.files.iter().find(|file| file.path.ends_with("tidy/rows.rs"));
    if let Some(here) = here {
        let lost = DONE.iter().filter(|row| !proven.contains_key(**row));
        findings.extend(lost.map(|row| here.finding(1, "rows", format!("no test proves {row}"))));
    }
    findings
}

/// How many tests prove how many rows.
pub(super) fn figure(tree: &Tree) -> String {
    let proven = proven(tree);
    let tests: usize = tree.rust().map(|(_, rust)| rust.tests.len()).sum();
    format!("{} rows proven by {} of {tests} tests", proven.len(), proven.values().sum::<usize>())
}

fn unknown(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, rust) in tree.rust() {
        for test in &rust.tests {
            match rows(&test.doc) {
                Named::Nothing => {}
                Named::NoColon => {
                    let message = "write the rows, a colon and what is proven: `/// A6: …`";
                    findings.push(file.finding(test.line, "rows", message));
                }
                Named::Rows(rows) => {
                    let unknown = rows.into_iter().filter(|row| !exists(row));
                    findings.extend(unknown.map(|row| {
                        file.finding(test.line, "rows", format!("there is no row {row}"))
                    }));
                }
            }
        }
    }
    findings
}

fn proven(tree: &Tree) -> BTreeMap<String, usize> {
    let mut proven = BTreeMap::new();
    for test in tree.rust().flat_map(|(_, rust)| &rust.tests) {
        if let Named::Rows(rows) = rows(&test.doc) {
            for row in rows {
                *proven.entry(row.to_owned()).or_insert(0) += 1;
            }
        }
    }
    proven
}

/// What the first line of a test's documentation names.
enum Named<'a> {
    Nothing,
    NoColon,
    Rows(Vec<&'a str>),
}

fn rows(doc: &str) -> Named<'_> {
    let head = doc.split(':').next().unwrap_or_default();
    let parts: Vec<&str> = head.split([' ', ',']).filter(|part| !part.is_empty()).collect();
    if parts.first().is_none_or(|part| row(part).is_none()) {
        Named::Nothing
    } else if doc.contains(':') && parts.iter().all(|part| row(part).is_some()) {
        Named::Rows(parts)
    } else {
        Named::NoColon
    }
}

fn row(text: &str) -> Option<(char, u32)> {
    let mut chars = text.chars();
    let chapter = chars.next().filter(char::is_ascii_uppercase)?;
    Some((chapter, chars.as_str().parse().ok()?))
}

fn exists(text: &str) -> bool {
    row(text).is_some_and(|(chapter, number)| {
        CHAPTERS.iter().any(|(known, rows)| *known == chapter && (1..=*rows).contains(&number))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn rows_are_named_well_or_not_at_all() {
        let cases: [(&str, &[&str]); 8] = [
            ("A6: a replay pays once", &[]),
            ("A6, B10: a replay pays once", &[]),
            ("A6 B10: a replay pays once", &[]),
            ("A replay pays once: always", &[]),
            ("", &[]),
            ("A6 a replay pays once", &["a.rs:3"]),
            ("A11: beyond the chapter", &["a.rs:3"]),
            ("G1: no such chapter", &["a.rs:3"]),
        ];
        for (doc, expected) in cases {
            let text = format!("/// {doc}\n#[test]\nfn f() {{}}");
            assert_eq!(places(&check(&Tree::of(&[("a.rs", &text)]))), expected, "{doc}");
        }
    }

    #[test]
    fn a_row_that_lost_its_proof_is_missed() {
        let all: String = DONE.map(|row| format!("/// {row}: x\n#[test] fn f() {{}}\n")).concat();
        let without_first = all.replacen(DONE[0], "C1", 1);
        let found = |text: &str| check(&Tree::of(&[("x/tidy/rows.rs", ""), ("a.rs", text)])).len();
        assert_eq!((found(&all), found(&without_first)), (0, 1));
    }
}
