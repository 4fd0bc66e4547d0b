//! What lies in the archive.

use super::step::ARCHIVED_TOPICS;
use crate::app::App;
use crate::error::AppError;
use doorstep_archive::{Hour, Place};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use serde::Serialize;
use utoipa::ToSchema;

/// Which files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListAsked {
    /// Of which topic; of every one where it is left out.
    pub topic: Option<String>,
    /// Of which market; of every one where it is left out.
    pub market: Option<MarketId>,
    /// Whose hour ends after this.
    pub from: Option<Micros>,
    /// Whose hour begins before this.
    pub to: Option<Micros>,
}

/// A file of the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ArchivedFile {
    /// Where it lies below the archive.
    pub path: String,
    /// The topic.
    pub topic: String,
    /// The market; none where its records belong to none.
    pub market: Option<String>,
    /// When the hour began in which its records were appended, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub hour: Micros,
    /// The partition of the log.
    pub partition: u32,
    /// The first offset of the range that was archived in one go, over all markets.
    pub first_offset: u64,
    /// The offset after the last one.
    pub end_offset: u64,
    /// Rows of the table: pings, or records.
    pub rows: u64,
    /// Records of the log.
    pub records: u64,
    /// Its size.
    pub bytes: u64,
}

/// Up to `most` files after the one that lies at `after`, in the order of topic, partition and
/// offset. Errors: a topic that is not archived, a market that is nowhere, or no such file.
pub fn list(
    app: &App,
    asked: &ListAsked,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<ArchivedFile>, AppError> {
    let mut places = Vec::new();
    for topic in topics(asked.topic.as_deref())? {
        places.extend(app.archive.list(topic, asked.market.as_ref(), hours(asked))?);
    }
    if places.is_empty() {
        refuse_unknown(app, asked.market.as_ref())?;
    }
    places.sort_unstable();
    let mut found = Vec::new();
    let mut passed = after.is_none();
    for place in places {
        if found.len() == most {
            break;
        }
        let path = place.path()?;
        if passed {
            found.push(file(app, &place, path)?);
        } else {
            passed = after == Some(path.as_str());
        }
    }
    match passed {
        true => Ok(found),
        false => Err(AppError::invalid("cursor", "names no file of this list")),
    }
}

fn file(app: &App, place: &Place, path: String) -> Result<ArchivedFile, AppError> {
    let about = app.archive.about(place)?;
    Ok(ArchivedFile {
        path,
        topic: place.topic.clone(),
        market: place.market.as_ref().map(MarketId::to_string),
        hour: place.hour.start(),
        partition: place.partition,
        first_offset: place.offsets.first,
        end_offset: place.offsets.end,
        rows: about.rows,
        records: about.records,
        bytes: about.bytes,
    })
}

/// Refuses a market that nobody knows; one that is no longer configured may still have files.
pub(super) fn refuse_unknown(app: &App, market: Option<&MarketId>) -> Result<(), AppError> {
    market.map_or(Ok(()), |market| app.market(market.as_str()).map(drop))
}

/// The topics that are meant. Errors: one that is not archived.
pub(super) fn topics(asked: Option<&str>) -> Result<Vec<&'static str>, AppError> {
    let meant = |topic: &&'static str| asked.is_none_or(|asked| asked == *topic);
    let topics: Vec<_> = ARCHIVED_TOPICS.into_iter().filter(meant).collect();
    match topics.is_empty() {
        true => Err(AppError::invalid("topic", "is none of pings, events, provider-events")),
        false => Ok(topics),
    }
}

/// Every hour, or those asked for.
fn hours(asked: &ListAsked) -> (Hour, Hour) {
    let (first, end) = Hour::EVER;
    let after = |to: Micros| Hour::of(to.plus(-1)).next();
    (asked.from.map_or(first, Hour::of), asked.to.map_or(end, after))
}
