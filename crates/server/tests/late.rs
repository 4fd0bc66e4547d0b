//! Late facts, in general: whatever comes after the close, everybody is owed the same in the end.

use crate::owed::{Owed, differences, owed, owed_by, settlements};
use crate::world::World;
use doorstep_domain::time::Day;
use doorstep_server::accounting::intake;
use doorstep_server::check::check;
use doorstep_server::conflicts;
use doorstep_server::reconcile::reconcile;
use doorstep_server::workers;
use doorstep_sim::book::{Book, BookTerms, Conflicts, Interval, Overlap};
use doorstep_sim::chance::Chance;
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::dirt::{Faults, soil};
use proptest::prelude::*;
use std::collections::BTreeMap;

const ZONE: &str = "America/Los_Angeles";

/// The clocks change on the second of the days.
const FIRST_DAY: &str = "2008-03-08";
const DAYS: u32 = 3;

fn pick<T: Clone>(chance: &mut Chance, choices: &[T]) -> T {
    let drawn = usize::try_from(chance.below(choices.len() as u64)).unwrap();
    choices[drawn].clone()
}

/// Terms of any kind.
fn any_terms(chance: &mut Chance) -> BookTerms {
    let intervals =
        [Interval::AssignedToDelivered, Interval::PickedUpToDelivered, Interval::Online];
    let policies = [Conflicts::Hold, Conflicts::First, Conflicts::HighestRevision];
    let now = "2008-05-25T19:00:00Z".parse().unwrap();
    BookTerms {
        interval: pick(chance, &intervals),
        overlap: pick(chance, &[Overlap::Union, Overlap::Sum]),
        per_delivery_minor: chance.between(0, 300),
        per_km_minor: chance.between(0, 50),
        multiplies_all: chance.happens(5_000),
        conflicts: pick(chance, &policies),
        ..BookTerms::example("sf", ZONE.parse().unwrap(), now)
    }
}

/// The lines of a few couriers' days, with contradictions; each comes at one of four times.
fn told_in_parts(seed: u64, chance: &mut Chance) -> [Vec<Vec<u8>>; 4] {
    let plan = CityPlan {
        seed,
        couriers: 3,
        deliveries_per_courier: 6,
        days: DAYS,
        first_day: FIRST_DAY.parse().unwrap(),
        zone: ZONE.parse().unwrap(),
        market: "sf".to_owned(),
        currency: "USD".to_owned(),
    };
    let faults = Faults {
        malformed_bp: 300,
        contradicted_bp: 1_500,
        revised_bp: 1_500,
        ..Faults::bad_day(seed)
    };
    let mut parts: [Vec<Vec<u8>>; 4] = Default::default();
    for line in soil(city(plan), faults) {
        let part = usize::try_from(chance.below(4)).unwrap();
        parts[part].push(line);
    }
    parts
}

fn tell(world: &World, lines: &[Vec<u8>]) {
    world.is_told_lines(lines.iter().map(Vec::as_slice));
}

/// Somebody decides every conflict there is, decided before or not, by a rule of their own: of
/// the contents told so far, the one whose name is the last.
fn decides_every_conflict(world: &World) {
    let all = conflicts::list(&world.app, "sf", "", ("", ""), 1_000).unwrap();
    for conflict in all.data {
        let told = conflict.told.as_array().unwrap();
        let names = told.iter().filter_map(|told| told["fingerprint"].as_str());
        let keep = names.max().unwrap();
        conflicts::resolve(&world.app, "sf", &conflict.delivery_id, keep, "test").unwrap();
    }
}

/// What the statements of a closed day say and must go on saying.
fn stated(world: &World) -> BTreeMap<Day, String> {
    let closed = settlements(world).into_iter();
    closed
        .filter(|settlement| !settlement.provisional)
        .map(|settlement| (settlement.day, settlement.digest))
        .collect()
}

