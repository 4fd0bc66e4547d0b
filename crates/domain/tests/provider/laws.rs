//! What holds of any events: the order in which they come, how often, and through which region
//! make no difference.

use super::event;
use doorstep_domain::limits::EVENTS_PER_TIMELINE_MAX;
use doorstep_domain::provider::{
    Decision, Event, Meaning, Origin, Ruling, State, States, Timeline, explain, fold, rule,
};
use doorstep_domain::time::Micros;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn state() -> impl Strategy<Value = State> {
    (0..State::ALL.len()).prop_map(|place| State::ALL[place])
}

/// Events of few seconds, keys, jobs and couriers, so that they meet.
fn events() -> impl Strategy<Value = Vec<Event>> {
    told(14, 0..24)
}

/// More events than a timeline has room for, each key told twice and more.
fn too_many_events() -> impl Strategy<Value = Vec<Event>> {
    let keys = EVENTS_PER_TIMELINE_MAX + EVENTS_PER_TIMELINE_MAX / 16;
    told(keys, 3 * keys..4 * keys)
}

fn told(keys: usize, count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Event>> {
    let meaning = prop_oneof![
        12 => state().prop_map(Meaning::State),
        2 => (state(), any::<u16>())
            .prop_map(|(end, bits)| Meaning::Decided { end, over: States::from_bits(bits) }),
        1 => Just(Meaning::Unknown),
        1 => Just(Meaning::Ignored),
    ];
    let name = |of: &'static [&str]| {
        (0..of.len() + 1).prop_map(|place| of.get(place).map(|name| Box::<str>::from(*name)))
    };
    let told = (meaning, 0..8_i64, 0..keys, any::<u16>(), any::<bool>());
    let about = (name(&["7", "8"]), name(&["anna", "ben"]), 0..4_i64, any::<bool>());
    let one = (told, about).prop_map(|((meaning, second, key, opens, courier_opens), about)| {
        let (booking, courier, late, polled) = about;
        let mut told = event("0 created");
        told.key = key.to_string().into();
        told.at = Micros(second);
        told.meaning = meaning;
        told.opens_after = States::from_bits(opens);
        told.opens_with_courier = courier_opens;
        told.booking = booking;
        told.courier.id = courier;
        told.received_at = Micros(second + late);
        told.origin = match meaning {
            Meaning::Decided { .. } => Origin::Person,
            _ if polled => Origin::Poll,
            _ => Origin::Webhook,
        };
        told
    });
    prop::collection::vec(one, count)
}

fn set(events: &[Event]) -> Timeline {
    events.iter().cloned().collect()
}

