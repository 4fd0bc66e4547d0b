use super::*;
use proptest::prelude::*;

const RULES: BreakerRules = BreakerRules {
    window_us: 10_000_000,
    calls_min: 4,
    failures_percent: 50,
    open_us: 1_000_000,
    open_us_max: 4_000_000,
    trials: 2,
};

/// A call at a second, and how it goes: `+` well, `-` badly, `x` it is not permitted, `?` its end
/// is never told, `<` its permit is given back.
fn plays(breaker: &mut Breaker, script: &[(f64, char)]) {
    for (at, what) in script {
        let now = Micros((at * 1e6) as i64);
        let permit = breaker.admit(now);
        assert_eq!(permit.is_err(), *what == 'x', "{what} at {at} s: {breaker:?}");
        match (permit, what) {
            (Ok(permit), '+' | '-') => breaker.tell(permit, *what == '+', now),
            (Ok(permit), '<') => breaker.give_back(permit),
            _ => {}
        }
    }
}

/// B11: when it opens, how long, and what closes it.
#[test]
fn a_breaker_opens_is_tried_and_closes() {
    type Case = (&'static str, &'static [(f64, char)], bool);
    let cases: [Case; 11] = [
        ("nothing has happened", &[], false),
        ("too few prove nothing", &[(0.0, '-'), (0.1, '-'), (0.2, '-')], false),
        ("half of four", &[(0.0, '+'), (0.1, '+'), (0.2, '-'), (0.3, '-'), (0.4, 'x')], true),
        ("fewer than half", &[(0.0, '+'), (0.1, '+'), (0.2, '-'), (0.3, '+'), (0.4, '-')], false),
        (
            "what is past is forgotten",
            &[(0.0, '-'), (0.1, '-'), (0.2, '-'), (10.3, '-'), (10.4, '+'), (10.5, '+')],
            false,
        ),
        (
            "tried after a second, and closed after two that went well",
            &[(0.0, '-'), (0.0, '-'), (0.0, '-'), (0.0, '-'), (0.9, 'x'), (1.0, '+'), (1.0, '+')],
            false,
        ),
        (
            "one that went well is not enough",
            &[(0.0, '-'), (0.0, '-'), (0.0, '-'), (0.0, '-'), (1.0, '+')],
            true,
        ),
        (
            "a failed trial: twice as long",
            &[(0.0, '-'), (0.0, '-'), (0.0, '-'), (0.0, '-'), (1.0, '-'), (2.9, 'x'), (3.0, '?')],
            true,
        ),
        (
            "never longer than at most: 1, 2, 4, 4 seconds",
            &[
                (0.0, '-'),
                (0.0, '-'),
                (0.0, '-'),
                (0.0, '-'),
                (1.0, '-'),
                (3.0, '-'),
                (7.0, '-'),
                (10.9, 'x'),
                (11.0, '+'),
                (11.0, '+'),
            ],
            false,
        ),
        (
            "one trial at a time, until its end is no longer awaited",
            &[(0.0, '-'), (0.0, '-'), (0.0, '-'), (0.0, '-'), (1.0, '?'), (1.9, 'x'), (2.0, '+')],
            true,
        ),
        (
            "what is given back may be used by another",
            &[(0.0, '-'), (0.0, '-'), (0.0, '-'), (0.0, '-'), (1.0, '<'), (1.0, '+'), (1.0, '+')],
            false,
        ),
    ];
    for (name, script, is_open) in cases {
        let mut breaker = Breaker::new(RULES);
        plays(&mut breaker, script);
        assert_eq!(breaker.is_open(), is_open, "{name}");
    }
}

/// B11: an answer that comes after the breaker opened says nothing about the trials since.
#[test]
fn a_late_outcome_changes_nothing() {
    let mut breaker = Breaker::new(RULES);
    let late = breaker.admit(Micros(0)).unwrap();
    plays(&mut breaker, &[(0.0, '-'), (0.0, '-'), (0.0, '-'), (0.0, '-'), (1.0, '+')]);
    breaker.tell(late, true, Micros(1_000_000));
    assert!(breaker.is_open());
    breaker.tell(late, false, Micros(1_000_000));
    plays(&mut breaker, &[(1.0, '+')]);
    assert!(!breaker.is_open());
}

proptest! {
    /// B11: however it goes, it never refuses for longer than at most, and calls that go well
    /// close it in the end.
    #[test]
    fn a_breaker_always_comes_back(
        steps in prop::collection::vec((0_i64..3_000_000, 0..4), 1..200),
    ) {
        let (mut breaker, mut now) = (Breaker::new(RULES), Micros(0));
        for (wait_us, what) in steps {
            now = now.plus(wait_us);
            match breaker.admit(now) {
                Err(left_us) => prop_assert!((1..=RULES.open_us_max).contains(&left_us)),
                Ok(_) if what == 0 => {}
                Ok(permit) => breaker.tell(permit, what == 1, now),
            }
        }
        for _ in 0..4 {
            now = now.plus(RULES.open_us_max);
            let permit = breaker.admit(now);
            prop_assert!(permit.is_ok(), "{breaker:?}");
            breaker.tell(permit.unwrap(), true, now);
        }
        now = now.plus(RULES.window_us);
        let permit = breaker.admit(now).unwrap();
        breaker.tell(permit, true, now);
        prop_assert!(!breaker.is_open());
    }
}