/// Days are closed in any order between the parts, and conflicts are decided now and then.
fn told_late(world: &World, parts: &[Vec<Vec<u8>>], chance: &mut Chance) {
    let first: Day = FIRST_DAY.parse().unwrap();
    for (index, part) in parts.iter().enumerate() {
        tell(world, part);
        if chance.happens(4_000) {
            decides_every_conflict(world);
        }
        let before = stated(world);
        // The first to be closed is a day that most facts of will be late.
        let days_on = if index == 0 { 1 } else { chance.between(0, i64::from(DAYS)) };
        world.closes(&Day::from_number(first.number() + days_on).to_string());
        for (day, digest) in before {
            assert_eq!(stated(world)[&day], digest, "{day} was rewritten");
        }
    }
}

fn is_sound(world: &World) {
    workers::tell_waiting(&world.app).unwrap();
    let report = check(&world.app);
    assert_eq!(report.violations, 0, "{report:#?}");
    for settlement in settlements(world) {
        let found = reconcile(&world.app, "sf", settlement.day, None).unwrap();
        assert!(found.agrees(), "{found:#?}");
    }
}

fn assert_same(story: &str, one: &Owed, other: &Owed) {
    let differences = differences(one, other);
    assert!(differences.is_empty(), "{story}: {differences:#?}");
}

fn late_or_in_time(seed: u64, extra_terms: &str) {
    let mut chance = Chance::new(seed);
    let terms = any_terms(&mut chance);
    let rules = format!("[markets.sf.pay]\n{extra_terms}");
    let config = terms.to_toml().replace("[markets.sf.pay]\n", &rules);
    let parts = told_in_parts(seed, &mut chance);
    let in_time = World::with(&config);
    parts.iter().for_each(|part| tell(&in_time, part));
    if extra_terms.is_empty() {
        let book = Book::of(parts.iter().flatten(), &terms);
        assert_same("open days and the book", &owed(&in_time), &owed_by(&book));
    }
    let late = World::with(&config);
    told_late(&late, &parts, &mut chance);
    let adjustments = settlements(&late).into_iter().flat_map(|day| day.adjustments);
    assert!(adjustments.count() > 0, "nothing was late");
    // What a close has fixed only a person may change; now both worlds have heard the same.
    decides_every_conflict(&in_time);
    decides_every_conflict(&late);
    assert_same("in time and late", &owed(&in_time), &owed(&late));
    is_sound(&late);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// B6, B16, A7: facts before and after the close, in any split, days closed in any order,
    /// conflicts decided before or after: statement and adjustments together are what a day that
    /// never closed comes to, for every party and figure, and no statement is ever rewritten.
    #[test]
    fn statement_and_adjustments_are_what_an_open_day_comes_to(seed: u64) {
        late_or_in_time(seed, "");
    }

    /// B6, B2: the same under a daily minimum that tips count toward, where one delivery more
    /// may be worth nothing.
    #[test]
    fn a_minimum_is_made_up_for_once(seed: u64) {
        let minimum = "daily_minimum_minor = 9000\ntips = \"toward-minimum\"\n";
        late_or_in_time(seed, minimum);
    }
}

/// B6, B10: while one closes days, one tells of them: each fact is either in the statement or in
/// an adjustment, never in both and never in neither.
#[test]
fn a_close_that_races_with_late_facts_loses_none() {
    for seed in 0..6 {
        let mut chance = Chance::new(seed);
        let terms = BookTerms { conflicts: Conflicts::HighestRevision, ..any_terms(&mut chance) };
        let parts = told_in_parts(seed, &mut chance);
        let world = World::with(&terms.to_toml());
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for line in parts.concat().chunks(9) {
                    let lines = (1..).zip(line.iter().map(Vec::as_slice));
                    intake::take(&world.app, lines).unwrap();
                    workers::catch_up(&world.app, &|_| {}).unwrap();
                }
            });
            scope.spawn(|| {
                let first: Day = FIRST_DAY.parse().unwrap();
                for number in (0..=i64::from(DAYS)).map(|day| first.number() + day) {
                    world.closes(&Day::from_number(number).to_string());
                }
            });
        });
        let book = Book::of(parts.iter().flatten(), &terms);
        assert_same("raced", &owed(&world), &owed_by(&book));
        is_sound(&world);
    }
}
