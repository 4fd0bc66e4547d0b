//! Who moves: the newest, unless nobody moves so fast.

use super::{AT, bare, position};
use doorstep_domain::tracking::Ping;
use doorstep_domain::tracking::motion::{Step, step};

/// A ping `seconds` after the start, `metres` to the north of it.
fn ping(seconds: i64, metres: f64) -> Ping {
    bare(AT.plus(seconds * 1_000_000), position(37.7 + metres / 111_195.0, -122.4))
}

fn name(step: Step) -> &'static str {
    match step {
        Step::First => "first",
        Step::Moves => "moves",
        Step::Stale => "stale",
        Step::Implausible { .. } => "implausible",
    }
}

/// A3, A5: older and repeated pings move nobody, nor does one that nobody could have driven.
#[test]
fn one_step_is_judged_by_time_and_speed() {
    let cases = [
        ("never seen", None, None, ping(0, 0.0), "first"),
        ("onwards", Some(ping(0, 0.0)), None, ping(10, 100.0), "moves"),
        ("standing still", Some(ping(0, 0.0)), None, ping(10, 0.0), "moves"),
        ("late", Some(ping(10, 0.0)), None, ping(9, 10.0), "stale"),
        ("sent twice", Some(ping(10, 0.0)), None, ping(10, 0.0), "stale"),
        ("of the same second, later", Some(ping(10, 0.0)), None, ping(10, 80.0), "moves"),
        ("just under 300 km/h", Some(ping(0, 0.0)), None, ping(10, 832.0), "moves"),
        ("just over 300 km/h", Some(ping(0, 0.0)), None, ping(10, 835.0), "implausible"),
        ("a jump, an hour later", Some(ping(0, 0.0)), None, ping(3_600, 290_000.0), "moves"),
        ("late and far", Some(ping(10, 0.0)), None, ping(9, 90_000.0), "stale"),
        (
            "far again, near the doubt",
            Some(ping(0, 0.0)),
            Some(ping(5, 9e3)),
            ping(10, 9e3),
            "moves",
        ),
        (
            "the doubt sent twice",
            Some(ping(0, 0.0)),
            Some(ping(5, 9e3)),
            ping(5, 9e3),
            "implausible",
        ),
        ("far from both", Some(ping(0, 0.0)), Some(ping(5, 9e3)), ping(10, -9e3), "implausible"),
        ("back from the doubt", Some(ping(0, 0.0)), Some(ping(5, 9e3)), ping(10, 9.0), "moves"),
        ("before the doubt", Some(ping(0, 0.0)), Some(ping(9, 9e3)), ping(8, 9e3), "moves"),
    ];
    for (what, last, doubted, next, expected) in cases {
        assert_eq!(name(step(last.as_ref(), doubted.as_ref(), &next)), expected, "{what}");
    }
}

/// A3: of several pings of one instant the last to arrive counts, also where it is one that was
/// sent before; one of an earlier instant never does.
#[test]
fn pings_of_one_instant_count_by_arrival() {
    let (a, b, earlier) = (ping(10, 0.0), ping(10, 40.0), ping(9, 20.0));
    let stories = [
        ("in order", vec![earlier, a, b], b),
        ("the other way round", vec![b, a, earlier], a),
        ("the first one again", vec![a, b, a], a),
        ("the last one again", vec![a, b, b], b),
        ("an earlier one again", vec![earlier, a, b, earlier], b),
    ];
    for (what, arrivals, expected) in stories {
        let stands = arrivals.iter().fold(None, |last: Option<Ping>, next| {
            match step(last.as_ref(), None, next) {
                Step::First | Step::Moves => Some(*next),
                Step::Stale | Step::Implausible { .. } => last,
            }
        });
        assert_eq!(stands, Some(expected), "{what}");
    }
}

#[test]
fn the_speed_that_was_not_believed_is_told() {
    let Step::Implausible { speed_mps } = step(Some(&ping(0, 0.0)), None, &ping(10, 5_000.0))
    else {
        panic!("five kilometres in ten seconds are too many");
    };
    assert!((speed_mps - 500.0).abs() < 1.0, "{speed_mps}");
}

#[test]
fn the_way_over_the_antimeridian_is_short() {
    let from = bare(AT, position(-17.0, 179.9999));
    let to = bare(AT.plus(10_000_000), position(-17.0, -179.9999));
    assert_eq!(step(Some(&from), None, &to), Step::Moves);
}

/// A3: one bad fix freezes nobody, wherever in the sequence it comes, the first included.
#[test]
fn one_bad_fix_is_forgotten_and_two_that_agree_are_believed() {
    let run = |metres: &[f64]| {
        let (mut last, mut doubted) = (None, None);
        for (seconds, metres) in (0..).zip(metres) {
            let next = ping(seconds * 10, *metres);
            match step(last.as_ref(), doubted.as_ref(), &next) {
                Step::First | Step::Moves => (last, doubted) = (Some(next), None),
                Step::Stale => {}
                Step::Implausible { .. } => doubted = Some(next),
            }
        }
        last.expect("seen")
    };
    let cases: [(&str, &[f64], f64); 5] = [
        ("a bad first fix", &[50_000.0, 0.0, 10.0], 10.0),
        ("one in the middle", &[0.0, 10.0, 50_000.0, 30.0], 30.0),
        ("one at the end", &[0.0, 10.0, 50_000.0], 10.0),
        ("a ferry without network", &[0.0, 50_000.0, 50_010.0, 50_020.0], 50_020.0),
        ("noise that never agrees", &[0.0, 50_000.0, -50_000.0, 90_000.0], 0.0),
    ];
    for (what, metres, expected) in cases {
        let found = run(metres).position;
        assert_eq!(found, ping(0, expected).position, "{what}");
    }
}
