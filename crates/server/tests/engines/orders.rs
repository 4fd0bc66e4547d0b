//! Several processes that sell from the same centres, on one store: neither knows of the others.

use super::{Database, beside, server};
use crate::dispatch::sf;
use crate::orders::history::is_linearizable;
use crate::orders::race::{buys, rush};
use crate::orders::{Shop, basket, settles, with};
use crate::world::{SF, World};
use doorstep_server::app::App;
use doorstep_server::error::AppError;
use doorstep_server::orders::place::Decided;
use doorstep_server::orders::{claims, expiry, hand_over, returns};
use doorstep_store::StoreError;
use serde_json::json;
use std::sync::Barrier;

/// A shop whose store is in Postgres.
fn shop(server: &str) -> Shop {
    Shop::in_world(World::on(Some(Database::on(server)), SF))
}

/// D4: a thousand buyers at three processes want one of a hundred units: a hundred have one.
#[test]
fn three_processes_sell_a_hundred_units_to_a_hundred() {
    let Some(server) = server() else { return };
    let shop = shop(&server);
    let (second, _directory) = beside(shop.network.world());
    let (third, _directory) = beside(shop.network.world());
    shop.receives("near", &[("oats", 60)]);
    shop.receives("far", &[("oats", 40)]);
    assert_eq!(rush(&[shop.app(), &second, &third], 1_000), 100);
    assert_eq!((shop.has("near", "oats"), shop.has("far", "oats")), (0, 0));
    settles(shop.app());
    shop.is_in_order();
}

/// D4, D11: what three processes did at once could have been one after another.
#[test]
fn three_processes_are_as_one() {
    let Some(server) = server() else { return };
    let shop = shop(&server);
    let (second, _directory) = beside(shop.network.world());
    let (third, _directory) = beside(shop.network.world());
    shop.receives("near", &[("oats", 5)]);
    is_linearizable(&[shop.app(), &second, &third], 12);
    settles(shop.app());
    shop.is_in_order();
}

/// D4, D10: baskets over two centres in both orders at once: no deadlock, nothing sold twice.
#[test]
fn baskets_over_several_lanes_do_not_wait_for_each_other() {
    let Some(server) = server() else { return };
    let shop = shop(&server);
    let (second, _directory) = beside(shop.network.world());
    shop.receives("near", &[("oats", 30)]);
    shop.receives("far", &[("beans", 30)]);
    let apps: [&App; 2] = [shop.app(), &second];
    let lines = [[("oats", 1), ("beans", 1)], [("beans", 1), ("oats", 1)]];
    let start = Barrier::new(80);
    let sold: usize = std::thread::scope(|scope| {
        let run = |buyer: usize| {
            let (start, app) = (&start, apps[buyer % 2]);
            let wanted = with(&basket(&lines[buyer % 2]), "on_shortage", json!("split"));
            scope.spawn(move || {
                start.wait();
                match buys(app, &wanted, &format!("buyer-{buyer}")) {
                    Ok(Decided::New(_)) => 1,
                    Err(AppError::Shortage { .. }) => 0,
                    other => panic!("{other:?}"),
                }
            })
        };
        let runs: Vec<_> = (0..80).map(run).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    assert_eq!(sold, 30);
    shop.settles();
    shop.is_in_order();
}

/// Does a step until there is nothing left to do, whoever is faster.
fn through(app: &App, step: impl Fn(&App) -> Result<usize, AppError>) {
    loop {
        match step(app) {
            Ok(0) => return,
            Ok(_) | Err(AppError::Store(StoreError::Fenced { .. })) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// D12, D13: two processes hand over, take back and release at once: each is done once.
#[test]
fn two_processes_hand_over_and_take_back_once() {
    let Some(server) = server() else { return };
    let shop = shop(&server);
    let (second, _directory) = beside(shop.network.world());
    let apps: [&App; 2] = [shop.app(), &second];
    shop.receives("near", &[("oats", 40)]);
    let placed: Vec<_> = (0..20).map(|_| shop.places(&basket(&[("oats", 1)]))).collect();
    (0..20).for_each(|_| assert_eq!(shop.reserves(&basket(&[("oats", 1)])).status, 201));
    assert_eq!(shop.has("near", "oats"), 0);
    shop.network.passes(601);
    let both = |step: fn(&App) -> Result<usize, AppError>| {
        std::thread::scope(|scope| {
            for app in apps {
                scope.spawn(move || through(app, step));
            }
        });
    };
    both(|app| expiry::step(app, &sf()));
    both(|app| hand_over::step(app, &sf()));
    assert_eq!(shop.has("near", "oats"), 20);
    for order in &placed {
        claims::cancel(&second, crate::orders::id(order), None, "a story").unwrap();
    }
    both(|app| returns::step(app, &sf()));
    assert_eq!(shop.has("near", "oats"), 40);
    shop.is_in_order();
}
