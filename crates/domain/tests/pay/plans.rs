//! What a plan pays for: overlap, deliveries, distance, minimums, tips, and the rounding.

use super::scene::Scene;

const DAY: &str = "2026-05-15";

/// B2: time under several deliveries counts once under union, and for each under sum.
#[test]
fn overlapping_intervals_count_once_or_each() {
    #[rustfmt::skip]
    let cases = [
        ("two at once", "08:00..09:00 08:00..09:00", 60, 120),
        ("partly at once", "08:00..09:00 08:30..09:30", 90, 120),
        ("one inside another", "08:00..10:00 08:30..09:00", 120, 150),
        ("same start", "08:00..10:00 08:00..09:00", 120, 180),
        ("back-to-back", "08:00..09:00 09:00..10:00", 120, 120),
        ("apart", "08:00..09:00 10:00..11:00", 120, 120),
        ("a long one over many", "06:00..12:00 07:00..08:00 09:00..10:00 11:00..13:00", 420, 600),
    ];
    for (name, intervals, union_minutes, sum_minutes) in cases {
        for (overlap, minutes) in [("union", union_minutes), ("sum", sum_minutes)] {
            let window = r#"{ from = "08:00", to = "24:00", multiplier = 1 }"#;
            let plan = format!("overlap = {overlap:?}\nper_hour_minor = 60\nwindows = [{window}]");
            let pay = Scene::new("UTC", DAY, &plan).price(intervals, &[]);
            assert_eq!(pay.total_minor, minutes, "{name} under {overlap}");
            assert_eq!(pay.worked_us, minutes * 60_000_000, "{name} under {overlap}");
        }
    }
}

/// B2: deliveries and distance are multiplied only where the plan says so, at the delivery.
#[test]
fn deliveries_and_distance_are_paid() {
    #[rustfmt::skip]
    let cases = [
        ("time", "07:59:59", 100 + 350),
        ("time", "08:00", 100 + 350),
        ("all", "07:59:59", 100 + 350),
        ("all", "08:00", 200 + 700),
        ("all", "08:59:59", 200 + 700),
        ("all", "09:00", 100 + 350),
        ("all", "2026-05-14T08:30", 0),
        ("all", "2026-05-16T00:00", 0),
    ];
    for (multiplies, delivered, total_minor) in cases {
        let plan = format!(
            r#"per_delivery_minor = 100
               per_km_minor = 100
               multiplies = {multiplies:?}
               windows = [{{ from = "08:00", to = "09:00", multiplier = 2 }}]"#
        );
        let scene = Scene::new("UTC", DAY, &plan);
        let pay = scene.price("", &[scene.completed(delivered, 3_500, 0)]);
        assert_eq!(pay.total_minor, total_minor, "{multiplies} at {delivered}");
        assert_eq!(pay.deliveries, i64::from(total_minor > 0), "{multiplies} at {delivered}");
    }
}

/// B2: the day is paid the highest of what was earned, the daily and the hourly minimum.
#[test]
fn minimums_top_up() {
    #[rustfmt::skip]
    let cases = [
        ("no work, no minimum", 500, 600, "", 0, 0),
        ("daily minimum", 500, 0, "08:00..09:00", 0, 500),
        ("daily minimum, by a delivery alone", 500, 600, "", 1, 500),
        ("daily minimum, by a zero-length interval: none", 500, 600, "08:00..08:00", 0, 0),
        ("hourly minimum", 0, 600, "08:00..09:30", 0, 900),
        ("hourly above daily", 500, 600, "08:00..09:00", 0, 600),
        ("daily above hourly", 1_000, 600, "08:00..09:00", 0, 1_000),
        ("earned more", 100, 200, "08:00..09:00", 5, 240 + 5 * 70),
        ("deliveries count toward it", 0, 600, "08:00..09:00", 3, 600),
    ];
    for (name, daily, hourly, intervals, deliveries, total_minor) in cases {
        let plan = format!(
            "per_hour_minor = 240\nper_delivery_minor = 70\n\
             daily_minimum_minor = {daily}\nhourly_minimum_minor = {hourly}"
        );
        let scene = Scene::new("UTC", DAY, &plan);
        let completions = vec![scene.completed("12:00", 0, 0); deliveries];
        assert_eq!(scene.price(intervals, &completions).total_minor, total_minor, "{name}");
    }
}

