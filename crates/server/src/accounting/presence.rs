//! Presence facts: couriers coming online and going offline.

use super::apply::{Account, Applied};
use super::late;
use super::read::Told;
use crate::error::AppError;
use doorstep_domain::event::EventBody;
use doorstep_domain::id::CourierId;
use doorstep_domain::limits::INTERVAL_US_MAX;
use doorstep_domain::settlement::Party;
use doorstep_domain::time::Micros;
use doorstep_store::presence::{self, PresenceRow};
use doorstep_store::{LaneTx, Tx, day};
use std::collections::BTreeSet;

/// Lets presence facts join what is known, and corrects closed days they change.
pub(super) fn join<'t>(
    tx: &mut LaneTx<'_>,
    account: &mut Account<'_>,
    told: impl Iterator<Item = &'t Told>,
    applied: &mut Applied,
) -> Result<(), AppError> {
    let market = account.market.id.as_str();
    for told in told {
        let EventBody::Presence { courier, online } = &told.event.body else {
            continue;
        };
        let at = told.event.at;
        let row = PresenceRow {
            courier: courier.as_str().to_owned(),
            at_us: at.0,
            source: told.event.key.source.to_string(),
            event_id: told.event.key.id.to_string(),
            online: *online,
        };
        if !presence::join(tx, market, &row)? {
            applied.duplicate += 1;
            continue;
        }
        applied.accepted += 1;
        let today = account.day(at);
        if account.is_closed(tx, today)? {
            applied.late += 1;
        } else {
            day::open(tx, &[(market, today)])?;
        }
        let closed = closed_days_around(tx, account, at, courier)?;
        late::correct(tx, account, closed, (None, late::TOLD_LATE), applied)?;
    }
    Ok(())
}

/// The closed days that a courier's coming or going may reach into, since an interval may be as
/// long as [`INTERVAL_US_MAX`].
fn closed_days_around(
    tx: &mut dyn Tx,
    account: &mut Account<'_>,
    at: Micros,
    courier: &CourierId,
) -> Result<BTreeSet<(i64, Party)>, AppError> {
    let first = account.day(at.plus(-INTERVAL_US_MAX));
    let last = account.day(at.plus(INTERVAL_US_MAX));
    let mut closed = BTreeSet::new();
    for day in first..=last {
        if account.is_closed(tx, day)? {
            closed.insert((day, Party::Courier(courier.clone())));
        }
    }
    Ok(closed)
}
