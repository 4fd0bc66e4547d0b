//! What a market's lane announced that others are told: a delivery of ours, or one that another
//! provider carries and that is only followed.

use super::message;
use crate::app::App;
use crate::dispatch::told::{DELIVERY, DeliveryTold};
use crate::error::AppError;
use crate::provider::told::{FOLLOWED, ProviderTold};
use doorstep_domain::dispatch::Status;
use doorstep_domain::provider::State;
use doorstep_store::outbox::Announced;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// An announcement that others are told.
pub(crate) enum Heard {
    /// Of a delivery of ours.
    Ours(Box<DeliveryTold>),
    /// Of one that is only followed.
    Followed(Box<ProviderTold>),
}

impl Heard {
    /// Reads an announcement; `None` where nobody is told of it. What cannot be read must not keep
    /// everybody else from being told: it is logged, and passed over.
    pub(crate) fn of(row: &Announced) -> Option<Heard> {
        if row.kind.starts_with(DELIVERY) {
            read(row).map(Heard::Ours)
        } else if row.kind.starts_with(FOLLOWED) {
            read(row).map(Heard::Followed)
        } else {
            None
        }
    }

    /// The type of its message, such as `delivery.picked_up`.
    pub(crate) fn kind(&self) -> String {
        match self {
            Heard::Ours(told) => format!("{DELIVERY}{}", told.status),
            Heard::Followed(told) => format!("{DELIVERY}{}", told.status),
        }
    }

    /// Whose goods.
    pub(crate) fn merchant(&self) -> &str {
        match self {
            Heard::Ours(told) => &told.merchant_id,
            Heard::Followed(told) => &told.merchant_id,
        }
    }

    /// Which delivery.
    pub(super) fn delivery(&self) -> &str {
        match self {
            Heard::Ours(told) => &told.delivery_id,
            Heard::Followed(told) => &told.delivery_id,
        }
    }

    /// The body of its message.
    pub(crate) fn body(&self, app: &App) -> Result<String, AppError> {
        match self {
            Heard::Ours(told) => {
                message::body(&self.kind(), told, &message::link(app, &told.delivery_id)?)
            }
            Heard::Followed(told) => message::body_of_followed(&self.kind(), told),
        }
    }
}

fn read<T: DeserializeOwned>(row: &Announced) -> Option<Box<T>> {
    match serde_json::from_slice(&row.payload) {
        Ok(told) => Some(Box::new(told)),
        Err(error) => {
            tracing::error!(seq = row.seq, subject = row.subject, %error, "it cannot be read");
            None
        }
    }
}

/// Every type of message about deliveries: of our states, and of those that providers tell.
pub(crate) fn kinds() -> BTreeSet<String> {
    let ours = Status::ALL.iter().map(|status| status.as_str());
    let theirs = State::ALL.iter().map(|state| state.as_str());
    ours.chain(theirs).map(|status| format!("{DELIVERY}{status}")).collect()
}
