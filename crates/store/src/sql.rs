//! The few places where SQL text is made: parameters for SQLite, tokens of schema files, and
//! multi-row inserts.

use crate::Value;
use std::borrow::Cow;
use std::fmt::Write;

/// What differs between the engines in a schema file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// Type of a 64-bit integer.
    pub(crate) int: &'static str,
    /// Type of a text that sorts by its bytes, whatever the database takes for the alphabet.
    pub(crate) text: &'static str,
    /// Type of bytes.
    pub(crate) bytes: &'static str,
    /// Type of a double.
    pub(crate) real: &'static str,
    /// Options of a table of narrow rows: on SQLite the rows live in the primary key.
    pub(crate) table_options: &'static str,
    /// Options of a table of wide rows (payloads), which SQLite keeps beside the key.
    pub(crate) wide_table_options: &'static str,
}

impl Dialect {
    /// The schema text with every token replaced.
    pub(crate) fn render(&self, template: &str) -> String {
        template
            .replace("{{int}}", self.int)
            .replace("{{text}}", self.text)
            .replace("{{bytes}}", self.bytes)
            .replace("{{real}}", self.real)
            .replace("{{table_options}}", self.table_options)
            .replace("{{wide_table_options}}", self.wide_table_options)
    }
}

/// Rewrites `$n` to `?n`: to SQLite `$1` is a *name*, numbered by where it first appears, so that
/// `select $2, $1` would silently swap its values. Quoted text and comments are left alone.
pub(crate) fn question_marks(sql: &str) -> Cow<'_, str> {
    if !sql.contains('$') {
        return Cow::Borrowed(sql);
    }
    let mut rewritten = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(['$', '\'', '"', '-', '/']) {
        rewritten.push_str(&rest[..at]);
        rest = &rest[at..];
        let verbatim = quoted_bytes(rest);
        if verbatim > 0 {
            rewritten.push_str(&rest[..verbatim]);
            rest = &rest[verbatim..];
            continue;
        }
        let is_parameter =
            rest.starts_with('$') && rest[1..].starts_with(|c: char| c.is_ascii_digit());
        rewritten.push_str(if is_parameter { "?" } else { &rest[..1] });
        rest = &rest[1..];
    }
    rewritten.push_str(rest);
    Cow::Owned(rewritten)
}

/// Length of the quoted text or comment that `sql` starts with, or 0.
fn quoted_bytes(sql: &str) -> usize {
    let closing = match sql.as_bytes() {
        [b'\'', ..] => "'",
        [b'"', ..] => "\"",
        [b'-', b'-', ..] => "\n",
        [b'/', b'*', ..] => "*/",
        _ => return 0,
    };
    let opening = if closing == "*/" { 2 } else { 1 };
    // A doubled quote closes and opens again at once, so it needs no case of its own.
    sql[opening..].find(closing).map_or(sql.len(), |at| opening + at + closing.len())
}

/// `$first, …`: places for so many values, rounded up to a power of two, so that few texts are ever
/// prepared.
pub(crate) fn places(first: usize, count: usize) -> String {
    let places = (first..first + count.next_power_of_two()).map(|place| format!("${place}"));
    places.collect::<Vec<_>>().join(", ")
}

/// Values for a list of [`places`], the last one repeated.
pub(crate) fn filled<'v, T: Copy + Into<Value<'v>>>(list: &[T]) -> Vec<Value<'v>> {
    let count = list.len().next_power_of_two();
    (0..count).filter_map(|place| list.get(place).or(list.last())).map(|it| (*it).into()).collect()
}

/// `head values ($1, $2), ($3, $4) … tail`, for `rows` rows of `columns` columns.
pub(crate) fn insert_rows(head: &str, rows: usize, columns: usize, tail: &str) -> String {
    let mut sql = String::with_capacity(head.len() + tail.len() + 10 + rows * columns * 6);
    sql.push_str(head);
    sql.push(' ');
    sql.push_str(&values(1, rows, &vec![""; columns]));
    sql.push(' ');
    sql.push_str(tail);
    sql
}

/// `values ($first, …), …`: a list of so many rows, to be read as a table with columns `column1`,
/// `column2`, …. Where nothing else says of what types they are, `types` does, else it is empty
/// texts.
pub(crate) fn values(first: usize, rows: usize, types: &[&str]) -> String {
    let mut sql = String::with_capacity(8 + rows * types.len() * 7);
    sql.push_str("values ");
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for (column, kind) in types.iter().enumerate() {
            let comma = if column == 0 { "" } else { ", " };
            let parameter = first + row * types.len() + column;
            // Writing to a String cannot fail. The first row's types are those of all.
            let _ = match row == 0 && !kind.is_empty() {
                true => write!(sql, "{comma}cast(${parameter} as {kind})"),
                false => write!(sql, "{comma}${parameter}"),
            };
        }
        sql.push(')');
    }
    sql
}

/// How many of so many rows go into the next statement, so that few texts are ever prepared: up to
/// eight, or a power of two.
pub(crate) fn rows_at_once(left: usize, most: usize) -> usize {
    match left.min(most) {
        few if few <= 8 => few,
        many => 1 << many.ilog2(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_question_marks_and_quotes_stay() {
        let cases = [
            ("none", "select 1", "select 1"),
            ("order kept by number", "select $2, $1, $2", "select ?2, ?1, ?2"),
            ("two digits", "values ($10)", "values (?10)"),
            ("in text", "select '$1', $1", "select '$1', ?1"),
            ("doubled quote", "select 'it''s $1', $1", "select 'it''s $1', ?1"),
            ("in a name", "select \"$1\", $1", "select \"$1\", ?1"),
            ("in a comment", "select $1 -- $2\n, $3", "select ?1 -- $2\n, ?3"),
            ("in a block", "select $1 /* $2 */, $3", "select ?1 /* $2 */, ?3"),
            ("minus, divide", "select $1 - $2 / $3", "select ?1 - ?2 / ?3"),
            ("open quote", "select $1, 'a $2", "select ?1, 'a $2"),
            ("not a parameter", "select $a, $1", "select $a, ?1"),
            ("wide characters", "select 'ä', $1, 'ü'", "select 'ä', ?1, 'ü'"),
        ];
        for (name, given, expected) in cases {
            assert_eq!(question_marks(given), expected, "{name}");
        }
    }

    #[test]
    fn rows_are_numbered_through() {
        let sql = insert_rows("insert into t (a, b)", 2, 2, "on conflict do nothing");
        let expected = "insert into t (a, b) values ($1, $2), ($3, $4) on conflict do nothing";
        assert_eq!(sql, expected);
        let list = values(2, 2, &["text", "bigint"]);
        assert_eq!(list, "values (cast($2 as text), cast($3 as bigint)), ($4, $5)");
    }

    #[test]
    fn rows_go_in_few_sizes() {
        let cases = [(1, 64, 1), (8, 64, 8), (9, 64, 8), (63, 64, 32), (500, 64, 64), (5, 1, 1)];
        for (left, most, expected) in cases {
            assert_eq!(rows_at_once(left, most), expected, "{left} of at most {most}");
        }
    }
}
