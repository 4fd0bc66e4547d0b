//! Messages sent again, and a message that only shows that it arrives.

use super::of;
use crate::app::App;
use crate::error::AppError;
use crate::keys::{Principal, random_hex};
use crate::notifications::message::{self, message_ids_from};
use doorstep_domain::time::Micros;
use doorstep_store::task::{self, State, TaskRow};
use doorstep_store::{LaneId, LaneTx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Messages looked at in one transaction.
const LOOKED_AT_ONCE: u32 = 500;

/// Which messages to send again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Of what happened from here on; RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub since: Micros,
    /// Until here; until now where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Micros>,
    /// Also those that arrived; otherwise those that were parked or dropped.
    #[serde(default)]
    pub all: bool,
}

/// What is sent again.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Replayed {
    /// How many messages.
    pub messages: u64,
}

/// A message that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Tested {
    /// As `webhook-id` will name it.
    pub message_id: String,
}

/// Sends messages again, under their own names: whoever has them already knows them by these.
/// Errors: [`AppError::NotFound`]; [`AppError::Invalid`] where the range is none.
pub fn replay(app: &App, id: &str, asked: &Replay, who: &Principal) -> Result<Replayed, AppError> {
    app.store.read(|tx| of(tx, id, who).map(drop))?;
    let (since, until) = (asked.since, asked.until.unwrap_or(app.clock.now().plus(1)));
    if until <= since {
        return Err(AppError::invalid("/until", "is not after since"));
    }
    let range = (message_ids_from(since), message_ids_from(until));
    let (mut after, mut messages) = (String::new(), 0);
    loop {
        let (id, range, from) = (id.to_owned(), range.clone(), after.clone());
        let (all, now_us) = (asked.all, app.clock.now().0);
        let step = app.store.lane(&LaneId::new(task::LANE)?, move |tx| {
            retry_some(tx, &id, (&from, &range.0, &range.1), all, now_us)
        })?;
        messages += step.0;
        match step.1 {
            Some(last) => after = last,
            None => return Ok(Replayed { messages }),
        }
    }
}

/// Retries some; how many, and where to go on.
fn retry_some(
    tx: &mut LaneTx<'_>,
    id: &str,
    range: (&str, &str, &str),
    all: bool,
    now_us: i64,
) -> Result<(u64, Option<String>), AppError> {
    let found = task::read(tx, id, range, LOOKED_AT_ONCE)?;
    let is_wanted = |row: &&TaskRow| match row.state {
        State::Parked => true,
        State::Done => all || row.last_error.is_some(),
        State::Waiting | State::Running => false,
    };
    let mut retried = 0;
    for row in found.iter().filter(is_wanted) {
        retried += u64::from(task::retry(tx, &row.task_id, now_us)?);
    }
    Ok((retried, found.last().map(|row| row.task_id.clone())))
}

/// Sends a message of type `test`. Errors: [`AppError::NotFound`]; [`AppError::Refused`]
/// `subscription_disabled`.
pub fn test(app: &App, id: &str, who: &Principal) -> Result<Tested, AppError> {
    let subscription = app.store.read(|tx| of(tx, id, who))?;
    if let Some((because, _)) = &subscription.disabled {
        let reason = format!("it is disabled: {because}");
        return Err(AppError::Refused { code: "subscription_disabled", reason });
    }
    let now = app.clock.now();
    let (body, about) = (message::test_body(id, now)?, format!("test/{}", random_hex::<8>()?));
    let new = message::task(&subscription, (&about, now), None, &body, now)?;
    let message_id = new.task_id.clone();
    app.store.lane(&LaneId::new(task::LANE)?, move |tx| {
        task::add(tx, &new).map(drop).map_err(AppError::from)
    })?;
    Ok(Tested { message_id })
}
