//! What is wanted, and by whom.

use crate::app::App;
use crate::dispatch;
use crate::dispatch::request::{self, Address};
use crate::error::AppError;
use doorstep_domain::dispatch::Phone;
use doorstep_domain::id::{CenterId, ItemId, MarketId, MerchantId};
use doorstep_domain::limits;
use doorstep_domain::order::OnShortage;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use utoipa::ToSchema;

/// An order to be placed, or a reservation to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Where; may be left out where there is one market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub market: Option<MarketId>,
    /// For whom.
    pub customer: NewCustomer,
    /// Where it shall go.
    pub destination_address: Address,
    /// What: 1 to 100 different items.
    pub lines: Vec<NewLine>,
    /// `refuse`, `split` or `partial`; `refuse` where left out.
    #[serde(default)]
    #[schema(value_type = String)]
    pub on_shortage: OnShortage,
    /// Only from these centres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub centers: Option<Vec<CenterId>>,
    /// Tip for the courier, in minor units.
    #[serde(default)]
    pub tip_minor: i64,
    /// Words to the courier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// What the asker calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Of a reservation: how long it holds, at most as long as the market's `hold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_seconds: Option<i64>,
}

/// For whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// E.164.
    pub phone: String,
    /// Where they are told by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// As the courier calls them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Units of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// What.
    #[schema(value_type = String)]
    pub item_id: ItemId,
    /// Units, 1 to 1,000.
    pub quantity: i64,
    /// What one is expected to cost, in minor units: at another price the order is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_minor: Option<i64>,
}

/// Who orders, and under which key.
#[derive(Debug, Clone)]
pub struct Asker {
    /// As it stands in the audit trail.
    pub actor: String,
    /// Whose centres alone they may order from.
    pub merchant: Option<MerchantId>,
    /// Whose idempotency key it is, for what, and the key.
    pub request_key: String,
    /// A digest of what was asked.
    pub fingerprint: [u8; 32],
}

/// Whether it is paid for already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It is placed at once.
    Order,
    /// Its stock is held until it is confirmed.
    Reservation,
}

/// What can be said of a request without knowing anything: the first field that cannot be.
pub(super) fn check(app: &App, new: &NewOrder, way: Way) -> Result<(MarketId, Phone), AppError> {
    let market = app.only_market(new.market.as_ref())?;
    let phone = new.customer.phone.parse::<Phone>();
    let phone = phone.map_err(|error| AppError::invalid("/customer/phone", error))?;
    check_words(new)?;
    check_lines(&new.lines)?;
    if !(0..=limits::AMOUNT_MINOR_MAX).contains(&new.tip_minor) {
        return Err(outside("/tip_minor", new.tip_minor, 0, limits::AMOUNT_MINOR_MAX));
    }
    if new.centers.as_ref().is_some_and(Vec::is_empty) {
        return Err(AppError::invalid("/centers", "names none"));
    }
    match (way, new.hold_seconds) {
        (Way::Order, Some(_)) => {
            Err(AppError::invalid("/hold_seconds", "only a reservation holds stock"))
        }
        (Way::Reservation, Some(seconds)) if seconds < 1 => {
            Err(AppError::invalid("/hold_seconds", format!("{seconds} is less than 1")))
        }
        _ => Ok((market, phone)),
    }
}

fn check_words(new: &NewOrder) -> Result<(), AppError> {
    let words = [
        ("/customer/email", &new.customer.email),
        ("/customer/name", &new.customer.name),
        ("/instructions", &new.instructions),
        ("/reference", &new.reference),
    ];
    for (pointer, text) in words {
        if let Some(text) = text {
            dispatch::words(pointer, text)?;
        }
    }
    let is_address = |email: &String| request::is_mail_address(email);
    if !new.customer.email.as_ref().is_none_or(is_address) {
        let reason = "is not an address such as name@example.com";
        return Err(AppError::invalid("/customer/email", reason));
    }
    Ok(())
}

fn check_lines(lines: &[NewLine]) -> Result<(), AppError> {
    if !(1..=limits::ORDER_LINES_MAX).contains(&lines.len()) {
        let reason = format!("has {} lines, not 1 to {}", lines.len(), limits::ORDER_LINES_MAX);
        return Err(AppError::invalid("/lines", reason));
    }
    let mut seen = HashSet::with_capacity(lines.len());
    for (place, line) in lines.iter().enumerate() {
        if !seen.insert(&line.item_id) {
            let reason = format!("{} stands there twice", line.item_id);
            return Err(AppError::invalid(format!("/lines/{place}/item_id"), reason));
        }
        if !(1..=limits::ORDER_UNITS_MAX).contains(&line.quantity) {
            let pointer = format!("/lines/{place}/quantity");
            return Err(outside(&pointer, line.quantity, 1, limits::ORDER_UNITS_MAX));
        }
        if line.price_minor.is_some_and(|price| price < 0) {
            return Err(AppError::invalid(format!("/lines/{place}/price_minor"), "is below 0"));
        }
    }
    Ok(())
}

fn outside(pointer: &str, found: i64, least: i64, most: i64) -> AppError {
    AppError::invalid(pointer, format!("{found} is not within {least} and {most}"))
}
