//! The lines that a courier's day is the sum of (B17).

use super::exact::Exact;
use super::multiplier::Multiplier;
use super::price::{Completion, Minimum, Walk, piece_multiplier, segment_at};
use super::rates::{DayRates, Segment};
use crate::id::DeliveryId;
use crate::time::{Micros, Span};
use serde::Serialize;

/// A work interval, and what it was for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Work {
    /// When.
    pub span: Span,
    /// The delivery carried; none where time online is paid.
    pub delivery: Option<DeliveryId>,
}

/// A completion, and of what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delivered {
    /// What pay depends on.
    pub completion: Completion,
    /// The delivery.
    pub delivery: DeliveryId,
}

/// One line of an explanation; the amounts of all lines add up to the pay, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line {
    /// An interval's part of the day.
    Time {
        /// The delivery carried; none where time online is paid.
        delivery: Option<DeliveryId>,
        /// First instant, of the interval or of the day.
        start: Micros,
        /// First instant after the interval or the day.
        end: Micros,
        /// Time that earlier lines already count, in microseconds; 0 where each interval counts.
        counted_before_us: i64,
        /// Time at base rate, in microseconds.
        base_us: i64,
        /// Time inside windows, in microseconds.
        peak_us: i64,
        /// Where the amount comes from, in order of time.
        stretches: Vec<Stretch>,
        /// The sum of the stretches.
        amount: Exact,
    },
    /// Pay for a delivery.
    Delivery {
        /// Which.
        delivery: DeliveryId,
        /// When it was delivered.
        at: Micros,
        /// Minor units for each.
        per_delivery_minor: i64,
        /// What it was multiplied by.
        multiplier: Multiplier,
        /// Rate times multiplier.
        amount: Exact,
    },
    /// Pay for the distance of a delivery.
    Distance {
        /// Of which delivery.
        delivery: DeliveryId,
        /// When it was delivered.
        at: Micros,
        /// How far, in metres.
        distance_m: i64,
        /// Minor units for a kilometre.
        per_km_minor: i64,
        /// What it was multiplied by.
        multiplier: Multiplier,
        /// Distance times rate times multiplier.
        amount: Exact,
    },
    /// What was missing from the minimum.
    Minimum {
        /// The minimum of the day.
        minimum: Exact,
        /// What the lines before come to.
        earned: Exact,
        /// Tips counted toward the minimum, in minor units.
        tips_minor: i64,
        /// Minimum less earned less tips.
        amount: Exact,
    },
    /// The one rounding, half to even.
    Rounding {
        /// Pay less the sum of the lines before.
        amount: Exact,
    },
}

/// Time of one interval under one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// The window in words, such as `mon-fri 07:00-10:00 ×1.5`; none at base rate.
    pub window: Option<String>,
    /// Time, in microseconds.
    pub worked_us: i64,
    /// Minor units for an hour.
    pub per_hour_minor: i64,
    /// What it was multiplied by.
    pub multiplier: Multiplier,
    /// Time times rate times multiplier.
    pub amount: Exact,
}

impl Line {
    /// What the line adds to the pay.
    pub fn amount(&self) -> Exact {
        match self {
            Line::Time { amount, .. }
            | Line::Delivery { amount, .. }
            | Line::Distance { amount, .. }
            | Line::Minimum { amount, .. }
            | Line::Rounding { amount } => *amount,
        }
    }
}

