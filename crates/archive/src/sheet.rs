//! A file while it is written: each group of rows gets a checksum, which a reader looks at before
//! it unpacks anything. A decoder is no place for bytes that have rotted.

use crate::column::{Column, properties, schema};
use crate::fingerprint::Fingerprint;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use std::io::{self, Write};

/// The key under which a file has the checksums of its groups, one after the other.
pub(crate) const GROUPS: &str = "doorstep.groups";

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
        write: impl FnOnce(&mut SerializedRowGroupWriter<'_, Summed<W>>) -> Result<(), ParquetError>,
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
