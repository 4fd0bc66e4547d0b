//! Stock: when a centre is open, what items are called.

mod names;

use doorstep_domain::stock::{Class, Hours};
use doorstep_domain::time::{Micros, Zone};

const CITY: &str = "America/Los_Angeles";
const WEEK: &str = "mon-fri 07:00-22:00, sat-sun 08:00-24:00";

fn at(text: &str) -> Micros {
    text.parse().expect("an instant")
}

fn hours(text: &str) -> Hours {
    text.parse().expect("a week")
}

/// D1: hours are those of the clock on the wall, across midnight and where the clocks change.
#[test]
fn a_centre_is_open_by_the_clock_on_its_wall() {
    let night = "fri,sat 18:00-02:00";
    // In 2026 the clocks of Los Angeles go forward on March 8 and back on November 1, at 02:00.
    let early = "sun 02:30-05:00";
    let twice = "sun 01:00-02:00";
    let cases = [
        (WEEK, "2026-11-27T15:00:00Z", true, None),
        (WEEK, "2026-11-27T14:59:59Z", false, Some("2026-11-27T15:00:00Z")),
        (WEEK, "2026-11-28T06:00:00Z", false, Some("2026-11-28T16:00:00Z")),
        (WEEK, "2026-11-29T07:59:59Z", true, None),
        (WEEK, "2026-11-29T08:00:00Z", false, Some("2026-11-29T16:00:00Z")),
        (night, "2026-11-28T09:59:59Z", true, None),
        (night, "2026-11-28T10:00:00Z", false, Some("2026-11-29T02:00:00Z")),
        (night, "2026-11-29T09:59:59Z", true, None),
        (night, "2026-11-30T03:00:00Z", false, Some("2026-12-05T02:00:00Z")),
        ("sun 20:00-04:00", "2026-11-30T11:59:59Z", true, None),
        ("sun 20:00-04:00", "2026-11-30T12:00:00Z", false, Some("2026-12-07T04:00:00Z")),
        (early, "2026-03-08T09:59:59Z", false, Some("2026-03-08T10:00:00Z")),
        (early, "2026-03-08T10:00:00Z", true, None),
        (early, "2026-11-01T10:29:59Z", false, Some("2026-11-01T10:30:00Z")),
        (twice, "2026-11-01T08:30:00Z", true, None),
        (twice, "2026-11-01T09:30:00Z", true, None),
        (twice, "2026-11-01T10:00:00Z", false, Some("2026-11-08T09:00:00Z")),
        ("", "2026-11-01T10:00:00Z", true, None),
        ("daily 00:00-24:00", "2026-11-01T08:00:00Z", true, None),
    ];
    let zone: Zone = CITY.parse().expect("a zone");
    for (week, now, is_open, opens_at) in cases {
        let week = hours(week);
        assert_eq!(week.is_open_at(&zone, at(now)), is_open, "{week} at {now}");
        assert_eq!(week.opens_at(&zone, at(now)), opens_at.map(at), "{week} at {now}");
    }
}

/// D1: what is no week says why.
#[test]
fn what_is_no_week_says_why() {
    let cases = [
        ("mon", "\"mon\" has no times"),
        ("mun 07:00-22:00", "\"mun\" names no days"),
        ("mon-fri 7:00-22:00", "\"7:00\" is not a time of day"),
        ("mon-fri 07:00", "\"07:00\" is not FROM-TO"),
        ("mon 24:00-02:00", "24:00 is the end of a day"),
        ("mon 07:00-22:00,", "\"\" names no days"),
    ];
    for (text, reason) in cases {
        let error = text.parse::<Hours>().expect_err(text).to_string();
        assert!(error.starts_with(reason), "{text}: {error}");
    }
    assert_eq!(hours("sat-mon 09:00-10:00").to_string(), "sat-mon 09:00-10:00");
    assert_eq!("lax".parse::<Class>(), Err("\"lax\" is neither strict nor tolerant".to_owned()));
}
