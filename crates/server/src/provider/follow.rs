//! A delivery that was booked elsewhere is followed like ours. What came for it before waits for it
//! and joins.

use super::apply::tell;
use super::view::FollowedView;
use super::{lane, poller};
use crate::app::App;
use crate::dispatch::request::new_id;
use crate::error::AppError;
use crate::keys::Principal;
use doorstep_domain::id::{DeliveryId, MarketId, MerchantId};
use doorstep_domain::provider::{Timeline, fold};
use doorstep_store::provider::asked;
use doorstep_store::provider::booking::{self, BookingRow, BookingState};
use doorstep_store::{LaneId, LaneTx, dispatch, provider};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A delivery to be followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFollowed {
    /// The provider's name of it.
    #[schema(value_type = String)]
    pub reference: DeliveryId,
    /// Where; may be left out where there is one market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub market: Option<MarketId>,
    /// Whose goods; a merchant's key says it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub merchant_id: Option<MerchantId>,
    /// Our name of it; a new one where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub delivery_id: Option<DeliveryId>,
}

/// Follows a delivery of a provider; the same again changes nothing, but that it is asked for
/// again where it was given up.
///
/// A merchant shows that a name is theirs by naming it first, before anything was told of it, or by
/// the account with the provider being theirs. Whatever was told before that may be another
/// merchant's: an operator says whose it is.
///
/// Errors: [`AppError::Invalid`] of the first field that cannot be; [`AppError::Refused`]
/// `already_followed` where it is another delivery of ours, `told_before` where a merchant comes
/// too late, `account_of_another` where the account is another merchant's, `delivery_exists` where
/// the name is taken.
pub fn follow(
    app: &App,
    provider: &str,
    new: &NewFollowed,
    who: &Principal,
) -> Result<FollowedView, AppError> {
    let now = app.clock.now();
    let provider = app.providers.find(provider)?;
    let market = app.only_market(new.market.as_ref())?;
    let merchant = match (&who.merchant, &new.merchant_id) {
        (Some(theirs), Some(asked)) if theirs != asked => {
            return Err(AppError::invalid("/merchant_id", format!("the key is {theirs}'s")));
        }
        (Some(theirs), _) => theirs.clone(),
        (None, Some(asked)) => asked.clone(),
        (None, None) => return Err(AppError::invalid("/merchant_id", "is missing")),
    };
    let delivery = match &new.delivery_id {
        Some(named) => named.as_str().to_owned(),
        None => new_id(now)?,
    };
    let row = BookingRow {
        delivery,
        number: 1,
        provider: provider.name.clone(),
        reference: Some(new.reference.as_str().to_owned()),
        market: market.as_str().to_owned(),
        merchant: merchant.as_str().to_owned(),
        state: BookingState::Followed,
        told_status: None,
        revision: 0,
        created_at_us: now.0,
        created_by: who.name.clone(),
        changed_at_us: now.0,
        fee_minor: None,
    };
    let named = new.delivery_id.is_some();
    let must_be_first = is_first_comer(app, &provider.name, who)?;
    // What is announced goes into the first of them by name.
    let lanes = [lane()?, LaneId::new(poller::LANE)?];
    app.store.lanes(&lanes, move |tx| {
        let (row, timeline) = begin(tx, &row, (named, must_be_first))?;
        asked::note_known(tx, &row.provider, row.reference.as_deref().unwrap_or_default())?;
        let standing = fold(&timeline);
        let row = tell(tx, row, (&timeline, &standing), now)?;
        Ok::<_, AppError>(FollowedView::of(tx, &row, &timeline, &standing)?)
    })
}

/// Whether somebody has what they follow by naming it first, and by nothing else. Errors: the
/// account is another merchant's.
fn is_first_comer(app: &App, provider: &str, who: &Principal) -> Result<bool, AppError> {
    let account = app.config.providers.get(provider).and_then(|of| of.merchant_id.as_ref());
    match (&who.merchant, account) {
        (Some(theirs), Some(owner)) if theirs != owner => {
            let reason = format!("{theirs} has no account with {provider} here");
            Err(AppError::Refused { code: "account_of_another", reason })
        }
        (Some(_), None) => Ok(true),
        _ => Ok(false),
    }
}

/// Notes it, unless it is noted already; the booking, and what is known of it.
fn begin(
    tx: &mut LaneTx<'_>,
    row: &BookingRow,
    (named, must_be_first): (bool, bool),
) -> Result<(BookingRow, Timeline), AppError> {
    let reference = row.reference.as_deref().unwrap_or_default();
    let mut known = provider::load(tx, &row.provider, &[reference])?;
    let timeline = known.remove(reference).unwrap_or_default();
    if let Some(known) = booking::of_references(tx, &row.provider, &[reference])?.pop() {
        let same = (&known.market, &known.merchant) == (&row.market, &row.merchant);
        if same && (!named || known.delivery == row.delivery) {
            return Ok((known, timeline));
        }
        let reason = format!("{reference} of {} is another delivery of ours", row.provider);
        return Err(AppError::Refused { code: "already_followed", reason });
    }
    if must_be_first && !timeline.events().is_empty() {
        let reason = format!(
            "{} has told of {reference} before anybody followed it: an operator follows it",
            row.provider
        );
        return Err(AppError::Refused { code: "told_before", reason });
    }
    // Some providers go by our names: it will be theirs when it is handed over.
    if dispatch::load(tx, reference)?.is_some() {
        let reason = "is the name of a delivery of ours, which is followed by itself";
        return Err(AppError::invalid("/reference", reason));
    }
    let taken = dispatch::load(tx, &row.delivery)?.is_some()
        || !booking::of_delivery(tx, &row.delivery)?.is_empty();
    if taken {
        let reason = format!("{} is the name of another delivery", row.delivery);
        return Err(AppError::Refused { code: "delivery_exists", reason });
    }
    booking::save(tx, row)?;
    Ok((row.clone(), timeline))
}
