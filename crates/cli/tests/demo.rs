//! The demonstration, as a machine runs it.

use crate::desk::{Desk, Said};
use std::process::Stdio;

fn demo(desk: &Desk, words: &str) -> Said {
    let mut command = desk.command(&format!("demo {words}"));
    // Without data it is the synthetic day, which every machine has.
    let command = command.env("DOORSTEP_DATA", desk.path("nowhere")).stdin(Stdio::null());
    Said::of(command.output().unwrap())
}

/// The whole of it: a day settled and reconciled, then its first hours on the map and priced; a
/// second one takes the place of the first.
#[test]
fn a_demonstration_settles_a_day_and_shows_its_map() {
    let desk = Desk::new();
    for _ in 0..2 {
        let said = demo(&desk, "--once --baskets 120");
        assert_eq!(said.code, 0, "{said:?}");
        let figure = |name: &str| -> u64 {
            let line = said.out.lines().find(|line| line.starts_with(name));
            let line = line.unwrap_or_else(|| panic!("{name}: {}", said.out));
            line.split_whitespace().last().unwrap().parse().unwrap()
        };
        assert_eq!(figure("couriers on the map"), 500);
        // Seven hours, twice a minute, of five hundred couriers, and the one at seven sharp.
        assert_eq!(figure("pings taken"), 7 * 120 * 500 + 1);
        assert_eq!(figure("refused"), 0);
        assert!(figure("events told beside them") > 0);
        assert!(said.out.contains("differences") && said.out.contains("pay so far"));
        assert!(!said.out.contains("#key="), "nobody is there to look");
    }
}

#[test]
fn a_directory_of_somebody_else_s_is_left_alone() {
    let desk = Desk::new();
    let said = demo(&desk, "--once --directory .");
    assert_eq!((said.code, said.err.contains("--directory")), (2, true), "{said:?}");
}
