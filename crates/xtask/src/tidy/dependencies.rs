//! Dependencies are chosen, not collected: a budget for the binary, an allow list of licences.

use super::{Finding, spdx};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::{env, error::Error, path::Path, process::Command};

/// Most packages that the `doorstep` binary may be built of, ours included: what two cores
/// compile from nothing in the six minutes that `make demo` may take.
const BUDGET: usize = 280;

/// One platform, so that the figure does not depend on who measures.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// What `cargo metadata` says, as far as it is asked.
#[derive(Deserialize)]
pub(super) struct Dependencies {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

/// `kind` is null for normal dependencies, else `dev` or `build`.
#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Deny {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

impl Dependencies {
    /// Asks cargo; fails where it cannot be run or does not answer.
    pub(super) fn read(root: &Path) -> Result<Dependencies, Box<dyn Error>> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", PLATFORM])
            .current_dir(root)
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("cargo metadata: {}", said.trim()).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Findings against the budget and the allow list in the text of `deny.toml`.
    pub(super) fn check(&self, deny: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        let count = self.of_the_binary().len();
        if count > BUDGET {
            let message = format!("doorstep is built of {count} packages, at most {BUDGET}");
            findings.push(finding("Cargo.lock", "budget", message));
        }
        match toml::from_str::<Deny>(deny) {
            Ok(deny) => findings.extend(self.licences(&deny.licenses.allow)),
            Err(error) => {
                findings.push(finding("deny.toml", "licence", format!("no allow list: {error}")));
            }
        }
        findings
    }

    /// The measured figure beside its budget.
    pub(super) fn figure(&self) -> String {
        format!("doorstep is built of {} packages, at most {BUDGET}", self.of_the_binary().len())
    }

    fn licences(&self, allowed: &[String]) -> Vec<Finding> {
        let refused = self.packages.iter().filter(|package| {
            !package.license.as_deref().is_some_and(|text| spdx::is_allowed(text, allowed))
        });
        let message = |package: &Package| {
            let licence = package.license.as_deref().unwrap_or("none stated");
            format!("{} {}: {licence} is not allowed", package.name, package.version)
        };
        refused.map(|package| finding("deny.toml", "licence", message(package))).collect()
    }

    /// The packages reached from `doorstep-cli` over normal dependencies.
    fn of_the_binary(&self) -> BTreeSet<&str> {
        let edges: BTreeMap<&str, &[Edge]> =
            self.resolve.nodes.iter().map(|node| (node.id.as_str(), &*node.deps)).collect();
        let binary = self.packages.iter().filter(|package| package.name == "doorstep-cli");
        let mut waiting: Vec<&str> = binary.map(|package| package.id.as_str()).collect();
        let mut reached = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if reached.insert(id) {
                let edges = edges.get(id).copied().unwrap_or_default().iter();
                let normal = edges.filter(|edge| edge.dep_kinds.iter().any(|k| k.kind.is_none()));
                waiting.extend(normal.map(|edge| edge.pkg.as_str()));
            }
        }
        reached
    }
}

fn finding(path: &str, rule: &'static str, message: String) -> Finding {
    Finding { path: path.to_owned(), line: 1, rule, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = "[licenses]\nallow = [\"MIT\"]";

    /// A binary with `count` normal dependencies, one of them reached twice, and a dev one.
    fn metadata(count: usize, licence: &str) -> Dependencies {
        let edge = |id: &str, kind: &str| {
            format!(r#"{{"pkg": "{id}", "dep_kinds": [{{"kind": {kind}}}]}}"#)
        };
        let package = |id: &str, licence: &str| {
            format!(r#"{{"id": "{id}", "name": "{id}", "version": "1.0.0", "license": {licence}}}"#)
        };
        let ids: Vec<String> = (0..count).map(|number| format!("d{number}")).collect();
        let mut packages = vec![package("doorstep-cli", "\"MIT\""), package("dev", "\"MIT\"")];
        packages.extend(ids.iter().map(|id| package(id, licence)));
        let mut edges: Vec<String> = ids.iter().map(|id| edge(id, "null")).collect();
        edges.push(edge("dev", "\"dev\""));
        let text = format!(
            r#"{{"packages": [{}], "resolve": {{"nodes": [
                {{"id": "doorstep-cli", "deps": [{}]}}, {{"id": "d0", "deps": [{}]}}]}}}}"#,
            packages.join(","),
            edges.join(","),
            edge("d1", "null"),
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_budget_counts_each_normal_dependency_once() {
        assert_eq!(metadata(3, "\"MIT\"").of_the_binary().len(), 4);
        assert!(metadata(BUDGET - 1, "\"MIT\"").check(DENY).is_empty());
        assert_eq!(metadata(BUDGET, "\"MIT\"").check(DENY).len(), 1);
    }

    #[test]
    fn licences_are_held_to_the_allow_list() {
        let cases = [("\"MIT\"", 0), ("\"GPL-3.0\"", 2), ("null", 2)];
        for (licence, expected) in cases {
            assert_eq!(metadata(2, licence).check(DENY).len(), expected, "{licence}");
        }
        assert_eq!(metadata(2, "\"MIT\"").check("[bans]").len(), 1);
    }
}
