//! Relative links in Markdown lead somewhere.

use super::{Finding, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.has_extension("md")) {
        let mut fenced = false;
        for (line, text) in file.lines() {
            if text.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if !fenced {
                let targets = targets(text);
                let lost = targets.filter(|target| !tree.exists(&resolved(&file.path, target)));
                findings.extend(
                    lost.map(|target| {
                        file.finding(line, "link", format!("`{target}` leads nowhere"))
                    }),
                );
            }
        }
    }
    findings
}

/// The relative targets of `[text](target)` in a line, without their fragment; code is no link.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let prose = line.split('`').step_by(2);
    let targets = prose.flat_map(|part| part.split("](").skip(1));
    let targets = targets.filter_map(|rest| rest.split([')', ' ']).next());
    let relative = targets.filter(|target| !target.contains(':'));
    relative.filter_map(|target| target.split('#').next()).filter(|target| !target.is_empty())
}

/// A target as seen from the file that names it, relative to the root.
fn resolved(from: &str, target: &str) -> String {
    let mut segments: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => from.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev().collect(),
    };
    for segment in target.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name),
        }
    }
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::tree::places;
    use super::*;

    #[test]
    fn links_are_followed_from_where_they_stand() {
        let cases: [(&str, &[&str]); 9] = [
            ("[a](b.md)", &[]),
            ("[a](../STYLE.md#names)", &[]),
            ("[a](/STYLE.md) [b](how-to)", &[]),
            ("[a](https://example.org/x) [b](#here) [c](mailto:a@example.org)", &[]),
            ("[a](gone.md)", &["docs/a.md:1"]),
            ("\n![a](gone.svg \"title\")", &["docs/a.md:2"]),
            ("[a](b.md) [b](../gone)", &["docs/a.md:1"]),
            ("`[a](gone.md)`", &[]),
            ("```\n[a](gone.md)\n```", &[]),
        ];
        for (text, expected) in cases {
            let tree = Tree::of(&[
                ("STYLE.md", ""),
                ("docs/a.md", text),
                ("docs/b.md", ""),
                ("docs/how-to/c.md", ""),
            ]);
            assert_eq!(places(&check(&tree)), expected, "{text}");
        }
    }

    #[test]
    fn code_before_a_broken_link_does_not_hide_it() {
        let tree = Tree::of(&[("a.md", "`code` and [a](gone.md)")]);
        assert_eq!(places(&check(&tree)), ["a.md:1"]);
    }
}
