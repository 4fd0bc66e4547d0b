//! Plans change, also in the middle of a day.

use super::scene::{MINUTE_US, Scene, plan};
use doorstep_domain::pay::{DayRates, PlanVersion, RatesError};

const DAY: &str = "2026-05-15";

fn version(version: i64, effective_from: &str, toml: &str) -> PlanVersion {
    let effective_from = effective_from.parse().expect("an instant");
    PlanVersion { version, effective_from, plan: plan(toml) }
}

/// Versions counted from 1, each an instant and a rate per hour.
fn versions(text: &str) -> Vec<PlanVersion> {
    let numbered = (1..).zip(text.split("; "));
    let version = |(number, change): (i64, &str)| {
        let (effective_from, per_hour) = change.split_once(' ').expect("an instant and a rate");
        version(number, effective_from, &format!("per_hour_minor = {per_hour}"))
    };
    numbered.map(version).collect()
}

/// B13: at each instant the highest version already effective holds; the first reaches back.
/// Columns: versions as instant and rate per hour, pay of the 24 hours of 2026-05-15.
#[test]
fn the_version_in_force_holds() {
    #[rustfmt::skip]
    let cases = [
        ("2026-01-01T00:00:00Z 10", 240),
        ("2026-05-15T12:00:00Z 10", 240),
        ("2026-01-01T00:00:00Z 10; 2026-05-15T12:00:00Z 20", 360),
        ("2026-01-01T00:00:00Z 10; 2026-05-16T00:00:00Z 20", 240),
        ("2026-01-01T00:00:00Z 10; 2026-05-15T00:00:00Z 20", 480),
        ("2026-05-15T12:00:00Z 10; 2026-05-15T12:00:00Z 20", 480),
        (
            "2026-01-01T00:00:00Z 10; 2026-05-15T06:00:00Z 20; 2026-05-15T12:00:00Z 30",
            60 + 120 + 360,
        ),
        // A later version overtakes one that waits.
        ("2026-01-01T00:00:00Z 10; 2026-05-15T12:00:00Z 20; 2026-05-15T06:00:00Z 30", 60 + 540),
    ];
    for (text, total_minor) in cases {
        let mut versions = versions(text);
        for _ in 0..versions.len() {
            versions.rotate_left(1);
            let scene = Scene::under("UTC", DAY, &versions);
            let pay = scene.price("00:00..2026-05-16T00:00", &[]);
            assert_eq!(pay.total_minor, total_minor, "{text}");
        }
    }
}

/// B13: windows and rates change at the instant; what holds for a day does at its start.
#[test]
fn rates_change_at_once_and_rules_at_midnight() {
    let versions = [
        version(
            1,
            "2026-01-01T00:00:00Z",
            r#"
            per_hour_minor = 60
            per_delivery_minor = 5
            overlap = "sum"
            windows = [{ from = "08:00", to = "10:00", multiplier = 2 }]"#,
        ),
        version(
            2,
            "2026-05-15T09:00:00Z",
            r#"
            per_hour_minor = 120
            per_delivery_minor = 7
            overlap = "union"
            daily_minimum_minor = 100000
            windows = [{ from = "09:30", to = "10:30", multiplier = 3 }]"#,
        ),
    ];
    let scene = Scene::under("UTC", DAY, &versions);
    let completions = [scene.completed("08:59:59", 0, 0), scene.completed("09:00", 0, 0)];
    let pay = scene.price("08:00..11:00 08:00..11:00", &completions);
    // An hour at 60 ×2, half an hour at 120, an hour at 120 ×3, half an hour at 120; twice.
    assert_eq!(pay.total_minor, 2 * (120 + 60 + 360 + 60) + 5 + 7);
    assert_eq!(pay.peak_us, 2 * 120 * MINUTE_US);

    let tomorrow = Scene::under("UTC", "2026-05-16", &versions);
    let pay = tomorrow.price("08:00..09:00 08:00..09:00", &[]);
    assert_eq!((pay.total_minor, pay.worked_us), (100_000, 60 * MINUTE_US));
}

/// B13: without any version there is no pay, and no guess.
#[test]
fn a_day_without_a_plan_has_no_rates() {
    let zone = "UTC".parse().expect("zone");
    let rates = |day: &str, versions: &[PlanVersion]| {
        DayRates::new(&zone, day.parse().expect("day"), versions).map(|_| ())
    };
    let versions = [version(1, "2026-01-01T00:00:00Z", "")];
    assert_eq!(rates(DAY, &[]), Err(RatesError::NoPlan));
    assert_eq!(rates("9999-12-30", &versions), Err(RatesError::EndOfCalendar));
    assert_eq!(rates("9999-12-31", &versions), Ok(()));
}
