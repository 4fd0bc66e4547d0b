//! Figures as the rows of a Markdown table.

use serde_json::Value;

/// A column: its head, where its figure stands in the JSON, and how it is written.
pub(super) struct Column(pub &'static str, pub &'static str, pub Unit);

/// What is written behind a figure, what it is multiplied by, and how many decimals it has.
#[derive(Clone, Copy)]
pub(super) struct Unit(pub &'static str, pub f64, pub usize);

/// Prints a table with a row for each of the measurements.
pub(super) fn print_table(columns: &[Column], rows: &[Value]) {
    let heads: Vec<&str> = columns.iter().map(|Column(head, ..)| *head).collect();
    println!("| {} |", heads.join(" | "));
    println!("|{}", "--:|".repeat(columns.len()));
    for row in rows {
        let cells: Vec<String> = columns.iter().map(|column| column.cell(row)).collect();
        println!("| {} |", cells.join(" | "));
    }
}

impl Column {
    fn cell(&self, row: &Value) -> String {
        let Column(_, pointer, Unit(unit, factor, decimals)) = self;
        let value = row.pointer(pointer).unwrap_or(&Value::Null);
        match (value.as_f64(), value.as_str()) {
            (Some(figure), _) => {
                let figure = grouped(&format!("{:.decimals$}", figure * factor));
                format!("{figure} {unit}").trim_end().to_owned()
            }
            (None, Some(text)) => text.to_owned(),
            (None, None) => "–".to_owned(),
        }
    }
}

/// With a comma between thousands.
fn grouped(figure: &str) -> String {
    let (whole, fraction) = figure.split_at(figure.find('.').unwrap_or(figure.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && digit.is_ascii_digit() {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_are_written_with_unit_thousands_and_decimals() {
        let row = json!({ "events": 1_007_495, "read": { "p99": 0.001_234 }, "form": "json" });
        let cases = [
            ("/events", Unit("", 1.0, 0), "1,007,495"),
            ("/read/p99", Unit("ms", 1e3, 2), "1.23 ms"),
            ("/form", Unit("", 1.0, 0), "json"),
            ("/missing", Unit("s", 1.0, 2), "–"),
        ];
        for (pointer, unit, expected) in cases {
            assert_eq!(Column("head", pointer, unit).cell(&row), expected, "{pointer}");
        }
        assert_eq!([grouped("12"), grouped("123456.5")], ["12", "123,456.5"]);
    }
}
