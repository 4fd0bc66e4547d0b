//! What an answer to a webhook means, and which types messages may have (Standard Webhooks 1.0).

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They have it.
    Taken,
    /// Not this time.
    Failed,
    /// Not this time, and too much at once.
    Throttled,
    /// Never again: whoever listened is gone.
    Gone,
}

/// What a status of HTTP means. Redirects are failures: a message goes where it was asked for.
pub fn verdict(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Taken,
        410 => Verdict::Gone,
        429 | 502 | 504 => Verdict::Throttled,
        _ => Verdict::Failed,
    }
}

/// Whether a text can be the type of a message: words of letters, digits and underscores, with full
/// stops between.
pub fn is_message_type(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.split('.').all(|word| !word.is_empty() && word.bytes().all(letter))
}
