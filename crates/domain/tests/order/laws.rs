//! What holds of every allocation.

use super::EVERY_WAY;
use doorstep_domain::order::{OnShortage, Part, Shelf, allocate};
use proptest::prelude::*;

fn some_centers(lines: usize) -> impl Strategy<Value = Vec<Vec<Shelf>>> {
    let shelf = (-4_i64..8, prop_oneof![3 => Just(0_i64), 1 => 1_i64..5])
        .prop_map(|(quantity, oversell_max)| Shelf { quantity, oversell_max });
    prop::collection::vec(prop::collection::vec(shelf, lines), 0..7)
}

fn some_basket() -> impl Strategy<Value = (Vec<i64>, Vec<Vec<Shelf>>)> {
    (1_usize..6)
        .prop_flat_map(|lines| (prop::collection::vec(1_i64..9, lines), some_centers(lines)))
}

/// Whether one centre could give everything.
fn has_all(wanted: &[i64], center: &[Shelf]) -> bool {
    center.iter().zip(wanted).all(|(shelf, wanted)| shelf.available() >= *wanted)
}

proptest! {
    /// D4, D7: never more than is available, to a tolerant item's bound; never less than promised.
    #[test]
    fn what_is_given_is_there_and_adds_up((wanted, centers) in some_basket()) {
        for on_shortage in EVERY_WAY {
            let Ok(found) = allocate(&wanted, &centers, on_shortage) else { continue };
            let mut given = vec![0; wanted.len()];
            for part in &found.parts {
                prop_assert!(part.units.iter().sum::<i64>() > 0, "a part of nothing");
                for (line, units) in part.units.iter().enumerate() {
                    prop_assert!((0..=centers[part.center][line].available()).contains(units));
                    given[line] += units;
                }
            }
            prop_assert!(found.parts.is_sorted_by(|one, next| one.center < next.center));
            for (line, wanted) in wanted.iter().enumerate() {
                prop_assert_eq!(given[line] + found.missing[line], *wanted);
                prop_assert!(found.missing[line] >= 0);
            }
        }
    }

    /// D10: to refuse is all or nothing from one centre; a refusal means that no centre has all.
    #[test]
    fn to_refuse_is_all_or_nothing_from_one((wanted, centers) in some_basket()) {
        let could = centers.iter().any(|center| has_all(&wanted, center));
        match allocate(&wanted, &centers, OnShortage::Refuse) {
            Ok(found) => {
                prop_assert_eq!(found.parts.len(), 1);
                prop_assert_eq!(&found.parts[0].units, &wanted);
            }
            Err(_) => prop_assert!(!could),
        }
    }

    /// D10: to split gives all where all there is suffices, and from one centre where one has it.
    #[test]
    fn to_split_gives_all_where_there_is_enough((wanted, centers) in some_basket()) {
        let sum = |line: usize| centers.iter().map(|center| center[line].available()).sum::<i64>();
        let is_enough = wanted.iter().enumerate().all(|(line, wanted)| sum(line) >= *wanted);
        match allocate(&wanted, &centers, OnShortage::Split) {
            Ok(found) => {
                prop_assert!(is_enough);
                prop_assert!(found.missing.iter().all(|missing| *missing == 0));
                prop_assert!(found.parts.len() <= centers.len());
                let really_has_all = |center: &Vec<Shelf>| {
                    center.iter().zip(&wanted).all(|(shelf, wanted)| shelf.quantity >= *wanted)
                };
                if centers.iter().any(really_has_all) {
                    prop_assert_eq!(found.parts.len(), 1, "one has it all");
                }
            }
            Err(_) => prop_assert!(!is_enough),
        }
    }

    /// D10: in part is from one centre, and no other could give more.
    #[test]
    fn in_part_is_from_the_one_that_has_most((wanted, centers) in some_basket()) {
        let could = |center: &Vec<Shelf>| -> i64 {
            center.iter().zip(&wanted).map(|(shelf, wanted)| shelf.available().min(*wanted)).sum()
        };
        let most = centers.iter().map(could).max().unwrap_or(0);
        match allocate(&wanted, &centers, OnShortage::Partial) {
            Ok(found) => {
                prop_assert_eq!(found.parts.len(), 1);
                prop_assert_eq!(found.parts[0].units.iter().sum::<i64>(), most);
            }
            Err(_) => prop_assert_eq!(most, 0),
        }
    }

    /// D10: the soonest that has everything gives it, whatever is allowed: to look for it alone,
    /// one centre after another, comes to the same.
    #[test]
    fn the_soonest_that_has_everything_gives_it((wanted, centers) in some_basket()) {
        let really_has_all = |center: &Vec<Shelf>| {
            center.iter().zip(&wanted).all(|(shelf, wanted)| shelf.quantity >= *wanted)
        };
        if let Some(center) = centers.iter().position(really_has_all) {
            for on_shortage in EVERY_WAY {
                let found = allocate(&wanted, &centers, on_shortage).unwrap();
                prop_assert_eq!(found.parts, [Part { center, units: wanted.clone() }]);
            }
        }
    }

    /// D4: what a refusal says is left is what could be had, and asking for it in part gets some.
    #[test]
    fn a_refusal_says_what_is_left((wanted, centers) in some_basket()) {
        for on_shortage in EVERY_WAY {
            let Err(shortage) = allocate(&wanted, &centers, on_shortage) else { continue };
            for (line, available) in shortage.available.iter().enumerate() {
                let sum: i64 = centers.iter().map(|center| center[line].available()).sum();
                prop_assert_eq!(*available, sum);
            }
            let is_some = shortage.available.iter().any(|available| *available > 0);
            let in_part = allocate(&wanted, &centers, OnShortage::Partial);
            prop_assert_eq!(in_part.is_ok(), is_some);
        }
    }
}
