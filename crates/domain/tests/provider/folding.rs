//! How a delivery stands, and why: tables.

use super::{event, timeline};
use doorstep_domain::limits::EVENTS_PER_TIMELINE_MAX;
use doorstep_domain::provider::{Event, Joined, State, Timeline, explain, fold};
use doorstep_domain::time::Micros;

/// What a timeline is called, its events, its state and since which second, its attempt, and
/// whether it is disputed.
type Case = (&'static str, &'static str, &'static str, u32, bool);

const CASES: &[Case] = &[
    ("nothing is understood", "1 teleported, 2 eta", "- -", 1, false),
    ("one", "1 created", "created 1", 1, false),
    ("step by step", "1 created, 2 assigned, 3 picked_up", "picked_up 3", 1, false),
    ("a lower one late by its clock", "1 picked_up, 2 assigned", "picked_up 1", 1, false),
    ("the same twice", "1 assigned, 2 assigned", "assigned 1", 1, false),
    ("as heavy, another", "1 searching, 2 scheduled", "scheduled 2", 1, false),
    ("unknown changes nothing", "1 assigned, 2 teleported", "assigned 1", 1, false),
    ("looked for again", "1 assigned, 2 searching", "searching 2", 2, false),
    (
        "again and again",
        "1 assigned, 2 searching, 3 at_pickup, 4 searching",
        "searching 4",
        3,
        false,
    ),
    ("looked for before", "1 searching, 2 assigned, 3 assigned", "assigned 2", 1, false),
    ("not after the pickup", "1 picked_up, 2 searching", "picked_up 1", 1, false),
    ("an end", "1 assigned, 2 delivered", "delivered 2", 1, false),
    ("after the end", "1 delivered, 2 picked_up", "delivered 1", 1, false),
    ("not even looked for", "1 assigned, 2 delivered, 3 searching", "delivered 2", 1, false),
    ("the same end twice", "1 delivered, 2 delivered", "delivered 1", 1, false),
    ("two ends", "1 delivered, 2 canceled", "canceled 2", 1, true),
    ("two ends, the other way", "1 canceled, 2 delivered", "delivered 2", 1, true),
    ("back and forth", "1 delivered, 2 canceled, 3 delivered", "delivered 3", 1, true),
    ("on its way back", "1 picked_up, 2 failed, 3 returning", "returning 3", 1, false),
    ("back", "1 failed, 2 returning, 3 at_return, 4 returned", "returned 4", 1, false),
    ("back without a word", "1 failed, 2 returned", "returned 2", 1, false),
    ("called off and back", "1 canceled, 2 returned", "returned 2", 1, false),
    ("failed, by a late word", "1 returning, 2 failed", "returning 1", 1, false),
    ("returned and delivered", "1 returned, 2 delivered", "delivered 2", 1, true),
    ("delivered though it came back", "1 failed, 2 returning, 3 delivered", "delivered 3", 1, true),
    ("returning after delivered", "1 delivered, 2 returning", "delivered 1", 1, true),
    ("expired", "1 picked_up, 2 expired", "expired 2", 1, false),
    ("another try", "1 failed, 2 en_route_dropoff", "en_route_dropoff 2", 2, false),
    ("another try, done", "1 failed, 2 en_route_dropoff, 3 delivered", "delivered 3", 2, false),
    ("another courier", "1 at_pickup by anna, 2 assigned by ben", "assigned 2", 2, false),
    ("the same courier", "1 at_pickup by anna, 2 assigned by anna", "at_pickup 1", 1, false),
    ("another, too late", "1 picked_up by anna, 2 assigned by ben", "picked_up 1", 1, false),
    (
        "jobs that are one",
        "1 assigned job 7, 2 canceled job 7, 3 created job 8",
        "created 3",
        2,
        false,
    ),
    (
        "a job's end after the next began",
        "1 assigned job 7, 2 created job 8, 3 canceled job 7",
        "created 2",
        2,
        false,
    ),
    ("a job that says nothing", "1 assigned job 7, 2 teleported job 8", "assigned 1", 1, false),
    ("delivered by an earlier job", "1 delivered job 7, 2 created job 8", "created 2", 2, true),
];

/// E4: the newest attempt's heaviest state counts, and ends are ends.
#[test]
fn a_delivery_stands_as_the_set_of_its_events_says() {
    // name, events, state and second, attempt, conflict
    for &(name, events, stands, attempt, conflict) in CASES {
        let standing = fold(&timeline(events));
        let state = standing.state.map_or("-".to_owned(), |state| state.to_string());
        let second = standing.at.map_or("-".to_owned(), |at| (at.0 / 1_000_000).to_string());
        assert_eq!(format!("{state} {second}"), stands, "{name}: {events}");
        assert_eq!((standing.attempt, standing.conflict), (attempt, conflict), "{name}: {events}");
    }
    assert_eq!(fold(&Timeline::default()).attempt, 0);
}

/// E2: of each event it is said what it did.
#[test]
fn every_event_is_explained() {
    let cases = [
        ("1 created, 2 assigned", "1 led, 1 decided"),
        ("1 picked_up, 2 assigned", "1 decided, 1 lower_rank"),
        ("1 assigned, 2 assigned", "1 decided, 1 same_as"),
        ("1 assigned, 2 searching", "1 earlier_attempt, 2 decided"),
        ("1 delivered, 2 picked_up", "1 decided, 1 after_the_end"),
        ("1 delivered, 2 canceled", "1 other_end, 1 decided"),
        ("1 failed, 2 returned", "1 led, 1 decided"),
        ("1 assigned, 2 teleported, 3 eta", "1 decided, 1 flagged, 1 ignored"),
        (
            "1 assigned job 7, 2 created job 8, 3 canceled job 7",
            "1 earlier_attempt, 1 earlier_attempt, 2 decided",
        ),
        (
            "1 picked_up, 2 delivered, 3 returned, 4 decided:delivered+returned",
            "1 led, 1 led, 1 overruled, 1 decided",
        ),
        (
            "1 delivered, 2 returned, 3 decided:delivered+returned, 4 decided:returned+delivered",
            "1 overruled, 1 led, 1 overruled, 1 decided",
        ),
    ];
    for (events, expected) in cases {
        let timeline = timeline(events);
        let explained = explain(&timeline);
        let seen: Vec<String> = explained
            .iter()
            .map(|explained| format!("{} {}", explained.attempt, explained.verdict.as_str()))
            .collect();
        assert_eq!(seen.join(", "), expected, "{events}");
        assert!(explained.iter().all(|explained| !explained.why.is_empty()), "{events}");
    }
}

/// E2: who carries it, where it can be watched and why it ended, as last told.
#[test]
fn what_else_is_told_is_the_newest() {
    let mut ended = event("4 canceled");
    ended.reason = Some("no courier".into());
    let mut watched = event("2 assigned by ben");
    watched.tracking_url = Some("https://example.com/2".into());
    let standing = fold(&[event("1 assigned by anna"), watched, ended].into_iter().collect());
    assert_eq!(standing.courier.id.as_deref(), Some("ben"));
    assert_eq!(standing.tracking_url.as_deref(), Some("https://example.com/2"));
    assert_eq!(standing.reason.as_deref(), Some("no courier"));
    assert_eq!(standing.flagged, 0);
    assert_eq!(fold(&timeline("1 teleported, 2 teleported")).flagged, 2);
}

/// A5: an event that comes again is known; one that says more amends what is known.
#[test]
fn an_event_joins_once() {
    let mut timeline = Timeline::default();
    let first = event("3 assigned");
    assert_eq!(timeline.join(first.clone()), Joined::New);
    assert_eq!(timeline.join(first.clone()), Joined::Repeated);
    let later = doorstep_domain::time::Micros(first.received_at.0 + 9);
    assert_eq!(
        timeline.join(doorstep_domain::provider::Event { received_at: later, ..first.clone() }),
        Joined::Repeated
    );
    let mut known_later = event("3 teleported");
    known_later.key = "a".into();
    let mut understood = event("3 at_pickup");
    understood.key = "a".into();
    assert_eq!(timeline.join(known_later.clone()), Joined::New);
    assert_eq!(timeline.join(understood), Joined::Amended);
    assert_eq!(timeline.join(known_later), Joined::Repeated);
    assert_eq!(timeline.events().len(), 2);
}

/// E4: a provider that loops does not push the end out, and what is left is the newest.
#[test]
fn a_timeline_is_full_and_keeps_its_end() {
    let mut timeline = timeline("1 delivered");
    for second in 0..EVENTS_PER_TIMELINE_MAX + 50 {
        timeline.join(event(&format!("{second} assigned")));
    }
    assert_eq!(timeline.events().len(), EVENTS_PER_TIMELINE_MAX);
    assert_eq!(timeline.join(event("0 assigned again")), Joined::Full);
    assert_eq!(fold(&timeline).state.map(|state| state.as_str()), Some("delivered"));
}

/// E4: where there is no room, one event that is told of two times is kept by the same words,
/// whichever was told first.
#[test]
fn a_full_timeline_does_not_remember_which_time_was_told_first() {
    let told = |second: usize| {
        let mut told = event(&format!("{second} failed"));
        told.key = "the end".into();
        told
    };
    let others = (0..EVENTS_PER_TIMELINE_MAX).map(|at| event(&format!("{} delivered", 10 + at)));
    let others: Vec<_> = others.collect();
    let (early, late) = (told(1), told(9_000));
    let all = |first: &Event, last: &Event| -> Timeline {
        std::iter::once(first).chain(&others).chain(std::iter::once(last)).cloned().collect()
    };
    assert_eq!(all(&early, &late), all(&late, &early));
    assert_eq!(fold(&all(&early, &late)).state, Some(State::Failed));
}

/// E4: of an event that its provider gives no time the one heard of first counts.
#[test]
fn what_has_no_time_has_the_time_it_was_heard_of_first() {
    let heard = |second: i64| {
        let at = Micros(second);
        Event { key: "a".into(), at, received_at: at, ..event("0 assigned") }
    };
    for order in [[3, 7], [7, 3]] {
        let timeline: Timeline = order.map(heard).into_iter().collect();
        assert_eq!(timeline.events(), [heard(3)]);
    }
}

/// E2, E4: what a person decided stands, with the time at which that end was told, until an end is
/// told that they did not decide over.
#[test]
fn what_a_person_decided_stands() {
    // events, how it stands, since which second, whether a person must look, who decided
    let cases = [
        ("1 delivered, 2 returned", "returned", 2, true, "2 returned"),
        ("1 delivered, 2 returned, 3 decided:delivered+returned", "delivered", 1, false, "3"),
        ("1 delivered, 2 returned, 3 decided:returned+delivered", "returned", 2, false, "3"),
        ("1 delivered, 3 decided:delivered+returned, 4 picked_up", "delivered", 1, false, "3"),
        ("3 decided:delivered+returned", "delivered", 3, false, "3"),
        ("1 delivered, 2 failed, 3 decided:failed+delivered, 2 canceled", "failed", 2, true, "3"),
        ("1 delivered, 2 failed, 3 decided:failed+delivered, 4 delivered", "failed", 2, true, "3"),
        (
            "1 delivered, 2 failed, 3 decided:failed+delivered, 4 decided:delivered+failed",
            "delivered",
            1,
            false,
            "4",
        ),
    ];
    for (events, state, second, conflict, by) in cases {
        let timeline = timeline(events);
        let standing = fold(&timeline);
        let at = standing.at.map(|at| at.0 / doorstep_domain::time::SECOND_US);
        let seen = (standing.state.map(|state| state.as_str()), at, standing.conflict);
        assert_eq!(seen, (Some(state), Some(second), conflict), "{events}");
        let decided_by = standing.decided_by.map(|place| &timeline.events()[place].key);
        assert!(decided_by.is_some_and(|key| key.starts_with(by)), "{events}: {decided_by:?}");
    }
}

/// A person decides where there is something to decide, between what was told.
#[test]
fn only_what_is_disputed_is_decided() {
    use doorstep_domain::provider::{Ruling, State, States, rule};
    let over = |ends: &[State]| ends.iter().copied().collect::<States>();
    let both = over(&[State::Delivered, State::Returned]);
    let cases = [
        ("1 picked_up", State::Delivered, Ruling::NothingToDecide),
        ("1 delivered", State::Delivered, Ruling::NothingToDecide),
        ("1 failed, 2 returning, 3 returned", State::Failed, Ruling::NothingToDecide),
        ("1 delivered, 2 returned", State::Delivered, Ruling::New(both)),
        ("1 delivered, 2 returned", State::Failed, Ruling::NotTold(both)),
        ("1 delivered, 2 returned", State::PickedUp, Ruling::NotTold(both)),
        (
            "1 delivered, 2 returned, 3 decided:delivered+returned",
            State::Delivered,
            Ruling::Repeated,
        ),
        (
            "1 delivered, 2 returned, 3 decided:delivered+returned",
            State::Returned,
            Ruling::New(both),
        ),
        (
            "1 delivered, 2 returned, 3 decided:delivered+returned, 4 returned",
            State::Delivered,
            Ruling::New(both),
        ),
    ];
    for (events, end, expected) in cases {
        assert_eq!(rule(&timeline(events), end), expected, "{events}: {end}");
    }
}
