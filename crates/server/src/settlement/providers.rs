//! What providers are owed for a day: their figures and statements.

use super::books::{Sink, kept, sum};
use crate::error::AppError;
use crate::pay::PricedDay;
use doorstep_domain::id::ProviderId;
use doorstep_domain::settlement::{Adjustment, Carried, Party, ProviderStatement, ProviderTotals};
use doorstep_store::{StoreError, Tx, interval};
use std::collections::BTreeMap;

/// Each provider's figures of a day, by identifier; statements are made only where somebody takes
/// them.
pub(super) fn owed(
    tx: &mut dyn Tx,
    priced: &PricedDay<'_>,
    adjustments: &[Adjustment],
    mut sink: Option<&mut Sink<'_>>,
) -> Result<Vec<ProviderTotals>, AppError> {
    let mut providers: BTreeMap<String, (Carried, Vec<Adjustment>)> = BTreeMap::new();
    let (market, day) = (priced.market.id.as_str(), priced.day.number());
    for (provider, carried) in interval::carried(tx, market, day, None)? {
        providers.insert(provider, (carried, Vec::new()));
    }
    for adjustment in adjustments {
        if let Party::Provider(provider) = &adjustment.party {
            let entry = providers.entry(provider.as_str().to_owned()).or_default();
            entry.1.push(adjustment.clone());
        }
    }
    let mut owed = Vec::with_capacity(providers.len());
    for (provider, (carried, adjustments)) in providers {
        let totals = totals(priced, &provider, &carried, &adjustments)?;
        if let Some(sink) = sink.as_mut() {
            let statement = ProviderStatement {
                market: priced.market.id.clone(),
                day: priced.day,
                currency: priced.market.currency,
                totals: totals.clone(),
                adjustments,
            };
            sink(tx, kept("provider", &provider, &totals, &statement)?)?;
        }
        owed.push(totals);
    }
    Ok(owed)
}

fn totals(
    priced: &PricedDay<'_>,
    provider: &str,
    carried: &Carried,
    adjustments: &[Adjustment],
) -> Result<ProviderTotals, AppError> {
    let adjustment_minor = sum(adjustments.iter().map(|adjustment| adjustment.amount_minor))?;
    let provider_id: ProviderId = provider
        .parse()
        .map_err(|error| StoreError::Invalid { detail: format!("provider id: {error}") })?;
    let tips = priced.rates.rules().tips;
    carried.totals(provider_id, tips, adjustment_minor).ok_or_else(|| AppError::Refused {
        code: "amount_too_large",
        reason: format!("{provider} is owed more than an account holds: look at its fees"),
    })
}
