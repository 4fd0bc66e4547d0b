//! What was: closed hours of the log as Parquet files, each written exactly once.
//!
//! A file is named by topic, market, hour of appending, partition and offsets, and is put there
//! only if nothing has that name: whoever writes the same range again writes the same file. Pings
//! lie as rows sorted by courier, so that one courier's track reads few of them; everything else
//! lies as the log carried it. Both give the log's records back byte for byte.

mod archive;
mod column;
mod disk;
mod error;
mod fingerprint;
mod hour;
pub mod limits;
mod pings;
mod place;
mod records;
mod sheet;
mod snapshot;

pub use archive::{About, Archive, Written};
pub use error::ArchiveError;
pub use hour::Hour;
pub use pings::draft::{PingsDraft, Unfit};
pub use pings::track::{ArchivedPing, Looked, TrackAsked};
pub use place::{Form, Offsets, Place, can_name};
pub use records::{Kept, Readable, RecordsDraft};
pub use snapshot::snapshot;
