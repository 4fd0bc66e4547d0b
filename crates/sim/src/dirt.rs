//! Faults between the source and us: what networks, phones and other people's software do.
//!
//! Every event still arrives, once at least; what is added never changes what is true, except
//! revisions under a policy that believes them. Memory holds what waits, no more.

mod malformed;

pub use malformed::Malformed;

use crate::chance::Chance;
use crate::event::{Kind, SimEvent};
use doorstep_domain::time::{Micros, SECOND_US};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

/// How much dirt; probabilities are in basis points of the events, or of the completions.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// The same seed makes the same dirt.
    pub seed: u64,
    /// Events sent twice, byte for byte.
    pub duplicated_bp: u32,
    /// Events sent again under the same id, with another attribute beside.
    pub resent_bp: u32,
    /// How much later than it happened an event may arrive, in microseconds: none arrives after
    /// one that happened longer than this after it.
    pub out_of_order_us: i64,
    /// Events that arrive `late_by_us` later still.
    pub late_bp: u32,
    /// How late these are, in microseconds.
    pub late_by_us: i64,
    /// Completions beside which something arrives that nobody should believe.
    pub malformed_bp: u32,
    /// Completions told a second time with another amount.
    pub contradicted_bp: u32,
    /// Completions told a second time with another amount and a higher revision.
    pub revised_bp: u32,
}

impl Faults {
    /// A bad day: a little of everything, nothing late.
    pub fn bad_day(seed: u64) -> Faults {
        Faults {
            seed,
            duplicated_bp: 200,
            resent_bp: 100,
            out_of_order_us: 600 * SECOND_US,
            late_bp: 0,
            late_by_us: 0,
            malformed_bp: 100,
            contradicted_bp: 20,
            revised_bp: 10,
        }
    }
}

/// What was done to a stream so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Events that came in, each sent at least once.
    pub events: u64,
    /// Lines that went out.
    pub lines: u64,
    /// Events sent twice, byte for byte.
    pub duplicated: u64,
    /// Events sent again under the same id.
    pub resent: u64,
    /// Events held back by [`Faults::late_by_us`].
    pub late: u64,
    /// Completions contradicted without a revision.
    pub contradicted: u64,
    /// Completions revised.
    pub revised: u64,
    /// Lines nobody should believe.
    pub malformed: BTreeMap<Malformed, u64>,
}

impl Report {
    /// All lines nobody should believe.
    pub fn malformed_lines(&self) -> u64 {
        self.malformed.values().sum()
    }
}

/// Lines in the order in which they arrive; [`Dirty::report`] says what was done to them.
pub struct Dirty<I> {
    events: I,
    faults: Faults,
    waiting: BinaryHeap<Reverse<(Micros, u64, Vec<u8>)>>,
    released: VecDeque<Vec<u8>>,
    queued: u64,
    report: Report,
}

/// Sends events, which come in the order in which they happened, through faults.
pub fn soil<I: Iterator<Item = SimEvent>>(events: I, faults: Faults) -> Dirty<I> {
    Dirty {
        events,
        faults,
        waiting: BinaryHeap::new(),
        released: VecDeque::new(),
        queued: 0,
        report: Report::default(),
    }
}

impl<I> Dirty<I> {
    /// What was done so far; complete once the lines are exhausted.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

impl<I: Iterator<Item = SimEvent>> Iterator for Dirty<I> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        while self.released.is_empty() {
            match self.events.next() {
                Some(event) => {
                    self.release(Some(event.at));
                    self.soil(&event);
                }
                None if self.waiting.is_empty() => return None,
                None => self.release(None),
            }
        }
        self.report.lines += 1;
        self.released.pop_front()
    }
}

impl<I> Dirty<I> {
    /// Lets go of what arrives before anything of an event at `before` can.
    fn release(&mut self, before: Option<Micros>) {
        let due = |at: Micros| before.is_none_or(|before| at < before);
        while self.waiting.peek().is_some_and(|Reverse((at, _, _))| due(*at)) {
            self.released.extend(self.waiting.pop().map(|Reverse((_, _, line))| line));
        }
    }

    fn soil(&mut self, event: &SimEvent) {
        self.report.events += 1;
        let mut chance = Chance::of(self.faults.seed, &[self.report.events]);
        let line = event.to_line();
        if chance.happens(self.faults.duplicated_bp) {
            self.report.duplicated += 1;
            self.send(&mut chance, event.at, line.clone());
        }
        if chance.happens(self.faults.resent_bp) {
            self.report.resent += 1;
            self.send(&mut chance, event.at, resent(&line));
        }
        let late = chance.happens(self.faults.late_bp);
        self.report.late += u64::from(late);
        let held_us = if late { self.faults.late_by_us } else { 0 };
        self.send(&mut chance, event.at.plus(held_us), line);
        if event.kind == Kind::Delivered {
            self.soil_completion(&mut chance, event);
        }
    }

    fn soil_completion(&mut self, chance: &mut Chance, event: &SimEvent) {
        if chance.happens(self.faults.malformed_bp) {
            let kind = Malformed::drawn(chance);
            *self.report.malformed.entry(kind).or_default() += 1;
            self.send(chance, event.at, kind.line(event));
        }
        if chance.happens(self.faults.contradicted_bp) {
            self.report.contradicted += 1;
            self.send_other(chance, event, None);
        } else if chance.happens(self.faults.revised_bp) {
            self.report.revised += 1;
            self.send_other(chance, event, Some(1));
        }
    }

    /// Tells a completion again with another amount, as if it happened a little later: of two
    /// contents of the same instant nobody could say which was the first.
    fn send_other(&mut self, chance: &mut Chance, event: &SimEvent, revision: Option<i64>) {
        let mut other = event.clone();
        other.id.push('2');
        other.at = event.at.plus(chance.between(1, 60) * SECOND_US);
        if let Some(completed) = &mut other.completed {
            completed.order_minor += chance.between(1, 500);
            completed.revision = revision;
        }
        self.send(chance, other.at, other.to_line());
    }

    fn send(&mut self, chance: &mut Chance, at: Micros, line: Vec<u8>) {
        let arrives = at.plus(chance.between(0, self.faults.out_of_order_us));
        self.queued += 1;
        self.waiting.push(Reverse((arrives, self.queued, line)));
    }
}

/// The same event with an extension attribute, as senders add when they try again.
fn resent(line: &[u8]) -> Vec<u8> {
    [&line[..line.len().saturating_sub(1)], br#","attempt":"2"}"#].concat()
}
