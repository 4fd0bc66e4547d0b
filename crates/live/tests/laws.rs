//! Whatever happens in whatever order, the engine answers as the plain model does.

use crate::model::{Known, Model};
use crate::{live, market, ping};
use doorstep_domain::tracking::Position;
use doorstep_live::{Bbox, Change, CourierState, Live, Scope, Within};
use proptest::prelude::*;
use std::collections::BTreeMap;

const MARKETS: [&str; 2] = ["sf", "fiji"];

#[derive(Debug, Clone)]
enum Event {
    Pings(usize, Vec<(u8, i64, Position)>),
    State(u8, CourierState),
    Forget,
    Pull(usize),
}

/// Places within a few cells of each other: at home, at the antimeridian, at both poles.
fn place() -> impl Strategy<Value = Position> {
    let centre = prop::sample::select(vec![
        (377_700_000_i64, -1_224_200_000_i64),
        (-170_000_000, 1_800_000_000),
        (900_000_000, 0),
        (-899_900_000, 900_000_000),
    ]);
    (centre, -200_000..200_000_i64, -300_000..300_000_i64).prop_map(|((lat, lng), north, east)| {
        let lat = (lat + north).clamp(-900_000_000, 900_000_000);
        let lng = (lng + east + 1_800_000_000).rem_euclid(3_600_000_000) - 1_800_000_000;
        Position { lat_e7: lat as i32, lng_e7: lng as i32 }
    })
}

fn bbox() -> impl Strategy<Value = Bbox> {
    let spans = (prop::sample::select(vec![0, 9_000, 400_000, 3_000_000_000_i64]), 0..300_000_i32);
    (place(), spans).prop_map(|(corner, (width, height))| {
        let east = (i64::from(corner.lng_e7) + width + 1_800_000_000).rem_euclid(3_600_000_000);
        let north = corner.lat_e7.saturating_add(height).min(900_000_000);
        let lng_e7 = (east - 1_800_000_000) as i32;
        let north_east = Position { lat_e7: north, lng_e7 };
        Bbox::between(corner, north_east).expect("south is below north")
    })
}

fn event() -> impl Strategy<Value = Event> {
    let told = (0..12_u8, 0..100_000_i64, place());
    let states = [CourierState::Offline, CourierState::Idle, CourierState::Carrying];
    prop_oneof![
        6 => (0..2_usize, prop::collection::vec(told, 1..8))
            .prop_map(|(market, pings)| Event::Pings(market, pings)),
        1 => (0..12_u8, prop::sample::select(states.to_vec()))
            .prop_map(|(courier, state)| Event::State(courier, state)),
        1 => Just(Event::Forget),
        4 => (0..4_usize).prop_map(Event::Pull),
    ]
}

/// A watcher keeps what it is told, and asks for what came after.
struct Watcher {
    scope: Scope,
    since: u64,
    view: BTreeMap<String, Change>,
}

impl Watcher {
    fn pull(&mut self, live: &Live) {
        let mut changes = Vec::new();
        let version = live.changes(&self.scope, self.since, &mut changes).unwrap_or_else(|gone| {
            assert_eq!(gone.since, self.since);
            self.view.clear();
            live.changes(&self.scope, 0, &mut changes).expect("everything is always known")
        });
        assert!(version >= self.since);
        self.since = version;
        for change in changes {
            let known = self.view.get(&*change.courier);
            assert!(known.is_none_or(|known| known.ping.at <= change.ping.at), "C15: never back");
            self.view.insert(change.courier.to_string(), change);
        }
        if let Scope::Box(bbox, _) = &self.scope {
            self.view.retain(|_, change| bbox.contains(change.ping.position));
        }
    }

    fn expects(&self, model: &Model) -> BTreeMap<String, Known> {
        match &self.scope {
            Scope::Box(bbox, market) => {
                model.within(bbox, market.as_ref().map(|market| market.as_str()))
            }
            Scope::Market(market) => model.within(&Bbox::GLOBE, Some(market.as_str())),
            Scope::Couriers(couriers) => {
                let mut found = model.couriers.clone();
                found.retain(|name, _| couriers.iter().any(|courier| courier.as_str() == name));
                found
            }
        }
    }

