//! Which windows hold when: weekdays, over midnight, overlapping, absolute.

use super::scene::{MINUTE_US, Scene};

/// Windows such as `mon tue 07:00 10:00 1.5; 16:00 19:00 2` as a plan of 60 an hour.
fn plan(windows: &str) -> String {
    let windows: Vec<String> = windows
        .split(';')
        .map(|window| {
            let words: Vec<&str> = window.split_whitespace().collect();
            let (days, rest) = words.split_at(words.len() - 3);
            let days = match days {
                [] => String::new(),
                days => format!("days = {days:?}, "),
            };
            let [from, to, multiplier] = rest else { unreachable!("split off three") };
            format!("{{ {days}from = {from:?}, to = {to:?}, multiplier = {multiplier:?} }}")
        })
        .collect();
    format!("per_hour_minor = 60\nwindows = [{}]", windows.join(", "))
}

/// Windows, the day (2026-05-15 is a Friday) in Los Angeles, minutes in windows, pay of the whole
/// day at 1 a minute.
#[rustfmt::skip]
const CASES: [(&str, &str, i64, i64); 25] = [
    ("fri 22:00 02:00 2", "2026-05-15", 120, 1_440 + 120),
    ("fri 22:00 02:00 2", "2026-05-16", 120, 1_440 + 120),
    ("fri 22:00 02:00 2", "2026-05-17", 0, 1_440),
    ("fri sat 22:00 02:00 2", "2026-05-16", 240, 1_440 + 240),
    ("sat 00:00 24:00 2", "2026-05-15", 0, 1_440),
    ("sat 00:00 24:00 2", "2026-05-16", 1_440, 2_880),
    ("sat 00:00 00:00 2", "2026-05-16", 1_440, 2_880),
    ("sat 00:00 00:00 2", "2026-05-17", 0, 1_440),
    ("07:00 07:00 2", "2026-05-16", 1_440, 2_880),
    ("fri 07:00 07:00 2", "2026-05-16", 420, 1_440 + 420),
    // Overlapping: the highest holds, in whatever order they are listed.
    ("07:00 10:00 1.5; 08:00 09:00 2", "2026-05-15", 180, 1_440 + 60 + 60),
    ("08:00 09:00 2; 07:00 10:00 1.5", "2026-05-15", 180, 1_440 + 60 + 60),
    ("07:00 09:00 1.5; 08:00 10:00 1.5", "2026-05-15", 180, 1_440 + 90),
    ("07:00 09:00 2; 09:00 10:00 3", "2026-05-15", 180, 1_440 + 120 + 120),
    // Below one and none at all are multipliers too; they yield to higher ones.
    ("07:00 10:00 0.5", "2026-05-15", 180, 1_440 - 90),
    ("07:00 10:00 0", "2026-05-15", 180, 1_440 - 180),
    ("07:00 10:00 0; 08:00 09:00 1", "2026-05-15", 180, 1_440 - 120),
    // Absolute, as instants and as local times; Los Angeles is at -07:00.
    ("2026-05-15T14:00:00Z 2026-05-15T16:00:00Z 2", "2026-05-15", 120, 1_440 + 120),
    ("2026-05-15T07:00:00-07:00 2026-05-15T09:00-07:00 2", "2026-05-15", 120, 1_440 + 120),
    ("2026-05-15T07:00 2026-05-15T09:00:00 2", "2026-05-15", 120, 1_440 + 120),
    ("2026-05-14T23:00 2026-05-15T01:00 2", "2026-05-15", 60, 1_440 + 60),
    ("2026-05-10T00:00 2026-05-20T00:00 2", "2026-05-15", 1_440, 2_880),
    ("2026-05-14T00:00 2026-05-15T00:00 2", "2026-05-15", 0, 1_440),
    ("2026-05-14T00:00 2026-05-15T00:00:00.000001 2", "2026-05-15", 0, 1_440),
    ("2026-05-15T08:00 2026-05-15T09:00 3; 07:00 10:00 2", "2026-05-15", 180, 1_440 + 240),
];

/// B1: who is highest holds, over midnight belongs to the day it starts on, all half-open.
#[test]
fn which_window_holds_when() {
    for (windows, day, peak_minutes, total_minor) in CASES {
        let scene = Scene::new("America/Los_Angeles", day, &plan(windows));
        let pay = scene.price("2026-05-01T00:00..2026-05-30T00:00", &[]);
        assert_eq!(pay.peak_us / MINUTE_US, peak_minutes, "{windows} on {day}");
        assert_eq!(pay.total_minor, total_minor, "{windows} on {day}");
    }
}

/// B1: local ranges end and begin like clocks: the earlier of two, past a gap.
#[test]
fn local_ranges_are_read_where_the_clocks_change() {
    #[rustfmt::skip]
    let cases = [
        ("2026-03-08", "2026-03-08T02:30", "2026-03-08T04:00", 30),
        ("2026-03-08", "2026-03-08T01:00", "2026-03-08T03:00", 60),
        ("2026-03-08", "2026-03-08T02:00", "2026-03-08T02:00:01", 0),
        ("2026-11-01", "2026-11-01T01:30", "2026-11-01T02:00", 90),
        ("2026-11-01", "2026-11-01T00:00", "2026-11-01T01:30", 90),
    ];
    for (day, from, to, minutes) in cases {
        let scene = Scene::new("America/Los_Angeles", day, &plan(&format!("{from} {to} 2")));
        let pay = scene.price("2026-01-01T00:00..2026-12-30T00:00", &[]);
        assert_eq!(pay.peak_us / MINUTE_US, minutes, "{from} to {to}");
    }
}

/// B17: windows are named as people write them.
#[test]
fn windows_are_named_as_people_write_them() {
    #[rustfmt::skip]
    let cases = [
        ("mon tue wed thu fri 07:00 10:00 1.5", "mon-fri 07:00-10:00 ×1.5"),
        ("sun sat 16:00 24:00 2", "sat,sun 16:00-24:00 ×2"),
        ("mon wed thu fri 22:00 02:00:30 1.0001", "mon,wed-fri 22:00-02:00:30 ×1.0001"),
        ("mon tue fri 22:00 02:00 10", "mon,tue,fri 22:00-02:00 ×10"),
        ("07:00 10:00 0.5", "daily 07:00-10:00 ×0.5"),
        (
            "2008-05-19T14:00:00Z 2008-05-19T16:00:00Z 2",
            "2008-05-19T14:00:00Z to 2008-05-19T16:00:00Z ×2",
        ),
        ("2008-05-19T14:00 2008-05-19T16:00 2", "2008-05-19T14:00:00 to 2008-05-19T16:00:00 ×2"),
    ];
    for (windows, label) in cases {
        assert_eq!(super::scene::plan(&plan(windows)).windows[0].label(), label);
    }
}
