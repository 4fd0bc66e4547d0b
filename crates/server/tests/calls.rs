//! The guard of calls to others, against servers in every mood.

use crate::elsewhere::{Elsewhere, Mood, says, waits};
use doorstep_domain::time::{Clock, Micros};
use doorstep_server::calls::target::Reach;
use doorstep_server::calls::{Answer, CallError, Fault, Guard, Request, Rules, Web};
use doorstep_server::clock::SteadyClock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A clock that goes when it is told to.
#[derive(Default)]
struct Wound(AtomicI64);

impl Clock for Wound {
    fn now(&self) -> Micros {
        Micros(self.0.load(Ordering::Relaxed))
    }
}

impl Wound {
    fn goes(&self, by_us: i64) {
        self.0.fetch_add(by_us, Ordering::Relaxed);
    }
}

fn rules() -> Rules {
    Rules::of_a_question(400_000, 0)
}

fn guard(rules: Rules) -> Guard {
    let clock = Arc::new(SteadyClock::start());
    Guard::new("somebody", rules, Web::new(Reach::Anywhere), clock, 1)
}

fn text(answer: &Answer) -> Result<String, Fault> {
    Ok(String::from_utf8_lossy(answer.success()?).into_owned())
}

/// B11: what fails at once is tried again where that is safe, and only there.
#[test]
fn a_failure_is_tried_again_where_that_is_safe() {
    let ask = |server: &Elsewhere, request: fn(&str) -> Request| {
        guard(rules()).call(&request(&server.url), text)
    };
    type Case = (&'static str, fn(&str) -> Request, usize, bool);
    let cases: [Case; 3] = [
        ("a question", |url| Request::get(url), 3, true),
        ("a command", |url| Request::post(url, "do it"), 1, false),
        ("a keyed command", |url| Request::post(url, "do it").repeatable(), 3, true),
    ];
    for (name, request, times, is_answered) in cases {
        for bad in [says(503, "later"), Mood::HangsUp, says(500, "")] {
            let server = Elsewhere::new(says(200, "done"));
            server.becomes([bad.clone(), bad, says(200, "done")]);
            let told = ask(&server, request);
            assert_eq!(told.is_ok(), is_answered, "{name}: {told:?}");
            assert_eq!(server.times_asked(), times, "{name}");
        }
    }
    let server = Elsewhere::new(says(502, "never"));
    let told = ask(&server, |url| Request::get(url));
    assert!(matches!(told, Err(CallError::Failed { .. })), "{told:?}");
    assert_eq!(server.times_asked(), 3, "and then it is enough");
    assert_eq!(server.asked()[0], "GET /");
}

/// B11: what one answer is: a failure of theirs, a refusal, or nothing in time; and no redirect
/// is followed.
#[test]
fn every_mood_has_its_outcome() {
    let inner = Elsewhere::new(says(200, "secret"));
    let redirect: &'static str = Box::leak(format!("location: {}\r\n", inner.url).into_boxed_str());
    let long = "x".repeat(5 << 20);
    let cases = [
        (says(200, "well"), "ok"),
        (says(404, "no such thing"), "refused"),
        (Mood::Says(302, redirect, String::new()), "refused"),
        (says(500, "broken"), "failed"),
        (says(200, &long), "failed"),
        (Mood::Says(200, "no header\r\n", String::new()), "failed"),
        (Mood::Says(200, "content-encoding: gzip\r\n", "no gzip".to_owned()), "failed"),
        (Mood::HangsUp, "unreachable"),
        (Mood::Hangs, "timed_out"),
        (Mood::Drips, "timed_out"),
        (Mood::Dawdles(Duration::from_secs(2), |_| String::new()), "timed_out"),
    ];
    for (number, (mood, expected)) in cases.into_iter().enumerate() {
        let server = Elsewhere::new(mood);
        let clock = SteadyClock::start();
        let told = guard(rules()).call(&Request::get(&server.url), text);
        let outcome = told.as_ref().map_or_else(CallError::outcome, |_| "ok");
        assert_eq!(outcome, expected, "case {number}: {told:?}");
        let took_us = clock.now().0;
        assert!(took_us < 1_500_000, "case {number}: {took_us} µs");
    }
    assert_eq!(inner.times_asked(), 0);
    let gone = Elsewhere::new(says(200, "")).url.clone();
    let told = guard(rules()).call(&Request::get(gone), text);
    assert!(matches!(told, Err(CallError::Unreachable(_))), "{told:?}");
    for url in ["http://", "nowhere", "gopher://127.0.0.1/"] {
        let told = guard(rules()).call(&Request::get(url), text);
        assert!(matches!(told, Err(CallError::Forbidden(_))), "{url}: {told:?}");
    }
}

/// B11: who fails is left alone at once, tried with care after a while, and asked as before when
/// that went well.
#[test]
fn a_server_that_fails_is_left_alone_until_it_is_well() {
    let (server, clock) = (Elsewhere::new(says(500, "")), Arc::new(Wound::default()));
    let shown: Arc<dyn Clock> = Arc::<Wound>::clone(&clock);
    let guard = Guard::new("somebody", rules(), Web::new(Reach::Anywhere), shown, 1);
    let asks = || guard.call(&Request::post(&server.url, ""), text);
    let open = |told: &Result<String, CallError>| matches!(told, Err(CallError::Open { .. }));
    assert!((0..10).all(|_| matches!(asks(), Err(CallError::Failed { .. }))));
    assert!(guard.is_open() && (0..100).all(|_| open(&asks())));
    assert_eq!(server.times_asked(), 10);

    clock.goes(1_000_000);
    assert!(matches!(asks(), Err(CallError::Failed { .. })), "one trial");
    assert!(open(&asks()), "and it is left alone for twice as long");
    clock.goes(1_900_000);
    assert!(open(&asks()));
    assert_eq!(server.times_asked(), 11);

    server.becomes([says(200, "well")]);
    clock.goes(100_000);
    assert!((0..3).all(|_| asks() == Ok("well".to_owned())));
    assert!(!guard.is_open());
}

/// B11: a refusal is an answer: nobody is left alone for it, nor for what never left.
#[test]
fn refusals_say_nothing_against_a_server() {
    let server = Elsewhere::new(says(404, ""));
    let guard = guard(rules());
    for _ in 0..50 {
        let told = guard.call(&Request::get(&server.url), text);
        assert!(matches!(told, Err(CallError::Refused(_))), "{told:?}");
        let told = guard.call(&Request::get("nowhere"), text);
        assert!(matches!(told, Err(CallError::Forbidden(_))), "{told:?}");
    }
    assert!(!guard.is_open());
    assert_eq!(server.times_asked(), 50);
}

/// B11: so many at once, and whoever comes then is told so without waiting.
#[test]
fn who_comes_when_all_seats_are_taken_does_not_wait() {
    let server = Elsewhere::new(Mood::Hangs);
    let guard = guard(Rules { seats: 2, ..rules() });
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| guard.call(&Request::get(&server.url), text));
        }
        while server.times_asked() < 2 {
            waits(Duration::from_millis(1));
        }
        let clock = SteadyClock::start();
        assert_eq!(guard.call(&Request::get(&server.url), text), Err(CallError::Full));
        assert!(clock.now().0 < 100_000);
    });
    server.becomes([says(200, "well")]);
    assert_eq!(guard.call(&Request::get(&server.url), text), Ok("well".to_owned()));
}

