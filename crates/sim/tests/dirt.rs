//! Faults: as many as reported, within their bounds, and nothing true is lost.

use crate::city::plan;
use doorstep_domain::time::{HOUR_US, Micros, SECOND_US};
use doorstep_sim::book::{Book, BookTerms, Conflicts};
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::dirt::{Faults, Malformed, Report, soil};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

fn soiled(faults: Faults) -> (Vec<Vec<u8>>, Report) {
    soiled_city(plan(1), faults)
}

fn soiled_city(plan: CityPlan, faults: Faults) -> (Vec<Vec<u8>>, Report) {
    let mut dirty = soil(city(plan), faults);
    let lines: Vec<Vec<u8>> = dirty.by_ref().collect();
    (lines, dirty.report().clone())
}

fn everything(seed: u64) -> Faults {
    Faults {
        late_bp: 300,
        late_by_us: 30 * HOUR_US,
        malformed_bp: 1_000,
        contradicted_bp: 200,
        revised_bp: 200,
        ..Faults::bad_day(seed)
    }
}

fn terms() -> BookTerms {
    let now: Micros = "2026-04-01T00:00:00Z".parse().unwrap();
    BookTerms::example("sf", plan(1).zone, now)
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(soiled(everything(1)), soiled(everything(1)));
    assert_ne!(soiled(everything(1)).0, soiled(everything(2)).0);
}

#[test]
fn without_faults_nothing_changes() {
    let clean: Vec<Vec<u8>> = city(plan(1)).map(|event| event.to_line()).collect();
    let (lines, report) = soiled(Faults::default());
    assert_eq!(lines, clean);
    assert_eq!(report.lines, report.events);
}

#[test]
fn every_line_is_accounted_for() {
    let (lines, report) = soiled(everything(1));
    let added = report.duplicated + report.resent + report.contradicted + report.revised;
    assert_eq!(report.lines, lines.len() as u64);
    assert_eq!(report.lines, report.events + added + report.malformed_lines());
    let found: BTreeSet<Malformed> = report.malformed.keys().copied().collect();
    assert_eq!(found, BTreeSet::from(Malformed::ALL), "each kind is met");
    assert!(
        [report.duplicated, report.resent, report.late, report.contradicted, report.revised]
            .iter()
            .all(|count| *count > 0)
    );
}

#[test]
fn the_second_book_finds_what_was_injected() {
    let (lines, report) = soiled(everything(1));
    let book = Book::of(lines, &terms());
    let ghosts = report.malformed[&Malformed::DeliveredBeforeItExists];
    assert_eq!(book.repeated, report.duplicated + report.resent);
    assert_eq!(book.rejected, report.malformed_lines() - ghosts);
    assert_eq!(book.waiting.len() as u64, ghosts);
    assert_eq!(book.conflicts.len() as u64, report.contradicted + report.revised);
}

#[test]
fn revisions_are_believed_where_the_policy_believes_them() {
    let (lines, report) = soiled(everything(1));
    let believing = BookTerms { conflicts: Conflicts::HighestRevision, ..terms() };
    let (held, believed) = (Book::of(&lines, &terms()), Book::of(&lines, &believing));
    assert_eq!(believed.conflicts.len() as u64, report.contradicted);
    assert_ne!(believed.merchants, held.merchants);
}

fn time_of(line: &[u8]) -> Option<Micros> {
    let event: Value = serde_json::from_slice(line).ok()?;
    event.get("time")?.as_str()?.parse().ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// No event arrives after one that happened longer than the bound after it.
    #[test]
    fn events_keep_their_place_within_the_bound(seed: u64, bound_s in 0_i64..3_600) {
        let bound_us = bound_s * SECOND_US;
        let faults = Faults { out_of_order_us: bound_us, malformed_bp: 0, ..Faults::bad_day(seed) };
        let mut newest = Micros::default();
        for at in soiled(faults).0.iter().filter_map(|line| time_of(line)) {
            newest = newest.max(at);
            prop_assert!(newest.0 - at.0 <= bound_us, "{at} comes after {newest}");
        }
    }

    /// Whatever is repeated, delayed or not to be believed, the truth is that of the clean stream.
    #[test]
    fn dirt_does_not_change_what_is_true(seed: u64) {
        let village = || CityPlan { couriers: 5, days: 1, ..plan(seed) };
        let clean = Book::of(city(village()).map(|event| event.to_line()), &terms());
        let dirty = Book::of(soiled_city(village(), everything(seed)).0, &terms());
        prop_assert_eq!(dirty.couriers, clean.couriers);
        prop_assert_eq!(dirty.merchants, clean.merchants);
    }
}
