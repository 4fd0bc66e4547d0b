//! The cashier: reads what was announced of orders. A reservation is asked to be paid, what was
//! paid and is not carried is asked back, and a refund becomes a fact of its delivery, for the
//! books.
//!
//! The log has the facts before the cursor moves, tasks move with it: whoever stops in between
//! tells the same again, under the same names.

use super::message::{self, Asking};
use crate::app::App;
use crate::dispatch::readers::Mark;
use crate::error::AppError;
use crate::orders::{kept, lanes};
use crate::stock::told::{CANCELLED, PART_BACK, REFUNDED, RESERVED};
use crate::wire::EVENTS;
use doorstep_domain::id::MarketId;
use doorstep_domain::order::Kept;
use doorstep_domain::time::Micros;
use doorstep_log::Record;
use doorstep_store::LaneId;
use doorstep_store::order::{self, OrderRow};
use doorstep_store::outbox::Announced;
use doorstep_store::refund::{self, RefundRow};
use doorstep_store::task::{self, NewTask};
use serde_json::json;

/// The consumer's name in the store.
pub const CASHIER: &str = "cashier";

/// Announcements of a lane read in one go.
const ROWS_AT_ONCE: u32 = 256;

/// What follows from announcements.
#[derive(Default)]
struct Follows {
    tasks: Vec<NewTask>,
    facts: Vec<Record>,
}

/// Does what follows from what a market's lanes have announced since; answers how many
/// announcements there were.
///
/// Errors: [`doorstep_store::StoreError::Fenced`] where another process was faster.
pub fn step(app: &App, market: &MarketId) -> Result<usize, AppError> {
    let unread = lanes::unread(app, market, CASHIER, ROWS_AT_ONCE)?;
    if unread.is_empty() {
        return Ok(0);
    }
    let (now, mut follows, mut marks, mut count) =
        (app.clock.now(), Follows::default(), Vec::new(), 0);
    for (mark, rows) in unread {
        count += rows.len();
        marks.push(mark);
        for row in &rows {
            follow(app, market, row, &mut follows)?;
        }
    }
    if !follows.facts.is_empty() {
        app.log.append(EVENTS, follows.facts, now.0)?;
    }
    let tasks = follows.tasks;
    app.store.lane(&LaneId::new(task::LANE)?, move |tx| {
        Mark::advance_all(&marks, tx, now)?;
        for new in &tasks {
            task::add(tx, new)?;
        }
        Ok::<_, AppError>(())
    })?;
    Ok(count)
}

fn follow(
    app: &App,
    market: &MarketId,
    told: &Announced,
    follows: &mut Follows,
) -> Result<(), AppError> {
    let at = Micros(told.announced_at_us);
    let currency = app.market(market.as_str())?.currency.to_string();
    match told.kind.as_str() {
        RESERVED if app.payments.is_some() => {
            let reserved = load(app, market, &told.subject)?;
            let reserved = reserved.filter(|row| row.kept == Kept::Reserved);
            if let Some(row) = reserved {
                follows.tasks.push(asked_to_pay(&row, &currency, at)?);
            }
        }
        CANCELLED | PART_BACK if app.payments.is_some() => {
            if let Some(row) = load(app, market, &told.subject)? {
                follows.tasks.extend(not_carried(app, market, &row, &currency, at)?);
            }
        }
        REFUNDED => {
            let store = app.stock.store_of(app, market);
            let found = store.read(|tx| refund::load(tx, &told.subject).map_err(AppError::from))?;
            if let Some(row) = found {
                follows.facts.push(fact(market, &row, &currency)?);
                follows.tasks.extend(given_back(app, market, &row, &currency, at)?);
            }
        }
        _ => {}
    }
    Ok(())
}

fn load(app: &App, market: &MarketId, order: &str) -> Result<Option<OrderRow>, AppError> {
    app.stock.store_of(app, market).read(|tx| order::load(tx, order).map_err(AppError::from))
}

fn asked_to_pay(row: &OrderRow, currency: &str, at: Micros) -> Result<NewTask, AppError> {
    let customer = kept::Customer::of(row)?;
    let asking = Asking {
        order_id: &row.order,
        amount_minor: kept::charged_minor(row)?,
        currency,
        payment: None,
        expires_at: row.expires_at_us.map(Micros),
        reference: customer.reference.as_deref(),
        reason: None,
    };
    message::request(&asking, at)
}

/// What was paid for and is not carried, part by part, less what was given back of it already; and
/// the tip, once nothing of the order is carried. Each is asked back once, whoever finds it.
fn not_carried(
    app: &App,
    market: &MarketId,
    row: &OrderRow,
    currency: &str,
    at: Micros,
) -> Result<Vec<NewTask>, AppError> {
    let Some(payment) = row.payment.as_deref() else {
        return Ok(Vec::new());
    };
    let store = app.stock.store_of(app, market);
    let refunds = store.read(|tx| refund::of_order(tx, &row.order).map_err(AppError::from))?;
    let (basket, tip_minor) = (kept::Basket::of(row)?, kept::Customer::of(row)?.tip_minor);
    let mut owed = Vec::new();
    for (number, part) in (1..).zip(&basket.parts).filter(|(_, part)| part.is_back) {
        let of_part = refunds.iter().filter(|refund| refund.part == number);
        let given_back: i64 = of_part.map(|refund| refund.amount_minor).sum();
        owed.push((format!("{}/{number}", row.order), part.goods_minor() - given_back));
    }
    if basket.parts.iter().all(|part| part.is_back) {
        owed.push((format!("{}/tip", row.order), tip_minor));
    }
    let task = |(about, amount_minor): (String, i64)| {
        let asking = Asking {
            order_id: &row.order,
            amount_minor,
            currency,
            payment: Some(payment),
            expires_at: None,
            reference: None,
            reason: Some("it is not carried"),
        };
        message::give_back(&about, &asking, at)
    };
    owed.into_iter().filter(|(_, amount_minor)| *amount_minor > 0).map(task).collect()
}

fn given_back(
    app: &App,
    market: &MarketId,
    refund: &RefundRow,
    currency: &str,
    at: Micros,
) -> Result<Option<NewTask>, AppError> {
    let row = load(app, market, &refund.order)?;
    let Some(payment) = row.and_then(|row| row.payment).filter(|_| app.payments.is_some()) else {
        return Ok(None);
    };
    let asking = Asking {
        order_id: &refund.order,
        amount_minor: refund.amount_minor,
        currency,
        payment: Some(&payment),
        expires_at: None,
        reference: None,
        reason: Some(&refund.reason),
    };
    message::give_back(&refund.refund, &asking, at).map(Some)
}

/// The event that a refund is to the accountant.
fn fact(market: &MarketId, refund: &RefundRow, currency: &str) -> Result<Record, AppError> {
    let event = json!({
        "specversion": "1.0",
        "id": refund.refund,
        "source": format!("/orders/{market}"),
        "type": "delivery.refunded",
        "subject": refund.delivery,
        "time": Micros(refund.refunded_at_us),
        "market": market,
        "data": { "amount_minor": refund.amount_minor, "currency": currency },
    });
    let value = serde_json::to_vec(&event).map_err(|error| AppError::machine("a refund", error))?;
    Ok(Record { key: refund.delivery.as_bytes().to_vec(), value })
}
