//! How a set of facts is kept: a version byte, then postcard.
//!
//! Old rows are read for good: a new form gets a new version byte and the old reader stays.

use crate::StoreError;
use doorstep_domain::delivery::{Fact, FactSet};
use doorstep_domain::event::{Completion, EventKey, Refund, Step};
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
}

#[derive(Serialize, Deserialize)]
struct StoredRefund<'a> {
    amount_minor: i64,
    currency: &'a str,
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
        Step::Delivered(completion) => StoredStep::Delivered(StoredCompletion {
            courier: completion.courier.as_str(),
            merchant: completion.merchant.as_str(),
            order_minor: completion.order_minor,
            tip_minor: completion.tip_minor,
            distance_m: completion.distance_m,
            revision: completion.revision,
            currency: &completion.currency,
        }),
    };
    StoredFact { at_us: fact.at.0, source: &fact.key.source, id: &fact.key.id, step }
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
        StoredStep::Delivered(completion) => Step::Delivered(Box::new(Completion {
            courier: id(completion.courier)?,
            merchant: id(completion.merchant)?,
            order_minor: completion.order_minor,
            tip_minor: completion.tip_minor,
            distance_m: completion.distance_m,
            revision: completion.revision,
            currency: completion.currency.into(),
        })),
    };
    let key = EventKey { source: stored.source.into(), id: stored.id.into() };
    Ok(Fact { at: Micros(stored.at_us), step, key })
}

fn id<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(unreadable)
}
