//! Kills around the close of a day: of a first start, of the close itself, of what comes late.

use super::{IMPORT, MARKET, kills, lines, seconds_of, terms};
use crate::desk::Desk;
use crate::real_day::joined;
use crate::second_book::{asked, days_of, is_sound, owed, owed_by};
use doorstep_domain::time::{Day, HOUR_US};
use doorstep_sim::book::{Book, BookTerms, Conflicts};
use doorstep_sim::chance::Chance;
use serde_json::Value;

/// A grace that no day of the city is past when its last event is read.
fn patient() -> BookTerms {
    BookTerms { grace_us: 1_000 * HOUR_US, conflicts: Conflicts::HighestRevision, ..terms() }
}

/// B10, F1: whoever was killed while a directory was being made leaves one that opens.
#[test]
fn a_killed_first_start_leaves_a_directory_that_opens() {
    let config = terms().to_toml();
    let took = seconds_of(|| drop(Desk::with(&config).types("status --json").json()));
    for round in 0..20 {
        let desk = Desk::with(&config);
        kills(&desk, "status", Chance::new(round), 1, took);
        let status = desk.types("status --json");
        assert_eq!(status.code, 0, "{status:?}");
        is_sound(&desk, MARKET, None);
    }
}

/// B10, B16: a close that was killed has closed the day or has not, and the next one closes it to
/// what it was.
#[test]
fn a_killed_close_is_whole_or_never_was() {
    let desk = Desk::with(&patient().to_toml());
    desk.holds("city.ndjson", &joined(&lines(7)));
    desk.types(&format!("{IMPORT} --json")).json();
    let day: Day = "2008-05-19".parse().unwrap();
    let open = asked(&desk, "settle", MARKET, day);
    assert_eq!(open["provisional"], true);
    let took = seconds_of(|| drop(asked(&desk, "settle", MARKET, day)));
    let close = format!("close --market {MARKET} --day {day}");
    kills(&desk, &close, Chance::new(7), 15, took);
    assert_eq!(asked(&desk, "close", MARKET, day)["digest"], open["digest"]);
    let closed = asked(&desk, "settle", MARKET, day);
    assert_eq!(closed["provisional"], false);
    for what in ["couriers", "merchants", "totals"] {
        assert_eq!(closed[what], open[what], "{what}");
    }
    is_sound(&desk, MARKET, [day]);
}

/// B10, B6: an import that comes after the close, killed over and over: every late fact is
/// corrected for once, and in the end everybody is owed what the second book says.
#[test]
fn late_facts_are_corrected_once_however_often_their_import_dies() {
    let (lines, terms) = (lines(9), patient());
    let book = Book::of(&lines, &terms);
    let mut chance = Chance::new(9);
    let (early, _): (Vec<_>, Vec<_>) = lines.iter().cloned().partition(|_| chance.happens(6_000));
    let desk = Desk::with(&terms.to_toml());
    desk.holds("early.ndjson", &joined(&early));
    desk.holds("city.ndjson", &joined(&lines));
    let took = seconds_of(|| drop(desk.types("import events early.ndjson --json").json()));
    let days: Vec<Day> = days_of(&book).into_iter().collect();
    let close = |day: &Day| asked(&desk, "close", MARKET, *day)["digest"].clone();
    let closed: Vec<Value> = days.iter().map(close).collect();

    kills(&desk, IMPORT, chance, 25, took);
    desk.types(&format!("{IMPORT} --json")).json();
    let (first, last) = (days[0], days[days.len() - 1]);
    let all: Vec<Day> = (first.number()..=last.number() + 1).map(Day::from_number).collect();
    assert_eq!(owed(&desk, MARKET, &all), owed_by(&book));
    let adjusted = asked(&desk, "settle", MARKET, last.next());
    assert!(adjusted["adjustments"].as_array().unwrap().len() > 100);
    let still: Vec<Value> = days.iter().map(close).collect();
    assert_eq!(still, closed, "a statement was rewritten");
    is_sound(&desk, MARKET, all);
}
