//! Dependencies point one way: cli → server → {store, log, live, archive} → domain, and the middle
//! crates do not know each other. The domain needs only what values are made of.

use super::tree::File;
use super::{Finding, Tree};
use std::collections::BTreeSet;

/// A crate of ours and those of ours that it may build upon.
const LAYERS: [(&str, &[&str]); 9] = [
    ("doorstep-domain", &[]),
    ("doorstep-store", &["doorstep-domain"]),
    ("doorstep-log", &["doorstep-domain"]),
    ("doorstep-live", &["doorstep-domain"]),
    ("doorstep-archive", &["doorstep-domain"]),
    ("doorstep-sim", &["doorstep-domain"]),
    (
        "doorstep-server",
        &["doorstep-domain", "doorstep-store", "doorstep-log", "doorstep-live", "doorstep-archive"],
    ),
    ("doorstep-cli", &["doorstep-domain", "doorstep-server", "doorstep-sim"]),
    ("xtask", &[]),
];

/// What the domain may depend on: no IO, no async, no clock, no chance, no SQL.
const DOMAIN_MAY_USE: [&str; 7] =
    ["iso_currency", "jiff", "serde", "serde_json", "sha2", "thiserror", "unicode-normalization"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let manifests = tree
        .files
        .iter()
        .filter(|file| file.path.starts_with("crates/") && file.path.ends_with("/Cargo.toml"));
    manifests.flat_map(check_manifest).collect()
}

fn check_manifest(file: &File) -> Vec<Finding> {
    let Ok(manifest) = file.text.parse::<toml::Table>() else {
        return vec![file.finding(1, "layers", "is not TOML")];
    };
    let package = manifest.get("package").and_then(|package| package.get("name"));
    let name = package.and_then(toml::Value::as_str).unwrap_or_default();
    let Some((_, below)) = LAYERS.iter().find(|(layer, _)| *layer == name) else {
        let message = format!("`{name}` has no layer: give it one in xtask's layers.rs");
        return vec![file.finding(1, "layers", message)];
    };
    let mut findings = Vec::new();
    for dependency in keys(&manifest, "dependencies").union(&keys(&manifest, "build-dependencies"))
    {
        if is_ours(dependency) && !below.contains(&dependency.as_str()) {
            let message = format!("{name} may not depend on {dependency}, only on {below:?}");
            findings.push(file.finding(line_of(file, dependency), "layers", message));
        }
        if name == "doorstep-domain" && !DOMAIN_MAY_USE.contains(&dependency.as_str()) {
            let message = format!("the domain may not use {dependency}, only {DOMAIN_MAY_USE:?}");
            findings.push(file.finding(line_of(file, dependency), "layers", message));
        }
    }
    let tested_with = keys(&manifest, "dev-dependencies");
    let beside = tested_with.iter().filter(|dependency| is_ours(dependency));
    for dependency in beside.filter(|name| !may_test_with(name, below)) {
        let message = format!("{name} may not be tested with {dependency}");
        findings.push(file.finding(line_of(file, dependency), "layers", message));
    }
    findings
}

/// Tests may use what the crate may use, and the second book.
fn may_test_with(dependency: &str, below: &[&str]) -> bool {
    dependency == "doorstep-sim" || below.contains(&dependency)
}

fn is_ours(dependency: &str) -> bool {
    LAYERS.iter().any(|(name, _)| *name == dependency) || dependency.starts_with("doorstep-")
}

fn keys(manifest: &toml::Table, section: &str) -> BTreeSet<String> {
    let table = manifest.get(section).and_then(toml::Value::as_table);
    table.map(|table| table.keys().cloned().collect()).unwrap_or_default()
}

fn line_of(file: &File, dependency: &str) -> usize {
    let found = file.lines().find(|(_, text)| text.starts_with(dependency));
    found.map_or(1, |(line, _)| line)
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn dependencies_point_one_way() {
        let cases: [(&str, &str, &str, bool); 10] = [
            ("doorstep-store", "dependencies", "doorstep-domain", true),
            ("doorstep-store", "dependencies", "doorstep-log", false),
            ("doorstep-log", "build-dependencies", "doorstep-store", false),
            ("doorstep-domain", "dependencies", "jiff", true),
            ("doorstep-domain", "dependencies", "tokio", false),
            ("doorstep-domain", "dev-dependencies", "proptest", true),
            ("doorstep-server", "dev-dependencies", "doorstep-sim", true),
            ("doorstep-store", "dev-dependencies", "doorstep-server", false),
            ("doorstep-server", "dependencies", "doorstep-cli", false),
            ("doorstep-new", "dependencies", "serde", false),
        ];
        for (name, section, dependency, allowed) in cases {
            let text = format!("[package]\nname = \"{name}\"\n[{section}]\n{dependency} = \"1\"\n");
            let found = check(&Tree::of(&[("crates/x/Cargo.toml", &text)]));
            assert_eq!(found.is_empty(), allowed, "{name} {section} {dependency}: {found:?}");
        }
        let broken = check(&Tree::of(&[("crates/x/Cargo.toml", "[package")]));
        assert_eq!(places(&broken), ["crates/x/Cargo.toml:1"]);
    }
}
