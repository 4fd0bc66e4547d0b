//! Deliveries: asked for, offered, accepted, followed.

pub(super) mod changes;
pub(super) mod couriers;
pub(super) mod deliveries;
pub(super) mod feed;
pub(super) mod shown;
pub(super) mod timeline;
pub(super) mod tracking;
pub(super) mod work;

use super::access::forbidden;
use super::problem::Problem;
use crate::keys::{Principal, Role};
use axum::http::StatusCode;
use doorstep_domain::id::CourierId;

/// Who asks for deliveries.
pub(super) const ASKERS: &[Role] = &[Role::Operator, Role::Merchant, Role::Gateway];

/// Who looks at single deliveries; merchants and couriers at their own.
pub(super) const LOOKERS: &[Role] = &[Role::Operator, Role::Merchant, Role::Gateway, Role::Courier];

/// Who learns what happened to single deliveries: finance decides how disputed ones ended.
pub(super) const LEARNERS: &[Role] =
    &[Role::Operator, Role::Finance, Role::Merchant, Role::Gateway, Role::Courier];

/// Who lists them.
pub(super) const LISTERS: &[Role] = &[Role::Operator, Role::Merchant];

/// Who carries: couriers themselves, and operators for anybody.
pub(super) const CARRIERS: &[Role] = &[Role::Operator, Role::Courier];

/// The courier on whose behalf somebody acts: a courier on their own, an operator on whose they
/// name. Errors: 403 where a courier names another, 400 where an operator names nobody.
fn acting(principal: &Principal, named: Option<CourierId>) -> Result<CourierId, Problem> {
    match (&principal.courier, named) {
        (Some(own), Some(named)) if *own != named => Err(forbidden(principal)),
        (Some(own), _) => Ok(own.clone()),
        (None, Some(named)) => Ok(named),
        (None, None) => Err(Problem::field("/courier_id", "is missing")),
    }
}

/// A link that opens no more is gone for good.
fn gone(problem: Problem) -> Problem {
    let expired = problem.code() == crate::dispatch::tracked::LINK_EXPIRED;
    if expired { problem.with_status(StatusCode::GONE) } else { problem }
}
