//! Refunds: money that a customer gets back for a part of an order. Never more than the part's
//! goods were charged with; the merchant's sales are less by it.

use super::found;
use super::kept::{Basket, delivery_id};
use crate::app::App;
use crate::error::AppError;
use crate::keys::hex;
use crate::stock::told::REFUNDED;
use doorstep_domain::id::MerchantId;
use doorstep_domain::order::Kept;
use doorstep_domain::time::Micros;
use doorstep_store::refund::{self, RefundRow};
use doorstep_store::{LaneTx, audit, order};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// A refund to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    /// Minor units, more than 0.
    pub amount_minor: i64,
    /// Of which part of the order, from 1; the first where left out.
    #[serde(default = "first")]
    pub part: i64,
    /// Why, in words.
    pub reason: String,
}

fn first() -> i64 {
    1
}

/// A refund that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RefundView {
    /// Its name.
    pub refund_id: String,
    /// Of which order.
    pub order_id: String,
    /// Of which part.
    pub part: i64,
    /// What carries the part.
    pub delivery_id: String,
    /// Minor units.
    pub amount_minor: i64,
    /// Of the part, all refunds together.
    pub refunded_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub refunded_at: Micros,
}

/// Who refunds, and by which request.
#[derive(Debug, Clone)]
pub struct Refunder {
    /// As it stands in the audit trail.
    pub actor: String,
    /// Whose goods alone they may refund.
    pub merchant: Option<MerchantId>,
    /// Names the request: the same again is the same refund.
    pub request: String,
}

/// Refunds something, once for each request; durable when this returns.
///
/// Errors: [`AppError::Invalid`] of the first field that cannot be; [`AppError::Refused`]
/// `not_charged` where nobody paid for it, `too_much` where it is more than is left of the part.
pub fn refund(
    app: &App,
    order: &str,
    new: &NewRefund,
    by: &Refunder,
) -> Result<RefundView, AppError> {
    crate::dispatch::words("/reason", &new.reason)?;
    if new.amount_minor <= 0 {
        let reason = format!("{} is not more than 0", new.amount_minor);
        return Err(AppError::invalid("/amount_minor", reason));
    }
    let (market, row) = found(app, order)?;
    let basket = Basket::of(&row)?;
    let row = row_of(&row.market, order, &basket, new, by, app.clock.now())?;
    let currency = app.market(market.as_str())?.currency.to_string();
    let (lanes, wanted) = (basket.lanes(&market)?, row);
    let store = app.stock.store_of(app, &market);
    let (row, refunded_minor) = store.lanes(&lanes, move |tx| keep(tx, &wanted))?;
    Ok(RefundView {
        refund_id: row.refund,
        order_id: row.order,
        part: row.part,
        delivery_id: row.delivery,
        amount_minor: row.amount_minor,
        refunded_minor,
        currency,
        refunded_at: Micros(row.refunded_at_us),
    })
}

fn part_index(new: &NewRefund, basket: &Basket) -> Result<usize, AppError> {
    let index = usize::try_from(new.part).ok().and_then(|part| part.checked_sub(1));
    index.filter(|index| *index < basket.parts.len()).ok_or_else(|| {
        let reason = format!("the order has the parts 1 to {}", basket.parts.len());
        AppError::invalid("/part", reason)
    })
}

fn row_of(
    market: &str,
    order: &str,
    basket: &Basket,
    new: &NewRefund,
    by: &Refunder,
    now: Micros,
) -> Result<RefundRow, AppError> {
    let index = part_index(new, basket)?;
    let part = &basket.parts[index];
    if by.merchant.as_ref().is_some_and(|merchant| merchant.as_str() != part.merchant_id) {
        return Err(AppError::invalid("/part", "its goods are another merchant's"));
    }
    let name = Sha256::digest(format!("{order} {}", by.request).as_bytes());
    Ok(RefundRow {
        refund: format!("ref_{}", hex(&name[..14])),
        order: order.to_owned(),
        part: new.part,
        market: market.to_owned(),
        merchant: part.merchant_id.clone(),
        delivery: delivery_id(order, index),
        amount_minor: new.amount_minor,
        reason: new.reason.clone(),
        refunded_at_us: now.0,
        refunded_by: by.actor.clone(),
    })
}

/// Keeps a refund where there is room for it; answers it, and what was given back of the part then.
fn keep(tx: &mut LaneTx<'_>, wanted: &RefundRow) -> Result<(RefundRow, i64), AppError> {
    let order = order::load(tx, &wanted.order)?.ok_or_else(|| super::unknown(&wanted.order))?;
    let refunds = refund::of_order(tx, &wanted.order)?;
    let of_part = refunds.iter().filter(|refund| refund.part == wanted.part);
    let before: i64 = of_part.map(|refund| refund.amount_minor).sum();
    if let Some(known) = refunds.iter().find(|refund| refund.refund == wanted.refund) {
        return match is_alike(known, wanted) {
            true => Ok((known.clone(), before)),
            false => Err(refused("key_reused", "the key was used for another refund".to_owned())),
        };
    }
    let index = usize::try_from(wanted.part - 1).unwrap_or(usize::MAX);
    let basket = Basket::of(&order)?;
    let part = basket.parts.get(index).filter(|part| !part.is_back);
    let Some(part) = part.filter(|_| order.kept == Kept::Placed) else {
        let reason = "nothing is charged for it: it is not placed, or its stock is back";
        return Err(refused("not_charged", reason.to_owned()));
    };
    let charged_minor = part.goods_minor();
    if wanted.amount_minor > charged_minor - before {
        let reason = format!(
            "{} is more than is left of the part: {charged_minor} less {before} given back",
            wanted.amount_minor
        );
        return Err(refused("too_much", reason));
    }
    refund::add(tx, wanted)?;
    let after = before + wanted.amount_minor;
    let what = (before.to_string(), after.to_string());
    let now = Micros(wanted.refunded_at_us);
    let (by, order) = (&wanted.refunded_by, &wanted.order);
    audit::add(tx, now, by, "order.refund", order, (&what.0, &what.1))?;
    tx.announce(REFUNDED, &wanted.refund, &[], wanted.refunded_at_us)?;
    Ok((wanted.clone(), after))
}

/// Whether two tell of the same refund, whenever and by whomever.
fn is_alike(one: &RefundRow, other: &RefundRow) -> bool {
    (one.part, one.amount_minor, &one.reason) == (other.part, other.amount_minor, &other.reason)
}

fn refused(code: &'static str, reason: String) -> AppError {
    AppError::Refused { code, reason }
}
