//! The order of doors.

use doorstep_domain::dispatch::round::{Open, Visit, round};
use proptest::prelude::*;

/// Doors along a street: `+1` is a pickup of the second, `-1` its door.
fn along(start: i32, open: &[(Option<i32>, i32)]) -> String {
    let open: Vec<Open<i32>> = open
        .iter()
        .map(|(origin, destination)| Open { origin: *origin, destination: *destination })
        .collect();
    let told =
        |visit: &Visit| format!("{}{}", if visit.is_pickup { '+' } else { '-' }, visit.delivery);
    let visits = round(start, &open, |a, b| f64::from((a - b).abs()));
    visits.iter().map(told).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_nearest_door_is_next_and_the_package_comes_first() {
    let cases = [
        ("nothing", 0, vec![], ""),
        ("one to fetch", 0, vec![(Some(5), 9)], "+0 -0"),
        ("one in hand", 0, vec![(None, 9)], "-0"),
        ("two in hand", 0, vec![(None, 9), (None, 4)], "-1 -0"),
        ("from one shop", 0, vec![(Some(1), 9), (Some(1), 4)], "+0 +1 -1 -0"),
        ("on the way", 0, vec![(None, 9), (Some(3), 4)], "+1 -1 -0"),
        ("a package before a door as near", 0, vec![(None, 2), (Some(2), 7)], "+1 -0 -1"),
        ("the customer is behind", 5, vec![(Some(9), 0), (None, 6)], "-1 +0 -0"),
    ];
    for (name, start, open, expected) in cases {
        assert_eq!(along(start, &open), expected, "{name}");
    }
}

proptest! {
    /// Every door once, and no customer before the package.
    #[test]
    fn every_door_is_come_to_once(
        start in -50..50_i32,
        open in prop::collection::vec((prop::option::of(-50..50_i32), -50..50_i32), 0..8),
    ) {
        let given: Vec<Open<i32>> = open
            .iter()
            .map(|(origin, destination)| Open { origin: *origin, destination: *destination })
            .collect();
        let visits = round(start, &given, |a, b| f64::from((a - b).abs()));
        for (delivery, one) in given.iter().enumerate() {
            let doors: Vec<bool> = visits
                .iter()
                .filter(|visit| visit.delivery == delivery)
                .map(|visit| visit.is_pickup)
                .collect();
            let expected: &[bool] = if one.origin.is_some() { &[true, false] } else { &[false] };
            prop_assert_eq!(doors.as_slice(), expected);
        }
    }
}
