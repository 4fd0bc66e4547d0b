//! Races: one winner, whoever comes at once.

use super::{Network, parcel};
use serde_json::json;
use std::sync::Barrier;

/// C4: many couriers accept one delivery in the same instant: one has it, the others are told, and
/// so it stays however often they try again.
#[test]
fn many_accept_and_one_has_it() {
    let network = Network::new();
    let couriers: Vec<_> = (0..24)
        .map(|n| {
            let id = format!("c{n:02}");
            let courier = network.registers(&json!({ "courier_id": id, "market": "sf" }));
            courier.goes("online");
            courier
        })
        .collect();
    for _ in 0..5 {
        let id = network.is_asked(&parcel());
        let start = Barrier::new(couriers.len());
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let runs: Vec<_> = couriers
                .iter()
                .map(|courier| {
                    let (start, id) = (&start, &id);
                    scope.spawn(move || {
                        start.wait();
                        let first = courier.accepts(id).status;
                        let again = courier.accepts(id).status;
                        assert_eq!(first, again, "a retry gets the same answer");
                        first
                    })
                })
                .collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        let winners = answers.iter().filter(|status| **status == 200).count();
        assert_eq!(winners, 1, "{answers:?}");
        assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
        let winner = answers.iter().position(|status| *status == 200).unwrap();
        assert_eq!(network.shows(&id)["courier"]["courier_id"], couriers[winner].id);
        couriers[winner].tells(&id, "picked_up");
        couriers[winner].tells(&id, "delivered");
    }
}

/// C4: one courier with room for one accepts many at once: one is theirs.
#[test]
fn one_accepts_many_and_gets_what_fits() {
    let network = Network::new();
    let anna = network.registers(&json!({ "courier_id": "anna", "market": "sf", "capacity": 3 }));
    anna.goes("online");
    let ids: Vec<String> = (0..16).map(|_| network.is_asked(&parcel())).collect();
    let start = Barrier::new(ids.len());
    let won: usize = std::thread::scope(|scope| {
        let accept = |id: &String| {
            let (start, anna, id) = (&start, &anna, id.clone());
            scope.spawn(move || {
                start.wait();
                usize::from(anna.accepts(&id).status == 200)
            })
        };
        let runs: Vec<_> = ids.iter().map(accept).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert_eq!(won, 3);
    assert_eq!(anna.work()["deliveries"].as_array().unwrap().len(), 3);
}
