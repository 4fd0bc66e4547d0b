//! One ping as it was read, before anything is decided about it.

use doorstep_domain::tracking::Ping;
use doorstep_domain::tracking::batch::{Frame, HEADER_BYTES, Writer};
use std::borrow::Cow;

/// A ping and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Read<'a> {
    /// Line, or place in the batch, counted from 1.
    pub(super) line: u64,
    /// Whom it names.
    pub(super) courier: Cow<'a, str>,
    pub(super) ping: Ping,
    pub(super) raw: Raw<'a>,
}

/// What came of one ping.
#[derive(Debug, Clone, Copy)]
pub(super) enum Raw<'a> {
    /// In a form of text.
    Text(&'a [u8]),
    /// In a binary batch: what is packed is the same bytes.
    Frame(Frame<'a>),
}

impl Raw<'_> {
    /// As it is kept where it is refused. One ping of a batch is a batch of its own, wrong as it
    /// is: so it can be read again.
    pub(super) fn kept(self) -> Vec<u8> {
        match self {
            Raw::Text(text) => text.to_vec(),
            Raw::Frame(frame) => {
                let mut batch = Writer::new().finish();
                batch[HEADER_BYTES - 4..].copy_from_slice(&1_u32.to_le_bytes());
                batch.extend_from_slice(frame.bytes());
                batch
            }
        }
    }
}
