//! The notifier: reads what a market's lane has announced and makes a task for each one who is to
//! be told. Tasks and cursor are one transaction: nothing is lost, and no task made twice, whenever
//! it stops.

use super::heard::Heard;
use super::{customers, message};
use crate::app::App;
use crate::dispatch::dispatch_lane;
use crate::dispatch::readers::{self, Unread};
use crate::error::AppError;
use crate::provider::outbound::work;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_store::outbox::Announced;
use doorstep_store::subscription::{self, SubscriptionRow};
use doorstep_store::task::{self, NewTask, Pool};
use doorstep_store::{LaneId, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The consumer's name in the store.
pub const NOTIFIER: &str = "notifier";

/// Announcements read in one go: each may become tasks for many subscriptions.
const ROWS_AT_ONCE: u32 = 256;

/// Makes tasks of what a market has announced since; answers how many announcements there were.
///
/// Errors: [`doorstep_store::StoreError::Fenced`] where another process was faster.
pub fn step(app: &App, market: &MarketId) -> Result<usize, AppError> {
    let Unread { rows, mark } = readers::unread(app, market, NOTIFIER, ROWS_AT_ONCE)?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (now, count) = (app.clock.now(), rows.len());
    let tasks = Arc::new(tasks(app, market, &dispatch_lane(market)?, &rows, now)?);
    let asking = tasks.iter().filter(|new| work::is_kind(&new.kind)).count();
    let telling = tasks.len() - asking;
    app.store.lane(&LaneId::new(task::LANE)?, move |tx| {
        mark.advance(tx, now)?;
        for new in tasks.iter() {
            task::add(tx, new)?;
        }
        Ok::<_, AppError>(())
    })?;
    app.notifications.made(Pool::Asking).call(asking);
    app.notifications.made(Pool::Telling).call(telling);
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
    rows: &[Announced],
    now: Micros,
) -> Result<Vec<NewTask>, AppError> {
    let heard: Vec<(&Announced, Heard)> =
        rows.iter().filter_map(|row| Some((row, Heard::of(row)?))).collect();
    let wishes: Vec<NewTask> =
        rows.iter().filter_map(|row| work::of_announcement(lane, row, now)).collect();
    app.store.read(|tx| {
        let (mut tasks, mut listening) = (wishes.clone(), BTreeMap::new());
        for (row, told) in &heard {
            let merchant = told.merchant();
            if !listening.contains_key(merchant) {
                let found = subscription::listening(tx, market.as_str(), merchant)?;
                listening.insert(merchant.to_owned(), found);
            }
            let about = format!("{lane}#{}", row.seq);
            let about = (&*about, Micros(row.announced_at_us));
            let subscriptions = listening.get(merchant).map_or(&[][..], Vec::as_slice);
            let order = (told.delivery(), row.seq);
            tasks.extend(for_subscriptions(app, told, (about, order), subscriptions, now)?);
            tasks.extend(for_customer(app, tx, told, about, now)?);
        }
        Ok(tasks)
    })
}

/// What an announcement is about and when it was made; which delivery's, and the how manieth.
type Of<'a> = ((&'a str, Micros), (&'a str, i64));

fn for_subscriptions(
    app: &App,
    told: &Heard,
    (about, order): Of<'_>,
    subscriptions: &[SubscriptionRow],
    now: Micros,
) -> Result<Vec<NewTask>, AppError> {
    let kind = told.kind();
    let mut wanting = subscriptions.iter().filter(|one| message::wants(one, &kind)).peekable();
    if wanting.peek().is_none() {
        return Ok(Vec::new());
    }
    let body = told.body(app)?;
    wanting.map(|one| message::task(one, about, Some(order), &body, now)).collect()
}

/// Of a delivery that is only followed we know no customer.
fn for_customer(
    app: &App,
    tx: &mut dyn Tx,
    told: &Heard,
    about: (&str, Micros),
    now: Micros,
) -> Result<Vec<NewTask>, AppError> {
    match told {
        Heard::Ours(told) => {
            let link = message::link(app, &told.delivery_id)?;
            customers::tasks(app, tx, told, &link, about, now)
        }
        Heard::Followed(_) => Ok(Vec::new()),
    }
}
