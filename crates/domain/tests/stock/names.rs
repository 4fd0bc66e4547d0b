//! Names are found by their words.

use doorstep_domain::stock::{Names, Wanted};
use proptest::prelude::*;

const SHELF: [&str; 9] = [
    "Oat milk, 1 l",
    "Milk chocolate with oats",
    "Oatmeal cookies, milk free",
    "Crème brûlée",
    "Straße CRÈME 500ml",
    "Ben & Jerry’s",
    "Øl, økologisk",
    "MILK",
    "½ kg Jalapeños",
];

fn found(query: &str) -> Vec<u32> {
    let names = Names::of((0..).zip(SHELF));
    let wanted = Wanted::of(query).expect("words");
    names.find(&wanted, 10, |_| true).into_iter().map(|(_, number)| number).collect()
}

/// D3: every word counts, beginnings too, case and accents do not; whole words come first.
#[test]
fn names_are_found_by_their_words() {
    let cases: [(&str, &[u32]); 12] = [
        ("oat milk", &[0, 2, 1]),
        ("milk", &[7, 1, 0, 2]),
        ("MIL oat", &[0, 2, 1]),
        ("creme", &[3, 4]),
        ("CRÈM", &[3, 4]),
        ("strasse", &[4]),
        ("jerrys", &[5]),
        ("jerry's ben", &[5]),
        ("okol ol", &[6]),
        ("jalapenos", &[8]),
        ("soy milk", &[]),
        ("ilk", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(found(query), expected, "{query}");
    }
    assert_eq!(Wanted::of(" -&'"), None);
}

/// D3: only what may be is found, and the best of it.
#[test]
fn what_may_not_be_takes_no_place() {
    let names = Names::of((0..).zip(SHELF));
    let wanted = Wanted::of("milk").expect("words");
    let odd: Vec<u32> = names
        .find(&wanted, 1, |number| number % 2 == 1)
        .into_iter()
        .map(|(_, number)| number)
        .collect();
    assert_eq!(odd, [7]);
    assert!(Names::default().find(&wanted, 5, |_| true).is_empty());
}

proptest! {
    /// D3: the index finds what a look at every name finds, in the same order.
    #[test]
    fn the_index_finds_what_a_look_at_every_name_finds(
        names in prop::collection::vec("([aábcd]{1,3}[ ,'-]{1,2}){0,5}[aB]{0,2}", 0..60),
        query in "[abAé]{1,2}( [abc]{1,2}){0,2}",
        most in 1_usize..20,
    ) {
        let wanted = Wanted::of(&query).expect("words");
        let mut expected: Vec<_> = (0_u32..)
            .zip(&names)
            .filter_map(|(number, name)| Some((wanted.fit(name)?, number)))
            .collect();
        expected.sort();
        expected.truncate(most);
        let index = Names::of((0..).zip(names.iter().map(String::as_str)));
        prop_assert_eq!(index.find(&wanted, most, |_| true), expected);
    }
}
