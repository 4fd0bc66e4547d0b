//! Single steps, as a tracker, a dispatcher and a map take them.

use crate::{live, market, ping, position};
use doorstep_domain::tracking::Position;
use doorstep_live::{
    Applied, Bbox, Change, Cluster, CourierState, HistoryGone, Live, LiveError, Scope, Within,
};

const SF: (f64, f64) = (37.77, -122.42);

fn sees(live: &Live, at: &str, courier: &str, seconds: i64, place: (f64, f64)) -> Applied {
    let ping = ping(seconds, position(place.0, place.1));
    live.apply(&market(at), std::iter::once((courier, ping)))
}

fn names(changes: &[Change]) -> Vec<&str> {
    let mut names: Vec<&str> = changes.iter().map(|change| &*change.courier).collect();
    names.sort_unstable();
    names
}

fn all(live: &Live, bbox: &Bbox, at: Option<&str>) -> Vec<String> {
    let Within::Couriers(seen) = live.within(bbox, at.map(market).as_ref(), usize::MAX) else {
        panic!("no limit, no clusters");
    };
    let mut names: Vec<String> = seen.iter().map(|seen| seen.courier.to_string()).collect();
    names.sort_unstable();
    names
}

#[test]
fn an_engine_is_named_by_its_url() {
    assert_eq!(live().epoch(), 7);
    let unknown = Live::open("redis://localhost", 1).map(|_| ());
    assert_eq!(unknown, Err(LiveError::UnknownEngine("redis://localhost".to_owned())));
}

/// A3: what is late or repeated moves nobody back, and a jump is kept off until it is confirmed.
#[test]
fn pings_are_counted_by_what_they_did() {
    let live = live();
    let (new, moved) =
        (Applied { new: 1, ..Applied::default() }, Applied { moved: 1, ..Applied::default() });
    let stale = Applied { stale: 1, ..Applied::default() };
    let implausible = Applied { implausible: 1, ..Applied::default() };
    let cases = [
        ("first", 10, 37.7700, new, 37.7700, false),
        ("onwards", 20, 37.7710, moved, 37.7710, false),
        ("late", 15, 37.7705, stale, 37.7710, false),
        ("again", 20, 37.7710, stale, 37.7710, false),
        ("a jump", 30, 38.7700, implausible, 37.7710, true),
        ("and back", 40, 37.7720, moved, 37.7720, false),
        ("a jump", 50, 38.7700, implausible, 37.7720, true),
        ("confirmed", 60, 38.7701, moved, 38.7701, false),
    ];
    for (what, seconds, lat, expected, found_at, implausible) in cases {
        assert_eq!(sees(&live, "sf", "cab-1", seconds, (lat, SF.1)), expected, "{what}");
        let seen = live.position("cab-1").expect("seen");
        assert_eq!(seen.ping.position, position(found_at, SF.1), "{what}");
        assert_eq!(seen.implausible, implausible, "{what}");
    }
    assert_eq!((live.len(), live.is_empty()), (1, false));
    assert_eq!(live.position("cab-2"), None);
}

#[test]
fn states_are_remembered_of_couriers_not_seen_yet() {
    let live = live();
    live.set_state("cab-1", CourierState::Carrying);
    assert_eq!(live.version(), 0, "nobody to be seen has changed");
    for courier in ["cab-1", "cab-2", "cab-3"] {
        sees(&live, "sf", courier, 0, SF);
    }
    live.set_state("cab-2", CourierState::Offline);
    let state = |courier: &str| live.position(courier).expect("seen").state;
    let states = [state("cab-1"), state("cab-2"), state("cab-3")];
    assert_eq!(states, [CourierState::Carrying, CourierState::Offline, CourierState::Idle]);
    let counts = live.counts();
    let [sf] = &counts[..] else { panic!("one market: {counts:?}") };
    assert_eq!((sf.market.as_str(), sf.offline, sf.idle, sf.carrying), ("sf", 1, 1, 1));

    let before = live.version();
    live.set_state("cab-2", CourierState::Offline);
    assert_eq!(live.version(), before, "nothing has changed");
    live.set_state("cab-3", CourierState::Carrying);
    let mut out = Vec::new();
    let scope = Scope::Market(market("sf"));
    let version = live.changes(&scope, before, &mut out).expect("known");
    assert_eq!((names(&out), version), (vec!["cab-3"], before + 1));
}

#[test]
fn a_courier_may_change_its_market() {
    let live = live();
    sees(&live, "sf", "cab-1", 0, SF);
    sees(&live, "oakland", "cab-1", 10, SF);
    assert_eq!(live.position("cab-1").expect("seen").market.as_str(), "oakland");
    assert_eq!(all(&live, &Bbox::GLOBE, Some("sf")), [""; 0]);
    assert_eq!(all(&live, &Bbox::GLOBE, Some("oakland")), ["cab-1"]);
    let idle: Vec<usize> = live.counts().iter().map(|count| count.idle).collect();
    assert_eq!(idle, [0, 1]);
}