/// B2: tips are beside the pay, whatever else; they may count toward the minimum or be withheld.
/// Columns: tips, tip, daily minimum; pay, tip paid, tip withheld of an hour at 200.
#[test]
fn tips_are_never_part_of_the_pay() {
    #[rustfmt::skip]
    let cases = [
        ("pass-through", 150, 0, 400, 150, 0),
        ("pass-through", 150, 500, 500, 150, 0),
        ("toward-minimum", 150, 0, 400, 150, 0),
        ("toward-minimum", 50, 500, 450, 50, 0),
        ("toward-minimum", 100, 500, 400, 100, 0),
        ("toward-minimum", 150, 500, 400, 150, 0),
        ("withheld", 150, 0, 400, 0, 150),
        ("withheld", 150, 500, 500, 0, 150),
    ];
    for (tips, tip_minor, minimum, total_minor, paid, withheld) in cases {
        let plan = format!(
            r#"per_hour_minor = 200
               tips = {tips:?}
               daily_minimum_minor = {minimum}
               multiplies = "all"
               windows = [{{ from = "00:00", to = "24:00", multiplier = 2 }}]"#
        );
        let scene = Scene::new("UTC", DAY, &plan);
        let pay = scene.price("08:00..09:00", &[scene.completed("09:00", 0, tip_minor)]);
        let name = format!("{tips} {tip_minor} {minimum}");
        assert_eq!(pay.total_minor, total_minor, "{name}");
        assert_eq!((pay.tip_minor, pay.withheld_tip_minor), (paid, withheld), "{name}");
    }
}

/// B2: one rounding, half to even, on the exact sum of the day.
#[test]
fn the_sum_is_rounded_once_half_to_even() {
    #[rustfmt::skip]
    let cases = [
        ("half an hour at 1: down to even", 1, "08:00..08:30", "1/2", 0),
        ("half an hour at 3: up to even", 3, "08:00..08:30", "3/2", 2),
        ("half an hour at 5: down to even", 5, "08:00..08:30", "5/2", 2),
        ("a moment more than a half", 5, "08:00..08:30:00.000001", "1800000001/720000000", 3),
        ("two halves are one", 1, "08:00..08:30 10:00..10:30", "1", 1),
        ("three thirds are one", 1, "01:00..01:20 02:00..02:20 03:00..03:20", "1", 1),
        ("a third is lost", 1, "01:00..01:20", "1/3", 0),
    ];
    for (name, per_hour, intervals, exact, total_minor) in cases {
        let plan = format!("per_hour_minor = {per_hour}");
        let pay = Scene::new("UTC", DAY, &plan).price(intervals, &[]);
        assert_eq!(pay.total_minor, total_minor, "{name}");
        assert_eq!(pay.exact.to_string(), exact, "{name}");
    }
}

/// B2: everything at its limit is still exact: a year of a courier's work in one day.
#[test]
fn the_largest_amounts_do_not_overflow() {
    let limit = 1_000_000_000_i64;
    let plan = format!(
        r#"overlap = "sum"
           multiplies = "all"
           per_hour_minor = {limit}
           per_delivery_minor = {limit}
           per_km_minor = {limit}
           windows = [{{ from = "00:00", to = "24:00", multiplier = 100 }}]"#
    );
    let scene = Scene::new("UTC", DAY, &plan);
    let completions = vec![scene.completed("12:00", 20_000_000, limit); 1_000];
    let pay = scene.price(&"00:00..2026-05-16T00:00 ".repeat(1_000), &completions);
    let time = i128::from(limit) * 100 * 24 * 1_000;
    let deliveries = i128::from(limit) * 100 * 1_000;
    let distance = i128::from(limit) * 100 * 20_000 * 1_000;
    let exact = (time + deliveries + distance).to_string();
    assert_eq!(pay.exact.to_string(), exact);
    assert_eq!(pay.total_minor, exact.parse().unwrap_or(i64::MAX));
}
