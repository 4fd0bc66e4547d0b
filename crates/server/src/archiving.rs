//! History: closed hours of the log go to the archive, each record once; log and archive are read
//! as one, and what was archived can be fed back.

mod carried;
mod expected;
mod forget;
mod gather;
pub(crate) mod geojson;
mod history;
mod listing;
mod replay;
mod step;
mod track;
mod way;

pub use carried::{Leg, legs};
pub use expected::files_of_range;
pub use forget::{forget, may_forget};
pub use geojson::{Feature, Geometry};
pub use history::{Point, of_courier};
pub use listing::{ArchivedFile, ListAsked, list};
pub use replay::{ReplayAsked, Replayed, replay};
pub use step::{ARCHIVED_TOPICS, ARCHIVER, next_offset, step};
pub use track::{Implausible, Line, Track, TrackOf, of_delivery, track};

use crate::app::App;
use crate::error::AppError;

/// What the archiver does when it is woken: archives what is closed, range by range, and lets the
/// log forget what nobody needs. Answers how many records were archived; 0 when it may rest.
pub fn work(app: &App) -> Result<u64, AppError> {
    let archived = step(app)?;
    // Also when nothing was archived: whoever was killed in between has not forgotten.
    if archived == 0 {
        forget(app)?;
    }
    Ok(archived)
}
