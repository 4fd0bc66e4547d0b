//! Every Rust file belongs to a crate: what no `mod` reaches is never compiled, tested or read.
//! Integration tests are modules of one binary, `tests/main.rs`: each binary more is linked anew.

use super::tree::File;
use super::{Finding, Tree};
use crate::rust::Declaration;
use std::collections::BTreeSet;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<&str> = tree.rust().map(|(file, _)| file.path.as_str()).collect();
    waiting.retain(|path| is_root(path));
    while let Some(path) = waiting.pop() {
        if reached.insert(path) {
            waiting.extend(children(tree, path));
        }
    }
    let dead = |file: &&File| file.has_extension("rs") && !reached.contains(file.path.as_str());
    let dead = tree.files.iter().filter(dead);
    let dead = dead.map(|file| file.finding(1, "dead-file", "no `mod` reaches this file"));
    dead.chain(separate_tests(tree)).collect()
}

/// Unless told not to, cargo makes a binary of each file in `tests/` beside `main.rs`.
fn separate_tests(tree: &Tree) -> impl Iterator<Item = Finding> {
    let tested = tree.files.iter().filter(|file| {
        let folder = file.path.strip_suffix("Cargo.toml");
        folder.is_some_and(|folder| tree.exists(&format!("{folder}tests/main.rs")))
    });
    let separate = tested.filter(|manifest| !manifest.text.contains("autotests = false"));
    separate.map(|manifest| manifest.finding(1, "tests", "`autotests = false` is missing"))
}

/// Whether cargo starts a target here: `crates/<crate>/` and one of its fixed places.
fn is_root(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').skip(2).collect();
    matches!(
        segments.as_slice(),
        ["build.rs"]
            | ["src", "lib.rs" | "main.rs"]
            | ["src", "bin", _]
            | ["tests", "main.rs"]
            | ["benches" | "examples", _]
    )
}

fn children<'a>(tree: &'a Tree, path: &'a str) -> impl Iterator<Item = &'a str> {
    let file = tree.files.iter().find(|file| file.path == path);
    let declared = file.and_then(|file| file.rust.as_ref()).map(|rust| rust.modules.as_slice());
    let declared = declared.unwrap_or_default().iter().filter(|module| module.is_file);
    declared.filter_map(move |module| {
        let candidates = candidates(path, module);
        tree.files.iter().map(|file| file.path.as_str()).find(|path| candidates.contains(*path))
    })
}

/// Where the file of a declared module may lie.
fn candidates(path: &str, module: &Declaration) -> BTreeSet<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if let Some(given) = &module.path {
        return BTreeSet::from([format!("{folder}/{given}")]);
    }
    let mut base = folder.to_owned();
    if !is_root(path) && name != "mod.rs" {
        base = format!("{folder}/{}", name.trim_end_matches(".rs"));
    }
    for parent in &module.parents {
        base = format!("{base}/{parent}");
    }
    let name = &module.name;
    BTreeSet::from([format!("{base}/{name}.rs"), format!("{base}/{name}/mod.rs")])
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn tests_are_one_binary() {
        let cases: [(&str, &[&str]); 2] =
            [("autotests = false", &[]), ("", &["crates/a/Cargo.toml:1"])];
        for (manifest, expected) in cases {
            let files = [("crates/a/Cargo.toml", manifest), ("crates/a/tests/main.rs", "")];
            assert_eq!(places(&check(&Tree::of(&files))), expected, "{manifest}");
        }
    }

    #[test]
    fn files_are_reached_from_the_roots_of_their_crate() {
        let tree = Tree::of(&[
            ("crates/a/src/lib.rs", "mod pay; mod inline { mod deep; } #[path = \"x.rs\"] mod y;"),
            ("crates/a/src/pay.rs", "pub mod plan;"),
            ("crates/a/src/pay/plan.rs", ""),
            ("crates/a/src/inline/deep.rs", ""),
            ("crates/a/src/x.rs", ""),
            ("crates/a/src/pay/forgotten.rs", "mod further;"),
            ("crates/a/src/pay/forgotten/further.rs", ""),
            ("crates/a/tests/main.rs", "mod story;"),
            ("crates/a/tests/story.rs", ""),
            ("crates/a/benches/pricing.rs", ""),
            ("scripts/loose.rs", ""),
        ]);
        let expected = [
            "crates/a/src/pay/forgotten.rs:1",
            "crates/a/src/pay/forgotten/further.rs:1",
            "scripts/loose.rs:1",
        ];
        assert_eq!(places(&check(&tree)), expected);
    }
}
