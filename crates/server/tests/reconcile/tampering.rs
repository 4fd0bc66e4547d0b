//! Any tampering whatever, repaired.

use super::{MONDAY, TUESDAY, repairs};
use crate::world::{World, delivery};
use doorstep_server::check::check;
use doorstep_store::{LaneId, StoreError, Tx};
use proptest::prelude::*;

/// Ways to change what is kept about one delivery.
const TAMPERING: [&str; 4] = [
    "delete from work_interval where delivery_id = $1",
    "update work_interval set tip_minor = tip_minor + 7 where delivery_id = $1",
    "update work_interval set courier_id = 'mallory' where delivery_id = $1",
    "delete from delivery where delivery_id = $1",
];

fn two_days_of_work(world: &World) {
    for (number, courier) in ["anna", "ben", "anna", "cleo"].iter().enumerate() {
        let (day, id) = (19 + number / 2, format!("d{number}"));
        let (from, to) = (format!("2008-05-{day}T19:00:00Z"), format!("2008-05-{day}T20:00:00Z"));
        world.is_told(&delivery(&id, courier, &from, &to));
    }
    // Over the midnight of San Francisco.
    world.is_told(&delivery("d4", "ben", "2008-05-20T06:30:00Z", "2008-05-20T07:30:00Z"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// B14: whatever was done to the rows, before or after a close, one repair of each day makes
    /// log and store agree, holds every invariant, and leaves nothing to a second.
    #[test]
    fn one_repair_is_enough(
        changes in prop::collection::vec((0..TAMPERING.len(), 0..5), 1..6),
        close in prop::sample::select(vec!["never", "before", "after"]),
    ) {
        let world = World::new();
        two_days_of_work(&world);
        if close == "before" {
            world.closes(MONDAY);
        }
        for (how, number) in changes {
            let lane = LaneId::new("tampering").unwrap();
            let changed: Result<u64, StoreError> = world.app.store.lane(&lane, move |tx| {
                tx.execute(TAMPERING[how], &[(&format!("d{number}")).into()])
            });
            changed.unwrap();
        }
        if close == "after" {
            world.closes(MONDAY);
        }
        for on in [MONDAY, TUESDAY] {
            repairs(&world, on);
        }
        for on in [MONDAY, TUESDAY] {
            let again = repairs(&world, on);
            prop_assert!(again.agrees() && again.repaired == 0, "{}: {:?}", on, again);
        }
        let report = check(&world.app);
        prop_assert_eq!(report.violations, 0, "{:?}", report);
    }
}
