//! Admission: is what a well-formed event says possible in its market, now?

use super::{Carrier, Completion, Event, EventBody, Refund, Rejection, RejectionCode, Step};
use crate::limits;
use crate::money::Currency;
use crate::time::Micros;

/// What admission knows of a market.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarketRules {
    /// The only currency its money may be in.
    pub currency: Currency,
}

/// Refuses what cannot be: an unknown market, a time no clock shows, money that makes no sense.
///
/// `market` is `None` where the event's market is not configured; `now` is our clock.
/// Errors: the first [`Rejection`] found.
pub fn admit(event: &Event, market: Option<MarketRules>, now: Micros) -> Result<(), Rejection> {
    let Some(market) = market else {
        let reason = format!("{:?} is not a configured market", event.market.as_str());
        return Err(Rejection::new(RejectionCode::UnknownMarket, "/market", reason));
    };
    let implausible = |reason| Rejection::new(RejectionCode::ImplausibleTime, "/time", reason);
    if event.at < limits::EVENT_TIME_MIN {
        return Err(implausible(format!("{} is before the year 2000", event.at)));
    }
    if event.at > now.plus(limits::EVENT_AHEAD_MAX_US) {
        let minutes = limits::EVENT_AHEAD_MAX_US / 60_000_000;
        let at = event.at;
        return Err(implausible(format!("{at} is more than {minutes} minutes ahead of {now}")));
    }
    check_telling(&event.body)?;
    match &event.body {
        EventBody::Delivery { step: Step::Delivered(completion), .. } => {
            check_completion(completion, market)
        }
        EventBody::Delivery { step: Step::Refunded(refund), .. } => check_refund(refund, market),
        _ => Ok(()),
    }
}

fn check_telling(body: &EventBody) -> Result<(), Rejection> {
    match body {
        EventBody::Delivery { step, .. } => step.telling().map_or(Ok(()), |telling| {
            check_amounts(&[("/data/telling", telling.number, i64::MAX)])
        }),
        EventBody::Presence { .. } => Ok(()),
    }
}

fn check_completion(completion: &Completion, market: MarketRules) -> Result<(), Rejection> {
    check_currency(&completion.currency, market)?;
    if let Carrier::Provider { cost_minor: Some(cost_minor), .. } = completion.carrier {
        check_amounts(&[("/data/cost_minor", cost_minor, limits::AMOUNT_MINOR_MAX)])?;
    }
    check_amounts(&[
        ("/data/order_minor", completion.order_minor, limits::AMOUNT_MINOR_MAX),
        ("/data/tip_minor", completion.tip_minor, limits::AMOUNT_MINOR_MAX),
        ("/data/distance_m", completion.distance_m, limits::DISTANCE_M_MAX),
        ("/data/revision", completion.revision, i64::MAX),
    ])
}

fn check_refund(refund: &Refund, market: MarketRules) -> Result<(), Rejection> {
    check_currency(&refund.currency, market)?;
    check_amounts(&[("/data/amount_minor", refund.amount_minor, limits::AMOUNT_MINOR_MAX)])
}

fn check_currency(told: &str, market: MarketRules) -> Result<(), Rejection> {
    let expected = market.currency.to_string();
    if *told != *expected {
        let reason = format!("is {told:?}; the market's is {expected}");
        return Err(Rejection::new(RejectionCode::ForeignCurrency, "/data/currency", reason));
    }
    Ok(())
}

/// Each with its pointer, itself, and the most it may be.
fn check_amounts(amounts: &[(&str, i64, i64)]) -> Result<(), Rejection> {
    for &(pointer, amount, most) in amounts {
        let reason = if amount < 0 {
            format!("{amount} is negative")
        } else if amount > most {
            format!("{amount} is more than {most}")
        } else {
            continue;
        };
        return Err(Rejection::new(RejectionCode::ImplausibleAmount, pointer, reason));
    }
    Ok(())
}
