use doorstep_domain::time::Micros;

/// What tells two lots of records apart: FNV-1a (Fowler, Noll, Vo) of 64 bits over all that the
/// log carried. It finds files of another history, not forgeries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Fingerprint {
        Fingerprint(0xcbf2_9ce4_8422_2325)
    }
}

impl Fingerprint {
    /// Takes one more record in.
    pub(crate) fn add(&mut self, offset: u64, appended_at: Micros, value: &[u8]) {
        self.take(&offset.to_le_bytes());
        self.take(&appended_at.0.to_le_bytes());
        self.take(value);
    }

    /// Takes in bytes.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    }

    /// As it stands in a file.
    pub(crate) fn to_hex(self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of the algorithm's authors.
    #[test]
    fn hashes_as_its_authors_say() {
        let vectors: [(&[u8], &str); 3] = [
            (b"", "cbf29ce484222325"),
            (b"a", "af63dc4c8601ec8c"),
            (b"foobar", "85944171f73967e8"),
        ];
        for (bytes, expected) in vectors {
            let mut fingerprint = Fingerprint::default();
            fingerprint.take(bytes);
            assert_eq!(fingerprint.to_hex(), expected);
        }
    }
}
