//! Where events come from: a file or stdin, plain, gzip or zstd, read in chunks of whole lines.

use crate::failure::Failure;
use flate2::bufread::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::SyncSender;

/// Bytes after which a chunk is sent: thousands of events share one commit, and a body stays far
/// below what the interface takes.
const CHUNK_BYTES: usize = 2 << 20;

/// Most bytes of a line that are sent: an event has far fewer, and what is longer is refused by its
/// beginning as well as by the whole. With a chunk before it, it stays below what the interface
/// takes in one body.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// How some programs begin a text in UTF-8; it is no part of the first line.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How a file begins that is packed.
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Whole lines, and where they stand.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    /// The lines.
    pub lines: Vec<u8>,
    /// How many they are.
    pub lines_found: u64,
    /// How many came before them.
    pub lines_before: u64,
    /// The true length in bytes of lines that were cut, by their number in the chunk from 1.
    pub cut_from_bytes: BTreeMap<u64, u64>,
    /// How much of the source was read by then, packed.
    pub source_bytes_read: u64,
}

/// An opened source.
pub(in crate::command) struct Source {
    name: String,
    reader: Box<dyn BufRead + Send>,
    read: Arc<AtomicU64>,
    bytes: Option<u64>,
    chunk_bytes: usize,
}

impl Source {
    /// Opens a file, or stdin for `-`.
    pub(in crate::command) fn open(path: &Path) -> Result<Source, Failure> {
        let read = Arc::new(AtomicU64::new(0));
        let (raw, bytes): (Box<dyn Read + Send>, _) = if path.as_os_str() == "-" {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(path).map_err(Failure::file(path))?;
            let bytes = file.metadata().map_err(Failure::file(path))?.len();
            (Box::new(file), Some(bytes))
        };
        let counting = Counting { raw, read: Arc::clone(&read) };
        let reader = unpacked(counting).map_err(Failure::file(path))?;
        let name = path.display().to_string();
        Ok(Source { name, reader, read, bytes, chunk_bytes: CHUNK_BYTES })
    }

    /// Sends a chunk after so many bytes.
    pub(super) fn in_chunks_of(self, chunk_bytes: usize) -> Source {
        Source { chunk_bytes, ..self }
    }

