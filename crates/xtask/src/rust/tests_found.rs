//! Test functions and the first line of their documentation.

use super::{attribute, attribute_text, is_ident};
use proc_macro2::{TokenStream, TokenTree};

/// A function under `#[test]` or `#[…::test]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) line: usize,
    /// First line of its documentation, empty where there is none.
    pub(crate) doc: String,
}

pub(super) fn find(tokens: &TokenStream) -> Vec<Test> {
    let mut found = Vec::new();
    walk(tokens.clone(), &mut found);
    found
}

fn walk(tokens: TokenStream, found: &mut Vec<Test>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut attributes = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        attributes.extend(attribute(&tokens, index));
        if is_ident(Some(token), "fn") {
            let line = token.span().start().line;
            found.extend(test(line, &attributes));
        }
        if let TokenTree::Group(group) = token {
            walk(group.stream(), found);
        }
        if ends_item(token) {
            attributes.clear();
        }
    }
}

fn test(line: usize, attributes: &[Vec<TokenTree>]) -> Option<Test> {
    let is_test = |attribute: &Vec<TokenTree>| {
        let name = attribute.iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
        is_ident(name.last(), "test")
    };
    attributes.iter().any(is_test).then(|| {
        let doc = attributes.iter().find_map(|attribute| attribute_text(attribute, "doc"));
        Test { line, doc: doc.unwrap_or_default().trim().to_owned() }
    })
}

fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == proc_macro2::Delimiter::Brace,
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::rust::Source;

    #[test]
    fn tests_are_found_with_their_documentation() {
        let cases: [(&str, &[(usize, &str)]); 6] = [
            ("/// A6: twice\n#[test]\nfn f() {}", &[(3, "A6: twice")]),
            ("#[test] fn f() {}", &[(1, "")]),
            ("#[tokio::test(flavor = \"x\")] async fn f() {}", &[(1, "")]),
            ("/// A6: no test\nfn f() {}", &[]),
            ("/// A1: a\nfn g() {}\n#[test] fn f() {}", &[(3, "")]),
            ("proptest! { /// B5: p\n #[test] fn f(x in 0..1) {} }", &[(2, "B5: p")]),
        ];
        for (text, expected) in cases {
            let source = Source::read(text).unwrap();
            let found: Vec<_> =
                source.tests.iter().map(|found| (found.line, found.doc.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
