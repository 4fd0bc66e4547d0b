//! Lines over the ground: how long, where along, how far beside.

use crate::tracking::{EARTH_RADIUS_M, Position};

/// The plane that touches the globe at a place: metres east and north of it. Within a few
/// kilometres it is off by less than survey error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    origin: Position,
    east_m: f64,
    north_m: f64,
}

/// The nearest point of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Foot {
    /// Where it is.
    pub position: Position,
    /// How far beside, in metres.
    pub off_m: f64,
    /// Which share of the line's length lies before it.
    pub fraction: f64,
}

impl Plane {
    pub(super) fn at(origin: Position) -> Plane {
        let north_m = (EARTH_RADIUS_M * 1e-7).to_radians();
        Plane { origin, east_m: north_m * origin.lat().to_radians().cos(), north_m }
    }

    pub(super) fn metres(&self, place: Position) -> (f64, f64) {
        let east = f64::from(place.lng_e7) - f64::from(self.origin.lng_e7);
        let north = f64::from(place.lat_e7) - f64::from(self.origin.lat_e7);
        (east * self.east_m, north * self.north_m)
    }

    pub(super) fn place(&self, (east_m, north_m): (f64, f64)) -> Position {
        let moved = |from: i32, by: f64| (f64::from(from) + by).round() as i32;
        Position {
            lat_e7: moved(self.origin.lat_e7, north_m / self.north_m),
            lng_e7: moved(self.origin.lng_e7, east_m / self.east_m.max(1e-9)),
        }
    }
}

/// Length in metres.
pub(super) fn length_m(line: &[Position]) -> f64 {
    line.windows(2).map(|pair| pair[0].distance_m(pair[1])).sum()
}

/// The place at a share of the line's length, `beside_m` metres to its right.
pub(super) fn along(line: &[Position], fraction: f64, beside_m: f64) -> Option<Position> {
    let mut left_m = length_m(line) * fraction.clamp(0.0, 1.0);
    let mut steps = line.windows(2).map(|pair| (pair[0], pair[1], pair[0].distance_m(pair[1])));
    let last = steps.clone().rfind(|(_, _, step_m)| *step_m > 0.0);
    let found = steps.find(|(_, _, step_m)| {
        let is_here = *step_m > 0.0 && left_m <= *step_m;
        left_m -= if is_here { 0.0 } else { *step_m };
        is_here
    });
    let Some((from, to, step_m)) = found.or(last) else { return line.first().copied() };
    let plane = Plane::at(from);
    let (east, north) = plane.metres(to);
    let length = east.hypot(north).max(1e-9);
    let share = (left_m / step_m).clamp(0.0, 1.0);
    let right = (north / length * beside_m, -east / length * beside_m);
    Some(plane.place((east * share + right.0, north * share + right.1)))
}

/// The point of a line that is nearest to a place.
pub(super) fn nearest(line: &[Position], to: Position) -> Option<Foot> {
    let plane = Plane::at(to);
    let (mut best, mut best_at_m, mut before_m) = (None::<Foot>, 0.0, 0.0);
    for pair in line.windows(2) {
        let ((x0, y0), (x1, y1)) = (plane.metres(pair[0]), plane.metres(pair[1]));
        let (east, north) = (x1 - x0, y1 - y0);
        let square = east * east + north * north;
        let share = if square > 0.0 { -(x0 * east + y0 * north) / square } else { 0.0 };
        let share = share.clamp(0.0, 1.0);
        let point = (x0 + share * east, y0 + share * north);
        let off_m = point.0.hypot(point.1);
        if best.is_none_or(|known| off_m < known.off_m) {
            best = Some(Foot { position: plane.place(point), off_m, fraction: 0.0 });
            best_at_m = before_m + share * square.sqrt();
        }
        before_m += square.sqrt();
    }
    let fraction = if before_m > 0.0 { (best_at_m / before_m).clamp(0.0, 1.0) } else { 0.0 };
    best.map(|foot| Foot { fraction, ..foot })
}

/// The part of a line between two shares of its length, in the direction asked for.
pub(super) fn part(line: &[Position], from: f64, to: f64) -> Vec<Position> {
    let (least, most) = (from.min(to), from.max(to));
    let whole_m = length_m(line).max(1e-9);
    let mut places: Vec<Position> = along(line, least, 0.0).into_iter().collect();
    let mut before_m = 0.0;
    for pair in line.windows(2) {
        before_m += pair[0].distance_m(pair[1]);
        let at = before_m / whole_m;
        if at > least && at < most {
            places.push(pair[1]);
        }
    }
    places.extend(along(line, most, 0.0));
    if from > to {
        places.reverse();
    }
    places
}
