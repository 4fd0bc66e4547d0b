//! How things stand: the markets' days, how far the accountant has read, what waits for a person,
//! who is on the map.

mod tracking;

pub use tracking::{CouriersOnMap, MapStatus, PingPartitionStatus, TrackingStatus};

use crate::app::App;
use crate::archiving::ARCHIVER;
use crate::dead_letters;
use crate::error::AppError;
use crate::follow::{self, FollowedStatus};
use crate::wire::EVENTS;
use crate::workers::accountant::{ACCOUNTANT, Counts};
use doorstep_domain::market::Market;
use doorstep_domain::time::{Day, Micros};
use doorstep_store::cursor::{self, CursorId};
use doorstep_store::{Tx, day};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa::ToSchema;

/// How everything stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StatusView {
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub now: Micros,
    /// The markets, by name.
    pub markets: Vec<MarketStatus>,
    /// How far each partition of the events has been counted.
    pub partitions: Vec<PartitionStatus>,
    /// Pings, and the live map.
    pub tracking: TrackingStatus,
    /// Other nodes whose facts are pulled.
    pub following: Vec<FollowedStatus>,
    /// Dead letters that nobody has dealt with, by code.
    pub dead_letters_open: BTreeMap<String, u64>,
    /// What this process has counted since it began.
    pub counted: Counted,
    /// Where the configuration is not what is in force.
    pub notices: Vec<String>,
}

/// What a process has counted since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counted {
    /// Facts that were new.
    pub accepted: u64,
    /// Facts that were known already.
    pub duplicate: u64,
    /// Of the accepted, those about a day that was closed.
    pub late: u64,
    /// What could not be taken behind the door.
    pub dead_lettered: u64,
    /// Adjustments made for closed days.
    pub adjustments: u64,
    /// Conflicts raised.
    pub conflicts: u64,
}

impl Counted {
    /// The counts as they are now.
    pub fn of(counts: &Counts) -> Counted {
        let now = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counted {
            accepted: now(&counts.accepted),
            duplicate: now(&counts.duplicate),
            late: now(&counts.late),
            dead_lettered: now(&counts.dead_lettered),
            adjustments: now(&counts.adjustments),
            conflicts: now(&counts.conflicts),
        }
    }
}

impl std::ops::Sub for Counted {
    type Output = Counted;
    /// What was counted between two looks at the same process.
    fn sub(self, before: Counted) -> Counted {
        Counted {
            accepted: self.accepted.saturating_sub(before.accepted),
            duplicate: self.duplicate.saturating_sub(before.duplicate),
            late: self.late.saturating_sub(before.late),
            dead_lettered: self.dead_lettered.saturating_sub(before.dead_lettered),
            adjustments: self.adjustments.saturating_sub(before.adjustments),
            conflicts: self.conflicts.saturating_sub(before.conflicts),
        }
    }
}

/// How a market stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MarketStatus {
    /// Which.
    pub market: String,
    /// IANA zone.
    #[schema(value_type = String)]
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// The local day it is there now.
    #[schema(value_type = String, format = Date)]
    pub today: Day,
    /// Days with facts that are not closed.
    pub days_open: u64,
    /// The oldest of them.
    #[schema(value_type = Option<String>, format = Date)]
    pub oldest_open_day: Option<Day>,
    /// Days that are closed.
    pub days_closed: u64,
    /// The newest of them.
    #[schema(value_type = Option<String>, format = Date)]
    pub newest_closed_day: Option<Day>,
}

/// How far a partition has been counted.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartitionStatus {
    /// Which topic.
    pub topic: &'static str,
    /// Which partition of it.
    pub partition: u32,
    /// The offset the accountant reads next.
    pub next_offset: u64,
    /// The offset the next record will get.
    pub end_offset: u64,
    /// Records between the two.
    pub lag_records: u64,
    /// The offset up to which the archive holds everything.
    pub archived_offset: u64,
    /// The newest event time counted.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub newest_event_time: Option<Micros>,
}

/// How everything stands now.
pub fn view(app: &App) -> Result<StatusView, AppError> {
    let now = app.clock.now();
    let markets = app.store.read(|tx| {
        let markets = app.markets.values();
        markets.map(|market| market_status(tx, market, now)).collect::<Result<Vec<_>, AppError>>()
    })?;
    Ok(StatusView {
        now,
        markets,
        partitions: partitions(app)?,
        tracking: tracking::view(app)?,
        following: follow::status(app)?,
        dead_letters_open: dead_letters::count_open(app)?,
        counted: Counted::of(&app.counts),
        notices: app.notices.clone(),
    })
}

/// How far each partition of the events has been counted.
pub fn partitions(app: &App) -> Result<Vec<PartitionStatus>, AppError> {
    // The ends are read before the cursors: a lag may look smaller than it was, never negative.
    let ends = (0..app.log.partitions(EVENTS)?)
        .map(|partition| Ok((partition, app.log.bounds(EVENTS, partition)?.end)))
        .collect::<Result<Vec<_>, AppError>>()?;
    app.store.read(|tx| {
        let partitions = ends.iter().map(|(partition, end_offset)| {
            let id = CursorId { consumer: ACCOUNTANT, topic: EVENTS, partition: *partition };
            let cursor = cursor::load(tx, id)?;
            let next_offset = u64::try_from(cursor.next_offset).unwrap_or(0);
            Ok(PartitionStatus {
                topic: EVENTS,
                partition: *partition,
                next_offset,
                end_offset: *end_offset,
                lag_records: end_offset.saturating_sub(next_offset),
                archived_offset: offset_of(tx, ARCHIVER, EVENTS, *partition)?,
                newest_event_time: cursor.newest_event_time_us.map(Micros),
            })
        });
        partitions.collect()
    })
}

/// Events that are durable and not yet counted.
pub fn lag_records(app: &App) -> Result<u64, AppError> {
    Ok(partitions(app)?.iter().map(|partition| partition.lag_records).sum())
}

/// The offset that a consumer reads next of a partition.
fn offset_of(
    tx: &mut dyn Tx,
    consumer: &str,
    topic: &str,
    partition: u32,
) -> Result<u64, AppError> {
    let cursor = cursor::load(tx, CursorId { consumer, topic, partition })?;
    Ok(u64::try_from(cursor.next_offset).unwrap_or(0))
}

fn market_status(tx: &mut dyn Tx, market: &Market, now: Micros) -> Result<MarketStatus, AppError> {
    let days = day::all(tx, market.id.as_str())?;
    let (closed, open): (Vec<_>, Vec<_>) = days.iter().partition(|day| day.closed.is_some());
    Ok(MarketStatus {
        market: market.id.to_string(),
        time_zone: market.time_zone.to_string(),
        currency: market.currency.to_string(),
        today: market.time_zone.day(now),
        days_open: open.len() as u64,
        oldest_open_day: open.first().map(|row| Day::from_number(row.day)),
        days_closed: closed.len() as u64,
        newest_closed_day: closed.last().map(|row| Day::from_number(row.day)),
    })
}