    fn check(&self, model: &Model) {
        let plain = |change: &Change| (change.number, change.ping, change.state);
        let view: Vec<_> = self.view.iter().map(|(name, change)| (name, plain(change))).collect();
        let expected = self.expects(model);
        let plain = |known: &Known| (known.number, known.ping, known.state);
        let expected: Vec<_> = expected.iter().map(|(name, known)| (name, plain(known))).collect();
        assert_eq!(view, expected, "{:?}", self.scope);
    }
}

fn check_reads(live: &Live, model: &Model, bbox: &Bbox, at: Position) {
    for (courier, known) in &model.couriers {
        let seen = live.position(courier).expect("seen");
        assert_eq!((seen.ping, seen.number, seen.state), (known.ping, known.number, known.state));
        assert_eq!(seen.implausible, known.doubt.is_some());
        assert_eq!(seen.market.as_str(), known.market);
    }
    for scope in [None, Some(MARKETS[0])] {
        let inside = model.within(bbox, scope);
        let Within::Couriers(seen) = live.within(bbox, scope.map(market).as_ref(), 99) else {
            panic!("fewer than the limit");
        };
        let mut names: Vec<String> = seen.iter().map(|seen| seen.courier.to_string()).collect();
        names.sort_unstable();
        assert_eq!(names, inside.keys().cloned().collect::<Vec<_>>());
        if let Within::Clusters(clusters) = live.within(bbox, scope.map(market).as_ref(), 0) {
            assert_eq!(clusters.iter().map(|one| one.count).sum::<usize>(), inside.len());
            assert!(clusters.iter().all(|one| bbox.contains(one.center)), "{clusters:?}");
        } else {
            assert!(inside.is_empty());
        }
    }
    for (count, radius_m) in [(1, 700.0), (3, 5_000.0), (5, 1e8)] {
        let near = live.nearest(&market(MARKETS[0]), at, count, radius_m, &mut |_| true);
        let near: Vec<_> = near.iter().map(|near| (near.distance_m, near.seen.number)).collect();
        assert_eq!(near, model.nearest(MARKETS[0], at, count, radius_m));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A3, C7, C15: every read is the plain model's, and a watcher that pulls when it likes knows
    /// exactly what is in its scope, and never an older position after a newer one.
    #[test]
    fn the_engine_answers_as_the_model_does(
        events in prop::collection::vec(event(), 1..60),
        boxes in (bbox(), bbox()),
        at in place(),
    ) {
        let (live, mut model) = (live(), Model::default());
        let couriers = ["c-1", "c-2", "c-9", "c-99"];
        let couriers = couriers.iter().map(|courier| courier.parse().expect("a courier"));
        let scopes = [
            Scope::Box(boxes.0, None),
            Scope::Box(boxes.1, None),
            Scope::Market(market(MARKETS[0])),
            Scope::Couriers(couriers.collect()),
        ];
        let watcher = |scope| Watcher { scope, since: 0, view: BTreeMap::new() };
        let mut watchers = scopes.map(watcher);
        for event in events {
            match event {
                Event::Pings(place, pings) => {
                    // A courier has one market, as at the door; couriers of even number are there.
                    let pings: Vec<_> = pings.iter()
                        .map(|(courier, seconds, position)| {
                            let courier = courier / 2 * 2 + place as u8;
                            (format!("c-{courier}"), ping(*seconds, *position))
                        })
                        .collect();
                    let borrowed = pings.iter().map(|(courier, ping)| (courier.as_str(), *ping));
                    live.apply(&market(MARKETS[place]), borrowed);
                    for (courier, ping) in &pings {
                        model.apply(MARKETS[place], courier, *ping);
                    }
                }
                Event::State(courier, state) => {
                    live.set_state(&format!("c-{courier}"), state);
                    model.set_state(&format!("c-{courier}"), state);
                }
                Event::Forget => live.forget_departures(live.version().saturating_sub(3)),
                Event::Pull(watcher) => {
                    watchers[watcher].pull(&live);
                    watchers[watcher].check(&model);
                }
            }
        }
        check_reads(&live, &model, &boxes.0, at);
        prop_assert_eq!(live.len(), model.couriers.len());
    }
}
