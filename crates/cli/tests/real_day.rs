//! Whole days through the binary: real trips and made-up cities, soiled, against the second book.

use crate::desk::Desk;
use crate::second_book::{agrees, asked, days_of, is_sound};
use doorstep_domain::time::{Day, Micros};
use doorstep_sim::book::{Book, BookTerms, Interval, Overlap};
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::dirt::{Faults, soil};
use doorstep_sim::trips::{MARKET, ZONE, data_folder, real_trips};
use std::env;
use std::path::{Path, PathBuf};

/// Before any clock that runs these tests, after everything they tell of.
pub(crate) fn long_after() -> Micros {
    "2020-01-01T00:00:00Z".parse().unwrap()
}

/// Where the real trips are. Without them a test says so and passes, unless they are required.
pub(crate) fn real_data() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = data_folder(&workspace);
    if folder.is_none() {
        let required = env::var_os("DOORSTEP_DATA_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "DOORSTEP_DATA_REQUIRED=1, but there is no data");
        println!("skipped: the real data is not there; DOORSTEP_DATA says where it is");
    }
    folder
}

/// The lines as a file has them.
pub(crate) fn joined(lines: &[Vec<u8>]) -> Vec<u8> {
    let mut file = lines.join(&b'\n');
    file.push(b'\n');
    file
}

/// A1 A6 B1 B3 B5 B7 F6: one real day of San Francisco, soiled, imported in one go: every courier
/// and every merchant to the cent and the second, nothing late, nothing to reconcile.
#[test]
fn a_real_day_is_priced_and_settled_to_the_cent() {
    let Some(folder) = real_data() else { return };
    let day: Day = "2008-05-19".parse().unwrap();
    let terms = BookTerms::example(MARKET, ZONE.parse().unwrap(), long_after());
    let events = real_trips(&folder, 1, Some(day)).unwrap();
    let mut dirty = soil(events.into_iter(), Faults::bad_day(1));
    let lines: Vec<Vec<u8>> = dirty.by_ref().collect();
    let book = Book::of(&lines, &terms);
    let desk = Desk::with(&terms.to_toml());
    desk.holds("day.ndjson", &joined(&lines));

    let imported = desk.types("import events day.ndjson --json").json();
    assert_eq!(imported["lines"], dirty.report().lines);
    assert_eq!(imported["dead_lettered"], dirty.report().malformed_lines());
    let unbelieved = book.rejected + book.waiting.len() as u64;
    assert_eq!(imported["dead_lettered"], unbelieved);
    assert_eq!(imported["duplicate"], book.repeated);
    assert_eq!((&imported["late"], &imported["adjustments"]), (&0.into(), &0.into()));
    agrees(&desk, &terms, &book);
    let settlement = asked(&desk, "settle", MARKET, day);
    assert_eq!(settlement["totals"]["deliveries"], 12_319);
    is_sound(&desk, MARKET, [day, day.next()]);
}

/// The days on which clocks change: 23 or 25 hours, a day before and a day after.
const CLOCK_CHANGES: [(&str, &str, &str); 2] = [
    ("America/Los_Angeles", "2008-03-08", "2008-11-01"),
    ("Europe/London", "2008-03-29", "2008-10-25"),
];

const KINDS: [(&str, Interval, Overlap); 4] = [
    ("picked-union", Interval::PickedUpToDelivered, Overlap::Union),
    ("picked-sum", Interval::PickedUpToDelivered, Overlap::Sum),
    ("assigned-union", Interval::AssignedToDelivered, Overlap::Union),
    ("assigned-sum", Interval::AssignedToDelivered, Overlap::Sum),
];

/// B1 B2 B6: eight markets in two zones, each with its own definition of work, over both changes
/// of the clocks, in one file: every market comes to what its own second book says.
#[test]
fn clock_changes_are_paid_to_the_second_in_every_market() {
    let markets: Vec<BookTerms> = CLOCK_CHANGES
        .iter()
        .flat_map(|(zone, _, _)| KINDS.iter().map(|kind| terms_of(zone, kind)))
        .collect();
    let config: String = markets.iter().map(BookTerms::to_toml).collect();
    let desk = Desk::with(&config);
    let (mut lines, mut imports) = (Vec::new(), 0);
    for spring in [true, false] {
        let told: Vec<Vec<u8>> = told_in(&markets, spring);
        desk.holds("season.ndjson", &joined(&told));
        let imported = desk.types("import events season.ndjson --json").json();
        assert_eq!(imported["adjustments"], 0, "{imported}");
        imports += imported["lines"].as_u64().unwrap();
        lines.extend(told);
    }
    assert_eq!(imports, lines.len() as u64);
    for terms in &markets {
        let book = Book::of(&lines, terms);
        assert!(book.couriers.len() >= 2 * 3 * 6, "{}", book.couriers.len());
        agrees(&desk, terms, &book);
        let summer_begins = days_of(&book).into_iter().nth(1);
        is_sound(&desk, &terms.market, summer_begins);
    }
}

fn terms_of(zone: &str, (name, interval, overlap): &(&str, Interval, Overlap)) -> BookTerms {
    let city = zone.rsplit('/').next().unwrap_or(zone).to_lowercase();
    let market = format!("{city}-{name}");
    BookTerms {
        interval: *interval,
        overlap: *overlap,
        per_delivery_minor: 35,
        per_km_minor: 7,
        multiplies_all: *overlap == Overlap::Sum,
        ..BookTerms::example(&market, zone.parse().unwrap(), long_after())
    }
}

/// Three days of each market around a change of the clocks, soiled, one market after another
/// within each minute as they would arrive.
fn told_in(markets: &[BookTerms], spring: bool) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    for (seed, terms) in (1..).zip(markets) {
        let zone = terms.zone.to_string();
        let (_, march, autumn) = CLOCK_CHANGES.iter().find(|(of, _, _)| *of == zone).unwrap();
        let first_day = if spring { march } else { autumn };
        let plan = CityPlan {
            seed,
            couriers: 6,
            deliveries_per_courier: 8,
            days: 3,
            first_day: first_day.parse().unwrap(),
            zone: terms.zone.clone(),
            market: terms.market.clone(),
            currency: terms.currency.clone(),
        };
        events.extend(city(plan).map(|mut event| {
            // Two markets may both have a first delivery; a name is one delivery's in its market,
            // and one event's in its source.
            event.source = format!("{}/{first_day}", event.source);
            event.subject = format!("{first_day}-{}", event.subject);
            event
        }));
    }
    events.sort_by_key(|event| event.at);
    soil(events.into_iter(), Faults::bad_day(u64::from(spring))).collect()
}
