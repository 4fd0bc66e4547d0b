//! Functions with a body, wherever they are: free, in impls, in functions, in macros.

use super::{group, is_ident, is_punct};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A function and how many lines it takes from `fn` to its closing brace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

pub(super) fn find(tokens: &TokenStream) -> Vec<Function> {
    let mut found = Vec::new();
    walk(tokens.clone(), &mut found);
    found
}

fn walk(tokens: TokenStream, found: &mut Vec<Function>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        if is_ident(Some(token), "fn") {
            found.extend(function(&tokens[index..]));
        }
        if let TokenTree::Group(group) = token {
            walk(group.stream(), found);
        }
    }
}

/// The function that starts with this `fn`; nothing for `fn(…)` types and bodiless declarations.
fn function(tokens: &[TokenTree]) -> Option<Function> {
    let TokenTree::Ident(name) = tokens.get(1)? else {
        return None;
    };
    let signature = tokens.iter().take_while(|token| !is_punct(Some(token), ';'));
    let body = signature.into_iter().find_map(|token| group(Some(token), Delimiter::Brace))?;
    let line = tokens.first()?.span().start().line;
    let last = body.span_close().end().line;
    Some(Function { name: name.to_string(), line, lines: last - line + 1 })
}

#[cfg(test)]
mod tests {
    use crate::rust::Source;

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        type Row = (&'static str, &'static [(&'static str, usize, usize)]);
        let cases: [Row; 6] = [
            ("fn a() {}", &[("a", 1, 1)]),
            ("fn a(\n  x: u8,\n) -> u8 {\n  x\n}", &[("a", 1, 5)]),
            ("trait T { fn a();\n fn b() {\n } }", &[("b", 2, 2)]),
            ("type F = fn(u8) -> u8; struct S { f: u8 }", &[]),
            ("m! {\n fn a() { \"}\" /* } */ ; '}' }\n}", &[("a", 2, 1)]),
            ("fn a() {\n fn b() {}\n}", &[("a", 1, 3), ("b", 2, 1)]),
        ];
        for (text, expected) in cases {
            let source = Source::read(text).unwrap();
            let found: Vec<_> =
                source.functions.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
