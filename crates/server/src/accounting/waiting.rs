//! Completions of deliveries of which nothing else is known: they wait for the rest of the
//! lifecycle, and after the grace a person is told. If the rest comes later still, it joins.

use super::apply::Account;
use super::change::Change;
use super::read::Origin;
use crate::dead_letters::letter_id;
use crate::error::AppError;
use doorstep_domain::event::RejectionCode;
use doorstep_store::dead_letter::{self, Handled};
use doorstep_store::{Tx, timer};
use serde::{Deserialize, Serialize};

/// The kind of the timers of waiting completions.
pub const WAITING: &str = "waiting";

/// What a timer of kind [`WAITING`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingFor {
    /// Where.
    pub market: String,
    /// Which delivery.
    pub delivery: String,
    /// Where its completion stands in the log.
    pub origin: Origin,
}

impl WaitingFor {
    /// The key that its dead letter is named by.
    pub fn key(&self) -> String {
        key(&self.market, &self.delivery)
    }
}

fn key(market: &str, delivery: &str) -> String {
    format!("{market}\0{delivery}")
}

/// Sets the timer of a delivery that begins to wait, and ends the wait of one that need not.
pub(super) fn follow(
    tx: &mut dyn Tx,
    account: &Account<'_>,
    change: &Change,
) -> Result<(), AppError> {
    let market = account.market.id.as_str();
    let name = || {
        let code = RejectionCode::DeliveredBeforeItExists.as_str();
        letter_id(code, key(market, &change.delivery).as_bytes())
    };
    match (change.after.waiting, change.was_told_at) {
        (Some(since), Some(origin)) if !change.waited => {
            let waiting =
                WaitingFor { market: market.to_owned(), delivery: change.delivery.clone(), origin };
            let payload = serde_json::to_vec(&waiting)
                .map_err(|error| AppError::machine("setting a timer", error))?;
            let due = since.plus(account.market.grace_us);
            timer::set(tx, &name(), due.0, WAITING, &payload)?;
        }
        // Where the timer is gone the letter has been written: it is settled by itself.
        (None, _) if change.waited && !timer::cancel(tx, &name())? => {
            let handled = Handled {
                state: "joined".to_owned(),
                changed_at_us: account.now.0,
                changed_by: "accountant".to_owned(),
            };
            dead_letter::handle(tx, &name(), &handled)?;
        }
        _ => {}
    }
    Ok(())
}
