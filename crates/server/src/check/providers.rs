//! Deliveries of providers: what stands beside their events follows from them, and what they
//! carried to its end is settled.

use super::{Tally, dispatch};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::delivery;
use doorstep_domain::dispatch::Status;
use doorstep_domain::event::Carrier;
use doorstep_domain::market::Market;
use doorstep_domain::provider::fold;
use doorstep_store::dispatch::DispatchRow;
use doorstep_store::provider::{self, KeptTimeline};
use doorstep_store::{StoreError, Tx, conflict, delivery as kept};

/// Timelines read in one go.
const TIMELINES_AT_ONCE: u32 = 1_000;

pub(super) fn timelines(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    let mut after = (String::new(), String::new());
    loop {
        let page =
            app.store.read(|tx| provider::page(tx, (&after.0, &after.1), TIMELINES_AT_ONCE))?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = (last.provider.clone(), last.reference.clone());
        page.iter().for_each(|kept| one(kept, tally));
    }
}

fn one(kept: &KeptTimeline, tally: &mut Tally) {
    tally.look();
    let standing = fold(&kept.timeline);
    let status = standing.state.map(|state| state.to_string());
    let expected = (status.zip(standing.at.map(|at| at.0)), standing.conflict, standing.flagged);
    if (&kept.status, kept.conflict, kept.flagged)
        != (&expected.0, expected.1, i64::from(expected.2))
    {
        let KeptTimeline { provider, reference, status, .. } = kept;
        let expected = expected.0.map_or("nothing".to_owned(), |(status, _)| status);
        let stands = status.as_ref().map_or("nothing", |(status, _)| status);
        tally.broken(format!("{provider} {reference}: stands as {stands}, told was {expected}"));
    }
}

/// What a provider delivered for us is settled once, for what it charges; what it did not deliver
/// is not. Looked at where everything that was announced has been counted. What was told in two
/// ways is a person's matter, and so is what was called off here.
pub(super) fn settled(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    for market in app.markets.values() {
        if !dispatch::is_counted(app, market)? {
            continue;
        }
        dispatch::each(app, market, &mut |tx, row| {
            if row.handed_to.is_empty() || row.status == Status::Cancelled {
                return Ok(());
            }
            tally.look();
            if conflict::load(tx, market.id.as_str(), &row.delivery)?.is_some() {
                return Ok(());
            }
            let settled = settled_as(tx, market, &row.delivery)?;
            let expected = expected(row);
            if settled != expected {
                let (settled, expected) = (said(settled), said(expected));
                tally.broken(format!("{}: settled is {settled}, not {expected}", row.delivery));
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// The provider that a delivery is settled for, and what it charges.
type Settled = Option<(String, Option<i64>)>;

fn expected(row: &DispatchRow) -> Settled {
    let provider = row.provider.clone().filter(|_| row.status == Status::Delivered);
    provider.map(|provider| (provider, row.fee_minor))
}

fn settled_as(tx: &mut dyn Tx, market: &Market, delivery: &str) -> Result<Settled, StoreError> {
    let facts = kept::load(tx, market.id.as_str(), &[delivery])?.remove(delivery);
    let lifecycle = delivery::fold(&facts.unwrap_or_default(), market.rules(), None);
    Ok(match lifecycle.standing.completed().map(|(_, completion)| &completion.carrier) {
        Some(Carrier::Provider { telling, cost_minor }) => {
            Some((telling.provider.to_string(), *cost_minor))
        }
        _ => None,
    })
}

fn said(settled: Settled) -> String {
    match settled {
        Some((provider, Some(cost_minor))) => format!("by {provider} for {cost_minor}"),
        Some((provider, None)) => format!("by {provider}"),
        None => "by no provider".to_owned(),
    }
}
