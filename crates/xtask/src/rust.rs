//! Rust read as tokens: strings, comments and macros do not confuse it as they confuse a search.

mod functions;
mod modules;
mod paths;
mod strings;
mod tests_found;

pub(crate) use functions::Function;
pub(crate) use modules::Declaration;
pub(crate) use paths::Root;
pub(crate) use strings::Text;
pub(crate) use tests_found::Test;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// What the rules ask of one Rust file. Lines count from 1.
pub(crate) struct Source {
    pub(crate) functions: Vec<Function>,
    pub(crate) modules: Vec<Declaration>,
    pub(crate) roots: Vec<Root>,
    pub(crate) strings: Vec<Text>,
    pub(crate) tests: Vec<Test>,
}

impl Source {
    /// Reads a text; nothing where it is not Rust.
    pub(crate) fn read(text: &str) -> Option<Source> {
        let tokens: TokenStream = text.parse().ok()?;
        Some(Source {
            functions: functions::find(&tokens),
            modules: modules::find(&tokens),
            roots: paths::find(&tokens),
            strings: strings::find(&tokens),
            tests: tests_found::find(&tokens),
        })
    }
}

fn is_ident(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == name)
}

fn is_punct(token: Option<&TokenTree>, sign: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<&Group> {
    match token {
        Some(TokenTree::Group(group)) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

/// The attribute `#[…]` that starts at `index`.
fn attribute(tokens: &[TokenTree], index: usize) -> Option<Vec<TokenTree>> {
    if !is_punct(tokens.get(index), '#') {
        return None;
    }
    let body = group(tokens.get(index + 1), Delimiter::Bracket)?;
    Some(body.stream().into_iter().collect())
}

/// The text of `name = "text"` inside an attribute, as written between the quotes.
fn attribute_text(attribute: &[TokenTree], name: &str) -> Option<String> {
    if !is_ident(attribute.first(), name) || !is_punct(attribute.get(1), '=') {
        return None;
    }
    match attribute.get(2) {
        Some(TokenTree::Literal(literal)) => strings::unquoted(&literal.to_string()),
        _ => None,
    }
}
