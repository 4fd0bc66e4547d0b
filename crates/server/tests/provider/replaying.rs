//! Captured events, replayed in other orders: one answer.

use super::captured;
use doorstep_domain::provider::{
    Event, Origin, Reading, Source, Standing, Timeline, explain, fold,
};
use doorstep_domain::time::Micros;
use doorstep_server::provider::adapters::Adapters;
use doorstep_store::provider::encode;
use serde_json::Value;
use std::collections::BTreeMap;

/// A delivery's name and one thing told of it; none where a payload is part of no timeline.
type Told = Option<(Box<str>, Event)>;

/// What a set of timelines amounts to: of each its bytes and how it stands.
type Answer = BTreeMap<Box<str>, (Vec<u8>, Standing)>;

/// The captured payloads, each received at a second of its own.
fn told() -> Option<Vec<Told>> {
    let lines = captured("postmates_events.ndjson")?;
    let adapter = Adapters::open(None).unwrap().find("uber_direct").unwrap();
    let payloads: Vec<Value> =
        serde_json::Deserializer::from_slice(&lines).into_iter().collect::<Result<_, _>>().unwrap();
    let mut told = Vec::new();
    for (second, payload) in (0..).zip(&payloads) {
        let received_at = Micros(1_600_000_000_000_000 + second * 1_000_000);
        let source = Source { provider: "uber", origin: Origin::Webhook, received_at };
        told.push(match adapter.read(source, payload).unwrap() {
            Reading::Told(mut events) => events.pop().map(|one| (one.reference, one.event)),
            Reading::Ignored(_) => None,
        });
    }
    Some(told)
}

fn answer<'t>(told: impl IntoIterator<Item = &'t Told>) -> Answer {
    let amounts = |(reference, timeline): (Box<str>, Timeline)| {
        assert_eq!(explain(&timeline).len(), timeline.events().len());
        (reference, (encode(&timeline).unwrap(), fold(&timeline)))
    };
    timelines(told.into_iter()).into_iter().map(amounts).collect()
}

/// Knuth's multiplicative sequence: the same seed gives the same orders.
fn shuffle<T>(values: &mut [T], seed: &mut u64) {
    for place in (1..values.len()).rev() {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(*seed >> 33).unwrap() % (place + 1);
        values.swap(place, other);
    }
}

/// E4: two thousand orders of all of them, each event once or twice.
#[test]
fn any_order_of_captured_events_gives_one_answer() {
    let Some(told) = told() else { return };
    let expected = answer(&told);
    assert_eq!((told.len(), told.iter().flatten().count(), expected.len()), (13, 6, 2));
    let mut seed = 7;
    for round in 0..2_000 {
        let mut order: Vec<&Told> = told.iter().collect();
        order.extend(told.iter().skip(round % told.len()));
        shuffle(&mut order, &mut seed);
        assert_eq!(answer(order), expected, "round {round}");
    }
}

/// E4: every order there is of every run of seven payloads.
#[test]
fn every_order_of_every_run_of_seven_gives_one_answer() {
    let Some(told) = told() else { return };
    for window in told.windows(7) {
        let expected = answer(window);
        let mut places: Vec<usize> = (0..window.len()).collect();
        permutations(&mut places, 0, &mut |places| {
            assert_eq!(answer(places.iter().map(|place| &window[*place])), expected, "{places:?}");
        });
    }
}

/// E6: two regions that each saw a part agree once they exchange them, for every way to part them.
#[test]
fn every_parting_into_two_regions_gives_one_answer() {
    let Some(told) = told() else { return };
    let expected = answer(&told);
    for seen in 0..1_u32 << told.len() {
        let of = |region: u32| {
            let part =
                told.iter().enumerate().filter(move |(place, _)| seen >> place & 1 == region);
            part.map(|(_, one)| one)
        };
        let (mut east, mut west) = (timelines(of(0)), timelines(of(1)));
        let before = east.clone();
        merge(&mut east, west.clone());
        merge(&mut west, before);
        assert_eq!(east, west);
        for (reference, timeline) in east {
            let (bytes, standing) = &expected[&reference];
            assert_eq!((&encode(&timeline).unwrap(), &fold(&timeline)), (bytes, standing));
        }
    }
}

fn timelines<'t>(told: impl Iterator<Item = &'t Told>) -> BTreeMap<Box<str>, Timeline> {
    let mut timelines: BTreeMap<Box<str>, Timeline> = BTreeMap::new();
    for (reference, event) in told.flatten() {
        timelines.entry(reference.clone()).or_default().join(event.clone());
    }
    timelines
}

fn merge(into: &mut BTreeMap<Box<str>, Timeline>, other: BTreeMap<Box<str>, Timeline>) {
    for (reference, timeline) in other {
        into.entry(reference).or_default().merge(timeline);
    }
}

fn permutations(values: &mut Vec<usize>, from: usize, each: &mut impl FnMut(&[usize])) {
    if from == values.len() {
        return each(values);
    }
    for place in from..values.len() {
        values.swap(from, place);
        permutations(values, from + 1, each);
        values.swap(from, place);
    }
}
