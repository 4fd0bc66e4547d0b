//! Check: every invariant of a data directory, by name, and what breaks it.
//!
//! Each invariant looks at one state of the store. What cannot be read at all breaks the invariant
//! that wanted to read it, and the others are checked all the same.

mod archive;
pub(crate) mod books;
mod dispatch;
mod facts;
mod files;
mod providers;
mod stock;

use crate::app::App;
use crate::error::AppError;
use crate::metric;
use serde::Serialize;
use utoipa::ToSchema;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CheckReport {
    /// Every invariant, in the order in which they were checked.
    pub invariants: Vec<Invariant>,
    /// Violations over all of them.
    pub violations: u64,
}

/// One invariant, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Invariant {
    /// Its name.
    pub name: &'static str,
    /// What it says, in a sentence.
    pub statement: &'static str,
    /// How many things it was checked on.
    pub checked: u64,
    /// How many break it.
    pub violations: u64,
    /// Which, and how; at most [`DETAILS_MAX`].
    pub details: Vec<String>,
}

/// Most violations of one invariant that are told in detail; further ones are counted.
pub const DETAILS_MAX: usize = 100;

/// What is counted while one invariant is checked.
#[derive(Debug, Default)]
struct Tally {
    checked: u64,
    violations: u64,
    details: Vec<String>,
}

impl Tally {
    /// Counts one thing that was looked at.
    fn look(&mut self) {
        self.checked += 1;
    }

    /// Counts many.
    fn looked(&mut self, things: u64) {
        self.checked += things;
    }

    /// Counts a violation.
    fn broken(&mut self, detail: impl Into<String>) {
        self.violations += 1;
        if self.details.len() < DETAILS_MAX {
            self.details.push(detail.into());
        }
    }
}

type Check = fn(&App, &mut Tally) -> Result<(), AppError>;

/// Every invariant: its name, what it says, how it is checked.
const INVARIANTS: &[(&str, &str, Check)] = &[
    ("store_is_whole", "The store's files are sound and no outbox has a gap.", files::store),
    (
        "log_is_whole",
        "Every batch of the log has its checksum, and offsets have no gap.",
        files::log,
    ),
    ("cursors_are_within_the_log", "No consumer has read beyond the end.", files::cursors),
    (
        "archive_is_complete",
        "Every record that the archiver has passed lies in the archive, once.",
        archive::ranges,
    ),
    (
        "dead_letters_are_legible",
        "Every record of the dead-letter topic is a letter, under its own name.",
        files::dead_letters,
    ),
    (
        "timers_are_on_time",
        "While the process runs no timer is overdue by more than an hour.",
        files::timers,
    ),
    (
        "completions_count_once",
        "No delivery is completed on two days or by two couriers.",
        facts::completions,
    ),
    (
        "rows_follow_from_facts",
        "The work intervals of every delivery are the fold of its facts.",
        facts::rows,
    ),
    (
        "deliveries_follow_their_steps",
        "Every delivery is what its steps say, no step leaves the table, no two couriers at once.",
        dispatch::steps,
    ),
    (
        "offers_are_of_what_is_looked_for",
        "Nobody is asked to take what somebody has, or what has ended.",
        dispatch::offers,
    ),
    (
        "deliveries_are_counted",
        "What was delivered is counted, for the courier who delivered it.",
        dispatch::completions,
    ),
    (
        "stock_is_the_sum_of_its_movements",
        "What is in a centre is the sum of its movements, and it counts them.",
        stock::sums,
    ),
    (
        "movements_follow_one_another",
        "Each movement of a stock row names the one before it and counts on from there.",
        stock::chains,
    ),
    (
        "stock_keeps_its_bounds",
        "Nothing is below zero but tolerant items, to their bound.",
        stock::bounds,
    ),
    (
        "orders_have_what_is_theirs",
        "What was moved for an order is what it has; of what is over, all is back.",
        stock::orders,
    ),
    (
        "orders_are_delivered",
        "What was placed has a delivery for each part, once it was handed over.",
        stock::deliveries,
    ),
    (
        "timelines_are_folded",
        "Every delivery of a provider stands as the set of its events says.",
        providers::timelines,
    ),
    (
        "what_providers_delivered_is_settled",
        "What a provider delivered for us is settled once, and what it did not deliver is not.",
        providers::settled,
    ),
    (
        "statements_keep_their_digest",
        "The digest of every statement is that of its bytes.",
        books::statements,
    ),
    (
        "days_keep_their_digest",
        "The digest of every closed day is that of its statements' figures and adjustments.",
        books::days,
    ),
    (
        "debits_equal_credits",
        "Every posting moves its amount from one account to another.",
        books::entries,
    ),
    (
        "postings_add_up",
        "What each party is owed by a day's postings is what its statement or adjustments say.",
        books::sums,
    ),
    (
        "adjustments_correct_closed_days",
        "Every adjustment is about a closed day and booked on a later one.",
        books::adjustments,
    ),
    (
        "adjustments_are_posted",
        "Every adjustment has its posting, with its amount.",
        books::adjustment_postings,
    ),
];

/// The name of every invariant.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    INVARIANTS.iter().map(|(name, ..)| *name)
}

/// Verifies every invariant.
pub fn check(app: &App) -> CheckReport {
    let invariants: Vec<Invariant> = INVARIANTS
        .iter()
        .map(|(name, statement, check)| {
            let mut tally = Tally::default();
            if let Err(error) = check(app, &mut tally) {
                tally.broken(format!("cannot be read: {error}"));
            }
            metrics::gauge!(metric::INVARIANT_VIOLATIONS, "invariant" => *name)
                .set(tally.violations as f64);
            let Tally { checked, violations, details } = tally;
            Invariant { name, statement, checked, violations, details }
        })
        .collect();
    let violations = invariants.iter().map(|invariant| invariant.violations).sum();
    CheckReport { invariants, violations }
}
