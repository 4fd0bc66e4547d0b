//! Columns of Parquet, written and read whole or in part; what a file is made of is checked once.

use crate::error::ArchiveError;
use crate::fingerprint::Fingerprint;
use parquet::basic::{ConvertedType, LogicalType, Repetition, TimeUnit};
use parquet::basic::{Encoding, Type as Physical};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{
    ChunkReader, FileReader, Length, RowGroupReader, SerializedFileReader,
};
use parquet::schema::types::{Type, TypePtr};
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// How a column is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
    /// None leaves it to a dictionary.
    pub(crate) encoding: Option<Encoding>,
}

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bytes,
    /// Microseconds UTC.
    Instant,
    Long,
    Int,
    Double,
    Float,
}

impl Kind {
    fn physical(self) -> Physical {
        match self {
            Kind::Text | Kind::Bytes => Physical::BYTE_ARRAY,
            Kind::Instant | Kind::Long => Physical::INT64,
            Kind::Int => Physical::INT32,
            Kind::Double => Physical::DOUBLE,
            Kind::Float => Physical::FLOAT,
        }
    }

    fn meaning(self) -> (Option<LogicalType>, ConvertedType) {
        match self {
            Kind::Text => (Some(LogicalType::String), ConvertedType::UTF8),
            Kind::Instant => {
                let micros = LogicalType::timestamp(true, TimeUnit::MICROS);
                (Some(micros), ConvertedType::TIMESTAMP_MICROS)
            }
            Kind::Bytes | Kind::Long | Kind::Int | Kind::Double | Kind::Float => {
                (None, ConvertedType::NONE)
            }
        }
    }
}

impl Column {
    pub(crate) const fn of(name: &'static str, kind: Kind) -> Column {
        Column { name, kind, optional: false, encoding: None }
    }

    pub(crate) const fn or_null(self) -> Column {
        Column { optional: true, ..self }
    }

    pub(crate) const fn encoded(self, encoding: Encoding) -> Column {
        Column { encoding: Some(encoding), ..self }
    }
}

/// The keys under which a file says how many of the log's records it holds, and which.
pub(crate) const RECORDS: &str = "doorstep.records";
pub(crate) const FINGERPRINT: &str = "doorstep.fingerprint";

/// The key under which a file has the checksums of its groups, one after the other.
pub(crate) const GROUPS: &str = "doorstep.groups";

/// The columns as Parquet has them.
pub(crate) fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let field = |column: &Column| {
        let (logical, converted) = column.kind.meaning();
        let repetition = if column.optional { Repetition::OPTIONAL } else { Repetition::REQUIRED };
        let field = Type::primitive_type_builder(column.name, column.kind.physical())
            .with_repetition(repetition)
            .with_logical_type(logical)
            .with_converted_type(converted);
        field.build().map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
    Type::group_type_builder("doorstep").with_fields(fields).build().map(Arc::new)
}

/// A file that is read.
pub(crate) struct Sheet<'p> {
    pub(crate) path: &'p Path,
    file: File,
    reader: SerializedFileReader<File>,
}