proptest! {
    /// E4: every order and every repetition gives the same set, status and explanation.
    #[test]
    fn order_and_repetition_make_no_difference(
        (events, shuffled) in events().prop_flat_map(|events| {
            let twice: Vec<Event> = events.iter().chain(&events).cloned().collect();
            (Just(events), Just(twice).prop_shuffle())
        })
    ) {
        let (one, other) = (set(&events), set(&shuffled));
        prop_assert_eq!(&one, &other);
        prop_assert_eq!(fold(&one), fold(&other));
        prop_assert_eq!(explain(&one), explain(&other));
    }

    /// E6: two regions that each saw a part agree once they exchange them, whoever asks whom.
    #[test]
    fn regions_agree_once_they_exchange(
        events in events(), seen_by in prop::collection::vec(0..3_u8, 24)
    ) {
        let seen = |region: u8| -> Timeline {
            let both = events.iter().zip(&seen_by).filter(|(_, by)| **by == region || **by == 2);
            both.map(|(event, _)| event.clone()).collect()
        };
        let (mut east, mut west) = (seen(0), seen(1));
        let before = east.clone();
        east.merge(west.clone());
        west.merge(before);
        prop_assert_eq!(&east, &west);
        prop_assert_eq!(&east, &set(&events));
        east.merge(west.clone());
        prop_assert_eq!(east, west);
    }

    /// E2: exactly one event decides, where any has a state, and every one is explained.
    #[test]
    fn one_event_decides(events in events()) {
        let timeline = set(&events);
        let (standing, explained) = (fold(&timeline), explain(&timeline));
        prop_assert_eq!(explained.len(), timeline.events().len());
        let deciding = explained.iter().filter(|one| one.verdict.as_str() == "decided").count();
        prop_assert_eq!(deciding, usize::from(standing.state.is_some()));
        let stateful = timeline.events().iter().any(|event| {
            event.meaning.state().is_some() || matches!(event.meaning, Meaning::Decided { .. })
        });
        prop_assert_eq!(standing.state.is_some(), stateful);
    }

    /// E2, E4: the last decision by time and name stands, whatever was told before and after; and
    /// what it was not decided over is for a person again.
    #[test]
    fn the_last_decision_stands(events in events()) {
        let timeline = set(&events);
        let standing = fold(&timeline);
        let decisions = timeline.events().iter().filter_map(|event| match event.meaning {
            Meaning::Decided { end, over } => Some((event.at, &event.key, end, over)),
            _ => None,
        });
        let last = decisions.max_by_key(|(at, key, ..)| (*at, *key));
        prop_assert_eq!(standing.is_decided, last.is_some());
        if let Some((at, _, end, over)) = last {
            prop_assert_eq!(standing.state, Some(end));
            let is_news = timeline.events().iter().any(|event| {
                let told = event.meaning.state().filter(|state| state.is_end());
                told.is_some_and(|state| !over.contains(state) || event.at > at)
            });
            prop_assert_eq!(standing.conflict, is_news);
        }
    }

    /// A decision that a person may make settles the conflict, and made again it is a repetition.
    #[test]
    fn a_decision_settles_what_it_was_made_over(events in events(), end in state()) {
        let mut timeline = set(&events);
        let before = fold(&timeline);
        let ruling = rule(&timeline, end);
        if let Ruling::New(over) = ruling {
            prop_assert!(over.contains(end));
            timeline.join(Event::from(Decision {
                key: "decided".into(), at: Micros(9), by: "ops".into(), end, over,
                reason: "the customer has it".into(),
            }));
            let after = fold(&timeline);
            prop_assert_eq!((after.state, after.conflict), (Some(end), false));
            prop_assert_eq!(rule(&timeline, end), Ruling::Repeated);
        } else if ruling == Ruling::NothingToDecide {
            prop_assert!(!before.conflict && !before.is_decided);
        } else {
            prop_assert!(before.conflict || before.is_decided);
        }
    }

    /// E8: an unknown status changes nothing but what is flagged.
    #[test]
    fn what_is_unknown_changes_nothing(events in events(), second in 0..8_i64) {
        let mut timeline = set(&events);
        let before = fold(&timeline);
        let mut unknown = event("0 teleported");
        unknown.at = Micros(second);
        timeline.join(unknown);
        let after = fold(&timeline);
        prop_assert_eq!((before.state, before.at, before.conflict),
            (after.state, after.at, after.conflict));
        prop_assert_eq!(before.flagged + 1, after.flagged);
    }
}

/// Of each key the weightiest telling, however many there are.
fn by_key(events: &[Event]) -> Vec<Event> {
    let keys: BTreeSet<&str> = events.iter().map(|event| &*event.key).collect();
    let of = |key: &&str| -> Timeline {
        events.iter().filter(|event| *event.key == **key).cloned().collect()
    };
    keys.iter().flat_map(|key| of(key).events().to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// E4, E6: where there is no room for all, what is kept is a function of the set as well: of
    /// order, repetition and the region that was told.
    #[test]
    fn what_is_kept_of_too_many_is_a_function_of_the_set(
        (events, shuffled, cut) in too_many_events().prop_flat_map(|events| {
            let (twice, count) = ([&events[..], &events[..]].concat(), events.len());
            (Just(events), Just(twice).prop_shuffle(), 0..count)
        })
    ) {
        let all = set(&events);
        prop_assert_eq!(all.events().len(), EVENTS_PER_TIMELINE_MAX.min(by_key(&events).len()));
        prop_assert_eq!(&all, &set(&shuffled));
        let mut regions = set(&shuffled[..cut]);
        regions.merge(set(&shuffled[cut..]));
        prop_assert_eq!(&all, &regions);
    }

    /// E4: what says nothing of the delivery goes first: as long as there is room for the rest, the
    /// delivery stands as all of it says, and every end is there however much else is told.
    #[test]
    fn the_least_deciding_goes_first(events in events(), noise in 0..400_usize) {
        let ends = |events: &[Event]| -> Vec<Event> {
            let is_end = |event: &&Event| event.meaning.state().is_some_and(State::is_end);
            events.iter().filter(is_end).cloned().collect()
        };
        let all = set(&events);
        let said = |what: &'static str| {
            (0..noise).map(move |number| event(&format!("{} {what} {number}", 9 + number % 50)))
        };
        let (mut noisy, mut looping) = (all.clone(), all.clone());
        let noise = said("eta").chain(said("teleported"));
        noise.for_each(|event| noisy.merge([event].into_iter().collect()));
        said("assigned").for_each(|event| looping.merge([event].into_iter().collect()));
        let (before, after) = (fold(&all), fold(&noisy));
        if before.state.is_some() {
            prop_assert_eq!((before.state, before.at, before.attempt, before.conflict),
                (after.state, after.at, after.attempt, after.conflict));
        }
        prop_assert_eq!(ends(all.events()), ends(looping.events()));
    }
}
