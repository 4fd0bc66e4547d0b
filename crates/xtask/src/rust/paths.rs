//! First segments of paths: where a file reaches outside itself.

use super::{is_ident, is_punct};
use proc_macro2::{Ident, TokenStream, TokenTree};

/// The first segment of a path such as `rusqlite::Connection`, or of a lone `use rusqlite;`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) name: String,
    pub(crate) line: usize,
}

pub(super) fn find(tokens: &TokenStream) -> Vec<Root> {
    let mut found = Vec::new();
    walk(tokens.clone(), false, &mut found);
    found
}

/// `in_path`: the tokens are the braces of `use a::{…}`, where nothing is a first segment.
fn walk(tokens: TokenStream, in_path: bool, found: &mut Vec<Root>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(name) => {
                let first = !in_path && !is_keyword(name) && !follows_path(&tokens, index);
                let used = index > 0 && is_ident(tokens.get(index - 1), "use");
                if first && (used || leads_path(&tokens, index)) {
                    let line = name.span().start().line;
                    found.push(Root { name: name.to_string(), line });
                }
            }
            TokenTree::Group(group) => {
                walk(group.stream(), in_path || follows_path(&tokens, index), found);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Preceded by `name::`; a leading `::` starts a path instead of continuing one.
fn follows_path(tokens: &[TokenTree], index: usize) -> bool {
    let sign = |back: usize| index >= back && is_punct(tokens.get(index - back), ':');
    let segment = match index.checked_sub(3).map(|at| &tokens[at]) {
        Some(TokenTree::Ident(name)) => !is_keyword(name),
        _ => false,
    };
    sign(1) && sign(2) && segment
}

/// Keywords after which `::` starts a path.
fn is_keyword(name: &Ident) -> bool {
    ["use", "in", "return"].iter().any(|keyword| name == keyword)
}

fn leads_path(tokens: &[TokenTree], index: usize) -> bool {
    is_punct(tokens.get(index + 1), ':') && is_punct(tokens.get(index + 2), ':')
}

#[cfg(test)]
mod tests {
    use crate::rust::Source;

    #[test]
    fn only_first_segments_are_roots() {
        let cases: [(&str, &[&str]); 9] = [
            ("use a::b;", &["a"]),
            ("use a;", &["a"]),
            ("use ::a::b;", &["a"]),
            ("use crate::a::b;", &["crate"]),
            ("use crate::{a::b, c::d};", &["crate"]),
            ("fn f(x: a::B) -> ::c::D { e::f() }", &["a", "c", "e"]),
            ("fn f() { let a: u8 = 1; match a { b => c } }", &[]),
            ("// a::b\nconst S: &str = \"a::b\";", &[]),
            ("m! { a::b }", &["a"]),
        ];
        for (text, expected) in cases {
            let source = Source::read(text).unwrap();
            let found: Vec<_> = source.roots.iter().map(|root| root.name.as_str()).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
