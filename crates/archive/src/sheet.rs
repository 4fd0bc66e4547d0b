//! A file while it is written: each group of rows gets a checksum, which a reader looks at before
//! it unpacks anything. A decoder is no place for bytes that have rotted.

use crate::column::{Column, FINGERPRINT, GROUPS, RECORDS, schema};
use crate::fingerprint::Fingerprint;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::ColumnPath;
use std::io::{self, Write};
use std::sync::Arc;

/// Writes through, and sums up what was written.
pub(crate) struct Summed<W> {
    out: W,
    sum: Fingerprint,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sum.take(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A group of rows that is being written.
pub(crate) type GroupWriter<'g, W> = SerializedRowGroupWriter<'g, Summed<W>>;

/// A file that is being written.
pub(crate) struct SheetWriter<W: Write + Send> {
    writer: SerializedFileWriter<Summed<W>>,
    sums: Vec<String>,
}

impl<W: Write + Send> SheetWriter<W> {
    /// Begins a file of these columns that holds so many of the log's records, and these.
    pub(crate) fn begin(
        columns: &[Column],
        records: (usize, Fingerprint),
        out: W,
    ) -> Result<SheetWriter<W>, ParquetError> {
        let out = Summed { out, sum: Fingerprint::default() };
        let writer = SerializedFileWriter::new(out, schema(columns)?, properties(columns, records));
        Ok(SheetWriter { writer: writer?, sums: Vec::new() })
    }

    /// Writes a group of rows.
    pub(crate) fn group(
        &mut self,
        write: impl FnOnce(&mut GroupWriter<'_, W>) -> Result<(), ParquetError>,
    ) -> Result<(), ParquetError> {
        // What stands before the group is not summed up with it.
        self.writer.flush()?;
        self.writer.inner_mut().sum = Fingerprint::default();
        let mut group = self.writer.next_row_group()?;
        write(&mut group)?;
        group.close()?;
        self.writer.flush()?;
        self.sums.push(self.writer.inner().sum.to_hex());
        Ok(())
    }

    /// Ends the file.
    pub(crate) fn finish(mut self) -> Result<(), ParquetError> {
        let sums = KeyValue::new(GROUPS.to_owned(), self.sums.concat());
        self.writer.append_key_value_metadata(sums);
        self.writer.close().map(|_| ())
    }
}

/// How a file of these columns is written that holds so many of the log's records, and these.
fn properties(
    columns: &[Column],
    (records, fingerprint): (usize, Fingerprint),
) -> WriterPropertiesPtr {
    // Encoded as they are, columns have little left to squeeze: a fleet's pings took 5.21 bytes
    // each at level 1, 5.16 at 3 and 4.99 at 6, at the same pace.
    let zstd = ZstdLevel::try_new(3).unwrap_or_default();
    let said = vec![
        KeyValue::new(RECORDS.to_owned(), records.to_string()),
        KeyValue::new(FINGERPRINT.to_owned(), fingerprint.to_hex()),
    ];
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(zstd))
        .set_created_by(format!("doorstep {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(said))
        // Identifiers are short; bounds that were cut would let a reader in for nothing.
        .set_statistics_truncate_length(None);
    for column in columns {
        if let Some(encoding) = column.encoding {
            let path = ColumnPath::from(column.name);
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, encoding);
        }
    }
    Arc::new(properties.build())
}

/// Writes the next column of a group.
pub(crate) fn write<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = T::T>,
) -> Result<(), ParquetError> {
    put::<T, W>(group, &values.collect::<Vec<_>>(), None)
}

/// Writes the next column of a group, which may be null.
pub(crate) fn write_optional<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let (mut there, mut present) = (Vec::new(), Vec::new());
    for value in values {
        present.push(i16::from(value.is_some()));
        there.extend(value);
    }
    put::<T, W>(group, &there, Some(&present))
}

fn put<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    present: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("fewer columns than are written".to_owned()));
    };
    column.typed::<T>().write_batch(values, present, None)?;
    column.close()
}
