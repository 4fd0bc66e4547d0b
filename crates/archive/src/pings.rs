//! Pings as rows, sorted by courier and time, from which the blocks of the log come back.

pub(crate) mod block;
pub(crate) mod draft;
pub(crate) mod row;
pub(crate) mod track;
pub(crate) mod write;

use crate::column::{Column, Kind};
use parquet::basic::Encoding;

/// The columns of a file. Times differ little from row to row, and offsets follow the blocks:
/// differences are packed. Places are parted into the bytes that change and those that do not.
pub(crate) const COLUMNS: &[Column] = &[
    Column::of("courier_id", Kind::Text),
    Column::of("at", Kind::Instant).encoded(Encoding::DELTA_BINARY_PACKED),
    Column::of("lat", Kind::Double).encoded(Encoding::BYTE_STREAM_SPLIT),
    Column::of("lng", Kind::Double).encoded(Encoding::BYTE_STREAM_SPLIT),
    Column::of("speed_mps", Kind::Float).or_null(),
    Column::of("heading_deg", Kind::Float).or_null(),
    Column::of("accuracy_m", Kind::Float).or_null(),
    Column::of("battery_percent", Kind::Int).or_null(),
    Column::of("appended_at", Kind::Instant).encoded(Encoding::DELTA_BINARY_PACKED),
    Column::of("offset", Kind::Long).encoded(Encoding::DELTA_BINARY_PACKED),
    Column::of("index", Kind::Int).encoded(Encoding::DELTA_BINARY_PACKED),
];

pub(crate) const COURIER: usize = 0;
pub(crate) const AT: usize = 1;
pub(crate) const LAT: usize = 2;
pub(crate) const LNG: usize = 3;
pub(crate) const SPEED: usize = 4;
pub(crate) const HEADING: usize = 5;
pub(crate) const ACCURACY: usize = 6;
pub(crate) const BATTERY: usize = 7;
pub(crate) const APPENDED_AT: usize = 8;
pub(crate) const OFFSET: usize = 9;
pub(crate) const INDEX: usize = 10;
