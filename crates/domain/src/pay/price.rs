//! The price of a courier's day: exact sums over the day's segments, rounded once (B1, B2).

use super::exact::Exact;
use super::multiplier::Multiplier;
use super::plan::{DayRules, Multiplies, Overlap, Tips};
use super::rates::{DayRates, Segment};
use crate::time::{Micros, Span};

/// A delivery completed, as far as pay depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Completion {
    /// When it was delivered.
    pub at: Micros,
    /// How far, in metres.
    pub distance_m: i64,
    /// The customer's tip, in minor units.
    pub tip_minor: i64,
}

/// What a courier's day comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayPay {
    /// The pay: `exact`, rounded half to even once, in minor units. Tips are beside it.
    pub total_minor: i64,
    /// The sum before rounding, the minimum included.
    pub exact: Exact,
    /// Time paid, in microseconds: counted once under union, per interval under sum.
    pub worked_us: i64,
    /// Of that, time inside any window, in microseconds.
    pub peak_us: i64,
    /// Deliveries completed on the day.
    pub deliveries: i64,
    /// Their distance, in metres.
    pub distance_m: i64,
    /// Tips paid to the courier, in minor units.
    pub tip_minor: i64,
    /// Tips kept by the platform, in minor units.
    pub withheld_tip_minor: i64,
}

/// Prices a courier's day.
///
/// `intervals` may come in any order, overlap, be empty and reach beyond the day: what is outside
/// is not counted, and they are left sorted. Completions outside the day are not counted either.
pub fn price(rates: &DayRates, intervals: &mut [Span], completions: &[Completion]) -> DayPay {
    if !intervals.is_sorted() {
        intervals.sort_unstable();
    }
    let mut tallies = vec![Tally::default(); rates.segments().len()];
    let mut walk = Walk::new(rates);
    for interval in intervals {
        walk.visit(*interval, |segment, us| tallies[segment].worked_us += us);
    }
    let mut tips_minor: i64 = 0;
    for completion in completions {
        if let Some(segment) = segment_at(rates, completion.at) {
            tallies[segment].deliveries += 1;
            tallies[segment].distance_m += completion.distance_m;
            tips_minor = tips_minor.saturating_add(completion.tip_minor);
        }
    }
    let mut pay = DayPay::default();
    for (segment, tally) in rates.segments().iter().zip(&tallies) {
        pay.add(segment, tally, rates.rules());
    }
    pay.finish(rates.rules(), tips_minor)
}

impl DayPay {
    fn add(&mut self, segment: &Segment, tally: &Tally, rules: DayRules) {
        self.worked_us += tally.worked_us;
        if segment.window.is_some() {
            self.peak_us += tally.worked_us;
        }
        self.deliveries += tally.deliveries;
        self.distance_m += tally.distance_m;
        self.exact = self.exact + tally.earned(segment, rules);
    }

    fn finish(mut self, rules: DayRules, tips_minor: i64) -> DayPay {
        match rules.tips {
            Tips::Withheld => self.withheld_tip_minor = tips_minor,
            Tips::PassThrough | Tips::TowardMinimum => self.tip_minor = tips_minor,
        }
        let minimum = Minimum::of(rules, self.worked_us, self.deliveries, tips_minor);
        self.exact = self.exact + minimum.top_up(self.exact);
        self.total_minor = self.exact.rounded_minor();
        self
    }
}

/// What falls into one segment.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    worked_us: i64,
    deliveries: i64,
    distance_m: i64,
}

impl Tally {
    fn earned(&self, segment: &Segment, rules: DayRules) -> Exact {
        let piece = piece_multiplier(segment, rules);
        Exact::of_time(self.worked_us, segment.per_hour_minor, segment.multiplier)
            + Exact::of_deliveries(self.deliveries, segment.per_delivery_minor, piece)
            + Exact::of_distance(self.distance_m, segment.per_km_minor, piece)
    }
}

/// What deliveries and distance are multiplied by.
pub(super) fn piece_multiplier(segment: &Segment, rules: DayRules) -> Multiplier {
    match rules.multiplies {
        Multiplies::Time => Multiplier::ONE,
        Multiplies::All => segment.multiplier,
    }
}

/// The index of the segment that an instant falls in; none outside the day.
pub(super) fn segment_at(rates: &DayRates, at: Micros) -> Option<usize> {
    let index = rates.segments().partition_point(|segment| segment.span.end <= at);
    rates.span().contains(at).then_some(index)
}

/// The least a day is paid, and the tips that count toward it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Minimum {
    /// The higher of the daily and the hourly minimum.
    pub(super) floor: Exact,
    /// Tips counted toward it, in minor units.
    pub(super) tips_minor: i64,
}

impl Minimum {
    pub(super) fn of(rules: DayRules, worked_us: i64, deliveries: i64, tips_minor: i64) -> Minimum {
        let active = worked_us > 0 || deliveries > 0;
        let daily = Exact::of_minor(if active { rules.daily_minimum_minor } else { 0 });
        let hourly = Exact::of_time(worked_us, rules.hourly_minimum_minor, Multiplier::ONE);
        let counted = rules.tips == Tips::TowardMinimum;
        Minimum { floor: daily.max(hourly), tips_minor: if counted { tips_minor } else { 0 } }
    }

    /// What is missing from the minimum.
    pub(super) fn top_up(self, earned: Exact) -> Exact {
        (self.floor - earned - Exact::of_minor(self.tips_minor)).max(Exact::ZERO)
    }
}

/// A walk over sorted intervals and the day's segments at once: each step starts where the last
/// one left, so the whole is a merge of two sorted lists.
pub(super) struct Walk<'a> {
    segments: &'a [Segment],
    day: Span,
    overlap: Overlap,
    /// The segment that the latest interval started in.
    current: usize,
    /// Under union, everything before is already counted.
    counted_until: Micros,
}

impl<'a> Walk<'a> {
    pub(super) fn new(rates: &'a DayRates) -> Walk<'a> {
        let (day, overlap) = (rates.span(), rates.rules().overlap);
        Walk { segments: rates.segments(), day, overlap, current: 0, counted_until: day.start }
    }

    /// Visits an interval that starts no earlier than the one before, handing `count` the index of
    /// each segment and the microseconds that count there.
    pub(super) fn visit(&mut self, interval: Span, mut count: impl FnMut(usize, i64)) {
        let mut from = interval.start.max(match self.overlap {
            Overlap::Union => self.counted_until,
            Overlap::Sum => self.day.start,
        });
        let end = interval.end.min(self.day.end);
        if end <= from {
            return;
        }
        self.counted_until = end;
        while self.segments[self.current].span.end <= from {
            self.current += 1;
        }
        let mut segment = self.current;
        while from < end {
            let until = self.segments[segment].span.end.min(end);
            count(segment, until.0 - from.0);
            (from, segment) = (until, segment + 1);
        }
    }
}
