//! Explanations: the lines of a day, as a person would check them.

use super::scene::Scene;
use doorstep_domain::pay::{Delivered, Exact, Line, Work, explain};

const PLAN: &str = r#"
    per_hour_minor = 2401
    per_delivery_minor = 100
    per_km_minor = 33
    multiplies = "all"
    tips = "toward-minimum"
    daily_minimum_minor = 20000
    windows = [
        { days = ["mon", "tue", "wed"], from = "07:00", to = "10:00", multiplier = "1.5" },
        { from = "09:00", to = "09:30", multiplier = 2 },
    ]
"#;

fn work(scene: &Scene, delivery: &str, interval: &str) -> Work {
    let delivery = (!delivery.is_empty()).then(|| delivery.parse().expect("id"));
    Work { span: scene.span(interval), delivery }
}

fn delivered(scene: &Scene, delivery: &str, at: &str, distance_m: i64) -> Delivered {
    let delivery = delivery.parse().expect("id");
    Delivered { completion: scene.completed(at, distance_m, 25), delivery }
}

/// What is said of a day in which two deliveries overlap and little is earned.
const EXPLAINED: &str = r#"[
    {
        "kind": "time", "delivery": "d1",
        "start": "2008-05-19T13:30:00Z", "end": "2008-05-19T16:30:00Z",
        "counted_before_us": 0, "base_us": 1800000000, "peak_us": 9000000000,
        "stretches": [
            { "window": null, "worked_us": 1800000000, "per_hour_minor": 2401,
              "multiplier": "1", "amount": { "exact": "2401/2", "rounded_minor": 1200 } },
            { "window": "mon-wed 07:00-10:00 ×1.5", "worked_us": 7200000000, "per_hour_minor": 2401,
              "multiplier": "1.5", "amount": { "exact": "7203", "rounded_minor": 7203 } },
            { "window": "daily 09:00-09:30 ×2", "worked_us": 1800000000,
              "per_hour_minor": 2401,
              "multiplier": "2", "amount": { "exact": "2401", "rounded_minor": 2401 } }
        ],
        "amount": { "exact": "21609/2", "rounded_minor": 10804 }
    },
    {
        "kind": "time", "delivery": "d2",
        "start": "2008-05-19T16:15:00Z", "end": "2008-05-19T16:45:00Z",
        "counted_before_us": 900000000, "base_us": 0, "peak_us": 900000000,
        "stretches": [
            { "window": "mon-wed 07:00-10:00 ×1.5", "worked_us": 900000000, "per_hour_minor": 2401,
              "multiplier": "1.5", "amount": { "exact": "7203/8", "rounded_minor": 900 } }
        ],
        "amount": { "exact": "7203/8", "rounded_minor": 900 }
    },
    {
        "kind": "delivery", "delivery": "d1", "at": "2008-05-19T16:30:00Z",
        "per_delivery_minor": 100, "multiplier": "1.5",
        "amount": { "exact": "150", "rounded_minor": 150 }
    },
    {
        "kind": "distance", "delivery": "d1", "at": "2008-05-19T16:30:00Z",
        "distance_m": 1250, "per_km_minor": 33, "multiplier": "1.5",
        "amount": { "exact": "495/8", "rounded_minor": 62 }
    },
    {
        "kind": "delivery", "delivery": "d2", "at": "2008-05-19T16:45:00Z",
        "per_delivery_minor": 100, "multiplier": "1.5",
        "amount": { "exact": "150", "rounded_minor": 150 }
    },
    {
        "kind": "minimum", "minimum": { "exact": "20000", "rounded_minor": 20000 },
        "earned": { "exact": "48267/4", "rounded_minor": 12067 }, "tips_minor": 50,
        "amount": { "exact": "31533/4", "rounded_minor": 7883 }
    }
]"#;

/// B17: each line lists interval, time at base, time in each window, rate, amount; what is counted
/// already is said; deliveries, distance, minimum and rounding have lines of their own.
#[test]
fn a_day_explains_itself() {
    let scene = Scene::new("America/Los_Angeles", "2008-05-19", PLAN);
    let work = [
        work(&scene, "d2", "09:15..09:45"),
        work(&scene, "d1", "06:30..09:30"),
        work(&scene, "d0", "2008-05-18T23:00..00:00"),
    ];
    let delivered = [
        delivered(&scene, "d2", "09:45", 0),
        delivered(&scene, "d1", "09:30", 1_250),
        delivered(&scene, "d0", "2008-05-18T23:59", 9_000),
    ];
    let lines = explain(&scene.rates, &work, &delivered);
    let json = serde_json::to_value(&lines).expect("lines can be written");
    let expected: serde_json::Value = serde_json::from_str(EXPLAINED).expect("JSON");
    assert_eq!(json, expected, "{json:#}");
    let total: Exact = lines.iter().map(Line::amount).sum();
    assert_eq!(total, Exact::of_minor(19_950));
}

/// B17: the one rounding has a line, so that the lines add up.
#[test]
fn the_rounding_has_a_line() {
    let cases = [
        ("08:00..09:00", None),
        ("08:00..08:20", Some("-1/3")),
        ("08:00..08:40", Some("1/3")),
        ("08:00..08:30", Some("-1/2")),
        ("08:00..09:30", Some("1/2")),
    ];
    for (interval, expected) in cases {
        let scene = Scene::new("UTC", "2026-05-15", "per_hour_minor = 1");
        let lines = explain(&scene.rates, &[work(&scene, "", interval)], &[]);
        let rounding = lines.iter().find_map(|line| match line {
            Line::Rounding { amount } => Some(amount.to_string()),
            _ => None,
        });
        assert_eq!(rounding.as_deref(), expected, "{interval}");
    }
}

/// B17: what adds nothing has no line; what is counted already has one that says so.
#[test]
fn nothing_has_no_line() {
    let scene = Scene::new("UTC", "2026-05-15", "per_hour_minor = 60");
    let cases = [
        ("08:00..08:00", 0),
        ("2026-05-14T08:00..00:00", 0),
        ("2026-05-16T00:00..2026-05-16T08:00", 0),
        ("08:00..09:00", 1),
        ("08:00..09:00 08:00..09:00", 2),
    ];
    for (intervals, expected) in cases {
        let work: Vec<Work> =
            intervals.split_whitespace().map(|interval| work(&scene, "", interval)).collect();
        let lines = explain(&scene.rates, &work, &[delivered(&scene, "d1", "08:00", 500)]);
        assert_eq!(lines.len(), expected, "{intervals}");
    }
}
