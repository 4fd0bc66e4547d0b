//! What providers say of deliveries that were handed to them becomes the state of these: whoever
//! reads what is announced of providers applies it in the lanes of dispatch.
//!
//! A market's lane notes what of it was applied there, in that transaction; the cursor of the lane
//! `provider` moves after that. Whoever stops in between reads it again, and each market passes
//! over what it has.

use super::lane;
use super::told::{PROVIDER, ProviderTold};
use crate::app::App;
use crate::dispatch::handing::{self, ProviderSays};
use crate::dispatch::readers::{self, Unread};
use crate::error::AppError;
use doorstep_domain::dispatch::handing::Says;
use doorstep_store::LaneId;
use doorstep_store::outbox::Announced;
use doorstep_store::provider::asked;
use std::collections::BTreeMap;

/// The reader's name in the store.
pub const FOLLOWER: &str = "follower";

/// Announcements read in one go.
const ROWS_AT_ONCE: u32 = 1_024;

/// Applies what was announced since; answers how many announcements there were.
///
/// Errors: [`doorstep_store::StoreError::Fenced`] where another process was faster.
pub fn step(app: &App) -> Result<usize, AppError> {
    let Unread { rows, mark } = readers::unread_of(app, lane()?, FOLLOWER, ROWS_AT_ONCE)?;
    if rows.is_empty() {
        return Ok(0);
    }
    let count = rows.len();
    let mut of_market: BTreeMap<String, Vec<ProviderSays>> = BTreeMap::new();
    let mut ended: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let ours = rows.iter().filter(|row| row.kind.starts_with(PROVIDER));
    for (row, told) in ours.filter_map(|row| Some((row, read(row)?))) {
        if let Some(reference) = told.reference.filter(|_| told.status.is_end()) {
            ended.entry(told.provider.clone()).or_default().push(reference);
        }
        of_market.entry(told.market).or_default().push(ProviderSays {
            seq: row.seq,
            delivery: told.delivery_id,
            provider: told.provider,
            says: Says { state: told.status, is_disputed: told.conflict, is_decided: told.decided },
            at: told.at,
            fee_minor: told.fee_minor,
            // What was announced earlier may have characters that not every engine keeps.
            reason: told.reason.map(|reason| reason.replace(char::is_control, " ")),
        });
    }
    for (market, says) in of_market {
        handing::follow(app, &market, says)?;
    }
    let now = app.clock.now();
    app.store.lanes(&[LaneId::new(FOLLOWER)?, lane()?], move |tx| {
        mark.advance(tx, now)?;
        for (provider, references) in &ended {
            let references: Vec<&str> = references.iter().map(String::as_str).collect();
            asked::end_bookings(tx, provider, &references, now.0)?;
        }
        Ok::<_, AppError>(())
    })?;
    Ok(count)
}

fn read(row: &Announced) -> Option<ProviderTold> {
    match serde_json::from_slice(&row.payload) {
        Ok(told) => Some(told),
        // It must not keep everything behind it from being followed.
        Err(error) => {
            tracing::error!(seq = row.seq, %error, "what a provider says cannot be read");
            None
        }
    }
}