impl<'p> Sheet<'p> {
    /// Opens a file. Errors: it is not made of these columns, or does not say what it holds.
    pub(crate) fn open(
        path: &'p Path,
        file: File,
        columns: &[Column],
    ) -> Result<Sheet<'p>, ArchiveError> {
        let again = file.try_clone().map_err(ArchiveError::io(path))?;
        let reader = SerializedFileReader::new(again).map_err(ArchiveError::parquet(path))?;
        let sheet = Sheet { path, file, reader };
        let found = sheet.reader.metadata().file_metadata().schema_descr().columns();
        let fits = found.len() == columns.len()
            && found.iter().zip(columns).all(|(found, column)| {
                found.name() == column.name
                    && found.physical_type() == column.kind.physical()
                    && found.max_def_level() == i16::from(column.optional)
                    && found.max_rep_level() == 0
            });
        match fits {
            true => Ok(sheet),
            false => Err(ArchiveError::damaged(path, "it has other columns than it should")),
        }
    }

    /// How many rows it has.
    pub(crate) fn rows(&self) -> u64 {
        u64::try_from(self.reader.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// How many of the log's records it holds.
    pub(crate) fn records(&self) -> Result<u64, ArchiveError> {
        let number = self.says(RECORDS).and_then(|number| number.parse().ok());
        number.ok_or_else(|| {
            ArchiveError::damaged(self.path, "it does not say how many records it holds")
        })
    }

    /// Which records it holds; see [`Fingerprint`].
    pub(crate) fn fingerprint(&self) -> &str {
        self.says(FINGERPRINT).unwrap_or_default()
    }

    fn says(&self, key: &str) -> Option<&str> {
        let pairs = self.reader.metadata().file_metadata().key_value_metadata();
        pairs?.iter().find(|pair| pair.key == key)?.value.as_deref()
    }

    /// An error about the file.
    pub(crate) fn damaged(&self, reason: &str) -> ArchiveError {
        ArchiveError::damaged(self.path, reason)
    }

    pub(crate) fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    /// The least and the greatest value of a column in a group, if the file says.
    pub(crate) fn bounds(&self, group: usize, column: usize) -> Option<(&[u8], &[u8])> {
        let statistics = self.reader.metadata().row_group(group).column(column).statistics()?;
        Some((statistics.min_bytes_opt()?, statistics.max_bytes_opt()?))
    }

    /// Whether a group's bytes are those that were written.
    fn check_group(&self, number: usize) -> Result<(), ArchiveError> {
        let group = self.reader.metadata().row_group(number);
        let ranges = group.columns().iter().map(|column| {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            (start, start.saturating_add(column.compressed_size()))
        });
        let (start, end) = ranges.fold((i64::MAX, 0), |(least, greatest), (start, end)| {
            (least.min(start), greatest.max(end))
        });
        let range = u64::try_from(start).ok().zip(usize::try_from(end.saturating_sub(start)).ok());
        let (start, length) = range.ok_or_else(|| self.damaged("a group lies nowhere"))?;
        let length_max = usize::try_from(self.file.len()).unwrap_or(usize::MAX);
        let bytes = self.file.get_bytes(start, length.min(length_max));
        let mut sum = Fingerprint::default();
        sum.take(&bytes.map_err(ArchiveError::parquet(self.path))?);
        let sums = self.says(GROUPS).unwrap_or_default();
        match sums.get(number * 16..(number + 1) * 16) == Some(sum.to_hex().as_str()) {
            true => Ok(()),
            false => Err(self.damaged("its bytes are no longer those that were written")),
        }
    }

    /// A group of rows. Errors: it is damaged.
    pub(crate) fn group(&self, number: usize) -> Result<Group<'_>, ArchiveError> {
        self.check_group(number)?;
        let group = self.reader.get_row_group(number);
        Ok(Group { group: group.map_err(ArchiveError::parquet(self.path))?, path: self.path })
    }
}

/// A group of rows that is read.
pub(crate) struct Group<'s> {
    group: Box<dyn RowGroupReader + 's>,
    path: &'s Path,
}

impl Group<'_> {
    pub(crate) fn rows(&self) -> usize {
        usize::try_from(self.group.metadata().num_rows()).unwrap_or(0)
    }

    /// An error about the file.
    pub(crate) fn damaged(&self, reason: &str) -> ArchiveError {
        ArchiveError::damaged(self.path, reason)
    }

    /// Some rows of a column that is never null.
    pub(crate) fn read<T: DataType>(
        &self,
        column: usize,
        rows: Range<usize>,
    ) -> Result<Vec<T::T>, ArchiveError> {
        let (values, _) = self.take::<T>(column, rows)?;
        Ok(values)
    }

    /// Some rows of a column that may be null.
    pub(crate) fn read_optional<T: DataType>(
        &self,
        column: usize,
        rows: Range<usize>,
    ) -> Result<Vec<Option<T::T>>, ArchiveError> {
        let (values, present) = self.take::<T>(column, rows)?;
        let mut values = values.into_iter();
        Ok(present.iter().map(|present| (*present == 1).then(|| values.next()).flatten()).collect())
    }

    fn take<T: DataType>(
        &self,
        column: usize,
        rows: Range<usize>,
    ) -> Result<(Vec<T::T>, Vec<i16>), ArchiveError> {
        let failed = ArchiveError::parquet(self.path);
        let reader = self.group.get_column_reader(column).map_err(&failed)?;
        // `Sheet::open` has compared the types.
        let mut reader = get_typed_column_reader::<T>(reader);
        let skipped = reader.skip_records(rows.start).map_err(&failed)?;
        let (mut values, mut present) = (Vec::with_capacity(rows.len()), Vec::new());
        let (read, ..) = reader
            .read_records(rows.len(), Some(&mut present), None, &mut values)
            .map_err(&failed)?;
        if skipped != rows.start || read != rows.len() {
            return Err(ArchiveError::damaged(self.path, "a column ends before the others"));
        }
        Ok((values, present))
    }
}
