//! The notifier: reads what a market's lane has announced and makes a task for each one who is to
//! be told. Tasks and cursor are one transaction: nothing is lost, and no task made twice, whenever
//! it stops.

use super::{customers, message};
use crate::app::App;
use crate::dispatch::readers::{self, Unread};
use crate::dispatch::told::{DELIVERY, DeliveryTold};
use crate::dispatch::{dispatch_lane, links};
use crate::error::AppError;
use crate::provider::outbound::work;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_store::outbox::Announced;
use doorstep_store::subscription::{self, SubscriptionRow};
use doorstep_store::task::{self, NewTask};
use doorstep_store::{LaneId, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The consumer's name in the store.
pub const NOTIFIER: &str = "notifier";

/// Announcements read in one go: each may become tasks for many subscriptions.
const ROWS_AT_ONCE: u32 = 256;

/// An announcement of a delivery, with where it can be followed.
struct Heard {
    row: Announced,
    told: DeliveryTold,
    link: String,
}

/// Makes tasks of what a market has announced since; answers how many announcements there were.
///
/// Errors: [`StoreError::Fenced`] where another process was faster.
pub fn step(app: &App, market: &MarketId) -> Result<usize, AppError> {
    let Unread { rows, mark } = readers::unread(app, market, NOTIFIER, ROWS_AT_ONCE)?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (now, count) = (app.clock.now(), rows.len());
    let tasks = Arc::new(tasks(app, market, &dispatch_lane(market)?, rows, now)?);
    app.store.lane(&LaneId::new(task::LANE)?, move |tx| {
        mark.advance(tx, now)?;
        for new in tasks.iter() {
            task::add(tx, new)?;
        }
        Ok::<_, AppError>(())
    })?;
    Ok(count)
}

/// Up to which announcement a market's are tasks: whatever is behind may be forgotten.
pub fn read_until(app: &App, market: &MarketId) -> Result<i64, AppError> {
    let lane = dispatch_lane(market)?;
    app.store.read(|tx| readers::read_to(tx, &lane, NOTIFIER).map_err(AppError::from))
}

/// The tasks that tell of announcements.
fn tasks(
    app: &App,
    market: &MarketId,
    lane: &LaneId,
    rows: Vec<Announced>,
    now: Micros,
) -> Result<Vec<NewTask>, AppError> {
    let (mut heard, mut wishes) = (Vec::new(), Vec::new());
    for row in &rows {
        match work::of_announcement(lane, row, now) {
            Ok(wish) => wishes.extend(wish),
            Err(error) => tracing::error!(%lane, seq = row.seq, %error, "it cannot be read"),
        }
    }
    for row in rows.into_iter().filter(|row| row.kind.starts_with(DELIVERY)) {
        match serde_json::from_slice::<DeliveryTold>(&row.payload) {
            Ok(told) => {
                let link = link(app, &told.delivery_id)?;
                heard.push(Heard { row, told, link });
            }
            // Nobody can be told of it, and it must not keep everybody else from being told.
            Err(error) => tracing::error!(%lane, seq = row.seq, %error, "it cannot be read"),
        }
    }
    app.store.read(|tx| {
        let (mut tasks, mut listening) = (wishes.clone(), BTreeMap::new());
        for heard in &heard {
            let merchant = &heard.told.merchant_id;
            if !listening.contains_key(merchant) {
                let found = subscription::listening(tx, market.as_str(), merchant)?;
                listening.insert(merchant.clone(), found);
            }
            let about = format!("{lane}#{}", heard.row.seq);
            let subscriptions = listening.get(merchant).map_or(&[][..], Vec::as_slice);
            for_subscriptions(&mut tasks, heard, &about, subscriptions, now)?;
            for_customer(app, tx, &mut tasks, heard, &about, now)?;
        }
        Ok(tasks)
    })
}

fn for_subscriptions(
    tasks: &mut Vec<NewTask>,
    heard: &Heard,
    about: &str,
    subscriptions: &[SubscriptionRow],
    now: Micros,
) -> Result<(), AppError> {
    let Heard { row, told, link } = heard;
    let mut wanting = subscriptions.iter().filter(|one| message::wants(one, &row.kind)).peekable();
    if wanting.peek().is_none() {
        return Ok(());
    }
    let body = message::body(&row.kind, told, link)?;
    let about = (about, Micros(row.announced_at_us));
    for subscription in wanting {
        let order = Some((told.delivery_id.as_str(), row.seq));
        tasks.push(message::task(subscription, about, order, &body, now)?);
    }
    Ok(())
}

fn for_customer(
    app: &App,
    tx: &mut dyn Tx,
    tasks: &mut Vec<NewTask>,
    heard: &Heard,
    about: &str,
    now: Micros,
) -> Result<(), AppError> {
    let about = (about, Micros(heard.row.announced_at_us));
    tasks.extend(customers::tasks(app, tx, &heard.told, &heard.link, about, now)?);
    Ok(())
}

/// Where a delivery can be followed: behind the address of this server where that is configured.
fn link(app: &App, delivery: &str) -> Result<String, AppError> {
    let path = links::tracking_url(app, delivery)?;
    let base = app.config.notifications.public_url.as_deref().unwrap_or_default();
    Ok(format!("{}{path}", base.trim_end_matches('/')))
}
