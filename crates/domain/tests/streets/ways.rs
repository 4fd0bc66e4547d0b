//! Ways and tables against the plainest search there is.

use super::{at, stretch};
use doorstep_domain::streets::{Class, Graph, Profile, Snapped, Stretch};
use proptest::prelude::*;
use std::collections::BTreeMap;

const BY: Profile = Profile::Driving;

/// Junctions on a grid, some of the edges between neighbours, of different classes.
fn town() -> impl Strategy<Value = Vec<Stretch>> {
    let side = 5_i32;
    let classes = prop::sample::select(vec![Class::Primary, Class::Residential, Class::Service]);
    let edges = prop::collection::vec((0..side, 0..side, any::<bool>(), classes), 8..50);
    edges.prop_map(move |edges| {
        let edge = |(x, y, east, class): (i32, i32, bool, Class)| {
            let (to_x, to_y) = if east { (x + 1, y) } else { (x, y + 1) };
            let name = |x: i32, y: i32| i64::from(x * 100 + y);
            let line = vec![at(x * 150, y * 110), at(to_x * 150, to_y * 110)];
            let ends = Some((name(x, y), name(to_x, to_y)));
            Stretch { class, ends, ..stretch("", line) }
        };
        edges.into_iter().map(edge).collect()
    })
}

fn places() -> impl Strategy<Value = Vec<(i32, i32)>> {
    prop::collection::vec(place(), 2..6)
}

fn place() -> impl Strategy<Value = (i32, i32)> {
    (-100..900, -100..700)
}

/// Bellman and Ford over the junctions of the town, each stretch driven in its own time.
fn plainly(town: &[Stretch], graph: &Graph, from: &Snapped, to: &Snapped) -> Option<u64> {
    let ends = |edge: u32| town[graph.stretch_of(edge).expect("an edge")].ends.expect("named");
    let entries = |at: &Snapped| {
        let (whole, before) =
            (graph.cost_ms(at.edge, 1.0, BY), graph.cost_ms(at.edge, at.fraction, BY));
        let (whole, before) = (whole.expect("a street"), before.expect("a street"));
        [(ends(at.edge).0, before), (ends(at.edge).1, whole - before)]
    };
    let edges: Vec<_> = (0..graph.edges() as u32)
        .filter_map(|edge| Some((ends(edge), graph.cost_ms(edge, 1.0, BY)?)))
        .collect();
    let mut cost: BTreeMap<i64, u64> = BTreeMap::new();
    for (junction, ms) in entries(from) {
        let known = cost.entry(junction).or_insert(ms);
        *known = ms.min(*known);
    }
    let mut has_changed = true;
    while std::mem::take(&mut has_changed) {
        for (a, b, ms) in edges.iter().flat_map(|((a, b), ms)| [(a, b, ms), (b, a, ms)]) {
            let Some(there) = cost.get(a).map(|known| known + ms) else { continue };
            if cost.get(b).is_none_or(|known| there < *known) {
                cost.insert(*b, there);
                has_changed = true;
            }
        }
    }
    let direct = (from.edge == to.edge)
        .then(|| graph.cost_ms(from.edge, (from.fraction - to.fraction).abs(), BY))
        .flatten();
    let ways = entries(to).into_iter().filter_map(|(at, ms)| Some(cost.get(&at)? + ms));
    ways.chain(direct).min()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// C1: the way is the fastest there is, the same both ways round, and the table says the same.
    #[test]
    fn ways_are_the_fastest_there_are(town in town(), places in places()) {
        let graph = Graph::new(&town);
        let snapped: Vec<Option<Snapped>> =
            places.iter().map(|(x, y)| graph.snap(at(*x, *y), BY)).collect();
        let table = graph.table(&snapped, &snapped, BY);
        for (row, from) in snapped.iter().enumerate() {
            for (column, to) in snapped.iter().enumerate() {
                let (Some(from), Some(to)) = (from, to) else { continue };
                let way = graph.route(from, to, BY);
                let ms = way.as_ref().map(|way| way.duration_ms);
                prop_assert_eq!(ms, plainly(&town, &graph, from, to));
                prop_assert_eq!(ms, table[row][column].map(|leg| leg.duration_ms));
                prop_assert_eq!(ms, table[column][row].map(|leg| leg.duration_ms));
                if let Some(way) = way {
                    let ends = (way.line[0], way.line[way.line.len() - 1]);
                    prop_assert!(ends.0.distance_m(from.position) < 0.1);
                    prop_assert!(ends.1.distance_m(to.position) < 0.1);
                }
            }
        }
        // No detour over a third place is faster, but for the rounding of parts of edges.
        let count = table.len();
        let three = |n: usize| (n % count, n / count % count, n / count / count);
        for (a, b, c) in (0..count.pow(3)).map(three) {
            let ms = |x: usize, y: usize| table[x][y].map(|leg| leg.duration_ms);
            if let (Some(ab), Some(bc)) = (ms(a, b), ms(b, c)) {
                prop_assert!(ms(a, c).is_some_and(|ac| ac <= ab + bc + 2));
            }
        }
    }

    /// The grid finds what looking at every edge finds.
    #[test]
    fn a_place_snaps_to_the_nearest_street(town in town(), (x, y) in place()) {
        let graph = Graph::new(&town);
        let place = at(x, y);
        let found = graph.snap(place, Profile::Walking).map(|snapped| snapped.off_m);
        let alone = |stretch: &Stretch| {
            Graph::new(std::slice::from_ref(stretch)).snap(place, Profile::Walking)
        };
        let nearest = town.iter().filter_map(alone).map(|snapped| snapped.off_m);
        let nearest = nearest.min_by(f64::total_cmp);
        let off = found.zip(nearest).map(|(found, nearest)| (found - nearest).abs());
        prop_assert!(off.is_some_and(|off| off < 0.01), "{:?} {:?}", found, nearest);
    }
}

#[test]
fn streets_meet_where_they_share_a_place() {
    let streets = [
        stretch("A", vec![at(0, 0), at(100, 0), at(200, 0)]),
        stretch("B", vec![at(100, -100), at(100, 0), at(100, 100)]),
    ];
    let graph = Graph::new(&streets);
    assert_eq!((graph.junctions(), graph.edges()), (5, 4));
    let snap = |x, y| graph.snap(at(x, y), BY).expect("a street");
    let way = graph.route(&snap(10, 3), &snap(103, 90), BY).expect("a way");
    assert!((way.length_m - 180.0).abs() < 3.0, "{}", way.length_m);
    assert_eq!(way.line.len(), 3, "{:?}", way.line);
}

#[test]
fn cars_do_not_use_paths_and_nobody_walks_on_motorways() {
    let street =
        |class, north_m| Stretch { class, ..stretch("", vec![at(0, north_m), at(300, north_m)]) };
    let graph = Graph::new(&[street(Class::Path, 0), street(Class::Motorway, 40)]);
    let snaps_to = |by| graph.snap(at(150, 20), by).map(|at| graph.stretch_of(at.edge));
    assert_eq!(snaps_to(Profile::Driving), Some(Some(1)));
    assert_eq!(snaps_to(Profile::Walking), Some(Some(0)));
    assert_eq!(Graph::new(&[]).snap(at(0, 0), BY), None);
}
