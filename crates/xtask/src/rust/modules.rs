//! Module declarations: what ties the files of a crate together.

use super::{attribute, attribute_text, group, is_ident, is_punct};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// `mod name;` or `mod name { … }`, inside the inline modules `parents`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) parents: Vec<String>,
    /// Whether the body is another file's.
    pub(crate) is_file: bool,
    /// The value of `#[path = "…"]`.
    pub(crate) path: Option<String>,
}

pub(super) fn find(tokens: &TokenStream) -> Vec<Declaration> {
    let mut found = Vec::new();
    walk(tokens.clone(), &[], &mut found);
    found
}

fn walk(tokens: TokenStream, parents: &[String], found: &mut Vec<Declaration>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut path = None;
    for (index, token) in tokens.iter().enumerate() {
        if let Some(attribute) = attribute(&tokens, index) {
            path = attribute_text(&attribute, "path").or(path);
        }
        match (token, tokens.get(index + 1)) {
            (TokenTree::Ident(keyword), Some(TokenTree::Ident(name))) if keyword == "mod" => {
                let name = name.to_string();
                let line = keyword.span().start().line;
                let is_file = is_punct(tokens.get(index + 2), ';');
                if let Some(body) = group(tokens.get(index + 2), Delimiter::Brace) {
                    walk(body.stream(), &[parents, std::slice::from_ref(&name)].concat(), found);
                }
                let (parents, path) = (parents.to_vec(), path.take());
                found.push(Declaration { name, line, parents, is_file, path });
            }
            (TokenTree::Group(body), _) if !is_module_body(&tokens, index) => {
                walk(body.stream(), parents, found);
            }
            _ => {}
        }
    }
}

fn is_module_body(tokens: &[TokenTree], index: usize) -> bool {
    index >= 2 && is_ident(tokens.get(index - 2), "mod")
}

#[cfg(test)]
mod tests {
    use crate::rust::Source;

    #[test]
    fn declarations_are_found_with_their_parents_and_paths() {
        type Row =
            (&'static str, &'static str, &'static [&'static str], bool, Option<&'static str>);
        let cases: [Row; 5] = [
            ("pub mod a;", "a", &[], true, None),
            ("mod a {}", "a", &[], false, None),
            ("#[path = \"x/y.rs\"]\nmod a;", "a", &[], true, Some("x/y.rs")),
            ("mod outer { mod a; }", "a", &["outer"], true, None),
            ("#[cfg(test)] pub(crate) mod a;", "a", &[], true, None),
        ];
        for (text, name, parents, is_file, path) in cases {
            let source = Source::read(text).unwrap();
            let found = source.modules.iter().find(|found| found.name == name).unwrap();
            assert_eq!(found.parents, parents, "{text}");
            assert_eq!((found.is_file, found.path.as_deref()), (is_file, path), "{text}");
        }
    }
}
