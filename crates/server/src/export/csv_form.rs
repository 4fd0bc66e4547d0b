//! CSV (RFC 4180): a header line, then a line a row; null is an empty field.

use super::table::{Cell, Column, Table};
use crate::error::AppError;
use std::io::Write;

pub(super) struct CsvForm<'w> {
    writer: csv::Writer<&'w mut (dyn Write + Send)>,
}

impl<'w> CsvForm<'w> {
    pub(super) fn begin(
        columns: &[Column],
        out: &'w mut (dyn Write + Send),
    ) -> Result<CsvForm<'w>, AppError> {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(columns.iter().map(|column| column.name)).map_err(failed)?;
        Ok(CsvForm { writer })
    }
}

impl Table for CsvForm<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), AppError> {
        for cell in cells {
            match cell {
                Cell::Text(text) => self.writer.write_field(text),
                Cell::Int(number) => self.writer.write_field(number.to_string()),
                Cell::Day(day) => self.writer.write_field(day.to_string()),
                Cell::Null => self.writer.write_field(""),
            }
            .map_err(failed)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(failed)
    }

    fn finish(mut self: Box<Self>) -> Result<(), AppError> {
        self.writer.flush().map_err(failed)
    }
}

fn failed(error: impl ToString) -> AppError {
    AppError::machine("writing CSV", error)
}
