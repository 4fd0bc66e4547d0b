//! Where a courier drives: from waypoint to waypoint along a grid of streets, resting at each.
//!
//! A leg takes ten minutes: a rest, then a drive east or west, north or south, east or west. Both
//! its ends are drawn from its number, so that no leg needs the one before it.

use crate::chance::Chance;
use doorstep_domain::tracking::Position;

/// How long a leg takes, in microseconds.
const LEG_US: i64 = 600_000_000;

/// How long a courier rests at its beginning, in microseconds.
const REST_US: (i64, i64) = (40_000_000, 190_000_000);

/// How far homes lie from the centre in each axis, in centimetres; more of them lie inside.
const CITY_CM: i64 = 800_000;

/// How far waypoints lie from home in each axis, in centimetres: the longest leg, 7.6 km in 410 s,
/// is driven at 18.6 m/s.
const TERRITORY_CM: i64 = 190_000;

/// A degree of latitude in centimetres, on a sphere of 6,371,008.8 m (IUGG mean radius).
const DEGREE_CM: i64 = 11_119_508;

/// How centimetres become degrees around a city.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    center: Position,
    degree_east_cm: i64,
}

/// Where somebody is, and how they move.
pub(super) struct Place {
    pub(super) position: Position,
    pub(super) speed_cm_s: u16,
    pub(super) heading_cdeg: u16,
}

/// Centimetres east and north of the centre.
#[derive(Clone, Copy)]
struct Offset {
    east_cm: i64,
    north_cm: i64,
}

impl Ground {
    pub(super) fn around(center: Position) -> Ground {
        let parallel = (f64::from(center.lat_e7) / 1e7).to_radians().cos();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "rounded to whole centimetres, of which a degree has eleven million"
        )]
        let degree_east_cm = (DEGREE_CM as f64 * parallel).round() as i64;
        Ground { center, degree_east_cm: degree_east_cm.max(1) }
    }

    /// Where a courier is at an instant, in microseconds since 1970.
    pub(super) fn place(&self, seed: u64, courier: u32, at_us: i64) -> Place {
        let mut own = Chance::of(seed, &[u64::from(courier)]);
        let mut spread = || own.between(-CITY_CM / 2, CITY_CM / 2);
        let home = Offset { east_cm: spread() + spread(), north_cm: spread() + spread() };
        // Legs do not begin for everybody at once.
        let shifted_us = at_us.saturating_add(own.between(0, LEG_US - 1));
        let leg = shifted_us.div_euclid(LEG_US);
        let waypoint = |leg: i64| {
            let mut chance = Chance::of(seed, &[u64::from(courier), leg.cast_unsigned(), 0]);
            let mut aside = || chance.between(-TERRITORY_CM, TERRITORY_CM);
            let (east_cm, north_cm) = (home.east_cm + aside(), home.north_cm + aside());
            (Offset { east_cm, north_cm }, chance.between(REST_US.0, REST_US.1))
        };
        let ((from, rest_us), (to, _)) = (waypoint(leg), waypoint(leg + 1));
        let driven_us = (shifted_us.rem_euclid(LEG_US) - rest_us).max(0);
        let (offset, heading_cdeg, leg_cm) = along(from, to, driven_us, LEG_US - rest_us);
        let speed_cm_s = if driven_us == 0 { 0 } else { leg_cm * 1_000_000 / (LEG_US - rest_us) };
        Place {
            position: self.position(offset),
            speed_cm_s: u16::try_from(speed_cm_s).unwrap_or(u16::MAX),
            heading_cdeg,
        }
    }

    fn position(&self, offset: Offset) -> Position {
        let north_e7 = offset.north_cm * 10_000_000 / DEGREE_CM;
        let east_e7 = offset.east_cm * 10_000_000 / self.degree_east_cm;
        let lat_e7 = (i64::from(self.center.lat_e7) + north_e7).clamp(-900_000_000, 900_000_000);
        let turned = i64::from(self.center.lng_e7) + east_e7 + 1_800_000_000;
        let lng_e7 = turned.rem_euclid(3_600_000_000) - 1_800_000_000;
        // Both were brought within the bounds of a position just now.
        let fits = |e7: i64| i32::try_from(e7).unwrap_or(0);
        Position { lat_e7: fits(lat_e7), lng_e7: fits(lng_e7) }
    }
}

/// How far a drive has come after `driven_us` of `drive_us`, where it heads, and how long it is:
/// half of the way across, all of the way up, and the other half across.
fn along(from: Offset, to: Offset, driven_us: i64, drive_us: i64) -> (Offset, u16, i64) {
    let (east_cm, north_cm) = (to.east_cm - from.east_cm, to.north_cm - from.north_cm);
    let half_cm = east_cm / 2;
    let leg_cm = east_cm.abs() + north_cm.abs();
    let mut left_cm = leg_cm * driven_us / drive_us;
    let mut offset = from;
    let across = if east_cm < 0 { 27_000 } else { 9_000 };
    let up = if north_cm < 0 { 18_000 } else { 0 };
    let mut heading_cdeg = across;
    let mut part = |by_cm: i64, axis: &mut i64, heading: u16| {
        let step_cm = left_cm.min(by_cm.abs());
        *axis += step_cm * by_cm.signum();
        left_cm -= step_cm;
        if step_cm > 0 {
            heading_cdeg = heading;
        }
    };
    part(half_cm, &mut offset.east_cm, across);
    part(north_cm, &mut offset.north_cm, up);
    part(east_cm - half_cm, &mut offset.east_cm, across);
    (offset, heading_cdeg, leg_cm)
}
