//! The rules, one module each. Every rule maps a [`Tree`] of texts to findings, so that each is
//! tested on snippets that break it: a check that cannot fail is a defect.

mod dependencies;
mod drivers;
mod layers;
mod links;
mod names;
mod reach;
mod rows;
mod size;
mod spdx;
mod sql;
mod tree;
mod words;

pub(crate) use tree::{Finding, Tree};

use std::{error::Error, fmt, path::Path};

const RULES: [fn(&Tree) -> Vec<Finding>; 10] = [
    tree::unreadable,
    size::check,
    names::check,
    sql::check,
    drivers::check,
    layers::check,
    reach::check,
    links::check,
    words::check,
    rows::check,
];

/// What a run found, and the figures worth knowing when it found nothing.
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    figures: Vec<String>,
}

/// Checks the workspace in `root`; fails only where files or `cargo metadata` cannot be read.
pub(crate) fn check(root: &Path) -> Result<Report, Box<dyn Error>> {
    let tree = Tree::read(root)?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    let dependencies = dependencies::Dependencies::read(root)?;
    findings.extend(dependencies.check(tree.text("deny.toml").unwrap_or_default()));
    findings.sort();
    findings.dedup();
    let figures = vec![
        format!("{} files read", tree.files.len()),
        dependencies.figure(),
        rows::figure(&tree),
    ];
    Ok(Report { findings, figures })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        for figure in &self.figures {
            writeln!(f, "tidy: {figure}")?;
        }
        writeln!(f, "tidy: {} findings", self.findings.len())
    }
}
