//! Races: a thousand buyers, a hundred units.

use super::{Shop, basket, is_set_up};
use doorstep_server::app::App;
use doorstep_server::error::AppError;
use doorstep_server::orders::ask::{Asker, NewOrder, Way};
use doorstep_server::orders::place::{Decided, place};
use serde_json::Value;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// One buyer's order under a key, told to a process.
pub(crate) fn buys(app: &App, basket: &Value, key: &str) -> Result<Decided, AppError> {
    let new: NewOrder = serde_json::from_value(basket.clone()).unwrap();
    let request_key = format!("a story orders.place {key}");
    let asker =
        Asker { actor: "a story".to_owned(), merchant: None, request_key, fingerprint: [7; 32] };
    place(app, &new, asker, Way::Order)
}

/// So many buyers want one unit each at once, at several processes; answers how many have it, and
/// every answer to the others must say what is left.
pub(crate) fn rush(apps: &[&App], buyers: usize) -> usize {
    let (sold, start) = (AtomicUsize::new(0), Barrier::new(buyers));
    let wanted = basket(&[("oats", 1)]);
    std::thread::scope(|scope| {
        for buyer in 0..buyers {
            let (sold, start, wanted, app) = (&sold, &start, &wanted, apps[buyer % apps.len()]);
            scope.spawn(move || {
                start.wait();
                let key = format!("buyer-{buyer}");
                match buys(app, wanted, &key) {
                    Ok(Decided::New(row)) => {
                        sold.fetch_add(1, Relaxed);
                        let again = buys(app, wanted, &key).unwrap();
                        assert_eq!(again, Decided::Repeated(row), "a retry gets the same answer");
                    }
                    Err(AppError::Shortage { lines }) => {
                        assert_eq!((lines[0].wanted, lines[0].available), (1, 0));
                    }
                    other => panic!("{other:?}"),
                }
            });
        }
    });
    sold.into_inner()
}

/// D4: a thousand want one of a hundred: a hundred have it, the others are told that none is left.
#[test]
fn a_hundred_units_are_sold_to_a_hundred_of_a_thousand() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 60)]);
    shop.receives("far", &[("oats", 40)]);
    assert_eq!(rush(&[shop.app()], 1_000), 100);
    assert_eq!((shop.has("near", "oats"), shop.has("far", "oats")), (0, 0));
    shop.settles();
    shop.is_in_order();
}

/// D4: the same over HTTP, with clients that wait for each answer.
#[test]
fn nobody_is_sold_twice_over_http() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 20)]);
    let start = Barrier::new(64);
    let body = basket(&[("oats", 1)]).to_string();
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let run = |buyer: usize| {
            let (start, body, shop) = (&start, &body, &shop);
            scope.spawn(move || {
                start.wait();
                let order = || shop.operator().posts("/v1/orders", &format!("buyer-{buyer}"), body);
                let (first, again) = (order(), order());
                assert_eq!(first.status, again.status);
                if first.status == 201 {
                    assert_eq!(first.body, again.body);
                } else {
                    assert_eq!(first.problem()["lines"][0]["available"], 0);
                }
                first.status
            })
        };
        let runs: Vec<_> = (0..64).map(run).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 20, "{answers:?}");
    assert!(answers.iter().all(|status| [201, 409].contains(status)), "{answers:?}");
    assert_eq!(shop.has("near", "oats"), 0);
    shop.is_in_order();
}

/// D4: one request that comes many times at once, to several lanes, is one order.
#[test]
fn one_request_at_once_is_one_order() {
    let shop = Shop::new();
    is_set_up(shop.app());
    shop.receives("near", &[("oats", 1)]);
    shop.receives("far", &[("oats", 9)]);
    for round in 0..8 {
        let (start, key) = (Barrier::new(16), format!("round-{round}"));
        let orders: Vec<String> = std::thread::scope(|scope| {
            let run = |_| {
                let (start, key, app) = (&start, &key, shop.app());
                scope.spawn(move || {
                    start.wait();
                    match buys(app, &basket(&[("oats", 1)]), key).unwrap() {
                        Decided::New(row) | Decided::Repeated(row) => row.order,
                        Decided::KeyReused => panic!("it is the same request"),
                    }
                })
            };
            let runs: Vec<_> = (0..16).map(run).collect();
            runs.into_iter().map(|run| run.join().unwrap()).collect()
        });
        assert!(orders.iter().all(|order| *order == orders[0]), "{orders:?}");
    }
    assert_eq!(shop.has("near", "oats") + shop.has("far", "oats"), 2);
    shop.is_in_order();
}
