//! OSRM's table service as a client asks it (its HTTP API, version 1).

use super::metric;
use crate::calls::{Answer, CallError, Fault, Guard, Request};
use crate::kept::Kept;
use doorstep_domain::streets::Leg;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use serde::Deserialize;

/// Ways kept: some tens of megabytes.
const WAYS_KEPT: usize = 200_000;

/// How long a way is kept, in microseconds: an OSRM may be fed with the traffic of the hour.
const KEPT_US: i64 = 600 * SECOND_US;

/// Places within this many 10⁻⁷ degrees, some ten metres, are one place.
const GRAIN_E7: i32 = 1_000;

/// Most rows and columns of one question. OSRM takes 10,000 cells unless told otherwise; a tenth
/// of that is answered in less than a tenth of a second.
const BLOCK: (usize, usize) = (10, 100);

/// A block is not begun with less than this part of the patience left.
const LEAST_SHARE: i64 = 3;

/// A place farther from their nearest street than this is not on their map, in metres.
const OFF_THE_MAP_M: f64 = 5_000.0;

/// Nobody drives faster than this, in metres a second.
const SPEED_MAX_M_S: f64 = 70.0;

/// A place to the grain.
type Spot = (i32, i32);

/// From each to each: rows for the sources, columns for the destinations; `None` where there is
/// no way.
pub(in crate::places) type Legs = Vec<Vec<Option<Leg>>>;

/// An OSRM by its URL. It answers for cars: whatever profile is in the path of a question, OSRM
/// knows the one that its map was prepared for.
pub struct Osrm {
    url: String,
    guard: Guard,
    ways: Kept<(Spot, Spot), Option<Leg>>,
}

/// What OSRM answers, as far as it is looked at.
#[derive(Deserialize)]
struct Told {
    code: String,
    durations: Vec<Vec<Option<f64>>>,
    distances: Vec<Vec<Option<f64>>>,
    sources: Vec<Waypoint>,
    destinations: Vec<Waypoint>,
}

#[derive(Deserialize)]
struct Waypoint {
    /// How far from the place that was asked, in metres.
    distance: f64,
}

impl Osrm {
    /// At a URL such as `http://127.0.0.1:5000`.
    pub fn new(url: String, guard: Guard) -> Osrm {
        metric::describe(metric::WAY);
        Osrm { url, guard, ways: Kept::new(WAYS_KEPT) }
    }

    /// Whether it is left alone because it failed.
    pub fn is_left_alone(&self) -> bool {
        self.guard.is_open()
    }

    /// The whole table or nothing, within the guard's patience. What was answered on the way is
    /// kept for the next time.
    pub(in crate::places) fn table(
        &self,
        from: &[Position],
        to: &[Position],
    ) -> Result<Legs, CallError> {
        let [from, to] = [from, to].map(|places| places.iter().map(spot).collect::<Vec<_>>());
        let began = self.guard.now();
        let deadline = began.plus(self.guard.patience_us());
        let mut legs = self.at_hand(&from, &to, began);
        let missing = legs.iter().flatten().filter(|leg| leg.is_none()).count();
        metric::was_kept(metric::WAY, (from.len() * to.len() - missing) as u64);
        for rows in blocks(from.len(), BLOCK.0) {
            for columns in blocks(to.len(), BLOCK.1) {
                let is_missing = |row: &Vec<_>| row[columns.clone()].iter().any(Option::is_none);
                if legs[rows.clone()].iter().any(is_missing) {
                    let asked = (&from[rows.clone()], &to[columns.clone()]);
                    let told = self.ask(asked, deadline)?;
                    for (row, told) in legs[rows.clone()].iter_mut().zip(told) {
                        row.splice(columns.clone(), told.into_iter().map(Some));
                    }
                }
            }
        }
        Ok(legs.into_iter().map(|row| row.into_iter().map(Option::flatten).collect()).collect())
    }

    fn at_hand(&self, from: &[Spot], to: &[Spot], now: Micros) -> Vec<Vec<Option<Option<Leg>>>> {
        let row = |from: &Spot| to.iter().map(|to| self.ways.find(&(*from, *to), now)).collect();
        from.iter().map(row).collect()
    }

