//! The figures of a day, party by party: by the log, and by the store.

use super::kept::KeptBooks;
use super::stated::Stated;
use crate::error::AppError;
use crate::pay::PricedDay;
use crate::settlement::{Books, compute};
use doorstep_domain::settlement::{
    AdjustmentKind, CourierTotals, MerchantTotals, Party, ProviderTotals,
};
use doorstep_store::{Tx, adjustment};
use std::collections::BTreeMap;

/// Named figures of each party. A figure that is missing is 0.
pub(super) type Figures = BTreeMap<Party, BTreeMap<&'static str, i64>>;

/// The figures that statements and their adjustments settle; the rest are counts beside them.
const MONEY: [&str; 5] = ["pay_minor", "tip_minor", "sales_minor", "fee_minor", "cost_minor"];

/// Whether a figure is money.
pub(super) fn is_money(figure: &str) -> bool {
    MONEY.contains(&figure)
}

/// What the facts in a store come to on the day.
pub(super) fn of_facts(tx: &mut dyn Tx, priced: &PricedDay<'_>) -> Result<Figures, AppError> {
    let Books { couriers, merchants, providers, .. } = compute(tx, priced, None)?;
    let mut figures = Figures::new();
    couriers.iter().for_each(|totals| add_courier(&mut figures, totals));
    merchants.iter().for_each(|totals| add_merchant(&mut figures, totals));
    providers.iter().for_each(|totals| add_provider(&mut figures, totals));
    Ok(figures)
}

/// What a closed day was settled as: its statements and the adjustments that correct it.
pub(super) fn as_settled(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    kept: &KeptBooks,
) -> Result<Figures, AppError> {
    let (market, day) = (priced.market.id.as_str(), priced.day.number());
    let mut figures = Figures::new();
    for kept in kept.statements.values() {
        match &kept.stated {
            Some(Stated::Courier(totals)) => add_courier(&mut figures, totals),
            Some(Stated::Merchant(totals)) => add_merchant(&mut figures, totals),
            Some(Stated::Provider(totals)) => add_provider(&mut figures, totals),
            None => {}
        }
    }
    for adjustment in adjustment::about(tx, market, day)? {
        let figure = match adjustment.kind {
            AdjustmentKind::Pay => "pay_minor",
            AdjustmentKind::Tip => "tip_minor",
            AdjustmentKind::Sale => "sales_minor",
            AdjustmentKind::Fee => "fee_minor",
            AdjustmentKind::Cost => "cost_minor",
        };
        add(&mut figures, &adjustment.party, &[(figure, adjustment.amount_minor)]);
    }
    Ok(figures)
}

/// Only the money: what can be compared once a day is closed, since counts are not adjusted.
pub(super) fn money_only(mut figures: Figures) -> Figures {
    for party in figures.values_mut() {
        party.retain(|figure, _| is_money(figure));
    }
    figures
}

fn add_courier(figures: &mut Figures, totals: &CourierTotals) {
    let party = Party::Courier(totals.courier_id.clone());
    let named = [
        ("pay_minor", totals.pay_minor),
        ("tip_minor", totals.tip_minor),
        ("deliveries", totals.deliveries),
        ("worked_seconds", totals.worked_seconds),
        ("peak_seconds", totals.peak_seconds),
    ];
    add(figures, &party, &named);
}

fn add_merchant(figures: &mut Figures, totals: &MerchantTotals) {
    let party = Party::Merchant(totals.merchant_id.clone());
    let named = [
        ("sales_minor", totals.sales_minor),
        ("fee_minor", totals.fee_minor),
        ("deliveries", totals.deliveries),
    ];
    add(figures, &party, &named);
}

fn add_provider(figures: &mut Figures, totals: &ProviderTotals) {
    let party = Party::Provider(totals.provider_id.clone());
    let named = [
        ("cost_minor", totals.cost_minor),
        ("tip_minor", totals.tip_minor),
        ("deliveries", totals.deliveries),
        ("unpriced", totals.unpriced),
    ];
    add(figures, &party, &named);
}

fn add(figures: &mut Figures, party: &Party, named: &[(&'static str, i64)]) {
    let figures = figures.entry(party.clone()).or_default();
    for (figure, amount) in named {
        *figures.entry(figure).or_default() += amount;
    }
}
