//! Whom to ask, where, and when again.

use doorstep_domain::dispatch::search::{Ask, Candidate, best, is_silent};
use doorstep_domain::dispatch::{Rings, Search};
use doorstep_domain::time::{Micros, SECOND_US};

fn seconds(seconds: i64) -> Micros {
    Micros(seconds * SECOND_US)
}

fn search(rings: u32, standing: usize) -> Search {
    Search { since: seconds(1_000), ready_at: seconds(1_000), rings, standing }
}

/// C6: three at once within five kilometres, then wider, and never more than twelve at once.
#[test]
fn rings_grow_and_offers_are_bounded() {
    let cases = [
        ("first", search(0, 0), 5_000.0, 3),
        ("second", search(1, 3), 7_500.0, 3),
        ("third", search(2, 6), 11_250.0, 3),
        ("the widest", search(3, 9), 15_000.0, 3),
        ("and no wider", search(40, 0), 15_000.0, 3),
        ("for good", search(u32::MAX, 0), 15_000.0, 3),
        ("nearly enough asked", search(4, 11), 15_000.0, 1),
        ("enough asked", search(4, 12), 15_000.0, 0),
        ("more than enough", search(4, 40), 15_000.0, 0),
    ];
    for (name, search, radius_m, count) in cases {
        assert_eq!(search.ask(&Rings::default()), Ask { radius_m, count }, "{name}");
    }
    let odd = Rings { radius_m: 20_000.0, radius_max_m: 10.0, ..Rings::default() };
    assert_eq!(search(3, 0).ask(&odd).radius_m, 20_000.0, "the first ring is never cut");
}

#[test]
fn when_it_is_looked_again() {
    let rings = Rings::default();
    let now = seconds(2_000);
    let cases = [
        ("somebody was asked", search(1, 3), 3, 2_002),
        ("nobody was there", search(1, 0), 0, 2_002),
        ("nobody for long", search(5, 0), 0, 2_010),
        ("nobody for ever", search(500, 0), 0, 2_016),
    ];
    for (name, search, found, expected) in cases {
        assert_eq!(search.next_at(&rings, found, now), seconds(expected), "{name}");
    }
}

#[test]
fn when_it_begins_and_when_a_person_is_told() {
    let rings = Rings::default();
    let ready_at = |at| Search { ready_at: seconds(at), ..search(0, 0) };
    let cases = [
        ("ready long ago", ready_at(0), 1_000),
        ("ready soon", ready_at(1_600), 1_000),
        ("ready in an hour", ready_at(4_600), 3_400),
    ];
    for (name, search, begins) in cases {
        assert_eq!(search.begins_at(&rings), seconds(begins), "{name}");
        assert!(!search.is_for_a_person(&rings, seconds(begins + 299)), "{name}");
        assert!(search.is_for_a_person(&rings, seconds(begins + 300)), "{name}");
    }
}

/// C6, C12: by arrival; whoever was not heard of lately only where there is nobody else.
#[test]
fn who_is_best() {
    let candidate = |courier, seconds: f64, distance_m: f64, silent_s: i64| Candidate {
        courier,
        seconds,
        distance_m,
        silent_us: silent_s * SECOND_US,
    };
    let candidates = vec![
        candidate("far", 600.0, 3_000.0, 1),
        candidate("lost", 10.0, 50.0, 3_600),
        candidate("across the river", 500.0, 200.0, 1),
        candidate("same, farther", 120.0, 900.0, 5),
        candidate("same, nearer", 120.0, 800.0, 5),
        candidate("same, nearer, by name", 120.0, 800.0, 5),
    ];
    let order = |count| -> Vec<&str> {
        let best = best(candidates.clone(), count, &Rings::default());
        best.into_iter().map(|candidate| candidate.courier).collect()
    };
    let all = [
        "same, nearer",
        "same, nearer, by name",
        "same, farther",
        "across the river",
        "far",
        "lost",
    ];
    assert_eq!(order(10), all);
    assert_eq!(order(2), all[..2]);
    assert_eq!(order(0), Vec::<&str>::new());
}

/// C13: silence is counted from the last sign of life, and accepting is one.
#[test]
fn when_a_courier_is_silent() {
    let rings = Rings::default();
    let cases = [
        ("never heard of, just accepted", None, 100, false),
        ("never heard of", None, 181, true),
        ("heard of before accepting only", Some(-50), 181, true),
        ("heard of since", Some(60), 181, false),
        ("heard of since, once", Some(60), 241, true),
    ];
    for (name, heard_at, now, expected) in cases {
        let silent = is_silent(seconds(0), heard_at.map(seconds), &rings, seconds(now));
        assert_eq!(silent, expected, "{name}");
    }
}
