//! Parquet: row groups of typed columns, compressed with zstd.

use super::table::{Cell, Column, Kind, Table};
use crate::error::AppError;
use parquet::basic::{Compression, ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};
use std::io::Write;
use std::sync::Arc;

/// Rows in one row group: they are held in memory until it is full, some 10 MiB.
const GROUP_ROWS: usize = 65_536;

pub(super) struct ParquetForm<'w> {
    writer: SerializedFileWriter<&'w mut (dyn Write + Send)>,
    held: Vec<Held>,
    rows: usize,
}

/// The values of one column of the group under way.
struct Held {
    column: Column,
    values: Values,
    /// 1 for a value, 0 for null, in columns that may be null.
    present: Vec<i16>,
}

enum Values {
    Texts(Vec<ByteArray>),
    Ints(Vec<i64>),
    /// Days since 1970-01-01.
    Days(Vec<i32>),
}

impl<'w> ParquetForm<'w> {
    pub(super) fn begin(
        columns: &[Column],
        out: &'w mut (dyn Write + Send),
    ) -> Result<ParquetForm<'w>, AppError> {
        let compression = Compression::ZSTD(Default::default());
        let properties = WriterProperties::builder().set_compression(compression).build();
        let schema = schema(columns).map_err(failed)?;
        let writer = SerializedFileWriter::new(out, schema, Arc::new(properties));
        let held = columns.iter().map(|column| Held::new(*column)).collect();
        Ok(ParquetForm { writer: writer.map_err(failed)?, held, rows: 0 })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for held in &mut self.held {
            let Some(mut column) = group.next_column()? else {
                return Err(ParquetError::General("fewer columns than the schema has".to_owned()));
            };
            let present = held.column.nullable.then_some(held.present.as_slice());
            match &held.values {
                Values::Texts(values) => {
                    column.typed::<ByteArrayType>().write_batch(values, present, None)?
                }
                Values::Ints(values) => {
                    column.typed::<Int64Type>().write_batch(values, present, None)?
                }
                Values::Days(values) => {
                    column.typed::<Int32Type>().write_batch(values, present, None)?
                }
            };
            column.close()?;
            held.clear();
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl Table for ParquetForm<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), AppError> {
        for (held, cell) in self.held.iter_mut().zip(cells) {
            held.push(*cell)?;
        }
        self.rows += 1;
        if self.rows == GROUP_ROWS {
            self.write_group().map_err(failed)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), AppError> {
        if self.rows > 0 {
            self.write_group().map_err(failed)?;
        }
        self.writer.close().map_err(failed)?;
        Ok(())
    }
}

impl Held {
    fn new(column: Column) -> Held {
        let values = match column.kind {
            Kind::Text => Values::Texts(Vec::new()),
            Kind::Int => Values::Ints(Vec::new()),
            Kind::Day => Values::Days(Vec::new()),
        };
        Held { column, values, present: Vec::new() }
    }

    fn push(&mut self, cell: Cell<'_>) -> Result<(), AppError> {
        match (&mut self.values, cell) {
            (Values::Texts(values), Cell::Text(text)) => values.push(ByteArray::from(text)),
            (Values::Ints(values), Cell::Int(number)) => values.push(number),
            (Values::Days(values), Cell::Day(day)) => {
                // A calendar day is within ± 4 million of the epoch.
                values.push(i32::try_from(day.number()).unwrap_or(i32::MAX));
            }
            (_, Cell::Null) if self.column.nullable => {
                self.present.push(0);
                return Ok(());
            }
            (_, cell) => {
                let reason = format!("column {} cannot hold {cell:?}", self.column.name);
                return Err(AppError::machine("writing Parquet", reason));
            }
        }
        self.present.push(1);
        Ok(())
    }

    fn clear(&mut self) {
        self.present.clear();
        match &mut self.values {
            Values::Texts(values) => values.clear(),
            Values::Ints(values) => values.clear(),
            Values::Days(values) => values.clear(),
        }
    }
}

fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let field = |column: &Column| {
        let (physical, logical, converted) = match column.kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String), ConvertedType::UTF8),
            Kind::Int => (Physical::INT64, None, ConvertedType::NONE),
            Kind::Day => (Physical::INT32, Some(LogicalType::Date), ConvertedType::DATE),
        };
        let repetition = if column.nullable { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let field = Type::primitive_type_builder(column.name, physical)
            .with_repetition(repetition)
            .with_logical_type(logical)
            .with_converted_type(converted);
        field.build().map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
    Type::group_type_builder("doorstep").with_fields(fields).build().map(Arc::new)
}

fn failed(error: ParquetError) -> AppError {
    AppError::machine("writing Parquet", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::time::Day;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    /// F6: a day of more rows than one group holds is written group by group, in order.
    #[test]
    fn groups_follow_one_another() {
        const COLUMNS: &[Column] =
            &[Column::text("name"), Column::int("number").or_null(), Column::day("day")];
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut out = file.reopen().unwrap();
        let mut form = Box::new(ParquetForm::begin(COLUMNS, &mut out).unwrap());
        let rows = GROUP_ROWS + 3;
        for row in 0..rows {
            let number = i64::try_from(row).unwrap();
            let figure = if row % 2 == 0 { Cell::Int(number) } else { Cell::Null };
            let day = Cell::Day(Day::from_number(number % 7));
            form.row(&[Cell::Text(&row.to_string()), figure, day]).unwrap();
        }
        form.finish().unwrap();
        let reader = SerializedFileReader::new(file.reopen().unwrap()).unwrap();
        assert_eq!(reader.num_row_groups(), 2);
        for (row, read) in reader.get_row_iter(None).unwrap().enumerate() {
            let fields: Vec<Field> =
                read.unwrap().into_columns().into_iter().map(|(_, field)| field).collect();
            let number = i64::try_from(row).unwrap();
            let figure = if row % 2 == 0 { Field::Long(number) } else { Field::Null };
            let day = Field::Date(i32::try_from(number % 7).unwrap());
            assert_eq!(fields, [Field::Str(row.to_string()), figure, day], "row {row}");
        }
        assert_eq!(reader.metadata().file_metadata().num_rows(), i64::try_from(rows).unwrap());
    }

    #[test]
    fn a_cell_of_another_kind_is_refused() {
        let mut out: Vec<u8> = Vec::new();
        let columns = [Column::int("number")];
        let mut form = ParquetForm::begin(&columns, &mut out).unwrap();
        assert!(form.row(&[Cell::Text("seven")]).is_err());
        assert!(form.row(&[Cell::Null]).is_err());
    }
}