/// C7: a box is asked by degrees, and may lie across the antimeridian or around a pole.
#[test]
fn boxes_hold_who_is_inside() {
    let live = live();
    let places = [
        ("fiji-west", (-17.0, 179.9)),
        ("fiji-line", (-17.0, 180.0)),
        ("fiji-other-line", (-17.0, -180.0)),
        ("fiji-east", (-17.0, -179.9)),
        ("pole", (90.0, 0.0)),
        ("sf", SF),
    ];
    for (courier, place) in places {
        sees(&live, "globe", courier, 0, place);
    }
    let fiji = vec!["fiji-east", "fiji-line", "fiji-other-line", "fiji-west"];
    let cases = [
        ("across", (179.0, -18.0, -179.0, -16.0), fiji),
        ("west of it", (179.0, -18.0, 180.0, -16.0), vec!["fiji-line", "fiji-west"]),
        ("east of it", (-180.0, -18.0, -179.0, -16.0), vec!["fiji-east", "fiji-other-line"]),
        ("a point", (SF.1, SF.0, SF.1, SF.0), vec!["sf"]),
        ("the pole", (-1.0, 89.0, 1.0, 90.0), vec!["pole"]),
        ("around the globe, almost", (-122.0, -90.0, -123.0, 90.0), {
            vec!["fiji-east", "fiji-line", "fiji-other-line", "fiji-west", "pole"]
        }),
        ("the sea", (10.0, -10.0, 11.0, -9.0), vec![]),
    ];
    for (what, (west, south, east, north), expected) in cases {
        let bbox = Bbox::from_degrees(west, south, east, north).expect("a box");
        assert_eq!(all(&live, &bbox, None), expected, "{what}");
    }
    assert_eq!(all(&live, &Bbox::GLOBE, None).len(), places.len());
    for (west, south, east, north) in
        [(0.0, 1.0, 1.0, 0.0), (0.0, 0.0, 181.0, 1.0), (0.0, f64::NAN, 1.0, 1.0)]
    {
        assert_eq!(Bbox::from_degrees(west, south, east, north), None);
    }
}

#[test]
fn too_many_couriers_are_clusters_that_add_up() {
    let live = live();
    for number in 0..300 {
        let place = (37.70 + f64::from(number % 20) * 0.004, -122.5 + f64::from(number) * 0.0003);
        sees(&live, "sf", &format!("cab-{number}"), 0, place);
    }
    let bbox = Bbox::from_degrees(-122.6, 37.6, -122.3, 37.9).expect("a box");
    assert!(matches!(live.within(&bbox, None, 300), Within::Couriers(seen) if seen.len() == 300));
    for bbox in [bbox, Bbox::GLOBE] {
        let Within::Clusters(clusters) = live.within(&bbox, None, 299) else {
            panic!("one too many for the limit");
        };
        assert_eq!(clusters.iter().map(|cluster| cluster.count).sum::<usize>(), 300);
        let near = |cluster: &Cluster| cluster.center.distance_m(position(37.74, -122.455)) < 9e3;
        assert!(clusters.iter().all(near), "{clusters:?}");
    }
}

fn crowds(live: &Live, bbox: &Bbox) -> Vec<Cluster> {
    let Within::Clusters(clusters) = live.within(bbox, None, 0) else { panic!("a limit of none") };
    clusters
}

/// F2: a city is as many clusters on a map of the world as on its own, each where its couriers
/// are; so is one on the antimeridian.
#[test]
fn crowds_are_as_fine_as_what_is_there_not_as_the_box() {
    for (what, west) in [("a city", -122.5), ("on the antimeridian", 179.9)] {
        let live = live();
        for number in 0..4_900 {
            let (north, east) = (f64::from(number / 70) * 0.002, f64::from(number % 70) * 0.003);
            let lng = (west + east + 180.0) % 360.0 - 180.0;
            sees(&live, "sf", &format!("cab-{number}"), 0, (37.70 + north, lng));
        }
        let clusters = crowds(&live, &Bbox::GLOBE);
        assert!((17 * 17..=1_024).contains(&clusters.len()), "{what}: {}", clusters.len());
        assert_eq!(clusters.iter().map(|cluster| cluster.count).sum::<usize>(), 4_900, "{what}");
        let apart = |one: &Cluster| {
            let couriers = (0..4_900).filter_map(|number| live.position(&format!("cab-{number}")));
            let apart = couriers.map(|seen| seen.ping.position.distance_m(one.center));
            apart.fold(f64::INFINITY, f64::min)
        };
        assert!(clusters.iter().all(|cluster| apart(cluster) < 500.0), "{what}: nobody is there");
    }
}

