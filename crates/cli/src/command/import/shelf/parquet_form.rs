//! A Parquet file as CSV: its rows are read group by group into a file that goes with the import.

use crate::failure::Failure;
use csv::WriterBuilder;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::Path;
use tempfile::NamedTempFile;

/// How a Parquet file begins.
const MAGIC: [u8; 4] = *b"PAR1";

/// The wanted columns of a Parquet file as CSV with a header; `None` where the file is none.
pub(super) fn as_csv(
    path: &Path,
    wanted: &[(&'static str, bool)],
) -> Result<Option<NamedTempFile>, Failure> {
    if path.as_os_str() == "-" || !begins_as_parquet(path)? {
        return Ok(None);
    }
    let unreadable =
        |error: &dyn std::fmt::Display| Failure::Refused(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(Failure::file(path))?;
    let reader = SerializedFileReader::new(file).map_err(|error| unreadable(&error))?;
    let written = NamedTempFile::new().map_err(|error| unreadable(&error))?;
    let mut writer = WriterBuilder::new().from_writer(BufWriter::new(&written));
    let schema = reader.metadata().file_metadata().schema().clone();
    let known: Vec<&str> = wanted
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| schema.get_fields().iter().any(|field| field.name() == *name))
        .collect();
    writer.write_record(&known).map_err(|error| unreadable(&error))?;
    for row in reader.get_row_iter(None).map_err(|error| unreadable(&error))? {
        let row = row.map_err(|error| unreadable(&error))?;
        let fields = known.iter().map(|name| text(&row, name));
        writer.write_record(fields).map_err(|error| unreadable(&error))?;
    }
    writer.flush().map_err(|error| unreadable(&error))?;
    drop(writer);
    Ok(Some(written))
}

fn begins_as_parquet(path: &Path) -> Result<bool, Failure> {
    let mut beginning = Vec::with_capacity(MAGIC.len());
    let file = File::open(path).map_err(Failure::file(path))?;
    file.take(MAGIC.len() as u64).read_to_end(&mut beginning).map_err(Failure::file(path))?;
    Ok(beginning == MAGIC)
}

/// A value as CSV has it; empty where there is none.
fn text(row: &Row, name: &str) -> String {
    let field = row.get_column_iter().find(|(column, _)| *column == name);
    match field.map(|(_, field)| field) {
        None | Some(Field::Null) => String::new(),
        Some(Field::Str(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
