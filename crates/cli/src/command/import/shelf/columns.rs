//! The columns of a CSV file, by its first line.

use super::super::source::Chunk;
use crate::failure::Failure;
use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use serde_json::{Map, Value};

/// Columns whose values are numbers.
const NUMBERS: [&str; 5] = ["oversell_max", "weight_grams", "price_minor", "lat", "lng"];

/// Where in a line each wanted column stands; `None` where the file has none of that name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Columns {
    names: Vec<&'static str>,
    places: Vec<Option<usize>>,
    /// Whether a line has just these, in this order.
    are_as_wanted: bool,
}

impl Columns {
    /// Reads the header off the first chunk, whose lines keep their numbers. Errors: a column is
    /// missing that must be there.
    pub(super) fn of(
        mut first: Chunk,
        wanted: &[(&'static str, bool)],
    ) -> Result<(Columns, Chunk), Failure> {
        let end = first.lines.iter().position(|byte| *byte == b'\n').unwrap_or(first.lines.len());
        let header = fields(&first.lines[..end]);
        let place = |name: &str| header.iter().position(|field| field.trim() == name);
        let places: Vec<Option<usize>> = wanted.iter().map(|(name, _)| place(name)).collect();
        let missing = wanted.iter().zip(&places).find(|((_, must), at)| *must && at.is_none());
        if let Some(((name, _), _)) = missing {
            let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
            return Err(Failure::Refused(format!(
                "the first line names no column {name}; it is the header: {}",
                names.join(",")
            )));
        }
        let in_order = places.iter().enumerate().all(|(at, place)| *place == Some(at));
        let columns = Columns {
            names: wanted.iter().map(|(name, _)| *name).collect(),
            are_as_wanted: in_order && header.len() == places.len(),
            places,
        };
        first.lines.drain(..end);
        Ok((columns, first))
    }

    /// Lines with the wanted columns alone, in the wanted order.
    pub(super) fn in_order(&self, lines: &[u8]) -> Vec<u8> {
        if self.are_as_wanted {
            return lines.to_vec();
        }
        let mut written = Vec::with_capacity(lines.len());
        for line in lines.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            if !line.is_empty() {
                let fields = fields(line);
                let wanted = self.places.iter().map(|place| field(&fields, *place));
                written.extend(record(wanted));
            }
            written.push(b'\n');
        }
        written
    }

    /// Lines as JSON, each in its place; what is empty is left out, and `made` has the last word.
    pub(super) fn as_json(&self, lines: &[u8], made: impl Fn(Value) -> Value) -> Vec<u8> {
        let mut written = Vec::with_capacity(lines.len() * 3);
        for line in lines.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            if !line.is_empty() {
                let fields = fields(line);
                let mut said = Map::new();
                for (name, place) in self.names.iter().zip(&self.places) {
                    let text = field(&fields, *place);
                    if !text.is_empty() {
                        said.insert((*name).to_owned(), value(name, text));
                    }
                }
                written.extend_from_slice(made(Value::Object(said)).to_string().as_bytes());
            }
            written.push(b'\n');
        }
        written
    }
}

/// A number where the column is one and the text is one; what is neither is refused as it stands.
fn value(name: &str, text: &str) -> Value {
    let number = NUMBERS.contains(&name).then(|| text.parse::<serde_json::Number>().ok());
    number.flatten().map_or_else(|| text.into(), Value::Number)
}

fn field(fields: &StringRecord, place: Option<usize>) -> &str {
    place.and_then(|place| fields.get(place)).unwrap_or_default().trim()
}

/// One line of CSV without its end.
fn record<'a>(fields: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    // Nothing that is written into memory fails.
    let _ = writer.write_record(fields);
    let mut line = writer.into_inner().unwrap_or_default();
    line.truncate(line.trim_ascii_end().len());
    line
}

/// The fields of one line of CSV, RFC 4180; none where it is not text.
pub(super) fn fields(line: &[u8]) -> StringRecord {
    let mut reader = ReaderBuilder::new().has_headers(false).buffer_capacity(256).from_reader(line);
    let mut record = StringRecord::new();
    // A line that is not UTF-8 has no fields, and is refused for that.
    let _ = reader.read_record(&mut record);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOCK: &[(&str, bool)] = &[("center_id", true), ("item_id", true), ("quantity", true)];

    fn columns(text: &str) -> (Columns, String) {
        let chunk = Chunk { lines: text.as_bytes().to_vec(), ..Chunk::default() };
        let (columns, chunk) = Columns::of(chunk, STOCK).unwrap();
        let rest = String::from_utf8(columns.in_order(&chunk.lines)).unwrap();
        (columns, rest)
    }

    #[test]
    fn columns_are_put_in_order_and_lines_keep_their_places() {
        let cases = [
            (
                "center_id,item_id,quantity\nc1,i1,3\n\nc2,\"i,2\",4\n",
                "\nc1,i1,3\n\nc2,\"i,2\",4\n",
            ),
            ("quantity,center_id,since,item_id\n3,c1,x,\"i,1\"\n\n", "\nc1,\"i,1\",3\n\n\n"),
        ];
        for (text, expected) in cases {
            assert_eq!(columns(text).1, expected, "{text}");
        }
        let chunk = Chunk { lines: b"center_id,item\nc1,i1\n".to_vec(), ..Chunk::default() };
        let Err(Failure::Refused(reason)) = Columns::of(chunk, STOCK) else {
            panic!("it was taken")
        };
        assert!(reason.contains("names no column item_id"), "{reason}");
    }

    #[test]
    fn lines_become_json() {
        let wanted = &[("item_id", true), ("name", true), ("price_minor", false)];
        let lines = b"name,item_id,price_minor\n\"Milk, 1 l\",7,349\nBread,8,\nHoney,9,dear\n";
        let chunk = Chunk { lines: lines.to_vec(), ..Chunk::default() };
        let (columns, chunk) = Columns::of(chunk, wanted).unwrap();
        let json = String::from_utf8(columns.as_json(&chunk.lines, |said| said)).unwrap();
        let expected = [
            "",
            r#"{"item_id":"7","name":"Milk, 1 l","price_minor":349}"#,
            r#"{"item_id":"8","name":"Bread"}"#,
            r#"{"item_id":"9","name":"Honey","price_minor":"dear"}"#,
            "",
        ];
        assert_eq!(json.lines().collect::<Vec<_>>(), expected);
    }
}
