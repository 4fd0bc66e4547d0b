//! Waiting before another attempt.

use std::time::Duration;

use crate::limits::BATCH_BACKOFF_MS;

/// Waits before the attempt after the `attempt`th, twice as long each time.
#[expect(
    clippy::disallowed_methods,
    reason = "what is waited for is another process or a server, which signals no condition"
)]
pub(crate) fn wait(attempt: u32) {
    std::thread::sleep(Duration::from_millis(BATCH_BACKOFF_MS << (attempt - 1)));
}
