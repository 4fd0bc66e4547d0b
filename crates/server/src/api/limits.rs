//! What one request, and all of them together, may ask for.

/// Limits of the HTTP interface; the defaults are for production, tests make them small.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a request's body as it is sent. Half of what may wait in front of one partition
    /// of the log, so that one request alone never fills a queue.
    pub body_bytes_max: usize,
    /// Bytes of a body once it is unpacked: what bounds the memory a compressed request can claim,
    /// and no more than one partition of the log takes in one go.
    pub unpacked_bytes_max: usize,
    /// Records the accountant may be behind before events are refused. At its measured pace this
    /// is caught up within the hour that `Retry-After` clients keep trying; beyond it somebody
    /// has to look.
    pub lag_records_max: u64,
    /// Operations that run at once; the engines serve far fewer, the rest wait for them.
    pub operations_at_once_max: usize,
    /// Devices that hold a socket open to send pings; each costs some 20 KiB.
    pub device_sockets_max: usize,
    /// Entries of one page.
    pub page_entries_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes_max: 8 << 20,
            unpacked_bytes_max: 16 << 20,
            lag_records_max: 50_000_000,
            operations_at_once_max: 256,
            device_sockets_max: 50_000,
            page_entries_max: 1_000,
        }
    }
}

/// Short looks into the store and dead letters written at once on the way of pings; the others
/// wait for their turn.
pub(super) const TURNS_AT_ONCE: usize = 16;

/// Entries of a page where the client does not say.
pub(super) const PAGE_ENTRIES: usize = 100;

/// How long an answer is kept for a repeated `Idempotency-Key`, in microseconds: a day, as the
/// description of the interface promises.
pub(super) const ANSWER_KEPT_US: i64 = 24 * 3_600_000_000;

/// How long a request may be under way before its key is free again, in microseconds: longer than
/// the longest repair of a day takes. It matters only where the process was killed meanwhile.
pub(super) const REQUEST_RUNS_MAX_US: i64 = 15 * 60_000_000;

/// Kept answers forgotten in one transaction, once they have expired.
pub(super) const ANSWERS_FORGOTTEN_AT_ONCE: u32 = 1_000;

/// Bytes of an `Idempotency-Key`: a UUID has 36, and the store keeps it beside its scope.
pub(super) const IDEMPOTENCY_KEY_BYTES_MAX: usize = 128;

/// What a client is asked to wait when the accountant is too far behind, in milliseconds.
pub(super) const LAG_RETRY_AFTER_MS: u64 = 30_000;

/// How long requests under way may take once the process was told to stop, in seconds.
pub(super) const DRAIN_SECONDS: u64 = 30;
