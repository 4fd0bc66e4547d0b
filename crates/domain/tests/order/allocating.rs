//! From where an order takes what, case by case.

use super::strict;
use doorstep_domain::order::{OnShortage, Shelf, allocate};

/// What each centre gives, and what is missing; or what there is.
type Expected = Result<(Vec<(usize, Vec<i64>)>, Vec<i64>), Vec<i64>>;

fn allocated(wanted: &[i64], centers: &[Vec<Shelf>], on_shortage: OnShortage) -> Expected {
    match allocate(wanted, centers, on_shortage) {
        Ok(found) => {
            let parts = found.parts.into_iter().map(|part| (part.center, part.units));
            Ok((parts.collect(), found.missing))
        }
        Err(shortage) => Err(shortage.available),
    }
}

/// What a case is, whether it may be split, what is wanted, what each centre has, and the outcome.
type Case<'c> = (&'c str, OnShortage, &'c [i64], &'c [&'c [i64]], Expected);

/// D10, D4: refused, split or filled in part, as the customer allowed; a refusal says what is left.
#[test]
fn a_basket_is_filled_as_the_customer_allowed() {
    use OnShortage::*;
    let cases: [Case<'_>; 14] = [
        ("the soonest that has all", Refuse, &[2, 1], &[&[2, 1], &[9, 9]], one(0, &[2, 1])),
        ("not the soonest that has some", Refuse, &[2, 1], &[&[9, 0], &[2, 1]], one(1, &[2, 1])),
        ("nobody has all", Refuse, &[2, 1], &[&[2, 0], &[1, 1]], Err(vec![3, 1])),
        ("there is nobody", Refuse, &[2], &[], Err(vec![0])),
        ("one can, so one does", Split, &[2, 1], &[&[2, 0], &[2, 1]], one(1, &[2, 1])),
        (
            "two have it together",
            Split,
            &[2, 1],
            &[&[1, 1], &[2, 0]],
            Ok((vec![(0, vec![1, 1]), (1, vec![1, 0])], vec![0, 0])),
        ),
        (
            "the largest piece first",
            Split,
            &[4, 4],
            &[&[1, 1], &[4, 1], &[0, 3]],
            Ok((vec![(1, vec![4, 1]), (2, vec![0, 3])], vec![0, 0])),
        ),
        (
            "a unit each",
            Split,
            &[3],
            &[&[1], &[0], &[1], &[1]],
            Ok((vec![(0, vec![1]), (2, vec![1]), (3, vec![1])], vec![0])),
        ),
        ("not even together", Split, &[3, 1], &[&[1, 1], &[1, 0]], Err(vec![2, 1])),
        ("all where somebody has all", Partial, &[2, 1], &[&[1, 1], &[2, 1]], one(1, &[2, 1])),
        (
            "the one that has most",
            Partial,
            &[2, 3],
            &[&[2, 0], &[1, 2]],
            Ok((vec![(1, vec![1, 2])], vec![1, 1])),
        ),
        (
            "of equals the soonest",
            Partial,
            &[2, 2],
            &[&[2, 0], &[0, 2]],
            Ok((vec![(0, vec![2, 0])], vec![0, 2])),
        ),
        ("nothing anywhere", Partial, &[2, 2], &[&[0, 0], &[0, 0]], Err(vec![0, 0])),
        ("below nothing is nothing", Partial, &[2], &[&[-3]], Err(vec![0])),
    ];
    for (name, on_shortage, wanted, centers, expected) in cases {
        let centers: Vec<_> = centers.iter().map(|center| strict(center)).collect();
        assert_eq!(allocated(wanted, &centers, on_shortage), expected, "{name}");
    }
}

fn one(center: usize, units: &[i64]) -> Expected {
    Ok((vec![(center, units.to_vec())], vec![0; units.len()]))
}

/// D7: what is there comes before what is only hoped for, and the hope has a bound.
#[test]
fn more_than_there_is_comes_last_and_ends() {
    use OnShortage::*;
    let low = |quantity| vec![Shelf { quantity, oversell_max: 2 }];
    let cases: [(&str, OnShortage, i64, &[i64], Expected); 7] = [
        ("there is one that has it", Refuse, 3, &[1, 3], one(1, &[3])),
        ("nobody has it, the soonest may", Refuse, 3, &[1, 1], one(0, &[3])),
        ("up to the bound", Refuse, 1, &[-1], one(0, &[1])),
        ("and not beyond it", Refuse, 2, &[-1], Err(vec![1])),
        ("two have it", Split, 4, &[1, 3], Ok((vec![(0, vec![1]), (1, vec![3])], vec![0]))),
        ("two may have it", Split, 7, &[1, 3], Ok((vec![(0, vec![2]), (1, vec![5])], vec![0]))),
        ("some", Partial, 9, &[1, 3], Ok((vec![(1, vec![5])], vec![4]))),
    ];
    for (name, on_shortage, wanted, centers, expected) in cases {
        let centers: Vec<_> = centers.iter().map(|quantity| low(*quantity)).collect();
        assert_eq!(allocated(&[wanted], &centers, on_shortage), expected, "{name}");
    }
}
