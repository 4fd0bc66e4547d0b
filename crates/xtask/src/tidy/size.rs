//! Files, functions and lines have hard caps; STYLE.md asks for less.

use super::{Finding, Tree};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 60;
const LINE_COLUMNS_MAX: usize = 100;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.has_extension("rs")) {
        let lines = file.text.lines().count();
        if lines > FILE_LINES_MAX {
            let message = format!("{lines} lines, at most {FILE_LINES_MAX}");
            findings.push(file.finding(1, "file-size", message));
        }
        for (line, text) in file.lines() {
            let columns = text.chars().count();
            if columns > LINE_COLUMNS_MAX {
                let message = format!("{columns} columns, at most {LINE_COLUMNS_MAX}");
                findings.push(file.finding(line, "line-length", message));
            }
        }
    }
    findings.extend(functions(tree));
    findings
}

fn functions(tree: &Tree) -> impl Iterator<Item = Finding> {
    let all = tree.rust().flat_map(|(file, rust)| rust.functions.iter().map(move |f| (file, f)));
    all.filter(|(_, function)| function.lines > FUNCTION_LINES_MAX).map(|(file, function)| {
        let (name, lines) = (&function.name, function.lines);
        let message = format!("`{name}` has {lines} lines, at most {FUNCTION_LINES_MAX}");
        file.finding(function.line, "function-size", message)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn each_cap_is_passed_at_its_limit_and_broken_beyond_it() {
        let function = |lines: usize| format!("fn f() {{{}}}", "\n".repeat(lines - 1));
        let cases = [
            ("longest file", "// a\n".repeat(FILE_LINES_MAX), 0),
            ("longer file", "// a\n".repeat(FILE_LINES_MAX + 1), 1),
            ("longest function", function(FUNCTION_LINES_MAX), 0),
            ("longer function", function(FUNCTION_LINES_MAX + 1), 1),
            ("longest line", format!("//{}", "é".repeat(LINE_COLUMNS_MAX - 2)), 0),
            ("longer line", format!("//{}", "é".repeat(LINE_COLUMNS_MAX - 1)), 1),
        ];
        for (case, text, expected) in cases {
            let found = check(&Tree::of(&[("a.rs", &text)]));
            assert_eq!(places(&found).len(), expected, "{case}: {found:?}");
        }
    }
}
