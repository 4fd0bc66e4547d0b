//! The texts of the workspace, read once, and what a rule has to say about them.

use crate::rust;
use std::{fmt, fs, io, path::Path};

/// Folders that hold nothing we wrote.
const SKIPPED: [&str; 5] = [".git", ".services", "doorstep-data", "node_modules", "target"];

/// One broken rule at one place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) rule: &'static str,
    pub(crate) message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}: {}", self.path, self.line, self.rule, self.message)
    }
}

/// A text file; `rust` is filled where it is Rust that can be read as tokens.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) rust: Option<rust::Source>,
}

impl File {
    pub(crate) fn finding(
        &self,
        line: usize,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Finding {
        Finding { path: self.path.clone(), line, rule, message: message.into() }
    }

    /// Lines numbered from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }
}

/// All texts of the workspace, sorted by path; paths are relative with `/`.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
    /// Files that are not text; they exist for links, and nothing else is asked of them.
    others: Vec<String>,
}

impl Tree {
    /// Reads every file below `root` except what tools make.
    pub(crate) fn read(root: &Path) -> io::Result<Tree> {
        let mut tree = Tree { files: Vec::new(), others: Vec::new() };
        tree.read_folder(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            if entry.file_type()?.is_dir() {
                if !SKIPPED.contains(&name.as_str()) {
                    self.read_folder(&entry.path(), &format!("{path}/"))?;
                }
            } else {
                match String::from_utf8(fs::read(entry.path())?) {
                    Ok(text) => self.add(path, text),
                    Err(_) => self.others.push(path),
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, path: String, text: String) {
        let rust = if path.ends_with(".rs") { rust::Source::read(&text) } else { None };
        self.files.push(File { path, text, rust });
    }

    /// Rust files with their tokens.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&File, &rust::Source)> {
        self.files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)))
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// Whether a file or a folder of that path exists.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        let paths = || self.files.iter().map(|file| &file.path).chain(&self.others);
        path.is_empty() || paths().any(|found| found == path || found.starts_with(&folder))
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree { files: Vec::new(), others: Vec::new() };
        for (path, text) in files {
            tree.add((*path).to_owned(), (*text).to_owned());
        }
        tree
    }
}

/// Rust that is not even tokens would pass every other rule unseen.
pub(crate) fn unreadable(tree: &Tree) -> Vec<Finding> {
    let broken = |file: &&File| file.has_extension("rs") && file.rust.is_none();
    let findings = tree.files.iter().filter(broken);
    findings.map(|file| file.finding(1, "unreadable", "cannot be read as Rust tokens")).collect()
}

/// The findings of a rule as `path:line`, for the tables of the rules' tests.
#[cfg(test)]
pub(crate) fn places(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_that_is_no_tokens_is_found() {
        let tree = Tree::of(&[("a.rs", "fn f() {}"), ("b.rs", "fn f( {}"), ("c.md", "fn (")]);
        assert_eq!(places(&unreadable(&tree)), ["b.rs:1"]);
    }

    #[test]
    fn files_and_folders_exist() {
        let tree = Tree::of(&[("docs/a.md", ""), ("b.md", "")]);
        let cases = [("docs/a.md", true), ("docs", true), ("docs/", true), ("doc", false)];
        for (path, expected) in cases {
            assert_eq!(tree.exists(path), expected, "{path}");
        }
    }
}
