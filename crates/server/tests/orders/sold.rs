//! A shop that has sold something, for those who look at everything.

use super::race::buys;
use super::{basket, is_set_up, settles};
use crate::world::World;
use doorstep_server::orders::claims;
use doorstep_server::orders::place::Decided;
use doorstep_server::stock::movements::{self, Entered, Enterer, Entry};
use doorstep_store::movement::EntryKind;

/// Two orders, one of them called off, and more sold of what may be.
pub(crate) fn sells(world: &World) {
    let app = &world.app;
    is_set_up(app);
    let lines = basket(&[("oats", 5), ("eggs", 1)])["lines"].clone();
    let entry = Entry {
        kind: EntryKind::Receive,
        center_id: "near".parse().unwrap(),
        to_center_id: None,
        reference: None,
        reason: None,
        lines: serde_json::from_value(lines).unwrap(),
    };
    let enterer = Enterer {
        actor: "test".to_owned(),
        merchant: None,
        scope: "test".to_owned(),
        key: "entry".to_owned(),
        fingerprint: [0; 32],
    };
    assert!(matches!(movements::enter(app, &entry, enterer).unwrap(), Entered::New(_)));
    let order = |key: &str| match buys(app, &basket(&[("oats", 1), ("eggs", 2)]), key).unwrap() {
        Decided::New(row) => row.order,
        other => panic!("{other:?}"),
    };
    let first = order("first");
    claims::cancel(app, &first, None, "test").unwrap();
    order("second");
    settles(app);
}
