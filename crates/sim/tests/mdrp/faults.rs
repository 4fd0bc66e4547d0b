//! The checker: nothing to find in what was done, and everything in what cannot have been.

use super::*;

fn checked(change: Option<(&str, &str, &str)>) -> Vec<String> {
    let instance = street(&[]);
    let out = TempDir::new().unwrap();
    dispatched(instance.path()).write(out.path()).unwrap();
    if let Some((file, from, to)) = change {
        let path = out.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from:?}: {text}");
        fs::write(&path, text.replace(from, to)).unwrap();
    }
    check(instance.path(), out.path()).unwrap().faults
}

/// C6: what was done is feasible and worth what was worked out by hand.
#[test]
fn a_feasible_day_is_measured() {
    let instance = street(&[]);
    let out = TempDir::new().unwrap();
    dispatched(instance.path()).write(out.path()).unwrap();
    let checked = check(instance.path(), out.path()).unwrap();
    assert_eq!(checked.faults, Vec::<String>::new());
    let of = &checked.measures;
    assert_eq!((of.orders, of.delivered, of.on_target, of.pickups, of.bundled), (2, 2, 2, 1, 2));
    // 19 and 23 minutes from click to door; 9 and 15 from ready to door.
    assert_eq!((of.click_to_door.mean(), of.click_to_door.percentile(90)), (21.0, 23));
    assert_eq!((of.ready_to_door.mean(), of.ready_to_pickup.mean()), (12.0, 0.0));
    // Three, five and two minutes of driving; four at the restaurant and at each door.
    assert_eq!((of.busy_min, of.duty_min), (22, 100));
    assert_eq!(checked.drops_min["c1"], [29, 35]);
}

/// Each condition of the paper. Columns: file, what stands there, what is written instead, what
/// is found.
#[test]
fn what_cannot_have_been_is_found() {
    let cases = [
        ("assignments.txt", "c1\to1\to2", "c1\to1\to2\to2", "order o2 is assigned twice [1]"),
        ("orders.txt", "o2\t12", "o1\t12", "order o1 is delivered twice [1]"),
        ("assignments.txt", "14\t20", "11\t20", "order o2 is assigned before it is placed [2]"),
        ("assignments.txt", "14\t20", "15\t20", "is told at 15, on the way or too late [6]"),
        ("assignments.txt", "14\t20", "14\t19", "order o1 is picked up before it is ready [4]"),
        ("assignments.txt", "14\t20", "14\t101", "picks up at 101 after their off-time [3]"),
        ("assignments.txt", "o1\to2", "o2\to1", "brings o1 out of turn [5]"),
        ("assignments.txt", "\to2", "", "brings o2 without an assignment [5]"),
        ("couriers.txt", "14\t0\tr1", "17\t0\tr1", "picks up at 20 before they have parked [7]"),
        ("couriers.txt", "c1\t14\t0\tr1\n", "", "is at 0 and departs from r1 [6]"),
        ("couriers.txt", "22\tr1", "21\tr1", "departs from r1 before they are free [6]"),
        ("couriers.txt", "31\to1\to2", "31\to1\to9", "which is nowhere [6]"),
        ("couriers.txt", "c1\t31\to1\to2\n", "", "never brings o2 [5]"),
        ("couriers.txt", "c1", "c9", "courier c9 is not of this instance"),
        ("orders.txt", "\t35\t", "\t34\t", "drops o2 at 35, not at Some(34) [8]"),
        ("orders.txt", "o2\t12\t20\t20", "o2\t12\t20\t21", "order o2 is told otherwise"),
        ("orders.txt", "o2\t12\t20\t20\t35\tc1\n", "", "order o2 is assigned and not delivered"),
    ];
    for (file, from, to, found) in cases {
        let faults = checked(Some((file, from, to)));
        assert!(faults.iter().any(|fault| fault.contains(found)), "{from:?} {to:?}: {faults:?}");
    }
}
