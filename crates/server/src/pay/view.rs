//! What a courier earned on a day, as it is shown.

use super::PricedDay;
use crate::api::shape;
use crate::app::{App, terms_of};
use crate::error::AppError;
use crate::settlement;
use doorstep_domain::market::Market;
use doorstep_domain::settlement::{Adjustment, AdjustmentKind, CourierTotals};
use doorstep_domain::time::{Day, SECOND_US};
use doorstep_domain::{id::CourierId, id::MarketId, money::Currency};
use doorstep_store::{StoreError, Tx, adjustment, day, statement};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose pay is asked for.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Of this market; of every market where `None`.
    pub market: Option<String>,
    /// Of this local day; of each market's current one where `None`.
    pub day: Option<Day>,
    /// Of this courier; of everybody where `None`.
    pub courier: Option<String>,
    /// With the lines it is the sum of.
    pub explain: bool,
}

/// One courier's day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PayView {
    /// Who.
    #[schema(value_type = String)]
    pub courier_id: CourierId,
    /// Where.
    #[schema(value_type = String)]
    pub market: MarketId,
    /// The local day.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// ISO 4217.
    #[schema(value_type = String)]
    pub currency: Currency,
    /// Pay for the day and corrections of closed days booked on it, in minor units; without tips.
    pub total_minor: i64,
    /// Pay for the day's own work.
    pub pay_minor: i64,
    /// Corrections of closed days' pay.
    pub adjustment_minor: i64,
    /// Tips beside the pay.
    pub tip_minor: i64,
    /// Time worked, in whole seconds, rounded down.
    pub worked_seconds: i64,
    /// Of that, inside peak windows.
    pub peak_seconds: i64,
    /// Deliveries completed.
    pub deliveries: i64,
    /// Whether it may still change: the day is not closed.
    pub provisional: bool,
    /// The corrections.
    #[schema(value_type = Vec<shape::Adjustment>)]
    pub adjustments: Vec<Adjustment>,
    /// The lines that `pay_minor` is the sum of, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub lines: Option<serde_json::Value>,
}

/// Pay by courier, market by market; open intervals are counted up to now.
pub fn list(app: &App, query: &Query) -> Result<Vec<PayView>, AppError> {
    let markets: Vec<&Market> = match &query.market {
        Some(market) => vec![app.market(market)?],
        None => app.markets.values().collect(),
    };
    let now = app.clock.now();
    let mut views = Vec::new();
    for market in markets {
        let day = query.day.unwrap_or_else(|| market.time_zone.day(now));
        app.store.read(|tx| {
            let closed = day::load(tx, market.id.as_str(), day.number())?
                .is_some_and(|day| day.closed.is_some());
            if closed {
                settled(tx, market, day, query, &mut views)
            } else {
                let history = terms_of(tx, market)?;
                let priced = PricedDay::new(market, day, &history, Some(now))?;
                running(tx, &priced, query, &mut views)
            }
        })?;
    }
    Ok(views)
}

fn running(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    query: &Query,
    views: &mut Vec<PayView>,
) -> Result<(), AppError> {
    let (market, day) = (priced.market.id.as_str(), priced.day.number());
    if let Some(courier) = &query.courier {
        let adjustments = adjustment::booked_for_courier(tx, market, day, courier)?;
        let courier: CourierId =
            courier.parse().map_err(|error| AppError::invalid("courier", error))?;
        let view = running_view(tx, priced, courier, adjustments, query.explain)?;
        views.extend(view.filter(PayView::says_something));
        return Ok(());
    }
    let mut booked = settlement::booked_for_couriers(tx, market, day)?;
    let adjusted: Vec<String> = booked.keys().cloned().collect();
    priced.each_courier(tx, adjusted, &mut |_, courier, work| {
        let adjustments = booked.remove(courier).unwrap_or_default();
        let courier = parsed(courier)?;
        let view = view_of(priced, courier, &work, adjustments, query.explain)?;
        views.extend(Some(view).filter(PayView::says_something));
        Ok(())
    })
}

fn running_view(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    courier: CourierId,
    adjustments: Vec<Adjustment>,
    explain: bool,
) -> Result<Option<PayView>, AppError> {
    let work = priced.work_of(tx, courier.as_str())?;
    view_of(priced, courier, &work, adjustments, explain).map(Some)
}

fn view_of(
    priced: &PricedDay<'_>,
    courier_id: CourierId,
    work: &super::DayWork,
    adjustments: Vec<Adjustment>,
    explain: bool,
) -> Result<PayView, AppError> {
    let pay = priced.price(work);
    let corrected = correction_of(&adjustments);
    let lines = explain.then(|| serde_json::to_value(priced.explain(work))).transpose();
    Ok(PayView {
        courier_id,
        market: priced.market.id.clone(),
        day: priced.day,
        currency: priced.market.currency,
        total_minor: pay.total_minor.saturating_add(corrected),
        pay_minor: pay.total_minor,
        adjustment_minor: corrected,
        tip_minor: pay.tip_minor,
        worked_seconds: pay.worked_us / SECOND_US,
        peak_seconds: pay.peak_us / SECOND_US,
        deliveries: pay.deliveries,
        provisional: true,
        adjustments,
        lines: lines.map_err(|error| AppError::machine("explaining pay", error))?,
    })
}

fn settled(
    tx: &mut dyn Tx,
    market: &Market,
    day: Day,
    query: &Query,
    views: &mut Vec<PayView>,
) -> Result<(), AppError> {
    let (id, number) = (market.id.as_str(), day.number());
    let mut booked = settlement::booked_for_couriers(tx, id, number)?;
    let mut add = |row: statement::StatementRow| -> Result<(), AppError> {
        let totals: CourierTotals = settlement::read_totals(&row.totals)?;
        let adjustments = booked.remove(&row.party_id).unwrap_or_default();
        let corrected = correction_of(&adjustments);
        let lines = if query.explain { Some(settlement::lines_of(&row)?) } else { None };
        views.push(PayView {
            courier_id: totals.courier_id,
            market: market.id.clone(),
            day,
            currency: market.currency,
            total_minor: totals.pay_minor.saturating_add(corrected),
            pay_minor: totals.pay_minor,
            adjustment_minor: corrected,
            tip_minor: totals.tip_minor,
            worked_seconds: totals.worked_seconds,
            peak_seconds: totals.peak_seconds,
            deliveries: totals.deliveries,
            provisional: false,
            adjustments,
            lines,
        });
        Ok(())
    };
    if let Some(courier) = &query.courier {
        return statement::load(tx, id, number, "courier", courier)?.map_or(Ok(()), add);
    }
    let mut failed = None;
    statement::of_day(tx, id, number, &mut |row| {
        if row.party_kind == "courier" && failed.is_none() {
            failed = add(row).err();
        }
        Ok(())
    })?;
    failed.map_or(Ok(()), Err)
}

/// Corrections of pay; those of tips stand beside, like tips.
fn correction_of(adjustments: &[Adjustment]) -> i64 {
    let pay = adjustments.iter().filter(|adjustment| adjustment.kind == AdjustmentKind::Pay);
    pay.map(|adjustment| adjustment.amount_minor).sum()
}

fn parsed(courier: &str) -> Result<CourierId, StoreError> {
    courier.parse().map_err(|error| StoreError::Invalid { detail: format!("courier id: {error}") })
}

impl PayView {
    /// Whether there is anything to show: work, deliveries, or corrections.
    fn says_something(&self) -> bool {
        self.worked_seconds > 0
            || self.deliveries > 0
            || self.pay_minor != 0
            || self.tip_minor != 0
            || !self.adjustments.is_empty()
    }
}
