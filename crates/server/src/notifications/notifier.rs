//! The notifier: reads what a market's lane has announced and makes a task for each one who is to
//! be told. Tasks and cursor are one transaction: nothing is lost, and no task made twice, whenever
//! it stops.

use super::{customers, message};
use crate::app::App;
use crate::dispatch::dispatch_lane;
use crate::dispatch::readers::{self, Unread};
use crate::dispatch::told::{DELIVERY, DeliveryTold};
use crate::error::AppError;
use crate::provider;
use crate::provider::outbound::work;
use crate::provider::told::ProviderTold;
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

/// An announcement of a delivery.
struct Heard {
    row: Announced,
    told: Told,
}

/// What was announced.
enum Told {
    /// Of a delivery of ours, with where it can be followed.
    Ours(Box<DeliveryTold>, String),
    /// Of one that another provider carries, and that we only follow.
    Followed(Box<ProviderTold>),
}

impl Told {
    fn read(app: &App, lane: Lane, row: &Announced) -> Result<Told, AppError> {
        let illegible = |error| AppError::machine("an announcement", error);
        match lane {
            Lane::Dispatch => {
                let told: DeliveryTold = serde_json::from_slice(&row.payload).map_err(illegible)?;
                let link = message::link(app, &told.delivery_id)?;
                Ok(Told::Ours(Box::new(told), link))
            }
            Lane::Provider => {
                Ok(Told::Followed(serde_json::from_slice(&row.payload).map_err(illegible)?))
            }
        }
    }

    fn market(&self) -> &str {
        match self {
            Told::Ours(told, _) => &told.market,
            Told::Followed(told) => &told.market,
        }
    }

    fn merchant(&self) -> &str {
        match self {
            Told::Ours(told, _) => &told.merchant_id,
            Told::Followed(told) => &told.merchant_id,
        }
    }

    fn delivery(&self) -> &str {
        match self {
            Told::Ours(told, _) => &told.delivery_id,
            Told::Followed(told) => &told.delivery_id,
        }
    }

    fn body(&self, kind: &str) -> Result<String, AppError> {
        match self {
            Told::Ours(told, link) => message::body(kind, told, link),
            Told::Followed(told) => message::body_of_followed(kind, told),
        }
    }
}

/// Whose lane was announced in.
#[derive(Clone, Copy)]
enum Lane {
    Dispatch,
    Provider,
}

/// Makes tasks of what a market has announced since; answers how many announcements there were.
///
/// Errors: [`doorstep_store::StoreError::Fenced`] where another process was faster.
pub fn step(app: &App, market: &MarketId) -> Result<usize, AppError> {
    step_of(app, Lane::Dispatch, dispatch_lane(market)?)
}

/// As [`step`], of the deliveries that are only followed.
pub fn step_of_followed(app: &App) -> Result<usize, AppError> {
    step_of(app, Lane::Provider, provider::lane()?)
}

fn step_of(app: &App, whose: Lane, lane: LaneId) -> Result<usize, AppError> {
    let Unread { rows, mark } = readers::unread_of(app, lane.clone(), NOTIFIER, ROWS_AT_ONCE)?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (now, count) = (app.clock.now(), rows.len());
    let tasks = Arc::new(tasks(app, whose, &lane, rows, now)?);
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
    whose: Lane,
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
        match Told::read(app, whose, &row) {
            Ok(told) => heard.push(Heard { row, told }),
            // Nobody can be told of it, and it must not keep everybody else from being told.
            Err(AppError::Machine { reason, .. }) => {
                tracing::error!(%lane, seq = row.seq, reason, "it cannot be read");
            }
            Err(error) => return Err(error),
        }
    }
    app.store.read(|tx| {
        let (mut tasks, mut listening) = (wishes.clone(), BTreeMap::new());
        for heard in &heard {
            let (market, merchant) = (heard.told.market(), heard.told.merchant());
            let of = (market.to_owned(), merchant.to_owned());
            if !listening.contains_key(&of) {
                listening.insert(of.clone(), subscription::listening(tx, market, merchant)?);
            }
            let about = format!("{lane}#{}", heard.row.seq);
            let subscriptions = listening.get(&of).map_or(&[][..], Vec::as_slice);
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
    let Heard { row, told } = heard;
    let mut wanting = subscriptions.iter().filter(|one| message::wants(one, &row.kind)).peekable();
    if wanting.peek().is_none() {
        return Ok(());
    }
    let body = told.body(&row.kind)?;
    let about = (about, Micros(row.announced_at_us));
    for subscription in wanting {
        let order = Some((told.delivery(), row.seq));
        tasks.push(message::task(subscription, about, order, &body, now)?);
    }
    Ok(())
}

/// Of a delivery that is only followed we know no customer.
fn for_customer(
    app: &App,
    tx: &mut dyn Tx,
    tasks: &mut Vec<NewTask>,
    heard: &Heard,
    about: &str,
    now: Micros,
) -> Result<(), AppError> {
    if let Told::Ours(told, link) = &heard.told {
        let about = (about, Micros(heard.row.announced_at_us));
        tasks.extend(customers::tasks(app, tx, told, link, about, now)?);
    }
    Ok(())
}
