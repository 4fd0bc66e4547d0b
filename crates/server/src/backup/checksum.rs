//! Copying with a checksum of what was copied.

use crate::keys::hex;
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// Bytes read at once.
const BYTES_AT_ONCE: usize = 1 << 20;

/// Copies everything and answers its SHA-256 in hexadecimal; `passed` hears the bytes of each step.
pub(super) fn copy(
    from: &mut dyn Read,
    to: &mut dyn Write,
    passed: &dyn Fn(u64),
) -> io::Result<String> {
    let (mut digest, mut buffer) = (Sha256::new(), vec![0; BYTES_AT_ONCE]);
    loop {
        let read = match from.read(&mut buffer) {
            Ok(0) => return Ok(hex(&digest.finalize())),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digest.update(&buffer[..read]);
        to.write_all(&buffer[..read])?;
        passed(read as u64);
    }
}
