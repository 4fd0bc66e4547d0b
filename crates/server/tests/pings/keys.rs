//! Who may send pings, and how soon a revoked key opens nothing.

use super::{logged, ping, tells, world};
use crate::served::{Served, Visitor};
use doorstep_server::keys::{self, NewKey, Role, Secret};
use doorstep_store::key;
use serde_json::json;

/// A key of a role, and its name.
fn key(served: &Served, role: Role) -> (Visitor, String) {
    let new = NewKey { role, courier_id: None, merchant_id: None, label: String::new() };
    let created =
        keys::create(&served.world.app, &new, &Secret::random().unwrap(), "test").unwrap();
    (served.stranger.with_key(&created.secret), created.key.key_id)
}

/// A courier speaks for themselves, a gateway for anybody, and for nothing but pings and events.
#[test]
fn each_speaks_for_whom_they_may() {
    let served = Served::new(world());
    let (gateway, _) = key(&served, Role::Gateway);
    let anna = served.courier("anna");
    let both = json!([ping("anna", 1), ping("bea", 1)]);
    assert_eq!(tells(&gateway, &both).json()["accepted"], 2);
    let own = tells(&anna, &both).json();
    assert_eq!((&own["accepted"], &own["rejected"][0]["line"]), (&json!(1), &json!(2)));
    assert_eq!(own["rejected"][0]["code"], "wrong_courier");
    let others = tells(&anna, &ping("bea", 2));
    assert_eq!((others.status, &others.problem()["code"]), (403, &json!("wrong_courier")));
    assert_eq!(tells(&served.finance, &ping("anna", 3)).problem()["code"], "forbidden");
    assert_eq!(tells(&served.stranger, &ping("anna", 3)).status, 401);
    let events = gateway.asks("POST", "/v1/events", &[], "{}");
    assert_eq!((events.status, &events.problem()["code"]), (400, &json!("malformed")));
    for path in ["/v1/keys", "/v1/couriers", "/v1/pay?market=sf", "/v1/dead-letters", "/v1/check"] {
        assert_eq!(gateway.gets(path).problem()["code"], "forbidden", "{path}");
    }
    assert_eq!(logged(&served.world)["bea"].len(), 1);
}

/// A key revoked in this process opens nothing from then on; revoked by another, two seconds
/// later.
#[test]
fn a_revoked_key_stops_pings() {
    let served = Served::new(world());
    let ((here, here_id), (there, there_id)) =
        (key(&served, Role::Gateway), key(&served, Role::Gateway));
    for visitor in [&here, &there] {
        assert_eq!(tells(visitor, &ping("anna", 1)).status, 202);
    }
    keys::revoke(&served.world.app, &here_id, "test").unwrap();
    assert_eq!(tells(&here, &ping("anna", 2)).problem()["code"], "unauthorized");
    assert_eq!(tells(&there, &ping("anna", 2)).status, 202);

    let lane = doorstep_store::LaneId::new("elsewhere").unwrap();
    let now = served.world.app.clock.now();
    let revoked = served.world.app.store.lane(&lane, move |tx| key::revoke(tx, &there_id, now.0));
    assert!(revoked.unwrap());
    assert_eq!(tells(&there, &ping("anna", 3)).status, 202, "nobody has asked again yet");
    served.world.clock.set("2008-05-25T19:00:02Z");
    assert_eq!(tells(&there, &ping("anna", 4)).problem()["code"], "unauthorized");
}
