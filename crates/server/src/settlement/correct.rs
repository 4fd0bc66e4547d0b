//! Corrections: what a closed day is off by becomes an adjustment on the next open one (B6, B16).

use crate::error::AppError;
use crate::pay::PricedDay;
use crate::settlement::read_totals;
use doorstep_domain::id::DeliveryId;
use doorstep_domain::settlement::{
    Account, Adjustment, AdjustmentKind, CourierTotals, MerchantTotals, Party, Posting,
    ProviderTotals,
};
use doorstep_domain::time::Micros;
use doorstep_store::{Tx, adjustment, day, interval, posting, statement};
use std::collections::BTreeMap;

/// Corrects one party's figures of a closed day, if the facts now say otherwise than what was
/// settled so far, and answers the adjustments made. A second run finds nothing to correct.
///
/// `delivery` is the one that turned out different; the caller holds the market's lane.
pub fn correct(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    party: &Party,
    delivery: Option<&DeliveryId>,
    reason: &str,
    now: Micros,
) -> Result<Vec<Adjustment>, AppError> {
    let market = priced.market.id.as_str();
    let about = priced.day.number();
    let mut made = Vec::new();
    for (kind, expected, stated) in figures(tx, priced, party)? {
        let (corrected, revision) = adjustment::so_far(tx, market, about, party, kind)?;
        let amount_minor = expected - stated - corrected;
        if amount_minor == 0 {
            continue;
        }
        let adjustment = Adjustment {
            about_day: priced.day,
            delivery_id: delivery.cloned(),
            party: party.clone(),
            kind,
            revision: revision + 1,
            amount_minor,
            reason: reason.to_owned(),
        };
        let book_day = day::next_open(tx, market, about)?;
        day::open(tx, &[(market, book_day)])?;
        adjustment::add(tx, market, book_day, &adjustment, now)?;
        let account = Account::Payable(party.clone()).to_string();
        let posted = Posting::of_adjustment(&adjustment);
        posting::add(tx, market, book_day, &[(account, posted)])?;
        made.push(adjustment);
    }
    Ok(made)
}

/// Whether a party of a closed day was settled, corrections included, as the facts now say.
pub(crate) fn is_settled(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    party: &Party,
) -> Result<bool, AppError> {
    let (market, about) = (priced.market.id.as_str(), priced.day.number());
    for (kind, expected, stated) in figures(tx, priced, party)? {
        let (corrected, _) = adjustment::so_far(tx, market, about, party, kind)?;
        if expected - stated != corrected {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Each figure of a party: its kind, what the facts say, what the statement says.
fn figures(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    party: &Party,
) -> Result<[(AdjustmentKind, i64, i64); 2], AppError> {
    let (market, day) = (priced.market.id.as_str(), priced.day.number());
    let row = statement::load(tx, market, day, party.kind(), party.id())?;
    match party {
        Party::Courier(courier) => {
            let work = priced.work_of(tx, courier.as_str())?;
            let pay = priced.price(&work);
            let stated: Option<CourierTotals> =
                row.map(|row| read_totals(&row.totals)).transpose()?;
            let (stated_pay, stated_tip) =
                stated.map_or((0, 0), |totals| (totals.pay_minor, totals.tip_minor));
            Ok([
                (AdjustmentKind::Pay, pay.total_minor, stated_pay),
                (AdjustmentKind::Tip, pay.tip_minor, stated_tip),
            ])
        }
        Party::Merchant(merchant) => {
            let sales = interval::sales(tx, market, day, Some(merchant.as_str()))?;
            let (deliveries, sales_minor) =
                sales.first().map_or((0, 0), |(_, deliveries, sales)| (*deliveries, *sales));
            let stated: Option<MerchantTotals> =
                row.map(|row| read_totals(&row.totals)).transpose()?;
            let (stated_sales, stated_fee) =
                stated.map_or((0, 0), |totals| (totals.sales_minor, totals.fee_minor));
            let fee = priced.fees.fee_minor(sales_minor.into(), deliveries);
            Ok([
                (AdjustmentKind::Sale, sales_minor, stated_sales),
                (AdjustmentKind::Fee, fee, stated_fee),
            ])
        }
        Party::Provider(provider) => {
            let carried = interval::carried(tx, market, day, Some(provider.as_str()))?;
            let carried = carried.first().map(|(_, carried)| *carried).unwrap_or_default();
            let stated: Option<ProviderTotals> =
                row.map(|row| read_totals(&row.totals)).transpose()?;
            let (stated_cost, stated_tip) =
                stated.map_or((0, 0), |totals| (totals.cost_minor, totals.tip_minor));
            let tip = carried.tip_owed_minor(priced.rates.rules().tips);
            Ok([
                (AdjustmentKind::Cost, carried.cost_minor, stated_cost),
                (AdjustmentKind::Tip, tip, stated_tip),
            ])
        }
    }
}

/// The adjustments booked on a day for couriers, by courier.
pub fn booked_for_couriers(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
) -> Result<BTreeMap<String, Vec<Adjustment>>, AppError> {
    let mut couriers: BTreeMap<String, Vec<Adjustment>> = BTreeMap::new();
    for adjustment in adjustment::booked_on(tx, market, day)? {
        if let Party::Courier(courier) = &adjustment.party {
            couriers.entry(courier.as_str().to_owned()).or_default().push(adjustment);
        }
    }
    Ok(couriers)
}
