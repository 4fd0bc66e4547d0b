//! Trips that were made, as CSV: what arrival times are learned from.

use super::maps::Place;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::arrival::{Journey, Trip};
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::Profile;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use doorstep_store::dispatch;
use serde::Deserialize;

/// Deliveries learned from: some weeks of a city.
const TRIPS_MAX: u32 = 500_000;

/// A row. Times are seconds since 1970; other columns are not looked at.
#[derive(Deserialize)]
struct Row {
    start_ts: i64,
    end_ts: i64,
    start_lat: f64,
    start_lon: f64,
    end_lat: f64,
    end_lon: f64,
}

/// The trips of a file, each with the way that the router has for it, and how many had none.
pub(super) fn routed(place: &Place, csv: &[u8]) -> Result<(Vec<Trip>, usize), AppError> {
    let rows = csv::Reader::from_reader(csv).into_deserialize();
    let rows: Vec<Row> =
        rows.collect::<Result<_, _>>().map_err(|error| AppError::invalid("body", error))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = rows.len().div_ceil(threads).max(1);
    let routed: Vec<Option<Trip>> = std::thread::scope(|scope| {
        let parts: Vec<_> = rows
            .chunks(size)
            .map(|part| {
                scope.spawn(move || part.iter().map(|row| trip(place, row)).collect::<Vec<_>>())
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    });
    let count = rows.len();
    let trips: Vec<Trip> = routed.into_iter().flatten().collect();
    let unroutable = count - trips.len();
    Ok((trips, unroutable))
}

/// Deliveries that were driven here, the newest first, each with the way that the router has.
pub(super) fn delivered(
    app: &App,
    market: &MarketId,
    place: &Place,
) -> Result<Vec<Trip>, AppError> {
    let mut trips = Vec::new();
    app.store.read(|tx| {
        dispatch::each_driven(tx, market.as_str(), TRIPS_MAX, &mut |driven| {
            let (start, end) = (Micros(driven.picked_up_us), Micros(driven.delivered_us));
            trips.extend(way(place, driven.from, driven.to, start, end));
            Ok(())
        })
        .map_err(AppError::from)
    })?;
    Ok(trips)
}

fn trip(place: &Place, row: &Row) -> Option<Trip> {
    let from = Position::from_degrees(row.start_lat, row.start_lon)?;
    let to = Position::from_degrees(row.end_lat, row.end_lon)?;
    let at = |seconds: i64| seconds.checked_mul(SECOND_US).map(Micros);
    way(place, from, to, at(row.start_ts)?, at(row.end_ts)?)
}

fn way(place: &Place, from: Position, to: Position, start: Micros, end: Micros) -> Option<Trip> {
    let by = Profile::Driving;
    let way = place.way(&place.stop(from, by), &place.stop(to, by), by)?;
    let journey = Journey { from, to, start, routed_s: way.duration_s };
    let true_s = end.0.checked_sub(start.0)? as f64 / SECOND_US as f64;
    (true_s > 0.0 && way.duration_s > 0.0).then_some(Trip { journey, true_s })
}
