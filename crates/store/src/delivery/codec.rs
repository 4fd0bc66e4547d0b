//! How a set of facts is kept: a version byte, then postcard.
//!
//! Old rows are read for good: a new form gets a new version byte and the old reader stays.

use crate::StoreError;
use doorstep_domain::delivery::{Fact, FactSet};
use doorstep_domain::event::{Carrier, Completion, EventKey, Refund, Step, Telling};
use doorstep_domain::id::CourierId;
use doorstep_domain::time::Micros;
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;

#[derive(Serialize, Deserialize)]
struct StoredFact<'a> {
    at_us: i64,
    source: &'a str,
    id: &'a str,
    #[serde(borrow)]
    step: StoredStep<'a>,
}

/// The order of the variants is the stored number: new ones go to the end.
#[derive(Serialize, Deserialize)]
enum StoredStep<'a> {
    Requested,
    Unassigned(Option<&'a str>),
    Assigned(&'a str),
    PickedUp(&'a str),
    #[serde(borrow)]
    Delivered(StoredCompletion<'a>),
    Failed(Option<&'a str>),
    Returned(Option<&'a str>),
    Cancelled,
    #[serde(borrow)]
    Refunded(StoredRefund<'a>),
    #[serde(borrow)]
    Withdrawn(StoredTelling<'a>),
    #[serde(borrow)]
    DeliveredByProvider(StoredByProvider<'a>),
}

#[derive(Serialize, Deserialize)]
struct StoredRefund<'a> {
    amount_minor: i64,
    currency: &'a str,
}

#[derive(Serialize, Deserialize)]
struct StoredTelling<'a> {
    provider: &'a str,
    number: i64,
}

/// The courier in the completion is empty.
#[derive(Serialize, Deserialize)]
struct StoredByProvider<'a> {
    #[serde(borrow)]
    telling: StoredTelling<'a>,
    cost_minor: Option<i64>,
    #[serde(borrow)]
    completion: StoredCompletion<'a>,
}

#[derive(Serialize, Deserialize)]
struct StoredCompletion<'a> {
    courier: &'a str,
    merchant: &'a str,
    order_minor: i64,
    tip_minor: i64,
    distance_m: i64,
    revision: i64,
    currency: &'a str,
}

pub(super) fn encode(facts: &FactSet) -> Result<Vec<u8>, StoreError> {
    let stored: Vec<StoredFact<'_>> = facts.iter().map(stored).collect();
    postcard::to_extend(&stored, vec![VERSION]).map_err(unreadable)
}

pub(super) fn decode(bytes: &[u8]) -> Result<FactSet, StoreError> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => {
            let stored: Vec<StoredFact<'_>> = postcard::from_bytes(rest).map_err(unreadable)?;
            stored.iter().map(fact).collect()
        }
        Some((version, _)) => Err(unreadable(format!("form {version} is not known"))),
        None => Err(unreadable("is empty")),
    }
}

fn unreadable(why: impl std::fmt::Display) -> StoreError {
    StoreError::invalid(format!("facts of a delivery: {why}"))
}

fn stored(fact: &Fact) -> StoredFact<'_> {
    let step = match &fact.step {
        Step::Requested => StoredStep::Requested,
        Step::Unassigned(by) => StoredStep::Unassigned(by.as_ref().map(CourierId::as_str)),
        Step::Assigned(to) => StoredStep::Assigned(to.as_str()),
        Step::PickedUp(by) => StoredStep::PickedUp(by.as_str()),
        Step::Failed(by) => StoredStep::Failed(by.as_ref().map(CourierId::as_str)),
        Step::Returned(by) => StoredStep::Returned(by.as_ref().map(CourierId::as_str)),
        Step::Cancelled => StoredStep::Cancelled,
        Step::Refunded(refund) => StoredStep::Refunded(StoredRefund {
            amount_minor: refund.amount_minor,
            currency: &refund.currency,
        }),
        Step::Withdrawn(telling) => StoredStep::Withdrawn(stored_telling(telling)),
        Step::Delivered(completion) => stored_delivery(completion),
    };
    StoredFact { at_us: fact.at.0, source: &fact.key.source, id: &fact.key.id, step }
}

fn stored_telling(telling: &Telling) -> StoredTelling<'_> {
    StoredTelling { provider: telling.provider.as_str(), number: telling.number }
}

fn stored_delivery(told: &Completion) -> StoredStep<'_> {
    let completion = StoredCompletion {
        courier: told.carrier.courier().map_or("", CourierId::as_str),
        merchant: told.merchant.as_str(),
        order_minor: told.order_minor,
        tip_minor: told.tip_minor,
        distance_m: told.distance_m,
        revision: told.revision,
        currency: &told.currency,
    };
    match &told.carrier {
        Carrier::Courier(_) => StoredStep::Delivered(completion),
        Carrier::Provider { telling, cost_minor } => {
            StoredStep::DeliveredByProvider(StoredByProvider {
                telling: stored_telling(telling),
                cost_minor: *cost_minor,
                completion,
            })
        }
    }
}

fn fact(stored: &StoredFact<'_>) -> Result<Fact, StoreError> {
    let some = |courier: &Option<&str>| courier.map(id).transpose();
    let step = match &stored.step {
        StoredStep::Requested => Step::Requested,
        StoredStep::Unassigned(courier) => Step::Unassigned(some(courier)?),
        StoredStep::Assigned(courier) => Step::Assigned(id(courier)?),
        StoredStep::PickedUp(courier) => Step::PickedUp(id(courier)?),
        StoredStep::Failed(courier) => Step::Failed(some(courier)?),
        StoredStep::Returned(courier) => Step::Returned(some(courier)?),
        StoredStep::Cancelled => Step::Cancelled,
        StoredStep::Refunded(refund) => Step::Refunded(Box::new(Refund {
            amount_minor: refund.amount_minor,
            currency: refund.currency.into(),
        })),
        StoredStep::Withdrawn(stored) => Step::Withdrawn(telling(stored)?),
        StoredStep::Delivered(stored) => delivery(Carrier::Courier(id(stored.courier)?), stored)?,
        StoredStep::DeliveredByProvider(stored) => {
            let telling = telling(&stored.telling)?;
            let carrier = Carrier::Provider { telling, cost_minor: stored.cost_minor };
            delivery(carrier, &stored.completion)?
        }
    };
    let key = EventKey { source: stored.source.into(), id: stored.id.into() };
    Ok(Fact { at: Micros(stored.at_us), step, key })
}

fn telling(stored: &StoredTelling<'_>) -> Result<Telling, StoreError> {
    Ok(Telling { provider: id(stored.provider)?, number: stored.number })
}

fn delivery(carrier: Carrier, stored: &StoredCompletion<'_>) -> Result<Step, StoreError> {
    Ok(Step::Delivered(Box::new(Completion {
        carrier,
        merchant: id(stored.merchant)?,
        order_minor: stored.order_minor,
        tip_minor: stored.tip_minor,
        distance_m: stored.distance_m,
        revision: stored.revision,
        currency: stored.currency.into(),
    })))
}

fn id<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(unreadable)
}
