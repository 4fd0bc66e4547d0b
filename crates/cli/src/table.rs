//! Answers as tables and CSV: each column says where in a row it looks.

use comfy_table::modifiers::UTF8_ROUND_CORNERS;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table};
use doorstep_domain::money::Currency;
use serde_json::Value;

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    /// As it is.
    Text,
    /// An instant, without what is behind its seconds.
    Second,
    /// A number, to the right.
    Count,
    /// Minor units of the row's currency.
    Money,
    /// Seconds as hours, minutes and seconds.
    Seconds,
    /// Microseconds, likewise.
    Micros,
    /// Of a number of seconds, how many of a hundred are in `worked_seconds` of the same row.
    ShareOfWork,
    /// `yes` where true.
    Flag,
    /// Counts by name.
    Tally,
}

/// A column: its head, the JSON pointer into a row, and how that is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column(pub &'static str, pub &'static str, pub Show);

/// Rows as a table; money is in `currency` where the row itself does not say.
pub(crate) fn table(columns: &[Column], rows: &[Value], currency: Option<Currency>) -> String {
    let mut table = Table::new();
    table
        .load_preset(UTF8_BORDERS_ONLY)
        .apply_modifier(UTF8_ROUND_CORNERS)
        .set_content_arrangement(ContentArrangement::Dynamic);
    let head = |column: &Column| Cell::new(column.0).add_attribute(Attribute::Bold);
    table.set_header(columns.iter().map(|column| aligned(column.2, head(column))));
    for row in rows {
        let cell = |column: &Column| aligned(column.2, Cell::new(shown(column, row, currency)));
        table.add_row(columns.iter().map(cell));
    }
    format!("{table}\n")
}

/// One thing as lines of names and values.
pub(crate) fn card(columns: &[Column], of: &Value, currency: Option<Currency>) -> String {
    let width = columns.iter().map(|column| column.0.chars().count()).max().unwrap_or(0);
    let line = |column: &Column| {
        let value = shown(column, of, currency);
        format!("{:width$}  {value}\n", column.0)
    };
    columns.iter().map(line).collect()
}

fn aligned(show: Show, cell: Cell) -> Cell {
    match show {
        Show::Text | Show::Second | Show::Flag | Show::Tally => cell,
        _ => cell.set_alignment(CellAlignment::Right),
    }
}

fn shown(column: &Column, row: &Value, currency: Option<Currency>) -> String {
    let value = row.pointer(column.1).unwrap_or(&Value::Null);
    let number = value.as_i64();
    match (column.2, number) {
        (Show::Money, Some(minor)) => {
            let own = row["currency"].as_str().and_then(|code| code.parse().ok());
            own.or(currency).map_or_else(
                || minor.to_string(),
                |currency: Currency| format!("{} {currency}", currency.format(minor)),
            )
        }
        (Show::Seconds, Some(seconds)) => clock(seconds),
        (Show::Micros, Some(us)) => clock(us / 1_000_000),
        (Show::ShareOfWork, Some(seconds)) => share(seconds, row["worked_seconds"].as_i64()),
        (Show::Tally, _) => tally(value),
        (Show::Second, _) => second(&plain(value)),
        (Show::Flag, _) => (if value == true { "yes" } else { "" }).to_owned(),
        _ => plain(value),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn tally(counts: &Value) -> String {
    let counts = counts.as_object().into_iter().flatten();
    let counts: Vec<String> = counts.map(|(name, count)| format!("{name} {count}")).collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
}

fn second(instant: &str) -> String {
    let whole = instant.split_once('.').map(|(whole, _)| format!("{whole}Z"));
    whole.unwrap_or_else(|| instant.to_owned())
}

fn clock(seconds: i64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn share(part: i64, whole: Option<i64>) -> String {
    match whole {
        Some(whole) if whole > 0 => format!("{} %", (part * 200 + whole) / (whole * 2)),
        _ => String::new(),
    }
}

/// Rows as CSV with these fields of theirs, RFC 4180.
pub(crate) fn csv(fields: &[&str], rows: &[Value]) -> String {
    let quoted = |text: String| {
        let special = text.contains(['"', ',', '\n', '\r']);
        if special { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
    };
    let line = |row: &Value| {
        let values: Vec<String> = fields.iter().map(|field| quoted(plain(&row[field]))).collect();
        values.join(",") + "\r\n"
    };
    let head = fields.join(",") + "\r\n";
    std::iter::once(head).chain(rows.iter().map(line)).collect()
}

/// The rows of an answer: the answer itself or one of its fields.
pub(crate) fn rows<'a>(answer: &'a Value, field: &str) -> &'a [Value] {
    let list = if field.is_empty() { answer } else { &answer[field] };
    list.as_array().map_or(&[], Vec::as_slice)
}

/// The currency that an answer names.
pub(crate) fn currency(answer: &Value) -> Option<Currency> {
    answer["currency"].as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_shown_as_people_read_them() {
        let row = json!({
            "currency": "USD", "pay": -123_456, "worked_seconds": 4_000, "peak": 1_000,
            "left_us": 61_000_000, "final": true, "note": null,
            "now": "2008-05-25T19:00:00.25Z", "noon": "2008-05-25T12:00:00Z",
            "open": { "malformed": 2, "too_old": 1 }, "none": {},
        });
        let cases = [
            ("/pay", Show::Money, "-1234.56 USD"),
            ("/worked_seconds", Show::Seconds, "1:06:40"),
            ("/left_us", Show::Micros, "0:01:01"),
            ("/peak", Show::ShareOfWork, "25 %"),
            ("/final", Show::Flag, "yes"),
            ("/note", Show::Text, ""),
            ("/now", Show::Second, "2008-05-25T19:00:00Z"),
            ("/noon", Show::Second, "2008-05-25T12:00:00Z"),
            ("/note", Show::Second, ""),
            ("/open", Show::Tally, "malformed 2, too_old 1"),
            ("/none", Show::Tally, "none"),
            ("/missing/deeply", Show::Money, ""),
        ];
        for (at, show, expected) in cases {
            assert_eq!(shown(&Column("", at, show), &row, None), expected, "{at}");
        }
        let yen = "JPY".parse().ok();
        let pay = json!({ "pay": 1_234 });
        assert_eq!(shown(&Column("", "/pay", Show::Money), &pay, yen), "1234 JPY");
    }

    #[test]
    fn csv_quotes_what_would_break_it() {
        let rows = [json!({ "a": "x,\"y\"", "b": 1 }), json!({ "a": "plain", "b": null })];
        let expected = "a,b\r\n\"x,\"\"y\"\"\",1\r\nplain,\r\n";
        assert_eq!(csv(&["a", "b"], &rows), expected);
    }
}