/// F2: a crowd is drawn where its couriers are, not in the middle of a cell, which at the poles
/// is a piece of cake.
#[test]
fn a_crowd_is_at_the_mean_of_its_couriers() {
    let around = Bbox::from_degrees(-1.0, 89.0, 1.0, 90.0).expect("a box");
    let cases = [
        ("at a pole", vec![(89.999, 0.001)], (89.999, 0.001), around),
        ("at a pole", vec![(89.999, 0.001)], (89.999, 0.001), Bbox::GLOBE),
        ("two", vec![(37.771, -122.421), (37.772, -122.422)], (37.7715, -122.4215), Bbox::GLOBE),
        ("at the line", vec![(-17.001, 179.9999), (-17.001, 179.9997)], (-17.001, 179.9998), {
            Bbox::from_degrees(179.0, -18.0, -179.0, -16.0).expect("a box")
        }),
    ];
    for (what, couriers, mean, bbox) in cases {
        let live = live();
        for (number, place) in (0..).zip(&couriers) {
            let courier = format!("cab-{number}");
            sees(&live, "sf", &courier, 0, (place.0 - 0.002, place.1));
            sees(&live, "sf", &courier, 60, (place.0, place.1));
        }
        let expected = Cluster { center: position(mean.0, mean.1), count: couriers.len() };
        assert_eq!(crowds(&live, &bbox), [expected], "{what}");
    }
}

#[test]
fn the_nearest_are_chosen_among_the_accepted() {
    let live = live();
    for (courier, metres) in [("far", 9_000.0), ("near", 100.0), ("next", 2_000.0), ("busy", 0.0)] {
        sees(&live, "sf", courier, 0, (SF.0 + metres / 111_195.0, SF.1));
    }
    sees(&live, "oakland", "foreign", 0, SF);
    let at = position(SF.0, SF.1);
    let nearest = |count: usize, radius_m: f64| {
        let mut idle = |courier: &str| courier != "busy";
        let near = live.nearest(&market("sf"), at, count, radius_m, &mut idle);
        near.iter().map(|near| near.seen.courier.to_string()).collect::<Vec<_>>()
    };
    let cases: [(usize, f64, &[&str]); 7] = [
        (2, 1e5, &["near", "next"]),
        (9, 1e5, &["near", "next", "far"]),
        (9, 8_000.0, &["near", "next"]),
        (9, 50.0, &[]),
        (1, 1e9, &["near"]),
        (0, 1e9, &[]),
        (3, f64::NAN, &[]),
    ];
    for (count, radius_m, expected) in cases {
        assert_eq!(nearest(count, radius_m), expected, "{count} within {radius_m} m");
    }
    assert!(live.nearest(&market("rome"), at, 3, 1e9, &mut |_| true).is_empty());
}

/// C7: who left a box is told to its watchers, with the place where it is now.
#[test]
fn leaving_a_box_is_a_change_until_it_is_forgotten() {
    let live = live();
    let bbox = Bbox::from_degrees(-122.43, 37.76, -122.41, 37.78).expect("a box");
    let scope = Scope::Box(bbox, Some(market("sf")));
    sees(&live, "sf", "cab-1", 0, SF);
    sees(&live, "sf", "cab-2", 0, SF);
    let mut out = Vec::new();
    let first = live.changes(&scope, 0, &mut out).expect("known");
    assert_eq!(names(&out), ["cab-1", "cab-2"]);

    sees(&live, "sf", "cab-1", 60, (37.80, SF.1));
    let second = live.changes(&scope, first, &mut out).expect("known");
    assert_eq!(names(&out), ["cab-1"]);
    assert_eq!(out[0].ping.position, position(37.80, SF.1));
    assert_eq!(live.changes(&scope, second, &mut out), Ok(second));
    assert_eq!(names(&out), [""; 0]);

    live.forget_departures(second);
    assert_eq!(live.changes(&scope, second, &mut out), Ok(second));
    assert_eq!(live.changes(&scope, first, &mut out), Err(HistoryGone { since: first }));
    assert_eq!(live.changes(&scope, second + 1, &mut out), Err(HistoryGone { since: second + 1 }));
    assert_eq!(live.changes(&scope, 0, &mut out), Ok(second));
    assert_eq!(names(&out), ["cab-2"]);
}

#[test]
fn a_snapshot_tells_what_changed_since_the_last() {
    let live = live();
    let told = |since: u64| {
        let mut told: Vec<(String, String, Position)> = Vec::new();
        let version = live.snapshot_since(since, &mut |market, courier, ping| {
            told.push((market.to_string(), courier.to_owned(), ping.position));
        });
        told.sort();
        (told, version)
    };
    let many: Vec<String> = (0..10_000).map(|number| format!("cab-{number:05}")).collect();
    let place = position(SF.0, SF.1);
    live.apply(&market("sf"), many.iter().map(|courier| (courier.as_str(), ping(0, place))));
    let (all, version) = told(0);
    assert_eq!(all.iter().map(|(_, courier, _)| courier.clone()).collect::<Vec<_>>(), many);
    sees(&live, "oakland", "cab-x", 0, SF);
    sees(&live, "sf", "cab-00007", 10, (37.771, SF.1));
    let (changed, version) = told(version);
    let place = |lat: f64| position(lat, SF.1);
    assert_eq!(
        changed,
        [
            ("oakland".to_owned(), "cab-x".to_owned(), place(SF.0)),
            ("sf".to_owned(), "cab-00007".to_owned(), place(37.771)),
        ]
    );
    assert_eq!(told(version), (vec![], version));
}
