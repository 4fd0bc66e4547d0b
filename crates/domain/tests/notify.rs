//! When it is tried again, what an answer means, and the words.

use doorstep_domain::notify::{
    CUSTOMER, Placeholder, Template, Verdict, WEBHOOK, is_message_type, owner_rest_us, verdict,
};
use proptest::prelude::*;

const SECOND: i64 = 1_000_000;

/// E3: the schedule of Standard Webhooks 1.0, ten attempts over some 75 hours.
#[test]
fn webhooks_are_retried_on_the_schedule_of_the_standard() {
    let expected_s =
        [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map(|s: i64| s * SECOND);
    assert_eq!(WEBHOOK.attempts_max(), 10);
    let mut total_us = 0;
    for (attempts, rest_us) in (1..).zip(expected_s) {
        let told_us = WEBHOOK.rest_us(attempts, "msg_1").unwrap();
        assert!((rest_us..=rest_us + rest_us / 10).contains(&told_us), "{attempts}: {told_us}");
        total_us += told_us;
    }
    assert_eq!((WEBHOOK.rest_us(10, "msg_1"), WEBHOOK.rest_us(0, "msg_1")), (None, None));
    let hours = total_us / (3_600 * SECOND);
    assert!((75..=83).contains(&hours), "{hours}");
    assert_eq!(CUSTOMER.attempts_max(), 6);
}

/// E7: those who failed together do not come back together; the same one always does alike.
#[test]
fn rests_are_spread() {
    let rests: std::collections::BTreeSet<_> =
        (0..100).map(|number| WEBHOOK.rest_us(2, &format!("msg_{number}"))).collect();
    assert!(rests.len() > 95, "{}", rests.len());
    assert_eq!(WEBHOOK.rest_us(2, "msg_7"), WEBHOOK.rest_us(2, "msg_7"));
}

#[test]
fn an_owner_rests_twice_as_long_each_time_up_to_five_minutes() {
    let rests = [1, 2, 3, 7, 8, 1_000].map(|failures| owner_rest_us(failures) / SECOND);
    assert_eq!(rests, [5, 10, 20, 300, 300, 300]);
}

/// E3: 2xx is taken, 3xx fails, 410 is gone, 429, 502 and 504 throttle.
#[test]
fn answers_mean_what_the_standard_says() {
    let cases = [
        (200, Verdict::Taken),
        (204, Verdict::Taken),
        (299, Verdict::Taken),
        (301, Verdict::Failed),
        (308, Verdict::Failed),
        (400, Verdict::Failed),
        (404, Verdict::Failed),
        (410, Verdict::Gone),
        (429, Verdict::Throttled),
        (500, Verdict::Failed),
        (502, Verdict::Throttled),
        (503, Verdict::Failed),
        (504, Verdict::Throttled),
    ];
    for (status, expected) in cases {
        assert_eq!(verdict(status), expected, "{status}");
    }
}

#[test]
fn types_are_words_with_full_stops_between() {
    let cases = [
        ("delivery.picked_up", true),
        ("test", true),
        ("a.B.9", true),
        ("", false),
        ("delivery.", false),
        (".x", false),
        ("delivery picked", false),
        ("delivery.*", false),
    ];
    for (text, expected) in cases {
        assert_eq!(is_message_type(text), expected, "{text:?}");
    }
}

/// C11: a template says what is wrong with it before anybody is told anything.
#[test]
fn templates_are_filled_or_refused() {
    let value = |placeholder: Placeholder| format!("<{}>", placeholder.as_str());
    let cases = [
        ("Order {reference}: {status}.", Ok("Order <reference>: <status>.")),
        ("{courier}{time}", Ok("<courier><time>")),
        ("", Ok("")),
        ("a {{b}} c", Ok("a {b} c")),
        ("{tracking_url}", Ok("<tracking_url>")),
        ("{{{merchant}}}", Ok("{<merchant>}")),
        ("Hello {name}", Err("{name} is not known: reference, merchant")),
        ("{}", Err("{} is not known")),
        ("open {reference", Err("without its other")),
        ("close }", Err("without its other")),
    ];
    for (text, expected) in cases {
        match (text.parse::<Template>(), expected) {
            (Ok(template), Ok(expected)) => assert_eq!(template.fill(value), expected, "{text}"),
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{text}: {error}"),
            (told, expected) => panic!("{text}: {told:?}, not {expected:?}"),
        }
    }
    assert!("{time}".parse::<Template>().unwrap().has(Placeholder::Time));
}

proptest! {
    /// Whatever is written with its braces doubled is what is read.
    #[test]
    fn doubled_braces_are_letters(text in "[ a-z{}\u{e4}]{0,40}") {
        let doubled = text.replace('{', "{{").replace('}', "}}");
        let template: Template = doubled.parse().unwrap();
        prop_assert_eq!(template.fill(|_| String::new()), text);
    }
}
