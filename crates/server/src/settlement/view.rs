//! A settlement as it is shown.

use super::books::{Books, Totals, compute};
use super::read_totals;
use crate::api::shape;
use crate::app::{App, terms_of};
use crate::error::AppError;
use crate::pay::PricedDay;
use doorstep_domain::id::MarketId;
use doorstep_domain::market::Market;
use doorstep_domain::money::Currency;
use doorstep_domain::settlement::{Adjustment, CourierTotals, MerchantTotals, ProviderTotals};
use doorstep_domain::time::{Day, Micros};
use doorstep_store::conflict::{self, ConflictRow};
use doorstep_store::day::Closed;
use doorstep_store::{Tx, adjustment, day, statement};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A market's day, settled; provisional while it is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SettlementView {
    /// Where.
    #[schema(value_type = String)]
    pub market: MarketId,
    /// The local day.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// ISO 4217.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// Whether it may still change: the day is not closed.
    pub provisional: bool,
    /// When it was closed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Micros>,
    /// Over couriers, merchants, providers and adjustments: the same facts give the same one.
    pub digest: String,
    /// Couriers' figures, by identifier.
    #[schema(value_type = Vec<shape::CourierTotals>)]
    pub couriers: Vec<CourierTotals>,
    /// Merchants' figures, by identifier.
    #[schema(value_type = Vec<shape::MerchantTotals>)]
    pub merchants: Vec<MerchantTotals>,
    /// What providers are owed, by identifier.
    #[schema(value_type = Vec<shape::ProviderTotals>)]
    pub providers: Vec<ProviderTotals>,
    /// Deliveries of the day that were completed twice, differently, and wait for a person.
    pub conflicts: Vec<ConflictView>,
    /// Corrections of closed days, booked on this one.
    #[schema(value_type = Vec<shape::Adjustment>)]
    pub adjustments: Vec<Adjustment>,
    /// The sums.
    pub totals: Totals,
}

/// A contradiction between completions of one delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConflictView {
    /// Where.
    pub market: String,
    /// Which delivery.
    pub delivery_id: String,
    /// The day of the completion that stands.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// `open`, `resolved` or `by-policy`.
    pub state: String,
    /// Each content that was told; `stands` marks the one that counts.
    #[schema(value_type = Vec<Object>)]
    pub told: serde_json::Value,
    /// When it was found.
    #[schema(value_type = String, format = DateTime)]
    pub raised_at: Micros,
    /// When it was decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resolved_at: Option<Micros>,
    /// Who decided.
    pub resolved_by: Option<String>,
}

/// A kept conflict as it is shown.
pub fn conflict_view(row: ConflictRow) -> ConflictView {
    ConflictView {
        market: row.market,
        delivery_id: row.delivery,
        day: Day::from_number(row.day),
        state: row.state,
        told: serde_json::from_str(&row.told).unwrap_or_default(),
        raised_at: Micros(row.raised_at_us),
        resolved_at: row.resolved_at_us.map(Micros),
        resolved_by: row.resolved_by,
    }
}

/// The settlement of a day: from its statements if it is closed, from the facts otherwise.
pub fn view(app: &App, market: &str, day: Day) -> Result<SettlementView, AppError> {
    let market = app.market(market)?;
    app.store.read(|tx| {
        let id = market.id.as_str();
        let closed = day::load(tx, id, day.number())?.and_then(|row| row.closed);
        let books = match &closed {
            Some(closed) => kept_books(tx, market, day, closed)?,
            None => {
                let history = terms_of(tx, market)?;
                // Only what has ended is settled: open intervals are shown in pay, never booked.
                compute(tx, &PricedDay::new(market, day, &history, None)?, None)?
            }
        };
        let conflicts = conflict::of_day(tx, id, day.number())?;
        let open = conflicts.into_iter().filter(|conflict| conflict.state == "open");
        Ok(SettlementView {
            market: market.id.clone(),
            day,
            currency: market.currency,
            provisional: closed.is_none(),
            closed_at: closed.map(|closed| Micros(closed.at_us)),
            totals: books.totals(),
            digest: books.digest,
            couriers: books.couriers,
            merchants: books.merchants,
            providers: books.providers,
            conflicts: open.map(conflict_view).collect(),
            adjustments: books.adjustments,
        })
    })
}

fn kept_books(
    tx: &mut dyn Tx,
    market: &Market,
    day: Day,
    closed: &Closed,
) -> Result<Books, AppError> {
    let (id, number) = (market.id.as_str(), day.number());
    let mut rows = Vec::new();
    statement::of_day(tx, id, number, &mut |row| {
        rows.push((row.party_kind, row.totals));
        Ok(())
    })?;
    let mut books = Books {
        couriers: Vec::new(),
        merchants: Vec::new(),
        providers: Vec::new(),
        adjustments: adjustment::booked_on(tx, id, number)?,
        digest: closed.digest.clone(),
    };
    for (kind, totals) in rows {
        match kind {
            "courier" => books.couriers.push(read_totals(&totals)?),
            "provider" => books.providers.push(read_totals(&totals)?),
            _ => books.merchants.push(read_totals(&totals)?),
        }
    }
    Ok(books)
}
