//! Nothing in the project names the machine it was written on.

use super::{Finding, Tree};

/// Host names that exist only on somebody's network.
const PRIVATE_ENDINGS: [&str; 4] = [".internal", ".lan", ".corp", ".intranet"];

/// Files whose every source must be the public one, and how that begins.
const LOCKS: [(&str, &str, &str); 2] = [
    ("Cargo.lock", "source = \"", "registry+https://github.com/rust-lang/crates.io-index\""),
    ("package-lock.json", "\"resolved\": \"", "https://registry.npmjs.org/"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (line, text) in file.lines() {
            for path in machine_paths().iter().filter(|path| names_path(text, path)) {
                let message = format!("`{path}` is a path of one machine");
                findings.push(file.finding(line, "machine", message));
            }
            for host in hosts(text).filter(|host| is_private(host)) {
                let message = format!("`{host}` is a host of one network");
                findings.push(file.finding(line, "machine", message));
            }
            if is_foreign_source(&file.path, text) {
                findings.push(file.finding(line, "machine", "locked to a private registry"));
            }
        }
    }
    findings
}

/// Assembled, so that this file does not name what it forbids.
fn machine_paths() -> [String; 4] {
    ["work", "root", "Users", "home"].map(|folder| format!("/{folder}/"))
}

/// Whether an absolute path starts with `path`: nothing of a path or a URL stands before it.
fn names_path(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~})$*".contains(c))
    })
}

/// The hosts of the URLs in a line, without port and user.
fn hosts(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| !c.is_alphanumeric() && !".-:@_".contains(c);
    text.split("://").skip(1).filter_map(move |rest| {
        let authority = rest.split(ends).next()?;
        authority.rsplit('@').next()?.split(':').next()
    })
}

fn is_private(host: &str) -> bool {
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u8>().ok());
    let mut parts = host.split('.');
    let address = (number(parts.next()), number(parts.next()));
    let private = matches!(address, (Some(10), Some(_)) | (Some(192), Some(168)))
        || matches!(address, (Some(172), Some(16..=31)));
    private || PRIVATE_ENDINGS.iter().any(|ending| host.ends_with(ending))
}

fn is_foreign_source(path: &str, text: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let lock = LOCKS.iter().find(|(lock, _, _)| *lock == name);
    lock.is_some_and(|(_, key, public)| {
        text.trim_start().strip_prefix(key).is_some_and(|source| !source.starts_with(public))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn machine_paths_are_found_where_they_start() {
        for path in machine_paths() {
            let cases = [
                (format!("see {path}x"), 1),
                (format!("\"{path}x\""), 1),
                (format!("../shared{path}x"), 0),
                (format!("$HOME{path}x"), 0),
            ];
            for (text, expected) in cases {
                assert_eq!(check(&Tree::of(&[("a.md", &text)])).len(), expected, "{text}");
            }
        }
    }

    #[test]
    fn hosts_of_one_network_are_found() {
        let cases = [
            ("https://docs.rs/jiff", false),
            ("http://127.0.0.1:8080/x", false),
            ("postgres://u:p@localhost:5432/x", false),
            (concat!("http://10", ".1.2.3:80/x"), true),
            (concat!("x = \"https://u@cache", ".internal:80\""), true),
            (concat!("http://172", ".20.0.1"), true),
            (concat!("http://172", ".32.0.1"), false),
        ];
        for (text, expected) in cases {
            let found = check(&Tree::of(&[("a.toml", text)]));
            assert_eq!(!found.is_empty(), expected, "{text}: {found:?}");
        }
    }

    #[test]
    fn locks_name_the_public_registry() {
        let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        let cases: [(&str, &str, &[&str]); 4] = [
            ("Cargo.lock", public, &[]),
            ("Cargo.lock", "source = \"registry+https://example.org/\"", &["Cargo.lock:1"]),
            ("web/package-lock.json", "  \"resolved\": \"https://registry.npmjs.org/a\"", &[]),
            ("package-lock.json", "\"resolved\": \"https://a.example/\"", &["package-lock.json:1"]),
        ];
        for (path, text, expected) in cases {
            assert_eq!(places(&check(&Tree::of(&[(path, text)]))), expected, "{text}");
        }
    }
}
