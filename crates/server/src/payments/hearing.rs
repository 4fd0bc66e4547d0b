//! What whoever takes payments says: it was paid, or it was not.

use super::Signed;
use super::message::{self, Asking, Heard, Paid};
use crate::app::App;
use crate::dispatch::words;
use crate::error::AppError;
use crate::orders::kept::charged_minor;
use crate::orders::{self, claims};
use doorstep_store::LaneId;
use doorstep_store::order::OrderRow;
use doorstep_store::task;
use metrics::counter;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// The order is placed.
    Confirmed,
    /// The stock is back.
    Released,
    /// It came too late, twice, or was of another amount: it is asked back.
    AskedBack,
    /// It is nothing to us.
    Ignored,
}

impl Taken {
    fn as_str(self) -> &'static str {
        match self {
            Taken::Confirmed => "confirmed",
            Taken::Released => "released",
            Taken::AskedBack => "asked_back",
            Taken::Ignored => "ignored",
        }
    }
}

/// Whoever signed it is who they say, or [`AppError::NotFound`] where nobody takes payments; `None`
/// where the signature is wrong.
pub fn hear(app: &App, signed: Signed<'_>, body: &[u8]) -> Result<Option<Taken>, AppError> {
    let Some(payments) = &app.payments else {
        return Err(AppError::NotFound { what: "payment gateway", id: "[payments]".to_owned() });
    };
    if !payments.verifies(signed, body, app.clock.now()) {
        counter!("doorstep_payment_messages_total", "outcome" => "wrong_signature").increment(1);
        return Ok(None);
    }
    let taken = take(app, body)?;
    counter!("doorstep_payment_messages_total", "outcome" => taken.as_str()).increment(1);
    Ok(Some(taken))
}

fn take(app: &App, body: &[u8]) -> Result<Taken, AppError> {
    let invalid = |error: serde_json::Error| AppError::invalid("", error);
    let heard: Heard = serde_json::from_slice(body).map_err(invalid)?;
    let paid = || serde_json::from_value::<Paid>(heard.content.clone());
    let unreadable = |error: serde_json::Error| AppError::invalid("/data", error);
    match heard.kind.as_str() {
        "payment.succeeded" => {
            let paid = paid().map_err(unreadable)?;
            if paid.payment.is_empty() {
                return Err(AppError::invalid("/data/payment", "is missing"));
            }
            words("/data/payment", &paid.payment)?;
            succeeded(app, &paid)
        }
        "payment.failed" => failed(app, &paid().map_err(unreadable)?.order_id),
        // A newer gateway may tell us more than we know.
        _ => Ok(Taken::Ignored),
    }
}

fn succeeded(app: &App, paid: &Paid) -> Result<Taken, AppError> {
    let ask_back = |reason: &str| ask_back(app, paid, reason);
    let row = match orders::found(app, &paid.order_id) {
        Ok((_, row)) => row,
        Err(AppError::NotFound { .. }) => return ask_back("there is no such order"),
        Err(error) => return Err(error),
    };
    // Told again of what was taken: whatever became of it afterwards is the cashier's.
    if is_paid_by(&row, paid) {
        return Ok(Taken::Confirmed);
    }
    if paid.amount_minor != charged_minor(&row)? {
        return ask_back("it is of another amount");
    }
    match claims::confirm(app, &paid.order_id, Some(&paid.payment)) {
        Ok(row) if is_paid_by(&row, paid) => Ok(Taken::Confirmed),
        Ok(_) => ask_back("the order was paid for already"),
        Err(AppError::Refused { reason, .. }) => ask_back(&reason),
        Err(error) => Err(error),
    }
}

/// Whether the order stands because of this payment, and no other.
fn is_paid_by(row: &OrderRow, paid: &Paid) -> bool {
    row.payment.as_deref() == Some(paid.payment.as_str())
}

fn failed(app: &App, order: &str) -> Result<Taken, AppError> {
    match claims::release(app, order) {
        Ok(_) => Ok(Taken::Released),
        // It was paid for otherwise, or called off, or is none of ours.
        Err(AppError::Refused { .. } | AppError::NotFound { .. }) => Ok(Taken::Ignored),
        Err(error) => Err(error),
    }
}

/// Asks for money back, once for each payment.
fn ask_back(app: &App, paid: &Paid, reason: &str) -> Result<Taken, AppError> {
    let now = app.clock.now();
    let row = orders::found(app, &paid.order_id).ok().map(|(market, _)| market);
    let currency = match &row {
        Some(market) => app.market(market.as_str())?.currency.to_string(),
        None => String::new(),
    };
    let asking = Asking {
        order_id: &paid.order_id,
        amount_minor: paid.amount_minor,
        currency: &currency,
        payment: Some(&paid.payment),
        expires_at: None,
        reference: None,
        reason: Some(reason),
    };
    let about = format!("{} {}", paid.order_id, paid.payment);
    let task = message::give_back(&about, &asking, now)?;
    app.store.lane(&LaneId::new(task::LANE)?, move |tx| {
        task::add(tx, &task).map(drop).map_err(AppError::from)
    })?;
    Ok(Taken::AskedBack)
}
