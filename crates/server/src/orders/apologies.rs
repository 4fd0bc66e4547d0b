//! Apologies: more of a tolerant item was sold than there was, and a person sees to it.

use super::kept::Basket;
use super::missing::{Missing, Warning};
use super::{found, one_of_each_store, unknown};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_store::apology::{self, ApologyRow};
use doorstep_store::order;
use serde::Serialize;
use utoipa::ToSchema;

/// An apology for an item of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApologyView {
    /// To whom: the order.
    pub order_id: String,
    /// The market.
    pub market: String,
    /// Where.
    pub center_id: String,
    /// For what.
    pub item_id: String,
    /// Units that were not there.
    pub units: i64,
    /// When it was sold, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub noticed_at: Micros,
    /// When somebody saw to it, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub settled_at: Option<Micros>,
    /// Who.
    pub settled_by: Option<String>,
    /// What was done about it.
    pub words: Option<String>,
    /// Where the next page begins.
    #[serde(skip)]
    pub place: String,
}

/// Apologies, the oldest first, behind the place `after`, at most `limit`. A store that is not
/// there is passed over with a warning, unless the market that is asked for is in it.
pub fn list(
    app: &App,
    market: Option<&MarketId>,
    only_open: bool,
    after: &str,
    limit: u32,
) -> Result<(Vec<ApologyView>, Vec<Warning>), AppError> {
    let after = match after {
        "" => (i64::MIN, String::new(), 0, 0),
        after => {
            placed(after).ok_or_else(|| AppError::invalid("cursor", "is none of this list"))?
        }
    };
    let stores: Vec<&MarketId> = match market {
        Some(market) => vec![market],
        None => one_of_each_store(app).collect(),
    };
    let of = market.map_or("", MarketId::as_str);
    let (mut views, mut missing) = (Vec::new(), Missing::default());
    for one in stores {
        let (since, order, center_no, item_no) = &after;
        let after = (*since, order.as_str(), *center_no, *item_no);
        let rows = missing.or(app, (one, market.is_some()), |store| {
            Ok(store.read(|tx| apology::list(tx, of, only_open, after, limit))?)
        })?;
        for row in rows.unwrap_or_default() {
            views.push(view(app, row)?);
        }
    }
    views.sort_by(|one, next| (one.noticed_at, &one.place).cmp(&(next.noticed_at, &next.place)));
    views.truncate(limit as usize);
    Ok((views, missing.warnings()))
}

/// Says what was done about the apologies of an order that are open; answers all of that order.
/// Repeated, it changes nothing. Errors: the order has none.
pub fn settle(
    app: &App,
    order: &str,
    words: &str,
    actor: &str,
) -> Result<Vec<ApologyView>, AppError> {
    crate::dispatch::words("/words", words)?;
    if words.is_empty() {
        return Err(AppError::invalid("/words", "is missing"));
    }
    let (market, row) = found(app, order)?;
    let lanes = Basket::of(&row)?.lanes(&market)?;
    let (id, words, actor, now) =
        (order.to_owned(), words.to_owned(), actor.to_owned(), app.clock.now());
    let rows = app.stock.store_of(app, &market).lanes(&lanes, move |tx| {
        apology::settle(tx, (&id, None), (&actor, &words), now.0)?;
        apology::of_order(tx, &id).map_err(AppError::from)
    })?;
    if rows.is_empty() {
        return Err(AppError::NotFound { what: "apology of order", id: order.to_owned() });
    }
    rows.into_iter().map(|row| view(app, row)).collect()
}

fn view(app: &App, row: ApologyRow) -> Result<ApologyView, AppError> {
    // The order says what its numbers are called.
    let market = app.markets.keys().find(|market| market.as_str() == row.market);
    let store = app.stock.store_of(app, market.ok_or_else(|| unknown(&row.order))?);
    let order = store.read(|tx| order::load(tx, &row.order).map_err(AppError::from))?;
    let basket = Basket::of(&order.ok_or_else(|| unknown(&row.order))?)?;
    let part = basket.parts.into_iter().find(|part| part.center_no == row.center_no);
    let part = part.ok_or_else(|| unknown(&row.order))?;
    let line = part.lines.into_iter().find(|line| line.item_no == row.item_no);
    let place = format!("{}.{}.{}.{}", row.noticed_at_us, row.order, row.center_no, row.item_no);
    Ok(ApologyView {
        center_id: part.center_id,
        item_id: line.ok_or_else(|| unknown(&row.order))?.item_id,
        order_id: row.order,
        market: row.market,
        units: row.units,
        noticed_at: Micros(row.noticed_at_us),
        settled_at: row.settled_at_us.map(Micros),
        settled_by: row.settled_by,
        words: row.words,
        place,
    })
}

/// The place that a cursor names.
fn placed(text: &str) -> Option<(i64, String, i64, i64)> {
    let mut parts = text.split('.');
    let mut next = || parts.next();
    let place =
        (next()?.parse().ok()?, next()?.to_owned(), next()?.parse().ok()?, next()?.parse().ok()?);
    parts.next().is_none().then_some(place)
}
