//! What holds of any events: the order in which they come, how often, and through which region
//! make no difference.

use super::event;
use doorstep_domain::provider::{Event, Meaning, Origin, State, States, Timeline, explain, fold};
use doorstep_domain::time::Micros;
use proptest::prelude::*;

/// Events of few seconds, keys, jobs and couriers, so that they meet.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let meaning = prop_oneof![
        12 => (0..State::ALL.len()).prop_map(|place| Meaning::State(State::ALL[place])),
        1 => Just(Meaning::Unknown),
        1 => Just(Meaning::Ignored),
    ];
    let name = |of: &'static [&str]| {
        (0..of.len() + 1).prop_map(|place| of.get(place).map(|name| Box::<str>::from(*name)))
    };
    let told = (meaning, 0..8_i64, 0..14_u8, any::<u16>(), any::<bool>());
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
        told.origin = if polled { Origin::Poll } else { Origin::Webhook };
        told
    });
    prop::collection::vec(one, 0..24)
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
        let stateful = timeline.events().iter().any(|event| event.meaning.state().is_some());
        prop_assert_eq!(standing.state.is_some(), stateful);
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
