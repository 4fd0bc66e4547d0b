//! Plans whose answer is known.

use super::*;
use doorstep_domain::dispatch::batch::Held;

/// C6: who carries what. Columns: what waits, who could, the plan at minute 0.
#[test]
fn the_cheapest_plan_is_not_the_greedy_one() {
    let ready = |minute: i64, of: Waiting<Street>| Waiting { ready_at: at(minute), ..of };
    let off = |minute: i64, of: Courier<Street>| Courier { off_at: at(minute), ..of };
    let cases = [
        ("nothing waits", vec![], vec![courier("anna", 0)], ""),
        ("nobody is there", vec![delivery("d1", "a", 0, 5)], vec![], "d1 left NoCourier"),
        (
            "the nearer one",
            vec![delivery("d1", "a", 0, 5)],
            vec![courier("anna", 9), courier("ben", 2)],
            "ben: d1",
        ),
        (
            // Nearest first would send ben to a, and anna 20 minutes to b.
            "both together",
            vec![delivery("d1", "a", 10, 15), delivery("d2", "b", 16, 20)],
            vec![courier("anna", 5), courier("ben", 12)],
            "anna: d1; ben: d2",
        ),
        (
            "a courier each where there are enough",
            vec![delivery("d1", "a", 0, 5), delivery("d2", "a", 0, 6)],
            vec![courier("anna", 0), courier("ben", 1)],
            "anna: d1; ben: d2",
        ),
        (
            "one for both, the nearer door first",
            vec![delivery("d1", "a", 0, 6), delivery("d2", "a", 0, 5)],
            vec![courier("anna", 0)],
            "anna: d2 d1",
        ),
        (
            "never of two origins",
            vec![delivery("d1", "a", 0, 5), delivery("d2", "b", 0, 5)],
            vec![courier("anna", 0)],
            "anna: d1; d2 left CouriersNeeded",
        ),
        (
            "not when it would be picked up after the off-time",
            vec![ready(31, delivery("d1", "a", 0, 5))],
            vec![off(30, courier("anna", 0)), courier("ben", 20)],
            "ben: d1",
        ),
        (
            "too far for anybody",
            vec![delivery("d1", "a", 0, 5)],
            vec![courier("anna", 61)],
            "d1 left NoCourier",
        ),
    ];
    for (case, waiting, couriers, expected) in cases {
        assert_eq!(told(&planned(&Snapshot { waiting, couriers }, 0)), expected, "{case}");
    }
}

/// C6: room, refusals and origins that somebody is bound for are kept.
#[test]
fn nobody_is_asked_for_what_they_cannot_or_will_not_carry() {
    let large = Waiting { size: 3, ..delivery("d1", "a", 0, 5) };
    let small = delivery("d2", "a", 0, 5);
    let with_room = |room| Courier { room, ..courier("anna", 0) };
    let refusing =
        |id: &str| Courier { refused: [id.parse().expect("an id")].into(), ..courier("anna", 0) };
    let bound = |origin: &str| Courier { bound_for: Some(origin.to_owned()), ..courier("anna", 0) };
    let cases = [
        ("room for one", with_room(1), "anna: d2; d1 left NoCourier"),
        ("room for either: of equals the first", with_room(3), "anna: d1; d2 left CouriersNeeded"),
        ("room for all", with_room(4), "anna: d1 d2"),
        ("the first refused", refusing("d1"), "anna: d2; d1 left NoCourier"),
        ("bound for it", Courier { room: 4, ..bound("a") }, "anna: d1 d2"),
        ("bound for another", bound("b"), "d1 left NoCourier; d2 left NoCourier"),
    ];
    for (case, courier, expected) in cases {
        let waiting = vec![large.clone(), small.clone()];
        let snapshot = Snapshot { waiting, couriers: vec![courier] };
        assert_eq!(told(&planned(&snapshot, 0)), expected, "{case}");
    }
}

