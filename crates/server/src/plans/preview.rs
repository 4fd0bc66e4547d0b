//! Who would be paid or charged how much more or less under a plan file.

use super::{Decided, PlanFile, shown_instant};
use crate::app::App;
use crate::error::AppError;
use crate::pay::PricedDay;
use crate::settlement::{Books, compute};
use doorstep_domain::market::{Market, TermsHistory};
use doorstep_domain::money::Currency;
use doorstep_domain::time::{Day, Micros};
use doorstep_store::{Tx, day};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a plan file would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanPreview {
    /// Market by market, by name.
    pub markets: Vec<MarketPreview>,
}

/// What a plan file would change in one market.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MarketPreview {
    /// Which.
    pub market: String,
    /// ISO 4217.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// First instant governed, RFC 3339; null where it is every open day.
    pub effective_from: Option<String>,
    /// Whether the terms differ from those in force at all.
    pub changes_terms: bool,
    /// The open days with a difference, in order.
    pub days: Vec<DayPreview>,
    /// Couriers' pay and tips over all these days, after less before, in minor units.
    pub pay_difference_minor: i64,
    /// Merchants' fees over all these days, after less before, in minor units.
    pub fee_difference_minor: i64,
}

/// What a plan file would change on one open day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayPreview {
    /// The local day.
    #[schema(value_type = String)]
    pub day: Day,
    /// Couriers with a difference in pay and tips, by identifier.
    pub couriers: Vec<Change>,
    /// Merchants with a difference in fees, by identifier.
    pub merchants: Vec<Change>,
}

/// One party's amount before and after, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Change {
    /// The courier or merchant.
    pub id: String,
    /// Under the terms in force.
    pub before_minor: i64,
    /// Under the plan.
    pub after_minor: i64,
    /// After less before.
    pub difference_minor: i64,
}

/// Prices every open day under a plan file without changing anything; open intervals count up to
/// now, as they do where pay is shown.
pub fn preview(app: &App, text: &str) -> Result<PlanPreview, AppError> {
    let file = PlanFile::read(text, app)?;
    let now = app.clock.now();
    app.store.read(|tx| {
        let markets = file.markets.iter().map(|(id, plan)| {
            let decided = Decided::new(tx, app.market(id.as_str())?, plan)?;
            market_preview(tx, &decided, now)
        });
        Ok(PlanPreview { markets: markets.collect::<Result<_, AppError>>()? })
    })
}

fn market_preview(
    tx: &mut dyn Tx,
    decided: &Decided<'_>,
    now: Micros,
) -> Result<MarketPreview, AppError> {
    let market = decided.market;
    let mut preview = MarketPreview {
        market: market.id.as_str().to_owned(),
        currency: market.currency,
        effective_from: shown_instant(decided.effective_from),
        changes_terms: !decided.added.is_empty(),
        days: Vec::new(),
        pay_difference_minor: 0,
        fee_difference_minor: 0,
    };
    if !preview.changes_terms {
        return Ok(preview);
    }
    let after = decided.after();
    for day in day::all(tx, market.id.as_str())?.iter().filter(|day| day.closed.is_none()) {
        let day = Day::from_number(day.day);
        if market.time_zone.span(day).end <= decided.effective_from {
            continue;
        }
        let mut books_under = |history: &TermsHistory| books(tx, market, day, history, now);
        let (before, after) = (books_under(&decided.before)?, books_under(&after)?);
        let day = DayPreview {
            day,
            couriers: changes(pay_of(&before), pay_of(&after)),
            merchants: changes(fees_of(&before), fees_of(&after)),
        };
        preview.pay_difference_minor += total(&day.couriers);
        preview.fee_difference_minor += total(&day.merchants);
        if !day.couriers.is_empty() || !day.merchants.is_empty() {
            preview.days.push(day);
        }
    }
    Ok(preview)
}

fn books(
    tx: &mut dyn Tx,
    market: &Market,
    day: Day,
    history: &TermsHistory,
    now: Micros,
) -> Result<Books, AppError> {
    compute(tx, &PricedDay::new(market, day, history, Some(now))?, None)
}

fn pay_of(books: &Books) -> BTreeMap<&str, i64> {
    let pay = books.couriers.iter();
    pay.map(|totals| (totals.courier_id.as_str(), totals.pay_minor + totals.tip_minor)).collect()
}

fn fees_of(books: &Books) -> BTreeMap<&str, i64> {
    let fees = books.merchants.iter();
    fees.map(|totals| (totals.merchant_id.as_str(), totals.fee_minor)).collect()
}

/// Those whose amount differs; who is missing on one side has nothing there.
fn changes(before: BTreeMap<&str, i64>, after: BTreeMap<&str, i64>) -> Vec<Change> {
    let mut both: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (id, amount) in before {
        both.entry(id).or_default().0 = amount;
    }
    for (id, amount) in after {
        both.entry(id).or_default().1 = amount;
    }
    let differing = both.into_iter().filter(|(_, (before, after))| before != after);
    let change = |(id, (before_minor, after_minor)): (&str, (i64, i64))| Change {
        id: id.to_owned(),
        before_minor,
        after_minor,
        difference_minor: after_minor - before_minor,
    };
    differing.map(change).collect()
}

fn total(changes: &[Change]) -> i64 {
    changes.iter().map(|change| change.difference_minor).sum()
}