    /// A bar on a terminal's stderr; nothing elsewhere.
    pub(super) fn progress(&self) -> ProgressBar {
        let (bar, template) = match self.bytes {
            Some(bytes) => (
                ProgressBar::new(bytes),
                "{wide_bar} {binary_bytes}/{binary_total_bytes}, {binary_bytes_per_sec}, \
                 {eta} left",
            ),
            None => (ProgressBar::no_length(), "{spinner} {binary_bytes}, {binary_bytes_per_sec}"),
        };
        // The templates are ours and fixed: what they fall back to is only plainer.
        let style = ProgressStyle::with_template(template);
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// Reads it whole: for what is one document. Its bar follows what is done with it.
    pub(in crate::command) fn read_whole(mut self) -> Result<Vec<u8>, Failure> {
        let mut text = Vec::new();
        let read = self.reader.read_to_end(&mut text);
        read.map_err(|error| Failure::Refused(format!("{}: {error}", self.name)))?;
        if text.starts_with(BYTE_ORDER_MARK) {
            text.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(text)
    }

    /// Reads to the end; stops where nobody takes the chunks any more.
    pub(super) fn read_into(mut self, chunks: &SyncSender<Result<Chunk, Failure>>) {
        let mut lines_before = 0;
        loop {
            let mut chunk = match read_chunk(&mut self.reader, self.chunk_bytes) {
                Ok(None) => return,
                Ok(Some(chunk)) => chunk,
                Err(error) => {
                    let line = format!("{}: {error}", self.name);
                    // Nobody listens only where the import has failed already.
                    let _ = chunks.send(Err(Failure::Refused(line)));
                    return;
                }
            };
            if lines_before == 0 && chunk.lines.starts_with(BYTE_ORDER_MARK) {
                chunk.lines.drain(..BYTE_ORDER_MARK.len());
            }
            chunk.source_bytes_read = self.read.load(Relaxed);
            chunk.lines_before = lines_before;
            lines_before += chunk.lines_found;
            if chunks.send(Ok(chunk)).is_err() {
                return;
            }
        }
    }
}

/// Reads whole lines until there are so many bytes; none at the end.
fn read_chunk(reader: &mut impl BufRead, chunk_bytes: usize) -> io::Result<Option<Chunk>> {
    let mut chunk = Chunk::default();
    let lines = &mut chunk.lines;
    lines.reserve(chunk_bytes + (64 << 10));
    while lines.len() < chunk_bytes {
        let read = reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', lines)?;
        if read == 0 {
            break;
        }
        chunk.lines_found += 1;
        if lines.last() != Some(&b'\n') {
            let rest = reader.skip_until(b'\n')?;
            if rest > 0 {
                // The line feed that ended it is no part of it; at the end there may be none.
                let bytes = (read + rest - 1) as u64;
                chunk.cut_from_bytes.insert(chunk.lines_found, bytes);
            }
            lines.push(b'\n');
        }
    }
    Ok((chunk.lines_found > 0).then_some(chunk))
}

/// Unpacks what is packed, by how it begins.
fn unpacked(mut raw: Counting) -> io::Result<Box<dyn BufRead + Send>> {
    let mut beginning = Vec::with_capacity(ZSTD.len());
    raw.by_ref().take(ZSTD.len() as u64).read_to_end(&mut beginning)?;
    let (gzip, zstd) = (beginning.starts_with(&GZIP), beginning.starts_with(&ZSTD));
    let whole = BufReader::with_capacity(256 << 10, Cursor::new(beginning).chain(raw));
    Ok(if gzip {
        Box::new(BufReader::new(MultiGzDecoder::new(whole)))
    } else if zstd {
        Box::new(BufReader::new(zstd::Decoder::with_buffer(whole)?))
    } else {
        Box::new(whole)
    })
}

/// Counts what is read through it.
struct Counting {
    raw: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.raw.read(into)?;
        self.read.fetch_add(bytes as u64, Relaxed);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_whole_and_a_monster_is_cut() {
        let monster = vec![b'x'; LINE_BYTES_MAX as usize + 1_000];
        let text = [b"first\n".as_slice(), &monster, b"\n"].concat();
        let chunk = read_chunk(&mut text.as_slice(), CHUNK_BYTES).unwrap().unwrap();
        let lengths: Vec<usize> =
            chunk.lines.split(|byte| *byte == b'\n').map(<[u8]>::len).collect();
        assert_eq!(lengths, [5, LINE_BYTES_MAX as usize, 0]);
        let cut = BTreeMap::from([(2, monster.len() as u64)]);
        assert_eq!((chunk.lines_found, chunk.cut_from_bytes), (2, cut));
    }

    /// A line that is just as long as may be sent is whole, also where the file ends with it.
    #[test]
    fn what_fits_is_not_cut() {
        for ending in ["", "\n"] {
            let line = vec![b'x'; LINE_BYTES_MAX as usize - 1];
            let text = [line.as_slice(), ending.as_bytes()].concat();
            let chunk = read_chunk(&mut text.as_slice(), CHUNK_BYTES).unwrap().unwrap();
            assert_eq!(chunk.lines.len(), LINE_BYTES_MAX as usize);
            assert!(chunk.cut_from_bytes.is_empty());
        }
    }

    #[test]
    fn chunks_end_with_a_line() {
        let line = [vec![b'y'; 1_000], vec![b'\n']].concat();
        let text = line.repeat(5_000);
        let mut reader = text.as_slice();
        let (mut found, mut bytes) = (0, 0);
        while let Some(chunk) = read_chunk(&mut reader, CHUNK_BYTES).unwrap() {
            assert!(chunk.lines.len() <= CHUNK_BYTES + line.len());
            assert_eq!(chunk.lines.len() % line.len(), 0);
            found += chunk.lines_found;
            bytes += chunk.lines.len();
        }
        assert_eq!((found, bytes), (5_000, text.len()));
    }
}
