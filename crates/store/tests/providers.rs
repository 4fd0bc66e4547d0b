//! Deliveries of providers: kept whole, read as they were, found by whoever looks for them.

use crate::engines::{lane, on_each_engine};
use doorstep_domain::provider::{
    Courier, Decision, Event, Meaning, Origin, State, States, Timeline, fold,
};
use doorstep_domain::time::Micros;
use doorstep_store::provider::booking::{self, BookingRow, BookingState};
use doorstep_store::provider::{self, Counted, Kept, asked, encode};
use doorstep_store::{Store, StoreError};
use proptest::prelude::*;

fn event(key: &str, at: i64, meaning: Meaning) -> Event {
    Event {
        key: key.into(),
        at: Micros(at),
        meaning,
        name: "status".into(),
        status: "told".into(),
        opens_after: States::default(),
        opens_with_courier: false,
        booking: None,
        courier: Courier::default(),
        position_e7: None,
        tracking_url: None,
        reason: None,
        origin: Origin::Webhook,
        received_at: Micros(at + 7),
    }
}

fn saves(store: &Store, provider: &str, timelines: Vec<(&str, Timeline)>) {
    let (provider, timelines) = (provider.to_owned(), owned(timelines));
    store
        .lane(&lane("provider"), move |tx| {
            let standings: Vec<_> = timelines.iter().map(|(_, timeline)| fold(timeline)).collect();
            let kept: Vec<Kept<'_>> = timelines
                .iter()
                .zip(&standings)
                .map(|((reference, timeline), standing)| Kept {
                    provider: &provider,
                    reference,
                    timeline,
                    standing,
                })
                .collect();
            provider::save(tx, &kept)
        })
        .unwrap();
}

fn owned(timelines: Vec<(&str, Timeline)>) -> Vec<(String, Timeline)> {
    timelines.into_iter().map(|(name, timeline)| (name.to_owned(), timeline)).collect()
}

fn booked(delivery: &str, number: i64, reference: Option<&str>) -> BookingRow {
    BookingRow {
        delivery: delivery.to_owned(),
        number,
        provider: "uber".to_owned(),
        reference: reference.map(str::to_owned),
        market: "sf".to_owned(),
        merchant: "m8".to_owned(),
        state: BookingState::Followed,
        told_status: None,
        revision: 0,
        created_at_us: 1,
        created_by: "test".to_owned(),
        changed_at_us: 1,
        fee_minor: None,
    }
}

fn books(store: &Store, row: BookingRow) -> Result<(), StoreError> {
    store.lane(&lane("provider"), move |tx| booking::save(tx, &row))
}

#[test]
fn timelines_are_read_as_they_were_kept() {
    on_each_engine(|place| {
        let store = place.open();
        let names: Vec<String> = (0..150).map(|number| format!("del_{number:03}")).collect();
        let all = names.iter().map(|name| {
            (name.as_str(), [event(name, 5, Meaning::State(State::PickedUp))].into_iter().collect())
        });
        saves(&store, "uber", all.collect());
        let asked: Vec<&str> = names.iter().map(String::as_str).chain(["del_999"]).collect();
        let found = store.read(|tx| provider::load(tx, "uber", &asked)).unwrap();
        assert_eq!(found.len(), 150);
        assert_eq!(&*found["del_149"].events()[0].key, "del_149");
        assert_eq!(store.read(|tx| provider::load(tx, "doordash", &asked)).unwrap().len(), 0);
    });
}

/// E8: what is unknown, disputed or flagged is found without reading events.
#[test]
fn timelines_are_listed_by_what_they_amount_to() {
    on_each_engine(|place| {
        let store = place.open();
        let of = |events: &[Event]| events.iter().cloned().collect::<Timeline>();
        let delivered = event("d", 9, Meaning::State(State::Delivered));
        saves(
            &store,
            "uber",
            vec![
                ("a", of(&[event("1", 5, Meaning::State(State::Assigned))])),
                ("b", of(&[delivered.clone(), event("c", 8, Meaning::State(State::Canceled))])),
                ("c", of(&[event("1", 3, Meaning::Unknown)])),
                ("d", of(&[event("1", 1, Meaning::State(State::Assigned))])),
            ],
        );
        saves(&store, "uber", vec![("d", of(&[delivered]))]);
        books(&store, booked("del_1", 1, Some("a"))).unwrap();
        let unknown = store.read(|tx| provider::unknown(tx, "uber", "", 9)).unwrap();
        let named: Vec<_> = unknown.iter().map(|line| (&*line.reference, line.flagged)).collect();
        assert_eq!(named, [("b", 0), ("c", 1), ("d", 0)]);
        assert_eq!(unknown[0].status.as_deref(), Some("delivered"));
        let counted = store.read(|tx| provider::count(tx, "uber")).unwrap();
        let expected = Counted { open: 2, conflicts: 1, flagged: 1, heard_at_us: Some(16) };
        assert_eq!(counted, expected);
    });
}

