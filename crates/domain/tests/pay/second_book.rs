//! A second book: the same pay by walking the day minute by minute, asking the clock on the wall.
//!
//! It shares no arithmetic with the first: no segments, no merge, no offsets, no spans.

use doorstep_domain::pay::window::When;
use doorstep_domain::pay::{
    Completion, DayPay, DayRules, Multiplies, Overlap, PayPlan, PlanVersion, Tips, Window,
};
use doorstep_domain::time::{Day, Micros, Span, Zone};
use jiff::Timestamp;
use jiff::civil::DateTime;

const MINUTE_US: i64 = 60_000_000;

/// The denominator of the book: microseconds in an hour × basis points.
const UNIT: i128 = 3_600_000_000 * 10_000;

/// What the second book says of a day.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) numerator: i128,
    pub(crate) worked_us: i64,
    pub(crate) peak_us: i64,
    pub(crate) deliveries: i64,
    pub(crate) tip_minor: i64,
}

impl From<DayPay> for Page {
    fn from(pay: DayPay) -> Page {
        Page {
            numerator: pay.exact.numerator(),
            worked_us: pay.worked_us,
            peak_us: pay.peak_us,
            deliveries: pay.deliveries,
            tip_minor: pay.tip_minor,
        }
    }
}

/// Prices a day of intervals, windows and versions that all begin and end on whole minutes.
pub(crate) fn price_by_the_minute(
    zone: &Zone,
    day: Day,
    versions: &[PlanVersion],
    intervals: &[Span],
    completions: &[Completion],
) -> Page {
    let Span { start, end } = zone.span(day);
    let rules = in_force(versions, start).day_rules();
    let mut page = Page { numerator: 0, worked_us: 0, peak_us: 0, deliveries: 0, tip_minor: 0 };
    for minute in (start.0..end.0).step_by(60_000_000).map(Micros) {
        let plan = in_force(versions, minute);
        let window = multiplier_bp(plan, zone, minute);
        let covering = intervals.iter().filter(|interval| interval.contains(minute)).count();
        let counted = match rules.overlap {
            Overlap::Union => covering.min(1),
            Overlap::Sum => covering,
        };
        for _ in 0..counted {
            page.worked_us += MINUTE_US;
            page.peak_us += if window.is_some() { MINUTE_US } else { 0 };
            page.numerator += i128::from(MINUTE_US)
                * i128::from(plan.per_hour_minor)
                * i128::from(window.unwrap_or(10_000));
        }
    }
    for completion in completions.iter().filter(|fact| start <= fact.at && fact.at < end) {
        let plan = in_force(versions, completion.at);
        let factor_bp = match rules.multiplies {
            Multiplies::Time => 10_000,
            Multiplies::All => multiplier_bp(plan, zone, completion.at).unwrap_or(10_000),
        };
        let metre_rates = i128::from(plan.per_delivery_minor) * 1_000
            + i128::from(plan.per_km_minor) * i128::from(completion.distance_m);
        page.numerator += metre_rates * i128::from(factor_bp) * (UNIT / 10_000 / 1_000);
        page.deliveries += 1;
        page.tip_minor += completion.tip_minor;
    }
    topped_up(page, rules)
}

fn topped_up(mut page: Page, rules: DayRules) -> Page {
    let active = page.worked_us > 0 || page.deliveries > 0;
    let daily = if active { i128::from(rules.daily_minimum_minor) * UNIT } else { 0 };
    let hourly = i128::from(page.worked_us) * i128::from(rules.hourly_minimum_minor) * 10_000;
    let mut tips = 0;
    match rules.tips {
        Tips::PassThrough => {}
        Tips::TowardMinimum => tips = i128::from(page.tip_minor) * UNIT,
        Tips::Withheld => page.tip_minor = 0,
    }
    page.numerator = page.numerator.max(daily - tips).max(hourly - tips);
    page
}

fn in_force(versions: &[PlanVersion], at: Micros) -> &PayPlan {
    let begun = versions.iter().filter(|version| version.effective_from <= at);
    let first = || versions.iter().min_by_key(|v| (v.effective_from, -v.version));
    let version = begun.max_by_key(|version| version.version).or_else(first);
    &version.expect("the book is kept under a plan").plan
}

/// The multiplier at an instant, in basis points; none outside every window.
fn multiplier_bp(plan: &PayPlan, zone: &Zone, at: Micros) -> Option<i64> {
    let instant = Timestamp::from_microsecond(at.0).expect("within the calendar");
    let wall = zone.as_jiff().to_datetime(instant);
    let inside = plan.windows.iter().filter(|window| is_inside(window, zone, at, wall));
    inside.map(|window| window.multiplier.basis_points()).max()
}

fn is_inside(window: &Window, zone: &Zone, at: Micros, wall: DateTime) -> bool {
    match &window.when {
        When::Weekly(weekly) => {
            let now = wall.time().to_string()[..5].to_owned();
            let (from, to) = (weekly.from.to_string(), weekly.to.to_string());
            let starts_on = |date: jiff::civil::Date| {
                let name = format!("{:?}", date.weekday()).to_lowercase();
                weekly.days.names().any(|day| day == &name[..3])
            };
            let (today, yesterday) = (wall.date(), wall.date().yesterday().expect("a date"));
            if from < to {
                starts_on(today) && from <= now && now < to
            } else {
                (starts_on(today) && from <= now) || (starts_on(yesterday) && now < to)
            }
        }
        When::Instants(span) => span.contains(at),
        When::Local { from, to } => {
            let instant = |local: &DateTime| local.to_zoned(zone.as_jiff().clone());
            let at = Timestamp::from_microsecond(at.0).expect("within the calendar");
            let (from, to) = (instant(from).expect("instant"), instant(to).expect("instant"));
            from.timestamp() <= at && at < to.timestamp()
        }
    }
}
