//! Days of 23 and 25 hours, and stranger ones, in real zones.

use super::scene::{MINUTE_US, Scene};

struct Case {
    zone: &'static str,
    day: &'static str,
    window: &'static str,
    day_minutes: i64,
    window_minutes: i64,
}

const fn case(
    zone: &'static str,
    day: &'static str,
    window: &'static str,
    day_minutes: i64,
    window_minutes: i64,
) -> Case {
    Case { zone, day, window, day_minutes, window_minutes }
}

/// The day, a daily window, the day's length, and how long the clock shows a time in the window.
#[rustfmt::skip]
const CASES: [Case; 24] = [
    // 02:00 becomes 03:00.
    case("America/Los_Angeles", "2026-03-08", "00:00-24:00", 1_380, 1_380),
    case("America/Los_Angeles", "2026-03-08", "01:00-04:00", 1_380, 120),
    case("America/Los_Angeles", "2026-03-08", "02:00-03:00", 1_380, 0),
    case("America/Los_Angeles", "2026-03-08", "02:30-03:30", 1_380, 30),
    case("America/Los_Angeles", "2026-03-08", "22:00-02:30", 1_380, 240),
    // 02:00 becomes 01:00: the hour from 01:00 is shown twice.
    case("America/Los_Angeles", "2026-11-01", "00:00-24:00", 1_500, 1_500),
    case("America/Los_Angeles", "2026-11-01", "01:00-02:00", 1_500, 120),
    case("America/Los_Angeles", "2026-11-01", "00:30-01:30", 1_500, 90),
    case("America/Los_Angeles", "2026-11-01", "22:00-02:00", 1_500, 300),
    case("America/Los_Angeles", "2026-11-01", "02:00-03:00", 1_500, 60),
    // 01:00 becomes 02:00, and back.
    case("Europe/London", "2026-03-29", "01:00-02:00", 1_380, 0),
    case("Europe/London", "2026-03-29", "00:30-02:30", 1_380, 60),
    case("Europe/London", "2026-10-25", "01:00-02:00", 1_500, 120),
    case("Europe/London", "2026-10-26", "01:00-02:00", 1_440, 60),
    // 00:00 becomes 01:00: the day has no midnight.
    case("America/Sao_Paulo", "2018-11-04", "00:00-01:00", 1_380, 0),
    case("America/Sao_Paulo", "2018-11-04", "23:00-01:30", 1_380, 90),
    // 24:00 becomes 23:00.
    case("America/Sao_Paulo", "2018-02-17", "23:00-24:00", 1_500, 120),
    case("America/Sao_Paulo", "2018-02-17", "23:30-00:30", 1_500, 90),
    // Half an hour back.
    case("Australia/Lord_Howe", "2026-04-05", "01:00-02:00", 1_470, 90),
    // Back at 00:01, so the evening before is shown again after midnight.
    case("America/St_Johns", "2010-11-07", "00:00-01:00", 1_500, 61),
    case("America/St_Johns", "2010-11-07", "23:00-24:00", 1_500, 119),
    // The day was skipped altogether.
    case("Pacific/Apia", "2011-12-30", "00:00-24:00", 0, 0),
    case("Pacific/Apia", "2011-12-31", "00:00-24:00", 1_440, 1_440),
    case("Asia/Kolkata", "2026-03-08", "07:00-10:00", 1_440, 180),
];

/// B1: a window is what the clock on the wall shows, on days of any length; nothing is lost.
#[test]
fn a_window_is_what_the_clock_on_the_wall_shows() {
    for Case { zone, day, window, day_minutes, window_minutes } in CASES {
        let (from, to) = window.split_once('-').expect("from-to");
        let windows = format!(r#"{{ from = "{from}", to = "{to}", multiplier = 3 }}"#);
        let plan = format!("per_hour_minor = 6000\nwindows = [{windows}]");
        let scene = Scene::new(zone, day, &plan);
        let pay = scene.price("2000-01-01T00:00..2030-01-01T00:00", &[]);
        let name = format!("{zone} {day} {window}");
        assert_eq!(pay.worked_us, day_minutes * MINUTE_US, "day: {name}");
        assert_eq!(pay.peak_us, window_minutes * MINUTE_US, "window: {name}");
        assert_eq!(pay.total_minor, 100 * (day_minutes + 2 * window_minutes), "pay: {name}");
    }
}

/// B1: the segments of any day cover it without gap or overlap, and none is empty.
#[test]
fn segments_cover_the_day() {
    for Case { zone, day, window, .. } in CASES {
        let (from, to) = window.split_once('-').expect("from-to");
        let windows = format!(r#"{{ from = "{from}", to = "{to}", multiplier = 3 }}"#);
        let scene = Scene::new(zone, day, &format!("windows = [{windows}]"));
        let mut covered_until = scene.rates.span().start;
        for segment in scene.rates.segments() {
            assert_eq!(segment.span.start, covered_until, "{zone} {day} {window}");
            assert!(!segment.span.is_empty(), "{zone} {day} {window}");
            covered_until = segment.span.end;
        }
        assert_eq!(covered_until, scene.rates.span().end, "{zone} {day} {window}");
    }
}
