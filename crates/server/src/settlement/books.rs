//! The books of a day: every party's figures, in order, and the digest over them.

use super::correct::booked_for_couriers;
use super::providers;
use crate::error::AppError;
use crate::pay::{DayWork, PricedDay};
use doorstep_domain::id::{CourierId, MerchantId};
use doorstep_domain::settlement::{
    Adjustment, AdjustmentKind, CourierStatement, CourierTotals, MerchantStatement, MerchantTotals,
    Party, ProviderTotals, SettlementDigest, canonical_bytes, digest_of,
};
use doorstep_domain::time::SECOND_US;
use doorstep_store::statement::StatementRow;
use doorstep_store::{StoreError, Tx, adjustment, interval};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a day comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Books {
    /// Couriers' figures, by identifier.
    pub couriers: Vec<CourierTotals>,
    /// Merchants' figures, by identifier.
    pub merchants: Vec<MerchantTotals>,
    /// Providers' figures, by identifier.
    pub providers: Vec<ProviderTotals>,
    /// Corrections of closed days booked on this one.
    pub adjustments: Vec<Adjustment>,
    /// Over all of the above.
    pub digest: String,
}

/// Sums over a day's books, in minor units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    /// Deliveries completed.
    pub deliveries: i64,
    /// Value of the goods.
    pub sales_minor: i64,
    /// Merchants' fees.
    pub fee_minor: i64,
    /// Couriers' pay.
    pub pay_minor: i64,
    /// Tips passed on.
    pub tip_minor: i64,
    /// Corrections of closed days.
    pub adjustment_minor: i64,
    /// What couriers are paid out.
    pub courier_payout_minor: i64,
    /// What merchants are paid out.
    pub merchant_payout_minor: i64,
    /// What providers charge.
    pub provider_cost_minor: i64,
    /// Deliveries of providers that did not say what they charge.
    pub unpriced: i64,
    /// What providers are owed.
    pub provider_payout_minor: i64,
}

/// Takes each statement as it is made.
pub(super) type Sink<'s> = &'s mut dyn FnMut(&mut dyn Tx, StatementRow) -> Result<(), AppError>;

/// Computes a day's books; statements are made only where somebody takes them.
pub(crate) fn compute(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    mut sink: Option<Sink<'_>>,
) -> Result<Books, AppError> {
    let (market, day) = (priced.market.id.as_str(), priced.day.number());
    let mut booked = booked_for_couriers(tx, market, day)?;
    let adjusted: Vec<String> = booked.keys().cloned().collect();
    let mut couriers = Vec::new();
    priced.each_courier(tx, adjusted, &mut |tx, courier, work| {
        let adjustments = booked.remove(courier).unwrap_or_default();
        let totals = courier_totals(priced, courier, &work, &adjustments)?;
        if !says_something(&totals, &adjustments) {
            return Ok(());
        }
        if let Some(sink) = sink.as_mut() {
            sink(tx, courier_statement(priced, &totals, &work, adjustments)?)?;
        }
        couriers.push(totals);
        Ok(())
    })?;
    let adjustments = adjustment::booked_on(tx, market, day)?;
    let mut merchants = Vec::new();
    for (totals, adjustments) in merchants_of(tx, priced, &adjustments)? {
        if let Some(sink) = sink.as_mut() {
            sink(tx, merchant_statement(priced, &totals, adjustments)?)?;
        }
        merchants.push(totals);
    }
    let providers = providers::owed(tx, priced, &adjustments, sink.as_mut())?;
    let digest = digest(priced, (&couriers, &merchants, &providers), &adjustments);
    Ok(Books { couriers, merchants, providers, adjustments, digest })
}

fn digest(
    priced: &PricedDay<'_>,
    (couriers, merchants, providers): (&[CourierTotals], &[MerchantTotals], &[ProviderTotals]),
    adjustments: &[Adjustment],
) -> String {
    let market = priced.market;
    let mut digest = SettlementDigest::new(&market.id, priced.day, market.currency);
    couriers.iter().for_each(|totals| digest.line(totals));
    merchants.iter().for_each(|totals| digest.line(totals));
    providers.iter().for_each(|totals| digest.line(totals));
    adjustments.iter().for_each(|adjustment| digest.line(adjustment));
    digest.finish()
}

fn says_something(totals: &CourierTotals, adjustments: &[Adjustment]) -> bool {
    let CourierTotals { deliveries, worked_seconds, pay_minor, tip_minor, .. } = totals;
    *deliveries > 0
        || *worked_seconds > 0
        || *pay_minor != 0
        || *tip_minor != 0
        || !adjustments.is_empty()
}

fn courier_totals(
    priced: &PricedDay<'_>,
    courier: &str,
    work: &DayWork,
    adjustments: &[Adjustment],
) -> Result<CourierTotals, AppError> {
    let pay = priced.price(work);
    let adjustment_minor = sum(adjustments.iter().map(|adjustment| adjustment.amount_minor))?;
    let courier_id: CourierId = courier
        .parse()
        .map_err(|error| StoreError::Invalid { detail: format!("courier id: {error}") })?;
    Ok(CourierTotals {
        courier_id,
        pay_minor: pay.total_minor,
        tip_minor: pay.tip_minor,
        adjustment_minor,
        payout_minor: sum([pay.total_minor, pay.tip_minor, adjustment_minor])?,
        deliveries: pay.deliveries,
        worked_seconds: pay.worked_us / SECOND_US,
        peak_seconds: pay.peak_us / SECOND_US,
    })
}

