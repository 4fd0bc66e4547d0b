//! Closing a day: once, for good, in one transaction of the market's lane.

use super::books::{Books, compute};
use crate::app::{App, market_lane, terms_of};
use crate::error::AppError;
use crate::pay::PricedDay;
use doorstep_domain::market::Market;
use doorstep_domain::pay::Tips;
use doorstep_domain::settlement::{Account, AdjustmentKind, Party, Posting};
use doorstep_domain::time::{Day, Micros};
use doorstep_store::day::Closed;
use doorstep_store::statement::StatementRow;
use doorstep_store::{LaneTx, Tx, audit, day, posting, statement};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use utoipa::ToSchema;

/// Rows written in one go.
const ROWS_AT_ONCE: usize = 1_024;

/// What a close did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClosedView {
    /// Where.
    pub market: String,
    /// The local day.
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// Whether it had been closed before: then nothing was changed.
    pub repeated: bool,
    /// The settlement's digest.
    pub digest: String,
    /// When it was closed.
    #[schema(value_type = String, format = DateTime)]
    pub closed_at: Micros,
    /// By whom.
    pub closed_by: String,
}

/// Closes a day: writes its statements and postings. A second time it answers as the first.
///
/// Errors: [`AppError::Refused`] `day_running` while the local day is not over.
pub fn close(app: &App, market: &str, day: Day, actor: &str) -> Result<ClosedView, AppError> {
    let market = app.market(market)?.clone();
    let now = app.clock.now();
    let over = market.time_zone.midnight(day.next());
    if now < over {
        return Err(AppError::Refused {
            code: "day_running",
            reason: format!("{day} is not over in market {} before {over}", market.id),
        });
    }
    let (lane, actor) = (market_lane(&market.id)?, actor.to_owned());
    app.store.lane(&lane, move |tx| close_in_lane(tx, &market, day, &actor, now))
}

fn close_in_lane(
    tx: &mut LaneTx<'_>,
    market: &Market,
    day: Day,
    actor: &str,
    now: Micros,
) -> Result<ClosedView, AppError> {
    let (id, number) = (market.id.as_str(), day.number());
    let view = |repeated, closed: Closed| ClosedView {
        market: id.to_owned(),
        day,
        repeated,
        digest: closed.digest,
        closed_at: Micros(closed.at_us),
        closed_by: closed.by,
    };
    if let Some(closed) = day::load(tx, id, number)?.and_then(|row| row.closed) {
        return Ok(view(true, closed));
    }
    let history = terms_of(tx, market)?;
    let priced = PricedDay::new(market, day, &history, None)?;
    let books = write_statements(tx, &priced)?;
    post(tx, &priced, &books)?;
    let closed = Closed { at_us: now.0, by: actor.to_owned(), digest: books.digest.clone() };
    day::close(tx, id, number, &closed)?;
    let after = serde_json::to_string(&books.totals()).unwrap_or_default();
    let subject = format!("{id}/{day}");
    audit::add(tx, now, actor, "day.close", &subject, ("", &after))?;
    tx.announce("day.closed", &subject, books.digest.as_bytes(), now.0)?;
    Ok(view(false, closed))
}

fn write_statements(tx: &mut dyn Tx, priced: &PricedDay<'_>) -> Result<Books, AppError> {
    let (market, day) = (priced.market.id.as_str(), priced.day.number());
    let waiting: RefCell<Vec<StatementRow>> = RefCell::default();
    let books = compute(
        tx,
        priced,
        Some(&mut |tx, row| {
            let mut waiting = waiting.borrow_mut();
            waiting.push(row);
            if waiting.len() >= ROWS_AT_ONCE {
                statement::add(tx, market, day, &waiting)?;
                waiting.clear();
            }
            Ok(())
        }),
    )?;
    statement::add(tx, market, day, &waiting.into_inner())?;
    Ok(books)
}

/// Posts the day: sales, tips and providers' costs delivery by delivery, pay and fees party by
/// party. What was booked on it as adjustments has been posted when it was found.
fn post(tx: &mut dyn Tx, priced: &PricedDay<'_>, books: &Books) -> Result<(), AppError> {
    let (market, day) = (priced.market.id.as_str(), priced.day.number());
    posting::post_sales(tx, market, day, &Account::Customers.to_string())?;
    let tips_to = match priced.rates.rules().tips {
        Tips::Withheld => Some(Account::Tips.to_string()),
        Tips::PassThrough | Tips::TowardMinimum => None,
    };
    let customers = Account::Customers.to_string();
    posting::post_tips(tx, market, day, &customers, tips_to.as_deref())?;
    posting::post_costs(tx, market, day, &Account::ProviderCost.to_string())?;
    let subject = priced.day.to_string();
    let pay = books.couriers.iter().map(|totals| {
        let party = Party::Courier(totals.courier_id.clone());
        (party, AdjustmentKind::Pay, totals.pay_minor)
    });
    let fees = books.merchants.iter().map(|totals| {
        let party = Party::Merchant(totals.merchant_id.clone());
        (party, AdjustmentKind::Fee, totals.fee_minor)
    });
    let postings: Vec<(String, Posting)> = pay
        .chain(fees)
        .filter(|(_, _, amount_minor)| *amount_minor != 0)
        .map(|(party, kind, amount_minor)| {
            let account = Account::Payable(party.clone()).to_string();
            (account, Posting::of(subject.clone(), kind, party, 0, amount_minor))
        })
        .collect();
    posting::add(tx, market, day, &postings)?;
    Ok(())
}
