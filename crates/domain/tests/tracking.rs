//! Tracking: what a ping may say, in each form in which it is said.

mod admission;
mod batches;
mod json_pings;
mod motion_steps;
mod phones;

use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, Position};

/// 2008-05-19T16:40:02Z.
const AT: Micros = Micros(1_211_215_202_000_000);

fn position(lat: f64, lng: f64) -> Position {
    Position::from_degrees(lat, lng).expect("on the globe")
}

/// A ping that says nothing but where and when.
fn bare(at: Micros, position: Position) -> Ping {
    Ping {
        at,
        position,
        accuracy_dm: None,
        speed_cm_s: None,
        heading_cdeg: None,
        battery_percent: None,
    }
}

#[test]
fn degrees_become_positions_only_on_the_globe() {
    let cases = [
        (37.77493, -122.41942, Some((377_749_300, -1_224_194_200))),
        (90.0, 180.0, Some((900_000_000, 1_800_000_000))),
        (-90.0, -180.0, Some((-900_000_000, -1_800_000_000))),
        (90.000_000_1, 0.0, None),
        (0.0, -180.000_000_1, None),
        (f64::NAN, 0.0, None),
        (0.0, f64::INFINITY, None),
    ];
    for (lat, lng, expected) in cases {
        let found = Position::from_degrees(lat, lng).map(|found| (found.lat_e7, found.lng_e7));
        assert_eq!(found, expected, "{lat} {lng}");
    }
    assert_eq!((position(1.5, -2.5).lat(), position(1.5, -2.5).lng()), (1.5, -2.5));
}

#[test]
fn distances_are_great_circles() {
    let cases = [
        ("one degree of latitude", (0.0, 0.0), (1.0, 0.0), 111_195.0),
        ("one degree of longitude at 60° north", (60.0, 0.0), (60.0, 1.0), 55_597.0),
        ("over the antimeridian", (0.0, 179.5), (0.0, -179.5), 111_195.0),
        ("over the pole", (89.5, 0.0), (89.5, 180.0), 111_195.0),
        ("to the other side", (0.0, 0.0), (0.0, 180.0), 20_015_115.0),
        ("San Francisco to Oakland", (37.7749, -122.4194), (37.8044, -122.2712), 13_429.0),
        ("nowhere", (37.7749, -122.4194), (37.7749, -122.4194), 0.0),
    ];
    for (what, from, to, expected) in cases {
        let (from, to) = (position(from.0, from.1), position(to.0, to.1));
        assert!((from.distance_m(to) - expected).abs() < 1.0, "{what}: {}", from.distance_m(to));
        assert_eq!(from.distance_m(to), to.distance_m(from), "{what}");
    }
}