fn courier_statement(
    priced: &PricedDay<'_>,
    totals: &CourierTotals,
    work: &DayWork,
    adjustments: Vec<Adjustment>,
) -> Result<StatementRow, AppError> {
    let statement = CourierStatement {
        market: priced.market.id.clone(),
        day: priced.day,
        currency: priced.market.currency,
        totals: totals.clone(),
        lines: priced.explain(work),
        adjustments,
    };
    kept("courier", totals.courier_id.as_str(), totals, &statement)
}

fn merchant_statement(
    priced: &PricedDay<'_>,
    totals: &MerchantTotals,
    adjustments: Vec<Adjustment>,
) -> Result<StatementRow, AppError> {
    let statement = MerchantStatement {
        market: priced.market.id.clone(),
        day: priced.day,
        currency: priced.market.currency,
        totals: totals.clone(),
        adjustments,
    };
    kept("merchant", totals.merchant_id.as_str(), totals, &statement)
}

/// Compression a close can afford: lines repeat themselves, a tenth remains at the lowest level.
const BODY_ZSTD_LEVEL: i32 = 1;

pub(super) fn kept(
    party_kind: &'static str,
    party_id: &str,
    totals: &impl Serialize,
    statement: &impl Serialize,
) -> Result<StatementRow, AppError> {
    let body = canonical_bytes(statement);
    let totals = serde_json::to_string(totals)
        .map_err(|error| AppError::machine("writing a statement", error))?;
    Ok(StatementRow {
        party_kind,
        party_id: party_id.to_owned(),
        totals,
        digest: digest_of(&body),
        body: zstd::encode_all(body.as_slice(), BODY_ZSTD_LEVEL)
            .map_err(|error| AppError::machine("compressing a statement", error))?,
    })
}

fn merchants_of(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    adjustments: &[Adjustment],
) -> Result<Vec<(MerchantTotals, Vec<Adjustment>)>, AppError> {
    let mut merchants: BTreeMap<String, (i64, i64, Vec<Adjustment>)> = BTreeMap::new();
    let sales = interval::sales(tx, priced.market.id.as_str(), priced.day.number(), None)?;
    for (merchant, deliveries, sales_minor) in sales {
        merchants.insert(merchant, (deliveries, sales_minor, Vec::new()));
    }
    for adjustment in adjustments {
        if let Party::Merchant(merchant) = &adjustment.party {
            let entry = merchants.entry(merchant.as_str().to_owned()).or_default();
            entry.2.push(adjustment.clone());
        }
    }
    let totals = |(merchant, (deliveries, sales_minor, adjustments))| {
        merchant_totals(priced, merchant, deliveries, sales_minor, adjustments)
    };
    merchants.into_iter().map(totals).collect()
}

fn merchant_totals(
    priced: &PricedDay<'_>,
    merchant: String,
    deliveries: i64,
    sales_minor: i64,
    adjustments: Vec<Adjustment>,
) -> Result<(MerchantTotals, Vec<Adjustment>), AppError> {
    let fee_minor = priced.fees.fee_minor(sales_minor.into(), deliveries);
    let adjustment_minor = sum(adjustments.iter().map(signed))?;
    let merchant_id: MerchantId = merchant
        .parse()
        .map_err(|error| StoreError::Invalid { detail: format!("merchant id: {error}") })?;
    let totals = MerchantTotals {
        merchant_id,
        deliveries,
        sales_minor,
        fee_minor,
        adjustment_minor,
        payout_minor: sum([sales_minor, -fee_minor, adjustment_minor])?,
    };
    Ok((totals, adjustments))
}

/// The sum of amounts in minor units; refused where no account could hold it.
pub(super) fn sum(amounts: impl IntoIterator<Item = i64>) -> Result<i64, AppError> {
    let sum: i128 = amounts.into_iter().map(i128::from).sum();
    i64::try_from(sum).map_err(|_| AppError::Refused {
        code: "amount_too_large",
        reason: format!("{sum} minor units are more than an account holds: look at the rates"),
    })
}

/// What a correction means for the merchant: a higher fee is less for them.
fn signed(adjustment: &Adjustment) -> i64 {
    match adjustment.kind {
        AdjustmentKind::Fee => -adjustment.amount_minor,
        _ => adjustment.amount_minor,
    }
}

/// Adds to a sum over parties, which stops at the end of what can be written.
fn add(to: &mut i64, amount: i64) {
    *to = to.saturating_add(amount);
}

impl Books {
    /// The sums over all parties.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for courier in &self.couriers {
            add(&mut totals.deliveries, courier.deliveries);
            add(&mut totals.pay_minor, courier.pay_minor);
            add(&mut totals.tip_minor, courier.tip_minor);
            add(&mut totals.adjustment_minor, courier.adjustment_minor);
            add(&mut totals.courier_payout_minor, courier.payout_minor);
        }
        for merchant in &self.merchants {
            add(&mut totals.sales_minor, merchant.sales_minor);
            add(&mut totals.fee_minor, merchant.fee_minor);
            add(&mut totals.adjustment_minor, merchant.adjustment_minor);
            add(&mut totals.merchant_payout_minor, merchant.payout_minor);
        }
        for provider in &self.providers {
            add(&mut totals.deliveries, provider.deliveries);
            add(&mut totals.tip_minor, provider.tip_minor);
            add(&mut totals.adjustment_minor, provider.adjustment_minor);
            add(&mut totals.provider_cost_minor, provider.cost_minor);
            add(&mut totals.unpriced, provider.unpriced);
            add(&mut totals.provider_payout_minor, provider.payout_minor);
        }
        totals
    }
}
