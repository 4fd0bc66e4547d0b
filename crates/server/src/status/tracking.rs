//! How the live side stands: pings in the log, how far they are written down, who is on the map.

use super::offset_of;
use crate::app::App;
use crate::archiving::ARCHIVER;
use crate::error::AppError;
use crate::tracking::tracker::TRACKER;
use crate::wire::PINGS;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::{Micros, SECOND_US};
use serde::Serialize;
use utoipa::ToSchema;

/// How the live side stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrackingStatus {
    /// Each partition of the pings.
    pub partitions: Vec<PingPartitionStatus>,
    /// The live map; none where this process keeps none, as only a server does.
    pub map: Option<MapStatus>,
}

/// How far a partition of the pings is.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PingPartitionStatus {
    /// Which partition.
    pub partition: u32,
    /// The offset up to which positions are written down: a start reads on from there.
    pub snapshot_offset: u64,
    /// The offset up to which the archive holds everything.
    pub archived_offset: u64,
    /// The offset the next block of pings will get.
    pub end_offset: u64,
}

/// How the live map stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MapStatus {
    /// Blocks of pings that are durable and not yet on the map.
    pub lag_records: u64,
    /// The newest time of a device on the map; none before the first ping since the start.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub newest_ping_at: Option<Micros>,
    /// How long ago that was.
    pub newest_ping_age_seconds: Option<u64>,
    /// Connections that watch.
    pub watchers: u64,
    /// How many may.
    pub watchers_max: u64,
    /// Who is on the map, by market.
    pub couriers: Vec<CouriersOnMap>,
}

/// A market's couriers that have been seen, by what they do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct CouriersOnMap {
    /// Where.
    pub market: String,
    /// Carrying at least one delivery.
    pub carrying: u64,
    /// Available, and carrying nothing.
    pub idle: u64,
    /// Not available.
    pub offline: u64,
}

/// How the live side stands now.
pub(super) fn view(app: &App) -> Result<TrackingStatus, AppError> {
    let map = app.tracked.progress.is_followed().then(|| map(app));
    Ok(TrackingStatus { partitions: partitions(app)?, map })
}

fn partitions(app: &App) -> Result<Vec<PingPartitionStatus>, AppError> {
    let partitions = 0..app.log.partitions(PINGS)?;
    let status = |partition| {
        // The end is read last: nothing was written down that is not there.
        let (snapshot_offset, archived_offset) = app.store.read(|tx| {
            let snapshot = offset_of(tx, TRACKER, PINGS, partition)?;
            Ok::<_, AppError>((snapshot, offset_of(tx, ARCHIVER, PINGS, partition)?))
        })?;
        let end_offset = app.log.bounds(PINGS, partition)?.end;
        Ok(PingPartitionStatus { partition, snapshot_offset, archived_offset, end_offset })
    };
    partitions.map(status).collect()
}

fn map(app: &App) -> MapStatus {
    let progress = &app.tracked.progress;
    let (now, newest) = (app.clock.now(), progress.newest_at());
    let age = |at: Micros| u64::try_from((now.0 - at.0) / SECOND_US).unwrap_or(0);
    MapStatus {
        lag_records: progress.lag_records(),
        newest_ping_at: newest,
        newest_ping_age_seconds: newest.map(age),
        watchers: app.tracked.watchers.open() as u64,
        watchers_max: app.config.tracking.watchers_max as u64,
        couriers: couriers(app),
    }
}

/// Every market of the configuration, also where nobody has been seen.
fn couriers(app: &App) -> Vec<CouriersOnMap> {
    let counts = app.live.counts();
    let of_market = |market: &MarketId| {
        let seen = counts.iter().find(|count| *count.market == *market);
        let [carrying, idle, offline] = seen
            .map_or([0; 3], |count| [count.carrying, count.idle, count.offline])
            .map(|count| count as u64);
        CouriersOnMap { market: market.to_string(), carrying, idle, offline }
    };
    app.markets.keys().map(of_market).collect()
}
