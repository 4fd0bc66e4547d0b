//! The rates of one local day: what holds at each instant, from the versions of the pay plan.

use super::multiplier::Multiplier;
use super::plan::{DayRules, PayPlan, PlanVersion};
use super::weekly::OffsetStretch;
use crate::time::{Day, HOUR_US, Span, Zone};
use std::cmp::Reverse;

/// The rates of one local day of a market: made once, laid over any number of couriers.
#[derive(Debug, Clone, PartialEq)]
pub struct DayRates {
    span: Span,
    rules: DayRules,
    segments: Vec<Segment>,
    labels: Vec<String>,
}

/// A stretch of the day during which nothing changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// When.
    pub span: Span,
    /// The version of the plan that governs it.
    pub version: i64,
    /// Minor units for an hour of work.
    pub per_hour_minor: i64,
    /// Minor units for a delivery.
    pub per_delivery_minor: i64,
    /// Minor units for a kilometre.
    pub per_km_minor: i64,
    /// The highest multiplier of the windows that hold; ×1 where none does.
    pub multiplier: Multiplier,
    /// The window it comes from, for [`DayRates::label`]; none at base rate.
    pub window: Option<usize>,
}

/// Why a day has no rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RatesError {
    /// There is no version of the plan.
    #[error("the market has no pay plan")]
    NoPlan,
    /// The calendar ends here.
    #[error("the day is at the end of the calendar")]
    EndOfCalendar,
}

/// The longest day of any zone: 24 hours and the largest change of the clocks on record, a day.
const DAY_US_MAX: i64 = 48 * HOUR_US;

impl DayRates {
    /// The rates of a local day.
    ///
    /// At any instant the highest version already effective holds, and the first one also before.
    /// Rates and windows change in the middle of a day; [`DayRules`] are those at its start.
    pub fn new(zone: &Zone, day: Day, versions: &[PlanVersion]) -> Result<DayRates, RatesError> {
        let span = zone.span(day);
        if span.length_us() > DAY_US_MAX {
            return Err(RatesError::EndOfCalendar);
        }
        let history = history(versions);
        let begun = history.partition_point(|version| version.effective_from <= span.start);
        let at_start = history.get(begun.saturating_sub(1)).ok_or(RatesError::NoPlan)?;
        let rules = at_start.plan.day_rules();
        let mut rates = DayRates { span, rules, segments: Vec::new(), labels: Vec::new() };
        for (stretch, version) in held(&history, span) {
            rates.extend(zone, stretch, version);
        }
        Ok(rates)
    }

    /// The instants of the day.
    pub fn span(&self) -> Span {
        self.span
    }

    /// What holds for the day as a whole.
    pub fn rules(&self) -> DayRules {
        self.rules
    }

    /// The segments: in order, without gap or overlap from the start of the day to its end.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The window of a segment in words, such as `mon-fri 07:00-10:00 ×1.5`; none at base rate.
    pub fn label(&self, segment: &Segment) -> Option<&str> {
        segment.window.and_then(|window| self.labels.get(window)).map(String::as_str)
    }

    /// Adds the segments of the stretch during which one version holds.
    fn extend(&mut self, zone: &Zone, stretch: Span, version: &PlanVersion) {
        let plan = &version.plan;
        let first_label = self.labels.len();
        self.labels.extend(plan.windows.iter().map(|window| window.label()));
        let windows = window_spans(plan, zone, stretch);
        for span in cut(stretch, &windows) {
            let window = highest(plan, &windows, span);
            let multiplier = window.map_or(Multiplier::ONE, |index| plan.windows[index].multiplier);
            self.push(Segment {
                span,
                version: version.version,
                per_hour_minor: plan.per_hour_minor,
                per_delivery_minor: plan.per_delivery_minor,
                per_km_minor: plan.per_km_minor,
                multiplier,
                window: window.map(|index| first_label + index),
            });
        }
    }

    /// Appends a segment, to the one before where both are the same but for the time.
    fn push(&mut self, segment: Segment) {
        if let Some(last) = self.segments.last_mut()
            && *last == (Segment { span: last.span, ..segment })
        {
            last.span.end = segment.span.end;
        } else {
            self.segments.push(segment);
        }
    }
}

/// The versions that ever hold, in order: one that a higher version overtakes never does.
fn history(versions: &[PlanVersion]) -> Vec<&PlanVersion> {
    let mut versions: Vec<&PlanVersion> = versions.iter().collect();
    versions.sort_by_key(|version| (version.effective_from, version.version));
    let mut history: Vec<&PlanVersion> = Vec::with_capacity(versions.len());
    for version in versions {
        if history.last().is_none_or(|known| known.version <= version.version) {
            history.pop_if(|known| known.effective_from == version.effective_from);
            history.push(version);
        }
    }
    history
}

/// The stretches of a day during which each version of the history holds; never empty ones.
fn held<'a>(history: &[&'a PlanVersion], day: Span) -> Vec<(Span, &'a PlanVersion)> {
    let since = |index: usize| match history.get(index) {
        _ if index == 0 => day.start,
        Some(version) => version.effective_from,
        None => day.end,
    };
    let stretch = |index: usize| Span::new(since(index), since(index + 1)).intersection(day);
    (0..history.len())
        .map(|index| (stretch(index), history[index]))
        .filter(|(stretch, _)| !stretch.is_empty())
        .collect()
}

/// Where each window of the plan holds within a stretch, with its index in the plan.
fn window_spans(plan: &PayPlan, zone: &Zone, within: Span) -> Vec<(usize, Span)> {
    let stretches = OffsetStretch::cut(zone, within);
    let mut spans = Vec::new();
    for (index, window) in plan.windows.iter().enumerate() {
        let clipped =
            window.spans(zone, &stretches).into_iter().map(|span| span.intersection(within));
        spans.extend(clipped.filter(|span| !span.is_empty()).map(|span| (index, span)));
    }
    spans
}

/// Cuts a stretch wherever a window begins or ends.
fn cut(within: Span, windows: &[(usize, Span)]) -> Vec<Span> {
    let mut cuts = vec![within.start, within.end];
    cuts.extend(windows.iter().flat_map(|(_, span)| [span.start, span.end]));
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|pair| Span::new(pair[0], pair[1])).collect()
}

/// The window with the highest multiplier over a cut; of equals, the one listed first.
fn highest(plan: &PayPlan, windows: &[(usize, Span)], cut: Span) -> Option<usize> {
    windows
        .iter()
        .filter(|(_, span)| span.contains(cut.start))
        .map(|(index, _)| *index)
        .max_by_key(|index| (plan.windows[*index].multiplier, Reverse(*index)))
}
