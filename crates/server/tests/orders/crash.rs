//! A process ends between two steps: what was answered stands, and what follows is done once.

use super::{Shop, basket, settles};
use crate::dispatch::sf;
use doorstep_server::check::check;
use doorstep_server::orders::hand_over;
use doorstep_server::workers;
use std::sync::Arc;

/// D13: the process ends after the order was answered and before it was handed over: the next one
/// hands it over, once.
#[test]
fn an_order_outlives_its_process() {
    let shop = Shop::new();
    shop.receives("near", &[("oats", 3)]);
    let order = shop.places(&basket(&[("oats", 1)]));
    let delivery = order["parts"][0]["delivery_id"].as_str().unwrap().to_owned();
    let world = shop.network.served.ended().restarted();
    assert_eq!(hand_over::step(&world.app, &sf()).unwrap(), 2, "what came, and the order");
    let world = world.restarted();
    assert_eq!(hand_over::step(&world.app, &sf()).unwrap(), 0);
    settles(&world.app);
    let shop = Shop::in_world(world);
    assert_eq!(shop.network.shows(&delivery)["status"], "requested");
    let listed = shop.operator().gets("/v1/deliveries").json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(shop.has("near", "oats"), 2);
    assert_eq!(check(shop.app()).violations, 0);
}

/// D12, D13: in a process that serves, nobody has to ask: what is placed is handed over, what
/// nobody carries comes back, and what nobody confirms does.
#[test]
fn workers_do_it_unasked() {
    let shop = Shop::new();
    let running = workers::start(&Arc::clone(&shop.network.world().app), true).unwrap();
    shop.receives("near", &[("oats", 3)]);
    let order = shop.places(&basket(&[("oats", 1)]));
    assert_eq!(shop.reserves(&basket(&[("oats", 1)])).status, 201);
    let path = format!("/v1/deliveries/{}", order["parts"][0]["delivery_id"].as_str().unwrap());
    let until = |is_so: &dyn Fn() -> bool| {
        while !is_so() {
            std::thread::yield_now();
        }
    };
    until(&|| shop.operator().gets(&path).status == 200);
    assert_eq!(shop.says(&format!("{path}/cancel"), &serde_json::json!({})).status, 200);
    until(&|| shop.has("near", "oats") == 2);
    shop.network.passes(601);
    until(&|| shop.has("near", "oats") == 3);
    running.stop();
    shop.is_in_order();
}
