//! What the door bears, each limit with its reason.

/// Bytes of pings that may wait in front of one partition: a second of a hundred thousand pings a
/// second, and two commits of the log. Beyond it senders are told to come back.
pub(super) const WAITING_BYTES_MAX: usize = 16 << 20;

/// What a sender who finds no room is asked to wait, in milliseconds: what waits is appended
/// within it.
pub(super) const FULL_RETRY_AFTER_MS: u64 = 1_000;

/// Blocks that one partition may keep before more are refused. The log forgets what the archiver
/// and the tracker have both done, so that so many are left only where one of them has stopped
/// for days, and somebody has to look before the disk is full.
pub(super) const KEPT_BLOCKS_MAX: u64 = 100_000_000;

/// What a sender is asked to wait where too many blocks are kept, in milliseconds.
pub(super) const KEPT_RETRY_AFTER_MS: u64 = 30_000;

/// Wrong pings of one request that are answered and kept one by one. A request with more is no
/// batch of pings: it is refused as a whole, and nothing of it taken.
pub(super) const WRONG_MAX: usize = 10_000;

/// Pings of one request that come too fast and are answered one by one, which is some 20 MB. A
/// request with more is to be sent in parts: nothing of it is taken.
pub(super) const TOO_FAST_MAX: usize = 100_000;
