//! What cannot be is refused at the door.

use super::{AT, bare, position};
use doorstep_domain::event::RejectionCode;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::admit;

const WEEK_US: i64 = 7 * 86_400 * 1_000_000;

/// A5: null island, clocks that run ahead, and what is too long ago.
#[test]
fn impossible_pings_are_refused() {
    use RejectionCode::{ImplausiblePosition, ImplausibleTime, TooOld};
    let sf = (37.77, -122.42);
    let cases = [
        ("now", sf, AT, Ok(())),
        ("a minute ahead", sf, AT.plus(60_000_000), Ok(())),
        ("more than that", sf, AT.plus(60_000_001), Err((ImplausibleTime, "/at"))),
        ("a week old", sf, AT.plus(-WEEK_US), Ok(())),
        ("older than that", sf, AT.plus(-WEEK_US - 1), Err((TooOld, "/at"))),
        ("a clock never set", sf, Micros(0), Err((ImplausibleTime, "/at"))),
        ("before all time", sf, Micros(i64::MIN), Err((ImplausibleTime, "/at"))),
        ("after all time", sf, Micros(i64::MAX), Err((ImplausibleTime, "/at"))),
        ("null island", (0.0, 0.0), AT, Err((ImplausiblePosition, "/lat"))),
        ("its shore", (-0.0001, 0.0001), AT, Err((ImplausiblePosition, "/lat"))),
        ("the sea beside it", (0.000_100_1, 0.0), AT, Ok(())),
        ("the equator", (0.0, 36.8), AT, Ok(())),
        ("Greenwich", (51.48, 0.0), AT, Ok(())),
    ];
    for (what, (lat, lng), at, expected) in cases {
        let judged = admit(&bare(at, position(lat, lng)), AT, WEEK_US);
        let judged = judged.map_err(|refused| (refused.code, refused.pointer));
        let expected = expected.map_err(|(code, pointer)| (code, pointer.to_owned()));
        assert_eq!(judged, expected, "{what}");
    }
}
