//! Ways between places: along the streets, or straight where there are none.

use super::maps::Place;
use doorstep_domain::streets::{Leg, Profile, Snapped};
use doorstep_domain::tracking::Position;

/// How much longer ways are than straight lines, where nothing else is known: the mean of cities.
const DETOUR: f64 = 1.35;

/// Farther from any street than this is not on the map, in metres.
const OFF_THE_MAP_M: f64 = 5_000.0;

/// A place that ways begin or end at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stop {
    /// As asked for.
    pub asked: Position,
    /// On the nearest street; `None` where the market has no streets, or none near.
    pub snapped: Option<Snapped>,
}

/// A way that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// Seconds on free streets.
    pub duration_s: f64,
    /// Metres.
    pub length_m: f64,
    /// Its places in order.
    pub line: Vec<Position>,
}

impl Way {
    /// What it costs.
    pub fn leg(&self) -> Leg {
        let duration_ms = (self.duration_s * 1_000.0).round() as u64;
        Leg { duration_ms, length_m: self.length_m }
    }
}

impl Place {
    /// A place with its street.
    pub fn stop(&self, asked: Position, by: Profile) -> Stop {
        let snapped = self.graph.snap(asked, by);
        Stop { asked, snapped: snapped.filter(|snapped| snapped.off_m <= OFF_THE_MAP_M) }
    }

    /// The fastest way; `None` where there is none.
    pub fn way(&self, from: &Stop, to: &Stop, by: Profile) -> Option<Way> {
        if self.graph.is_empty() {
            let leg = straight(from.asked, to.asked, by);
            let line = vec![from.asked, to.asked];
            return Some(Way {
                duration_s: leg.duration_ms as f64 / 1_000.0,
                length_m: leg.length_m,
                line,
            });
        }
        let route = self.graph.route(from.snapped.as_ref()?, to.snapped.as_ref()?, by)?;
        let duration_s = route.duration_ms as f64 / 1_000.0;
        Some(Way { duration_s, length_m: route.length_m, line: route.line })
    }
}

/// From each to each: rows for the sources, columns for the destinations.
pub fn ways(place: &Place, from: &[Stop], to: &[Stop], by: Profile) -> Vec<Vec<Option<Leg>>> {
    if place.graph.is_empty() {
        let row =
            |from: &Stop| to.iter().map(|to| Some(straight(from.asked, to.asked, by))).collect();
        return from.iter().map(row).collect();
    }
    let snapped = |stops: &[Stop]| stops.iter().map(|stop| stop.snapped).collect::<Vec<_>>();
    place.graph.table(&snapped(from), &snapped(to), by)
}

/// How long it takes where nothing is known of streets: along the straight line, lengthened.
pub fn straight(from: Position, to: Position, by: Profile) -> Leg {
    let length_m = from.distance_m(to) * DETOUR;
    let km_h = match by {
        Profile::Driving => 28.0,
        Profile::Cycling => 14.0,
        Profile::Walking => 4.5,
    };
    Leg { duration_ms: (length_m / (km_h / 3.6) * 1_000.0).round() as u64, length_m }
}
