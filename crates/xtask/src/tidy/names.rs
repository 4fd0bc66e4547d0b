//! Names that say nothing about what is inside, and `mod.rs`, where logic hides.

use super::{Finding, Tree};

/// From STYLE.md; the plural is as empty as the singular.
const BANNED: [&str; 7] = ["util", "helper", "manager", "handler", "process", "data", "info"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, rust) in tree.rust() {
        let segments = file.path.split('/').filter(|segment| *segment != "crates");
        for segment in segments {
            let name = segment.trim_end_matches(".rs");
            findings.extend(banned_part(name).map(|part| {
                file.finding(1, "name", format!("`{part}` in `{segment}` says nothing"))
            }));
        }
        if file.path.ends_with("/mod.rs") {
            findings.push(file.finding(1, "name", "a module is `name.rs`, never `mod.rs`"));
        }
        for module in rust.modules.iter().filter(|module| !module.is_file) {
            findings.extend(banned_part(&module.name).map(|part| {
                let message = format!("`{part}` in `mod {}` says nothing", module.name);
                file.finding(module.line, "name", message)
            }));
        }
    }
    findings
}

fn banned_part(name: &str) -> Option<&str> {
    let mut parts = name.split(['_', '-', '.']);
    parts.find(|part| {
        let plural = part.strip_suffix('s').unwrap_or(part);
        BANNED.contains(part) || BANNED.contains(&plural)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn empty_names_are_found_in_files_folders_and_modules() {
        let cases: [(&str, &str, &[&str]); 8] = [
            ("crates/store/src/lane.rs", "", &[]),
            ("crates/store/src/util.rs", "", &["crates/store/src/util.rs:1"]),
            ("crates/store/src/lane_utils.rs", "", &["crates/store/src/lane_utils.rs:1"]),
            ("crates/store/src/helpers/lane.rs", "", &["crates/store/src/helpers/lane.rs:1"]),
            ("crates/store/src/mod.rs", "", &["crates/store/src/mod.rs:1"]),
            ("a.rs", "\nmod data { }", &["a.rs:2"]),
            ("a.rs", "mod database { }", &[]),
            ("processing.rs", "", &[]),
        ];
        for (path, text, expected) in cases {
            let found = check(&Tree::of(&[(path, text)]));
            assert_eq!(places(&found), expected, "{path}");
        }
    }
}
