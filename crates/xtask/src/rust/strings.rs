//! String literals; documentation is not one of them.

use super::{attribute, is_ident};
use proc_macro2::{TokenStream, TokenTree};

/// A string literal as written between its quotes, escapes left alone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) line: usize,
    pub(crate) text: String,
}

pub(super) fn find(tokens: &TokenStream) -> Vec<Text> {
    let mut found = Vec::new();
    walk(tokens.clone(), &mut found);
    found
}

fn walk(tokens: TokenStream, found: &mut Vec<Text>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Literal(literal) => {
                let line = literal.span().start().line;
                found.extend(unquoted(&literal.to_string()).map(|text| Text { line, text }));
            }
            TokenTree::Group(group) if !is_documentation(&tokens, index) => {
                walk(group.stream(), found);
            }
            _ => {}
        }
    }
}

fn is_documentation(tokens: &[TokenTree], index: usize) -> bool {
    let outer = index.checked_sub(1).and_then(|hash| attribute(tokens, hash));
    let inner = index.checked_sub(2).and_then(|hash| match (&tokens[hash], &tokens[index]) {
        (TokenTree::Punct(hash), TokenTree::Group(group)) if hash.as_char() == '#' => {
            Some(group.stream().into_iter().collect())
        }
        _ => None,
    });
    outer.or(inner).is_some_and(|attribute| is_ident(attribute.first(), "doc"))
}

/// What stands between the quotes of a string, byte string or raw string literal.
pub(super) fn unquoted(literal: &str) -> Option<String> {
    let body = literal.trim_start_matches(['b', 'c', 'r']).trim_matches('#');
    let body = body.strip_prefix('"')?;
    body.strip_suffix('"').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::rust::Source;

    #[test]
    fn strings_are_found_and_documentation_is_not() {
        let cases: [(&str, &[(usize, &str)]); 7] = [
            ("f(\"a\")", &[(1, "a")]),
            ("\nr#\"a\"b\"#", &[(2, "a\"b")]),
            ("b\"a\"", &[(1, "a")]),
            ("/// a\nfn f() {}", &[]),
            ("//! a\nfn f() {}", &[]),
            ("#[path = \"a\"] mod m;", &[(1, "a")]),
            ("'a'; 1; // \"a\"", &[]),
        ];
        for (text, expected) in cases {
            let source = Source::read(text).unwrap();
            let found: Vec<_> =
                source.strings.iter().map(|found| (found.line, found.text.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
