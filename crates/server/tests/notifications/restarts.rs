//! Whoever tells others may be stopped at any instant: nothing is lost, and nothing made twice.

use super::{HERE, does, network};
use crate::dispatch::{Network, sf};
use crate::notifications::listener::Listener;
use crate::served::Served;
use crate::world::{SF, World};
use doorstep_server::notifications;
use doorstep_store::task::{self, Claim, Pool};
use doorstep_store::{LaneId, StoreError};
use serde_json::json;
use std::sync::Arc;

impl Network {
    /// The process ends and begins again.
    fn restarts(self) -> Network {
        Network { served: Served::new(self.served.ended().restarted()) }
    }
}

/// C11, E7: a process that ends after the announcement, after the tasks were made, and with a task
/// in its hands. The message arrives, under one name.
#[test]
fn a_restart_at_each_step_loses_and_doubles_nothing() {
    let listener = Listener::new();
    let network = network("", "");
    network.subscribes(&network.served.operator, &listener, json!({}));
    network.is_asked_by("m8");
    let network = network.restarts();
    assert_eq!(notifications::step(&network.world().app, &sf()).unwrap(), 1);
    let network = network.restarts();
    assert_eq!(notifications::step(&network.world().app, &sf()).unwrap(), 0, "read once");
    let network = network.restarts();
    // Taken, perhaps sent, and never noted.
    let now_us = network.world().app.clock.now().0;
    let lane = LaneId::new(task::LANE).unwrap();
    let taken = network.world().app.store.lane(&lane, move |tx| {
        let (worker, lease_us) = ("killed", 120_000_000);
        task::claim(
            tx,
            Claim { worker, pool: Pool::Telling, now_us, lease_us, limit: 9, per_owner: 9 },
        )
    });
    let taken = taken.unwrap();
    assert_eq!(taken.len(), 1);
    let network = network.restarts();
    assert_eq!((network.tells(), listener.heard().len()), (0, 0), "it is somebody's");
    network.passes(120);
    assert_eq!((network.tells(), listener.heard().len()), (1, 1));
    assert_eq!(listener.heard()[0].header("webhook-id"), taken[0].task_id);
    let path = format!("/v1/tasks/{}", taken[0].task_id);
    let history = network.served.operator.gets(&path).json()["history"].clone();
    let outcomes = (&history[0]["outcome"], &history[1]["outcome"]);
    assert_eq!(outcomes, (&json!("lost"), &json!("done")));
    let network = network.restarts();
    assert_eq!((network.tells(), listener.heard().len()), (0, 1));
}

/// E7: several notifiers and runners at once tell everybody once.
#[test]
fn many_at_once_tell_everybody_once() {
    let network = network("", "");
    let listener = Listener::new();
    network.subscribes(&network.served.operator, &listener, json!({}));
    for _ in 0..40 {
        network.is_asked_by("m8");
    }
    let app = &network.world().app;
    std::thread::scope(|scope| {
        for number in 0..4 {
            let app = Arc::clone(app);
            scope.spawn(move || {
                match notifications::step(&app, &sf()) {
                    Ok(_) => {}
                    Err(error) => {
                        assert!(error.to_string().contains("another consumer"), "{error}")
                    }
                }
                notifications::run_due(&app, &format!("runner-{number}")).unwrap()
            });
        }
    });
    network.tells();
    let heard = listener.heard();
    let names: std::collections::BTreeSet<_> =
        heard.iter().map(|heard| heard.header("webhook-id")).collect();
    assert_eq!((names.len(), heard.len()), (40, 40));
}

/// E7: what was done is forgotten after a while, and what was announced may be forgotten before.
#[test]
fn what_was_done_is_forgotten_after_a_while() {
    let network = network("keep = \"1h\"", "");
    let listener = Listener::new();
    network.subscribes(&network.served.operator, &listener, json!({}));
    network.is_asked_by("m8");
    network.tells();
    let app = &network.world().app;
    network.passes(3_600);
    assert_eq!(notifications::keep(app).unwrap(), 0);
    network.passes(1);
    assert_eq!(notifications::keep(app).unwrap(), 1);
    assert_eq!(network.tasks("done"), Vec::<serde_json::Value>::new());
}

/// C11: an announcement that cannot be read keeps nobody else from being told.
#[test]
fn what_cannot_be_read_holds_nobody_up() {
    let config = format!("[notifications]\n{HERE}{SF}");
    let network = Network { served: Served::new(World::with(&config)) };
    let listener = Listener::new();
    let made = does(&network.served.operator, "/v1/subscriptions", &json!({ "url": listener.url }));
    assert_eq!(made.0, 201);
    let lane = doorstep_server::dispatch::dispatch_lane(&sf()).unwrap();
    let announced: Result<i64, StoreError> = network
        .world()
        .app
        .store
        .lane(&lane, |tx| tx.announce("delivery.picked_up", "del_1", b"{\"not\":\"this\"}", 1));
    announced.unwrap();
    network.is_asked_by("m8");
    network.tells();
    assert_eq!(listener.types(), ["delivery.requested"]);
}
