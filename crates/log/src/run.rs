use crate::error::LogError;
use crate::limits::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX, RECORD_BYTES_MAX};

/// What is appended: bytes under a key. Records of one key stay in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Decides the partition; may be empty.
    pub key: Vec<u8>,
    /// Carried unread.
    pub value: Vec<u8>,
}

/// What is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position in the partition; dense from 0.
    pub offset: u64,
    /// The time its appender gave, in microseconds UTC.
    pub appended_at_us: i64,
    /// As appended.
    pub key: Vec<u8>,
    /// As appended.
    pub value: Vec<u8>,
}

/// Encoded records of one append that stay together: the unit batches are composed of. Encoding
/// is the appender's work, so that the single writer of a partition only concatenates.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) appended_at_us: i64,
    pub(crate) records: u64,
    pub(crate) encoded: Vec<u8>,
}

/// Cuts one append's records for one partition into runs that each fit a batch.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    pub(crate) runs: Vec<Run>,
    pub(crate) records: u64,
    pub(crate) bytes: usize,
}

impl Runs {
    /// Adds a record; fails where it exceeds [`RECORD_BYTES_MAX`].
    pub(crate) fn push(&mut self, record: &Record, now_us: i64) -> Result<(), LogError> {
        let bytes = record.key.len() + record.value.len();
        if bytes > RECORD_BYTES_MAX {
            let max_bytes = RECORD_BYTES_MAX;
            return Err(LogError::TooLarge { what: "a record", bytes, max_bytes });
        }
        let full = self.runs.last().is_none_or(|run| {
            run.encoded.len() + bytes > BATCH_BYTES_MAX || run.records == BATCH_RECORDS_MAX
        });
        if full {
            self.runs.push(Run { appended_at_us: now_us, records: 0, encoded: Vec::new() });
        }
        if let Some(run) = self.runs.last_mut() {
            let before = run.encoded.len();
            put_bytes(&mut run.encoded, &record.key);
            put_bytes(&mut run.encoded, &record.value);
            run.records += 1;
            self.bytes += run.encoded.len() - before;
            self.records += 1;
        }
        Ok(())
    }
}

fn put_bytes(target: &mut Vec<u8>, bytes: &[u8]) {
    put_number(target, bytes.len() as u64);
    target.extend_from_slice(bytes);
}

/// Appends an unsigned LEB128 number.
pub(crate) fn put_number(target: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        target.push(number as u8 | 0x80);
        number >>= 7;
    }
    target.push(number as u8);
}

/// Takes an unsigned LEB128 number off the front; `None` where it is cut short or too long.
pub(crate) fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Takes a length and that many bytes off the front; `None` where they are not all there.
pub(crate) fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take_number(rest)?).ok()?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_reads_back_and_leaves_what_follows(number: u64, follows: Vec<u8>) {
            let mut encoded = Vec::new();
            put_number(&mut encoded, number);
            encoded.extend_from_slice(&follows);
            let mut rest = encoded.as_slice();
            prop_assert_eq!(take_number(&mut rest), Some(number));
            prop_assert_eq!(rest, follows.as_slice());
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
            let mut rest = bytes.as_slice();
            let length = rest.len();
            while take_bytes(&mut rest).is_some() {}
            prop_assert!(rest.len() <= length);
        }
    }

    #[test]
    fn runs_are_cut_so_that_each_fits_a_batch() {
        let mut runs = Runs::default();
        let record = Record { key: b"k".to_vec(), value: vec![7; BATCH_BYTES_MAX / 3] };
        for _ in 0..7 {
            assert!(runs.push(&record, 0).is_ok());
        }
        let counts: Vec<u64> = runs.runs.iter().map(|run| run.records).collect();
        assert_eq!(counts, [2, 2, 2, 1]);
        assert_eq!(runs.records, 7);
    }
}
