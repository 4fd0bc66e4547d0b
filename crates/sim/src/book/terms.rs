//! What a book is kept under: one plan for pay and fees, the same on every day.

use doorstep_domain::time::{HOUR_US, Micros, SECOND_US, Zone};
use jiff::civil::Weekday;

/// What counts as work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// From the assignment to the drop-off.
    AssignedToDelivered,
    /// From the pickup to the drop-off.
    PickedUpToDelivered,
    /// From coming online to going offline.
    Online,
}

/// How work at the same time counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlap {
    /// Each second once.
    Union,
    /// Each second once for each delivery.
    Sum,
}

/// What to do with contradicting completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflicts {
    /// The first counts, a person is asked.
    Hold,
    /// The first counts.
    First,
    /// The highest revision counts; a person is asked where two have it.
    HighestRevision,
}

/// A stretch of every week in which work is worth more, or less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// On which days it begins.
    pub days: Vec<Weekday>,
    /// From which second of the day, by the clock on the wall.
    pub from_s: u32,
    /// Up to which second; no later than `from_s`, it ends on the next day.
    pub to_s: u32,
    /// Basis points: 15,000 is one and a half.
    pub multiplier_bp: i64,
}

/// The terms of a market.
#[derive(Debug, Clone)]
pub struct BookTerms {
    /// The only market believed.
    pub market: String,
    /// Whose midnights part the days.
    pub zone: Zone,
    /// The only currency believed.
    pub currency: String,
    /// Until when events are believed.
    pub now: Micros,
    /// How long after its completion a delivery may still come into being, in microseconds.
    pub grace_us: i64,
    /// What counts as work.
    pub interval: Interval,
    /// How work at the same time counts.
    pub overlap: Overlap,
    /// Minor units for each hour of work.
    pub per_hour_minor: i64,
    /// Minor units for each delivery.
    pub per_delivery_minor: i64,
    /// Minor units for each kilometre carried.
    pub per_km_minor: i64,
    /// Whether windows multiply deliveries and kilometres too, and not only time.
    pub multiplies_all: bool,
    /// When work is worth more, or less; of several at once the highest multiplier holds.
    pub windows: Vec<Window>,
    /// Merchants' commission in basis points of their sales.
    pub commission_bp: i64,
    /// Merchants' fee in minor units for each delivery.
    pub fixed_minor: i64,
    /// What to do with contradicting completions.
    pub conflicts: Conflicts,
}

const WORKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

impl BookTerms {
    /// The market of the examples: 24.00 an hour from pickup to drop-off, one and a half times on
    /// workday mornings, twice on workday evenings; a quarter of the sales and 0.50 a delivery.
    pub fn example(market: &str, zone: Zone, now: Micros) -> BookTerms {
        let window = |from: u32, to: u32, multiplier_bp| Window {
            days: WORKDAYS.to_vec(),
            from_s: from * 3_600,
            to_s: to * 3_600,
            multiplier_bp,
        };
        BookTerms {
            market: market.to_owned(),
            zone,
            currency: "USD".to_owned(),
            now,
            grace_us: 2 * HOUR_US,
            interval: Interval::PickedUpToDelivered,
            overlap: Overlap::Union,
            per_hour_minor: 2_400,
            per_delivery_minor: 0,
            per_km_minor: 0,
            multiplies_all: false,
            windows: vec![window(7, 10, 15_000), window(16, 19, 20_000)],
            commission_bp: 2_500,
            fixed_minor: 50,
            conflicts: Conflicts::Hold,
        }
    }

    /// The same terms as a market of `doorstep.toml`.
    pub fn to_toml(&self) -> String {
        let BookTerms { market, zone, currency, .. } = self;
        let windows: Vec<String> = self.windows.iter().map(Window::to_toml).collect();
        format!(
            concat!(
                "[markets.{market}]\ntime_zone = \"{zone}\"\ncurrency = \"{currency}\"\n",
                "[markets.{market}.pay]\ninterval = \"{interval}\"\noverlap = \"{overlap}\"\n",
                "per_hour_minor = {per_hour}\nper_delivery_minor = {per_delivery}\n",
                "per_km_minor = {per_km}\nmultiplies = \"{multiplies}\"\nwindows = [{windows}]\n",
                "[markets.{market}.fees]\ncommission_bp = {commission}\nfixed_minor = {fixed}\n",
                "[markets.{market}.settlement]\ngrace = \"{grace}s\"\n",
                "conflicts = \"{conflicts}\"\n",
            ),
            market = market,
            zone = zone,
            currency = currency,
            interval = self.interval.as_str(),
            overlap = self.overlap.as_str(),
            per_hour = self.per_hour_minor,
            per_delivery = self.per_delivery_minor,
            per_km = self.per_km_minor,
            multiplies = if self.multiplies_all { "all" } else { "time" },
            windows = windows.join(", "),
            commission = self.commission_bp,
            fixed = self.fixed_minor,
            grace = self.grace_us / SECOND_US,
            conflicts = self.conflicts.as_str(),
        )
    }
}

impl Interval {
    /// As written in a pay plan.
    pub fn as_str(self) -> &'static str {
        match self {
            Interval::AssignedToDelivered => "assigned-to-delivered",
            Interval::PickedUpToDelivered => "picked-up-to-delivered",
            Interval::Online => "online",
        }
    }
}

impl Overlap {
    /// As written in a pay plan.
    pub fn as_str(self) -> &'static str {
        match self {
            Overlap::Union => "union",
            Overlap::Sum => "sum",
        }
    }
}

impl Conflicts {
    /// As written in a market's settlement.
    pub fn as_str(self) -> &'static str {
        match self {
            Conflicts::Hold => "hold",
            Conflicts::First => "first",
            Conflicts::HighestRevision => "highest-revision",
        }
    }
}

impl Window {
    fn to_toml(&self) -> String {
        let days: Vec<String> = self.days.iter().map(|day| format!("\"{}\"", name(*day))).collect();
        format!(
            "{{ days = [{}], from = \"{}\", to = \"{}\", multiplier = \"{}.{:04}\" }}",
            days.join(", "),
            clock(self.from_s),
            clock(self.to_s),
            self.multiplier_bp / 10_000,
            self.multiplier_bp % 10_000,
        )
    }
}

fn name(day: Weekday) -> &'static str {
    let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    usize::try_from(day.to_monday_zero_offset()).map_or("", |place| names[place])
}

/// Seconds of the day as the clock on the wall shows them.
fn clock(second: u32) -> String {
    let (hours, minutes, seconds) = (second / 3_600, second / 60 % 60, second % 60);
    match seconds {
        0 => format!("{hours:02}:{minutes:02}"),
        _ => format!("{hours:02}:{minutes:02}:{seconds:02}"),
    }
}