/// E2: what is disputed is listed where it is ours, until somebody has decided; the decision is
/// read as it was kept.
#[test]
fn what_is_disputed_is_listed_until_it_is_decided() {
    on_each_engine(|place| {
        let store = place.open();
        let ends = [State::Delivered, State::Canceled];
        let mut told: Timeline = (5..)
            .zip(ends)
            .map(|(at, state)| event(state.as_str(), at, Meaning::State(state)))
            .collect();
        saves(&store, "uber", vec![("a", told.clone()), ("b", told.clone()), ("c", told.clone())]);
        for (number, reference) in [(1, "b"), (2, "c")] {
            let row = booked(&format!("del_{number}"), 1, Some(reference));
            books(&store, row).unwrap();
        }
        let listed = |after: &str, limit| {
            let lines = store.read(|tx| provider::disputed(tx, "uber", after, limit)).unwrap();
            let line = |line: provider::DisputedLine| (line.delivery, line.timeline.reference);
            lines.into_iter().map(line).collect::<Vec<_>>()
        };
        let both = [("del_1", "b"), ("del_2", "c")]
            .map(|(delivery, reference)| (delivery.to_owned(), reference.to_owned()));
        assert_eq!(listed("", 9), both);
        assert_eq!((listed("", 1), listed("b", 9)), (both[..1].to_vec(), both[1..].to_vec()));
        told.join(Event::from(Decision {
            key: "decision:1".into(),
            at: Micros(9),
            by: "key:key_1".into(),
            end: State::Delivered,
            over: ends.into_iter().collect(),
            reason: "seen".into(),
        }));
        saves(&store, "uber", vec![("b", told.clone())]);
        assert_eq!(listed("", 9), both[1..]);
        assert_eq!(store.read(|tx| provider::load(tx, "uber", &["b"])).unwrap()["b"], told);
    });
}

/// E5: whom to ask: what is ours, open, and neither heard of nor asked for since; one asks for it.
#[test]
fn silent_deliveries_are_found_and_asked_for_by_one() {
    on_each_engine(|place| {
        let store = place.open();
        let heard =
            |at, state| [event("1", at, Meaning::State(state))].into_iter().collect::<Timeline>();
        saves(
            &store,
            "uber",
            vec![
                ("a", heard(5, State::Assigned)),
                ("b", heard(3, State::PickedUp)),
                ("c", heard(1, State::Delivered)),
                ("d", heard(1, State::Assigned)),
                ("e", heard(9, State::Assigned)),
            ],
        );
        for (number, reference) in (1..).zip(["a", "b", "c", "e"]) {
            books(&store, booked(&format!("del_{number}"), 1, Some(reference))).unwrap();
        }
        let silent = |before_us| {
            let rows = store.read(|tx| asked::silent(tx, "uber", before_us, 9)).unwrap();
            rows.into_iter().map(|row| (row.reference, row.delivery, row.heard_at_us)).collect()
        };
        let (a, b) = (("a".into(), "del_1".into(), 12), ("b".into(), "del_2".into(), 10));
        let all: Vec<(String, String, i64)> = silent(16);
        assert_eq!(all, [b, a.clone()], "the longest silent first; d is nobody's");
        let claims = |before_us, now_us| {
            let claim = move |tx: &mut doorstep_store::LaneTx<'_>| {
                asked::claim(tx, "uber", ("b", before_us), now_us)
            };
            store.lane(&lane("provider-asked"), claim).unwrap()
        };
        assert!(claims(0, 20), "nobody has asked yet");
        assert!(!claims(0, 21), "somebody was faster");
        assert_eq!(silent(16), [a], "it was asked for");
        assert!(claims(20, 30));
        assert_eq!(silent(40).len(), 3, "asked for at 30, heard of before");
        let read = store.read(|tx| asked::recent(tx, "uber", 2)).unwrap();
        assert_eq!(read, [heard(9, State::Assigned), heard(5, State::Assigned)]);
        let ends = |tx: &mut doorstep_store::LaneTx<'_>| {
            asked::note(tx, "uber", "c", 5)?;
            asked::note(tx, "uber", "", 6)?;
            asked::forget(tx, "uber")
        };
        assert_eq!(store.lane(&lane("provider-asked"), ends), Ok(1), "c has ended");
        let beat = store.read(|tx| asked::at_us(tx, "uber", ""));
        assert_eq!(beat, Ok(Some(6)), "that somebody was at work is kept");
    });
}

