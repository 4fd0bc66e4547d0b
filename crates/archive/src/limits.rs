//! Every limit of the archive, each with its reason.

/// Pings of one range of offsets, over all markets: they are held in memory while they are sorted,
/// 40 bytes each.
pub const RANGE_PINGS_MAX: usize = 1 << 20;

/// Bytes of keys and values of one range of other records, which are held in memory as well.
pub const RANGE_BYTES_MAX: usize = 32 << 20;

/// Rows of one group: what a reader of one courier's track reads at least.
pub const GROUP_ROWS: usize = 65_536;

/// Longest name of a market in a path, in bytes: names are percent-encoded, and file systems take
/// 255 bytes for one step of a path.
pub const MARKET_NAME_BYTES_MAX: usize = 248;