    fn ask(&self, (from, to): (&[Spot], &[Spot]), deadline: Micros) -> Result<Legs, CallError> {
        // Who was left too little time has not failed: what is cut short here counts against none.
        let left_us = deadline.0 - self.guard.now().0;
        if left_us < self.guard.patience_us() / LEAST_SHARE {
            return Err(CallError::TimedOut);
        }
        let request = Request::get(url(&self.url, from, to)).within_us(left_us);
        let legs = self.guard.call(&request, |answer| read(answer, from, to))?;
        let until = self.guard.now().plus(KEPT_US);
        for (from, row) in from.iter().zip(&legs) {
            for (to, leg) in to.iter().zip(row) {
                self.ways.keep((*from, *to), *leg, until);
            }
        }
        Ok(legs)
    }
}

fn blocks(count: usize, size: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..count).step_by(size).map(move |first| first..count.min(first + size))
}

fn spot(place: &Position) -> Spot {
    let to_grain = |e7: i32| (e7 + GRAIN_E7 / 2).div_euclid(GRAIN_E7);
    (to_grain(place.lat_e7), to_grain(place.lng_e7))
}

fn position((lat, lng): Spot) -> Position {
    Position { lat_e7: lat * GRAIN_E7, lng_e7: lng * GRAIN_E7 }
}

/// Asked at the grain, so that the answer does not depend on who asked first.
fn url(base: &str, from: &[Spot], to: &[Spot]) -> String {
    let place = |spot: &Spot| {
        let place = position(*spot);
        format!("{:.4},{:.4}", place.lng(), place.lat())
    };
    let places: Vec<String> = from.iter().chain(to).map(place).collect();
    let list = |range: std::ops::Range<usize>| {
        range.map(|index| index.to_string()).collect::<Vec<_>>().join(";")
    };
    let (sources, destinations) = (list(0..from.len()), list(from.len()..places.len()));
    format!(
        "{base}/table/v1/driving/{}?sources={sources}&destinations={destinations}\
         &annotations=duration,distance&generate_hints=false",
        places.join(";")
    )
}

fn read(answer: &Answer, from: &[Spot], to: &[Spot]) -> Result<Legs, Fault> {
    let told: Told = answer.json()?;
    if told.code != "Ok" {
        return Err(Fault::nonsense(format!("code {:?} of a success", told.code)));
    }
    let is_table = |cells: &[Vec<Option<f64>>]| {
        cells.len() == from.len() && cells.iter().all(|row| row.len() == to.len())
    };
    let has_places = told.sources.len() == from.len() && told.destinations.len() == to.len();
    if !is_table(&told.durations) || !is_table(&told.distances) || !has_places {
        return Err(Fault::nonsense("the table is of another size than was asked for"));
    }
    // OSRM takes the nearest street, however far: from another country all ways are of length 0.
    let mut waypoints = told.sources.iter().chain(&told.destinations);
    if waypoints.any(|waypoint| waypoint.distance > OFF_THE_MAP_M) {
        return Err(Fault::Refused("a place is not on their map".to_owned()));
    }
    let row = |(durations, distances): (&Vec<Option<f64>>, &Vec<Option<f64>>)| {
        durations
            .iter()
            .zip(distances)
            .map(|(duration, distance)| leg(*duration, *distance))
            .collect()
    };
    told.durations.iter().zip(&told.distances).map(row).collect()
}

fn leg(duration_s: Option<f64>, length_m: Option<f64>) -> Result<Option<Leg>, Fault> {
    let (duration_s, length_m) = match (duration_s, length_m) {
        (Some(duration_s), Some(length_m)) => (duration_s, length_m),
        (None, _) => return Ok(None),
        (Some(_), None) => return Err(Fault::nonsense("a way has a duration and no length")),
    };
    // A second of grace: durations are rounded to tenths, and a way may be of no length.
    let is_drivable = length_m <= (duration_s + 1.0) * SPEED_MAX_M_S;
    if !(0.0..1e6).contains(&duration_s) || !(0.0..1e8).contains(&length_m) || !is_drivable {
        let reason = format!("{length_m} m in {duration_s} s is no way");
        return Err(Fault::nonsense(reason));
    }
    Ok(Some(Leg { duration_ms: (duration_s * 1_000.0).round() as u64, length_m }))
}

#[cfg(test)]
mod tests;
