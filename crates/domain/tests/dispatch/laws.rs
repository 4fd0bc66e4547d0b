//! What holds of every plan.

use super::*;
use doorstep_domain::dispatch::batch::{Held, Match};
use doorstep_domain::id::DeliveryId;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn some_waiting() -> impl Strategy<Value = Vec<Waiting<Street>>> {
    let times = (-60_i64..10, 0_i64..40);
    let one = (0_usize..5, 0_i64..60, times, 1_u32..4, prop::option::of(0_usize..8));
    prop::collection::vec(one, 0..16).prop_map(|all| {
        let each = all.into_iter().enumerate();
        let each = each.map(|(index, (origin, to, (asked, ready), size, holder))| Waiting {
            requested_at: at(asked),
            ready_at: at(asked + ready),
            size,
            assigned_to: holder.map(|of| format!("c{of}").parse().expect("an id")),
            // Where an origin is follows from its name.
            ..delivery(&format!("d{index}"), &format!("o{origin}"), (origin as i64) * 11, to)
        });
        each.collect()
    })
}

fn some_couriers() -> impl Strategy<Value = Vec<Courier<Street>>> {
    let refused = prop::collection::btree_set(0_usize..16, 0..4);
    let bound = prop::option::weighted(0.2, 0_usize..5);
    let one = (0_i64..60, -10_i64..30, 0_i64..90, 1_u32..6, bound, refused);
    prop::collection::vec(one, 0..8).prop_map(|all| {
        let each = all.into_iter().enumerate();
        let each = each.map(|(index, (place, free, off, room, bound, refused))| Courier {
            place: bound.map_or(place, |origin| (origin as i64) * 11),
            free_at: at(free),
            off_at: at(off),
            room,
            bound_for: bound.map(|origin| format!("o{origin}")),
            refused: refused.iter().map(|id| format!("d{id}").parse().expect("an id")).collect(),
            ..courier(&format!("c{index}"), 0)
        });
        each.collect()
    })
}

/// What is wrong with a match; nothing where it keeps every rule.
fn broken(one: &Match, snapshot: &Snapshot<Street>, now: Micros) -> Option<&'static str> {
    let settings = Settings::default();
    let courier = snapshot.couriers.iter().find(|courier| courier.id == one.courier)?;
    let of = |id: &DeliveryId| snapshot.waiting.iter().find(|waiting| waiting.id == *id);
    let carried: Vec<_> = one.stops.iter().filter_map(|stop| of(&stop.delivery)).collect();
    let half = settings.pickup_us / 2;
    let way = along(courier.place, carried.first()?.from);
    let arrived = one.leave_at.plus(way + half);
    let next = now.plus(settings.every_us);
    let rules = [
        ("an origin each", carried.iter().all(|of| of.origin == one.origin)),
        ("room", carried.iter().map(|of| of.size).sum::<u32>() <= courier.room),
        ("refused", carried.iter().all(|of| !courier.refused.contains(&of.id))),
        ("off-time", one.pickup_at <= courier.off_at),
        ("not ready", carried.iter().all(|of| of.ready_at <= one.pickup_at)),
        ("diverted", courier.bound_for.as_ref().is_none_or(|origin| *origin == one.origin)),
        ("leaves before free", one.leave_at >= courier.free_at),
        ("comes too late for its pickup", arrived <= one.pickup_at),
        ("in order", one.stops.is_sorted_by(|before, after| before.at < after.at)),
        ("delivered before picked up", one.stops.iter().all(|stop| stop.at > one.pickup_at)),
    ];
    // Held only while it must be: the courier is busy, or would but wait.
    let held = match one.held {
        Some(Held::CourierBusy) => courier.free_at > now,
        Some(Held::NotReady) => courier.free_at <= now && one.leave_at >= next,
        None => courier.free_at <= now && one.leave_at < next,
    };
    let waits = carried.iter().any(|of| of.ready_at == one.pickup_at);
    let early = one.held == Some(Held::NotReady) && !waits;
    let first = rules.into_iter().find(|(_, kept)| !kept).map(|(rule, _)| rule);
    first.or((!held || early).then_some("held or sent at the wrong time"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// C6: each delivery is matched, held or left with a reason, once; nobody is matched twice;
    /// every match keeps every rule.
    #[test]
    fn plans_keep_the_rules(waiting in some_waiting(), couriers in some_couriers()) {
        let snapshot = Snapshot { waiting, couriers };
        let plan = planned(&snapshot, 0);
        let stops = plan.matches.iter().flat_map(|one| &one.stops).map(|stop| &stop.delivery);
        let mut seen: BTreeMap<_, usize> = BTreeMap::new();
        for id in stops.chain(plan.left.iter().map(|(id, _)| id)) {
            *seen.entry(id).or_default() += 1;
        }
        prop_assert!(seen.values().all(|times| *times == 1), "{seen:?}");
        prop_assert_eq!(seen.len(), snapshot.waiting.len());
        prop_assert!(plan.matches.is_sorted_by(|one, other| one.courier < other.courier));
        for one in &plan.matches {
            prop_assert_eq!(broken(one, &snapshot, at(0)), None, "{:?}", one);
        }
    }

    /// C6: the same market gives the same plan, in whatever order it is told and however often.
    #[test]
    fn order_changes_nothing(
        (waiting, shuffled) in some_waiting().prop_flat_map(shuffled),
        (couriers, others) in some_couriers().prop_flat_map(shuffled),
    ) {
        let plan = planned(&Snapshot { waiting, couriers }, 0);
        let mut again = Snapshot { waiting: shuffled, couriers: others };
        prop_assert_eq!(&plan, &planned(&again, 0));
        let repeated = again.waiting.first().cloned();
        again.waiting.extend(repeated);
        prop_assert_eq!(&plan, &planned(&again, 0));
    }
}

fn shuffled<T: Clone + std::fmt::Debug>(all: Vec<T>) -> impl Strategy<Value = (Vec<T>, Vec<T>)> {
    (Just(all.clone()), Just(all).prop_shuffle())
}