/// B11: so many a second, retries included; and who says when to come back is not asked before.
#[test]
fn calls_are_limited_by_rate_and_by_what_they_say() {
    let server = Elsewhere::new(says(500, ""));
    let mut slow = rules();
    (slow.rate.interval_us, slow.rate.burst) = (1_000_000, 2);
    let limited = guard(slow);
    assert!(limited.call(&Request::get(&server.url), text).is_err());
    assert_eq!(server.times_asked(), 2, "the second attempt was the last of the burst");
    let told = limited.call(&Request::get(&server.url), text);
    assert!(matches!(told, Err(CallError::Limited { .. })), "{told:?}");

    let server = Elsewhere::new(Mood::Says(429, "retry-after: 60\r\n", String::new()));
    let told = guard(rules()).call(&Request::get(&server.url), text);
    let expected = Some(60_000_000);
    assert!(
        matches!(told, Err(CallError::Failed { retry_after_us, .. }) if retry_after_us == expected),
        "{told:?}"
    );
    assert_eq!(server.times_asked(), 1);
}

/// B11: what users name may lead to the public internet only, unless the operator allows more.
#[test]
fn a_stranger_cannot_send_us_to_ourselves() {
    let server = Elsewhere::new(says(200, "secret"));
    let ask = |allowed: &[&str]| {
        let allowed = allowed.iter().map(|network| network.parse().unwrap()).collect();
        let (web, clock) = (Web::new(Reach::Public { allowed }), Arc::new(SteadyClock::start()));
        let guard = Guard::new("strangers", rules(), web, clock, 1);
        guard.call(&Request::get(&server.url), text)
    };
    let told = ask(&[]).unwrap_err();
    let expected = "127.0.0.1 is 127.0.0.1, which is not a public address";
    assert_eq!(told, CallError::Forbidden(expected.to_owned()));
    assert_eq!(server.times_asked(), 0);
    assert_eq!(ask(&["127.0.0.0/8"]), Ok("secret".to_owned()));
}
