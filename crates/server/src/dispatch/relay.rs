//! What was decided here becomes facts: announcements of deliveries and couriers go into the log of
//! events like everybody else's, so that they are counted, paid and settled.
//!
//! The cursor moves after the log has them. Whoever stops in between tells them again, under the
//! same names: counted once.

use super::readers::{self, Unread};
use super::told::{
    COURIER, CompletionTold, CourierTold, DELIVERY, DeliveryTold, ENDED_THERE, EndedThereTold,
};
use super::{dispatch_lane, metric};
use crate::app::App;
use crate::error::AppError;
use crate::wire::EVENTS;
use doorstep_domain::dispatch::Status;
use doorstep_domain::event::PROVIDERS_SINCE;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_log::Record;
use doorstep_store::outbox::Announced;
use doorstep_store::{LaneId, StoreError};
use serde_json::{Value, json};

/// The consumer's name.
pub const RELAY: &str = "relay";

/// Announcements handed on in one go.
pub const ROWS_AT_ONCE: u32 = 2_048;

/// Hands on what a market has announced since; answers how many announcements there were.
///
/// Errors: [`doorstep_store::StoreError::Fenced`] where another process was faster.
pub fn step(app: &App, market: &MarketId) -> Result<usize, AppError> {
    let Unread { rows, mark } = readers::unread(app, market, RELAY, ROWS_AT_ONCE)?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (now, count) = (app.clock.now(), rows.len());
    let records = rows.iter().map(|row| record(market, row)).collect::<Result<Vec<_>, _>>()?;
    let records: Vec<Record> = records.into_iter().flatten().collect();
    let relayed = records.len() as u64;
    if !records.is_empty() {
        app.log.append(EVENTS, records, now.0)?;
    }
    app.store
        .lane(&LaneId::new(RELAY)?, move |tx| mark.advance(tx, now).map_err(AppError::from))?;
    metric::relayed(relayed);
    Ok(count)
}

/// The event that an announcement is to the accountant; none where it is nothing to pay.
fn record(market: &MarketId, row: &Announced) -> Result<Option<Record>, AppError> {
    let unreadable = |error: serde_json::Error| {
        AppError::machine(format!("announcement {} of {market}", row.seq), error)
    };
    let told = match row.kind.as_str() {
        COURIER => of_courier(&serde_json::from_slice(&row.payload).map_err(unreadable)?),
        kind if kind.starts_with(DELIVERY) => {
            of_delivery(&serde_json::from_slice(&row.payload).map_err(unreadable)?, row.seq)
        }
        ENDED_THERE => {
            let told = serde_json::from_slice(&row.payload).map_err(unreadable)?;
            Some(of_ended_there(&told, row.seq))
        }
        _ => None,
    };
    let Some((kind, time, data)) = told else {
        return Ok(None);
    };
    let is_by_provider = data.get("provider").is_some();
    let mut event = json!({
        "specversion": "1.0",
        "id": row.seq.to_string(),
        "source": format!("/dispatch/{market}"),
        "type": kind,
        "subject": row.subject,
        "time": time,
        "market": market,
        "data": data,
    });
    if is_by_provider {
        event["schemaversion"] = PROVIDERS_SINCE.into();
    }
    let value = serde_json::to_vec(&event).map_err(unreadable)?;
    Ok(Some(Record { key: row.subject.as_bytes().to_vec(), value }))
}

fn of_courier(told: &CourierTold) -> Option<(&'static str, String, Value)> {
    let kind = if told.online { "courier.online" } else { "courier.offline" };
    told.availability_changed.then(|| (kind, told.since.to_string(), json!({})))
}

fn of_delivery(told: &DeliveryTold, seq: i64) -> Option<(&'static str, String, Value)> {
    let provider = told.provider.as_deref().filter(|_| told.status != Status::Cancelled);
    if let Some(provider) = provider {
        return of_provider(told, provider, seq);
    }
    let who = json!({ "courier_id": told.courier_id });
    let (kind, data) = match told.status {
        Status::Requested if told.revision == 1 => ("delivery.requested", json!({})),
        Status::Requested => ("delivery.unassigned", who),
        Status::Assigned => ("delivery.assigned", who),
        Status::PickedUp => ("delivery.picked_up", who),
        Status::Delivered => ("delivery.delivered", completion(told)),
        Status::Failed => ("delivery.failed", who),
        Status::Returned => ("delivery.returned", who),
        Status::Cancelled => ("delivery.cancelled", json!({})),
        // Being at a door is nothing that is paid by.
        Status::AtPickup | Status::AtDropoff => return None,
    };
    Some((kind, told.at.to_string(), data))
}

/// Of what a provider brings only the end counts: no courier of ours has earned anything, and what
/// the provider charges is part of it.
fn of_provider(
    told: &DeliveryTold,
    provider: &str,
    seq: i64,
) -> Option<(&'static str, String, Value)> {
    let by = (provider, told.merchant_id.as_str());
    match (&told.completion, told.withdraws) {
        (Some(done), _) => Some(ended_by(by, Some(done), (told.at, seq))),
        (None, true) => Some(ended_by(by, None, (told.at, seq))),
        (None, false) => None,
    }
}

fn of_ended_there(told: &EndedThereTold, seq: i64) -> (&'static str, String, Value) {
    let by = (told.provider.as_str(), told.merchant_id.as_str());
    ended_by(by, told.completion.as_ref(), (told.at, seq))
}

/// The lane numbers what it announces upwards: of a provider's tellings the last one counts.
fn ended_by(
    (provider, merchant): (&str, &str),
    done: Option<&CompletionTold>,
    (at, seq): (Micros, i64),
) -> (&'static str, String, Value) {
    let mut data = json!({ "provider": provider, "telling": seq });
    let Some(done) = done else {
        return ("delivery.withdrawn", at.to_string(), data);
    };
    let at = done.at.unwrap_or(at);
    data["merchant_id"] = merchant.into();
    data["order_minor"] = done.order_minor.into();
    data["tip_minor"] = done.tip_minor.into();
    data["distance_m"] = done.distance_m.into();
    data["currency"] = done.currency.as_str().into();
    if let Some(cost_minor) = done.cost_minor {
        data["cost_minor"] = cost_minor.into();
    }
    ("delivery.delivered", at.to_string(), data)
}

fn completion(told: &DeliveryTold) -> Value {
    let done = told.completion.as_ref();
    json!({
        "courier_id": told.courier_id,
        "merchant_id": told.merchant_id,
        "order_minor": done.map(|done| done.order_minor),
        "tip_minor": done.map(|done| done.tip_minor),
        "distance_m": done.map(|done| done.distance_m),
        "currency": done.map(|done| done.currency.as_str()),
    })
}

/// Forgets what a market's deliveries have announced up to the number `up_to`, once these consumers
/// have read it and nobody will ask for it any more; answers how many announcements there were.
pub fn forget(
    app: &App,
    market: &MarketId,
    consumers: &[&str],
    up_to: i64,
) -> Result<u64, AppError> {
    forget_of(app, &dispatch_lane(market)?, consumers, up_to)
}

/// As [`forget`], of any lane.
pub fn forget_of(
    app: &App,
    lane: &LaneId,
    consumers: &[&str],
    up_to: i64,
) -> Result<u64, AppError> {
    let mut read_to = up_to;
    app.store.read(|tx| {
        for consumer in consumers {
            read_to = read_to.min(readers::read_to(tx, lane, consumer)?);
        }
        Ok::<_, StoreError>(())
    })?;
    let before = app.clock.now().plus(-app.config.streams.keep.0);
    readers::forget(&app.store, lane, read_to, before)
}