/// E9: bookings that are over are no longer asked for; what is only followed has no end here.
#[test]
fn bookings_end_by_their_names_there() {
    on_each_engine(|place| {
        let store = place.open();
        let row = BookingRow { state: BookingState::Booked, ..booked("del_1", 1, Some("a")) };
        books(&store, row).unwrap();
        books(&store, booked("del_2", 1, Some("b"))).unwrap();
        let ends = |tx: &mut doorstep_store::LaneTx<'_>| {
            asked::end_bookings(tx, "uber", &["a", "b", "z"], 7)
        };
        store.lane(&lane("provider"), ends).unwrap();
        let state =
            |delivery| store.read(|tx| booking::of_delivery(tx, delivery)).unwrap().remove(0).state;
        assert_eq!(state("del_1"), BookingState::Ended);
        assert_eq!(state("del_2"), BookingState::Followed);
    });
}

/// E9: a provider's delivery is one of ours, and no second one.
#[test]
fn bookings_are_found_from_both_sides() {
    on_each_engine(|place| {
        let store = place.open();
        books(&store, booked("del_1", 1, None)).unwrap();
        books(&store, booked("del_1", 2, Some("b"))).unwrap();
        assert!(books(&store, booked("del_2", 1, Some("b"))).is_err());
        let known = BookingRow {
            reference: Some("a".to_owned()),
            state: BookingState::Booked,
            told_status: Some("assigned".to_owned()),
            revision: 1,
            changed_at_us: 9,
            ..booked("del_1", 1, None)
        };
        books(&store, known.clone()).unwrap();
        let found = store.read(|tx| booking::of_delivery(tx, "del_1")).unwrap();
        assert_eq!(found, [known.clone(), booked("del_1", 2, Some("b"))]);
        let found = store.read(|tx| booking::of_references(tx, "uber", &["a", "z"])).unwrap();
        assert_eq!(found, [known]);
    });
}

proptest! {
    /// E4, E6: every order and repetition of events is kept as the same bytes, and reads back.
    #[test]
    fn equal_timelines_have_equal_bytes(
        (events, shuffled) in prop::collection::vec(
            (0..9_u8, 0..20_i64, 0..State::ALL.len(), any::<bool>()), 1..20
        ).prop_flat_map(|events| {
            let twice: Vec<_> = events.iter().chain(&events).copied().collect();
            (Just(events), Just(twice).prop_shuffle())
        })
    ) {
        let timeline = |told: &[(u8, i64, usize, bool)]| -> Timeline {
            let event = |(key, at, state, known): &(u8, i64, usize, bool)| {
                let state = State::ALL[*state];
                let (meaning, origin) = match key {
                    7.. => {
                        let over = [state, State::Returned].into_iter().collect();
                        (Meaning::Decided { end: state, over }, Origin::Person)
                    }
                    _ => (Meaning::State(state), Origin::Webhook),
                };
                Event {
                    courier: Courier { name: known.then(|| "Kim".into()), ..Courier::default() },
                    origin,
                    ..event(&key.to_string(), *at, meaning)
                }
            };
            told.iter().map(event).collect()
        };
        let (one, other) = (timeline(&events), timeline(&shuffled));
        prop_assert_eq!(encode(&one).unwrap(), encode(&other).unwrap());
        prop_assert_eq!(doorstep_store::provider::decode(&encode(&one).unwrap()).unwrap(), one);
    }
}
