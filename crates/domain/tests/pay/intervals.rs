//! Every way an interval can lie to a window.

use super::scene::{MINUTE_US, Scene};

/// 40 minor units a minute; Monday.
const PLAN: &str = r#"
    per_hour_minor = 2400
    windows = [
        { days = ["mon", "tue"], from = "07:00", to = "10:00", multiplier = "1.5" },
        { days = ["mon", "tue"], from = "16:00", to = "19:00", multiplier = 2 },
        { days = ["wed"], from = "00:00", to = "24:00", multiplier = 9 },
    ]
"#;

struct Case {
    name: &'static str,
    intervals: &'static str,
    worked_minutes: i64,
    peak_minutes: i64,
    total_minor: i64,
}

const fn case(
    name: &'static str,
    intervals: &'static str,
    worked_minutes: i64,
    peak_minutes: i64,
    total_minor: i64,
) -> Case {
    Case { name, intervals, worked_minutes, peak_minutes, total_minor }
}

/// Intervals, minutes worked, minutes inside windows, pay.
#[rustfmt::skip]
const CASES: [Case; 22] = [
    case("nothing", "", 0, 0, 0),
    case("zero-length", "08:00..08:00", 0, 0, 0),
    case("zero-length at a window's start", "07:00..07:00", 0, 0, 0),
    case("ends before it starts", "09:00..08:00", 0, 0, 0),
    case("outside", "10:30..11:30", 60, 0, 2_400),
    case("inside", "08:00..09:00", 60, 60, 3_600),
    case("exactly the window", "07:00..10:00", 180, 180, 10_800),
    case("touches the start", "06:00..07:00", 60, 0, 2_400),
    case("touches the end", "10:00..11:00", 60, 0, 2_400),
    case("crosses the start", "06:30..07:30", 60, 30, 3_000),
    case("crosses the end", "09:30..10:30", 60, 30, 3_000),
    case("around the window", "06:00..11:00", 300, 180, 15_600),
    case("back-to-back", "06:00..08:00 08:00..11:00", 300, 180, 15_600),
    case("back-to-back at the window", "06:00..07:00 07:00..10:00", 240, 180, 13_200),
    case("two windows in one interval", "06:00..20:00", 840, 360, 44_400),
    case("both windows, not between", "07:00..10:00 16:00..19:00", 360, 360, 25_200),
    case("from the day before", "2008-05-18T23:00..01:00", 60, 0, 2_400),
    case("into the day after", "23:30..2008-05-20T08:00", 30, 0, 1_200),
    case("longer than the day", "2008-05-11T00:00..2008-05-30T00:00", 1_440, 360, 68_400),
    case("on another day", "2008-05-18T08:00..2008-05-18T09:00", 0, 0, 0),
    case("ends at midnight", "2008-05-18T08:00..00:00", 0, 0, 0),
    case("in disorder", "18:00..20:00 08:00..09:00 06:00..06:30", 210, 120, 12_000),
];

/// B1: intervals and windows are half-open, and every way they can lie to each other is exact.
#[test]
fn every_way_an_interval_can_lie_to_a_window() {
    for zone in ["UTC", "America/Los_Angeles", "Asia/Kathmandu"] {
        let scene = Scene::new(zone, "2008-05-19", PLAN);
        for Case { name, intervals, worked_minutes, peak_minutes, total_minor } in CASES {
            let pay = scene.price(intervals, &[]);
            assert_eq!(pay.worked_us, worked_minutes * MINUTE_US, "worked: {name} in {zone}");
            assert_eq!(pay.peak_us, peak_minutes * MINUTE_US, "peak: {name} in {zone}");
            assert_eq!(pay.total_minor, total_minor, "pay: {name} in {zone}");
        }
    }
}

/// B1: an interval over midnight is paid on each of its days for its part, and nothing is lost.
#[test]
fn the_days_of_an_interval_add_up_to_it() {
    let days = ["2008-05-18", "2008-05-19", "2008-05-20", "2008-05-21"];
    let worked: Vec<i64> = days
        .iter()
        .map(|day| {
            let scene = Scene::new("America/Los_Angeles", day, PLAN);
            scene.price("2008-05-18T21:17:03..2008-05-21T04:00:00", &[]).worked_us / MINUTE_US
        })
        .collect();
    assert_eq!(worked, [162, 1_440, 1_440, 240]);
}

/// B1: no second is too short to be paid exactly: 1 s at 2,400 an hour and ×1.5 is 1 minor unit.
#[test]
fn seconds_and_microseconds_count() {
    let scene = Scene::new("UTC", "2008-05-19", PLAN);
    let cases = [
        ("08:00:00..08:00:01", 1_000_000, "1"),
        ("06:59:59..07:00:01", 2_000_000, "5/3"),
        ("08:00:00..08:00:00.000001", 1, "1/1000000"),
        ("10:00:00..10:00:00.000003", 3, "1/500000"),
    ];
    for (interval, worked_us, exact) in cases {
        let pay = scene.price(interval, &[]);
        assert_eq!((pay.worked_us, pay.exact.to_string().as_str()), (worked_us, exact));
    }
}