/// C6: however many nearer ones cannot carry it, whoever can is found.
#[test]
fn the_only_van_is_found_behind_a_crowd() {
    let crowd = Settings::default().candidates * 2;
    let couriers =
        (0..crowd).map(|number| Courier { room: 1, ..courier(&format!("c{number}"), 0) });
    let van = courier("van", 30);
    let couriers: Vec<_> = couriers.chain([van]).collect();
    let large = Waiting { size: 3, ..delivery("d1", "a", 0, 5) };
    let snapshot = Snapshot { waiting: vec![large, delivery("d2", "a", 0, 5)], couriers };
    assert_eq!(told(&planned(&snapshot, 0)), "c0: d2; van: d1");
}

/// C6: just in time. Ready at 30 and six minutes away, with two to park and one to accept, is to
/// be left for at 21. Columns: now, free at, why held, to leave at.
#[test]
fn nobody_sets_out_before_they_must() {
    let cases = [
        (0, 0, Some(Held::NotReady), 21),
        (20, 0, Some(Held::NotReady), 21),
        (21, 0, None, 21),
        (25, 0, None, 25),
        (0, 12, Some(Held::CourierBusy), 21),
        (0, 25, Some(Held::CourierBusy), 25),
        (26, 25, None, 26),
    ];
    for (now, free, held, leave) in cases {
        let waiting = vec![Waiting { ready_at: at(30), ..delivery("d1", "a", 6, 10) }];
        let couriers = vec![Courier { free_at: at(free), ..courier("anna", 0) }];
        let plan = planned(&Snapshot { waiting, couriers }, now);
        let [one] = plan.matches.as_slice() else { panic!("{}", told(&plan)) };
        assert_eq!((one.held, minute(one.leave_at)), (held, leave), "at {now}, free at {free}");
        // Picked up, two minutes to walk back, four to drive, two to the door.
        assert_eq!(one.stops[0].at, one.pickup_at.plus(8 * MINUTE_US));
    }
}

/// C6: what somebody has taken stays theirs, unless another is so much better.
/// Columns: where the other one is, the plan.
#[test]
fn what_is_taken_moves_only_for_more_than_it_costs() {
    for (place, expected) in [(9, "anna: d1"), (8, "anna: d1"), (2, "ben: d1")] {
        let taken = Waiting {
            assigned_to: Some("anna".parse().expect("an id")),
            ..delivery("d1", "a", 0, 5)
        };
        let couriers = vec![courier("anna", 9), courier("ben", place)];
        let plan = planned(&Snapshot { waiting: vec![taken], couriers }, 0);
        assert_eq!(told(&plan), expected, "ben at {place}");
    }
}

/// C6: every part of a cost has a name, and they add up. The first is on target, the second late.
#[test]
fn a_cost_is_explained_by_its_parts() {
    let far = delivery("d1", "a", 10, 40);
    for (now, missed_min) in [(0, 20), (60, 20)] {
        let snapshot = Snapshot { waiting: vec![far.clone()], couriers: vec![courier("anna", 0)] };
        let plan = planned(&snapshot, now);
        let cost = plan.matches[0].cost;
        // Ten to drive, two to park, two back, thirty to drive, two to the door: 46 after leaving.
        let door = now + 46;
        let beyond = |limit: i64| (door - limit).max(0);
        let late_half_min = beyond(34) + 2 * missed_min + 2 * beyond(90);
        assert_eq!((cost.door, cost.change), (door * MINUTE_US, 0));
        assert_eq!(cost.late, late_half_min * MINUTE_US / 2);
        assert_eq!(cost.fresh, (now + 12) * MINUTE_US / 5);
        // Until they have walked back, 48, and half of the way back of thirty minutes.
        assert_eq!(cost.work, (48 + 15) * MINUTE_US / 10);
        let parts = cost.door + cost.late + cost.fresh + cost.work + cost.change;
        assert_eq!(cost.total(), parts);
    }
}