/// Explains what [`price`](super::price::price) says of the same day.
///
/// The order is that of time, then of identifiers, so the same facts in any order give the same
/// lines. An interval's line counts what no earlier line has. Lines of nothing are left out.
pub fn explain(rates: &DayRates, work: &[Work], delivered: &[Delivered]) -> Vec<Line> {
    let mut lines = time_lines(rates, work);
    let worked_us = lines.iter().map(worked_us).sum();
    let (mut deliveries, mut tips_minor) = (0, 0_i64);
    let mut delivered: Vec<&Delivered> = delivered.iter().collect();
    delivered.sort_unstable();
    for fact in delivered {
        if let Some(segment) = segment_at(rates, fact.completion.at) {
            deliveries += 1;
            tips_minor = tips_minor.saturating_add(fact.completion.tip_minor);
            lines.extend(piece_lines(rates, &rates.segments()[segment], fact));
        }
    }
    let minimum = Minimum::of(rates.rules(), worked_us, deliveries, tips_minor);
    let earned: Exact = lines.iter().map(Line::amount).sum();
    let top_up = minimum.top_up(earned);
    if top_up > Exact::ZERO {
        let Minimum { floor, tips_minor } = minimum;
        lines.push(Line::Minimum { minimum: floor, earned, tips_minor, amount: top_up });
    }
    let exact = earned + top_up;
    let rounding = Exact::of_minor(exact.rounded_minor()) - exact;
    if rounding != Exact::ZERO {
        lines.push(Line::Rounding { amount: rounding });
    }
    lines
}

fn worked_us(line: &Line) -> i64 {
    match line {
        Line::Time { base_us, peak_us, .. } => base_us + peak_us,
        _ => 0,
    }
}

fn time_lines(rates: &DayRates, work: &[Work]) -> Vec<Line> {
    let mut work: Vec<&Work> = work.iter().collect();
    work.sort_unstable();
    let mut walk = Walk::new(rates);
    let part_of_day = |work: &Work| work.span.intersection(rates.span());
    work.into_iter()
        .filter(|work| !part_of_day(work).is_empty())
        .map(|work| time_line(rates, &mut walk, work, part_of_day(work)))
        .collect()
}

fn time_line(rates: &DayRates, walk: &mut Walk<'_>, work: &Work, part: Span) -> Line {
    let (mut base_us, mut peak_us) = (0, 0);
    let mut stretches = Vec::new();
    walk.visit(part, |index, worked_us| {
        let segment = &rates.segments()[index];
        let counted = if segment.window.is_some() { &mut peak_us } else { &mut base_us };
        *counted += worked_us;
        stretches.push(stretch(rates, segment, worked_us));
    });
    Line::Time {
        delivery: work.delivery.clone(),
        start: part.start,
        end: part.end,
        counted_before_us: part.length_us() - base_us - peak_us,
        base_us,
        peak_us,
        amount: stretches.iter().map(|stretch: &Stretch| stretch.amount).sum(),
        stretches,
    }
}

fn stretch(rates: &DayRates, segment: &Segment, worked_us: i64) -> Stretch {
    let &Segment { per_hour_minor, multiplier, .. } = segment;
    Stretch {
        window: rates.label(segment).map(str::to_owned),
        worked_us,
        per_hour_minor,
        multiplier,
        amount: Exact::of_time(worked_us, per_hour_minor, multiplier),
    }
}

/// The lines of a delivery and of its distance, where the plan pays for them.
fn piece_lines(rates: &DayRates, segment: &Segment, fact: &Delivered) -> Vec<Line> {
    let multiplier = piece_multiplier(segment, rates.rules());
    let &Segment { per_delivery_minor, per_km_minor, .. } = segment;
    let Completion { at, distance_m, .. } = fact.completion;
    let delivery = || fact.delivery.clone();
    let mut lines = Vec::new();
    if per_delivery_minor > 0 {
        let amount = Exact::of_deliveries(1, per_delivery_minor, multiplier);
        let delivery = delivery();
        lines.push(Line::Delivery { delivery, at, per_delivery_minor, multiplier, amount });
    }
    if per_km_minor > 0 && distance_m > 0 {
        let amount = Exact::of_distance(distance_m, per_km_minor, multiplier);
        let delivery = delivery();
        lines.push(Line::Distance { delivery, at, distance_m, per_km_minor, multiplier, amount });
    }
    lines
}
