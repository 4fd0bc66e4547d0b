//! Orders listed, the newest first. How most of them stand is not kept with them: those that may
//! stand as asked are found by their deliveries, through indexes, and then looked at.

use super::hand_over::HAND_OVER;
use super::kept::{Basket, order_of};
use super::missing::{Missing, Warning};
use super::view::{OrderView, shown_with};
use super::{lanes, one_of_each_store};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::dispatch::Status;
use doorstep_domain::id::MarketId;
use doorstep_domain::order::{Kept, OrderStatus};
use doorstep_store::StoreError;
use doorstep_store::order::{self, OrderRow, Whose};
use std::collections::BTreeMap;

/// Which orders to list.
#[derive(Debug, Clone, Default)]
pub struct OrdersAsked {
    /// Of this market.
    pub market: Option<MarketId>,
    /// That stand so.
    pub status: Option<OrderStatus>,
    /// With goods of this merchant.
    pub merchant: Option<String>,
}

/// A page of orders.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    /// The orders.
    pub data: Vec<OrderView>,
    /// The name that the next page begins behind, where there may be one.
    pub next: Option<String>,
    /// Markets of which nothing is there.
    pub warnings: Vec<Warning>,
}

/// Orders looked at for one page.
const LOOKED_AT_MAX: usize = 2_000;

/// Most orders looked for at once.
const AT_ONCE_MAX: usize = 200;

/// Announcements of a lane that are looked at for orders that have no deliveries yet.
const WAITING_MAX: u32 = 4_096;

/// Orders before `before`, at most `most`. A store that is not there is passed over with a warning,
/// unless the market that is asked for is in it.
pub fn list(app: &App, asked: &OrdersAsked, before: &str, most: usize) -> Result<Listed, AppError> {
    let (mut listed, mut missing) = (Listed::default(), Missing::default());
    let (mut looked_at, mut last) = (0, before.to_owned());
    let at_once = (most + 1).min(AT_ONCE_MAX);
    'pages: loop {
        let Found { rows, behind } = find(app, asked, (&last, at_once), &mut missing)?;
        for (id, row) in rows.into_iter().rev() {
            if listed.data.len() == most {
                listed.next = Some(last);
                break 'pages;
            }
            last = id;
            if let Some(row) = row {
                listed.data.extend(look(app, asked, &row)?);
            }
        }
        looked_at += at_once;
        match behind {
            Some(behind) if looked_at < LOOKED_AT_MAX => last = behind,
            behind => {
                listed.next = behind;
                break;
            }
        }
    }
    listed.warnings = missing.warnings();
    Ok(listed)
}

/// An order, where it is one of those asked for.
fn look(app: &App, asked: &OrdersAsked, row: &OrderRow) -> Result<Option<OrderView>, AppError> {
    let basket = Basket::of(row)?;
    let is_of = |id: &String| basket.parts.iter().any(|part| part.merchant_id == *id);
    if !asked.merchant.as_ref().is_none_or(is_of) {
        return Ok(None);
    }
    // How it stands is several questions to the stores: only of what may be listed.
    let view = shown_with(app, row, &basket)?.view;
    Ok(asked.status.is_none_or(|status| status == view.status).then_some(view))
}

/// Orders that may be among those asked for, by name.
#[derive(Default)]
struct Found {
    /// None of an order that is not there any more.
    rows: BTreeMap<String, Option<OrderRow>>,
    /// Behind which order there may be more: not everything behind it was read.
    behind: Option<String>,
}

fn find(
    app: &App,
    asked: &OrdersAsked,
    (before, at_once): (&str, usize),
    missing: &mut Missing,
) -> Result<Found, AppError> {
    let mut found = if asked.status.is_none() && asked.merchant.is_none() {
        every(app, asked, (before, at_once), missing)?
    } else {
        some(app, asked, (before, at_once), missing)?
    };
    if let Some(behind) = &found.behind {
        found.rows = found.rows.split_off(behind);
    }
    while found.rows.len() > at_once {
        found.rows.pop_first();
        found.behind = found.rows.keys().next().cloned();
    }
    Ok(found)
}

/// Every order of the market, or of all.
fn every(
    app: &App,
    asked: &OrdersAsked,
    (before, at_once): (&str, usize),
    missing: &mut Missing,
) -> Result<Found, AppError> {
    let of = asked.market.as_ref().map_or("", MarketId::as_str);
    let markets: Vec<&MarketId> = match &asked.market {
        Some(market) => vec![market],
        None => one_of_each_store(app).collect(),
    };
    let mut found = Found::default();
    for market in markets {
        if missing.has(market) {
            continue;
        }
        let read = missing.or(app, (market, asked.market.is_some()), |store| {
            Ok(store.read(|tx| order::list(tx, of, None, before, limit(at_once)))?)
        })?;
        found.take(read.unwrap_or_default(), at_once);
    }
    Ok(found)
}

/// Orders that may stand as asked, or may have goods of the merchant.
fn some(
    app: &App,
    asked: &OrdersAsked,
    (before, at_once): (&str, usize),
    missing: &mut Missing,
) -> Result<Found, AppError> {
    let is_asked = |market: &&MarketId| asked.market.as_ref().is_none_or(|one| one == *market);
    let mut found = Found::default();
    let named = carried(app, asked, (before, at_once), &mut found)?;
    for market in app.markets.keys().filter(is_asked) {
        if missing.has(market) {
            continue;
        }
        let is_only = asked.market.is_some();
        let kept = missing.or(app, (market, is_only), |store| {
            let list = |kept| {
                let (of, kept) = (market.as_str(), Some(kept));
                store.read(|tx| order::list(tx, of, kept, before, limit(at_once)))
            };
            let kept = kept_as(asked.status).map(list).collect::<Result<Vec<_>, StoreError>>()?;
            let is_waiting = matches!(asked.status, None | Some(OrderStatus::Placed));
            let waiting = if is_waiting { waiting(app, market, before)? } else { Vec::new() };
            Ok((kept, waiting))
        })?;
        let Some((kept, waiting)) = kept else {
            continue;
        };
        kept.into_iter().for_each(|rows| found.take(rows, at_once));
        let of_market = |(_, of): &&(String, String)| of == market.as_str();
        let carried = named.iter().filter(of_market);
        let mut orders: Vec<String> =
            carried.filter_map(|(delivery, _)| Some(order_of(delivery)?.0)).collect();
        orders.extend(waiting);
        let rows = missing.or(app, (market, is_only), |store| {
            let load = |order: &String| store.read(|tx| order::load(tx, order));
            Ok(orders.iter().map(load).collect::<Result<Vec<_>, StoreError>>()?)
        })?;
        found.rows.extend(orders.into_iter().zip(rows.unwrap_or_default()));
    }
    Ok(found)
}

/// Orders that were placed, and of which there are no deliveries yet.
fn waiting(app: &App, market: &MarketId, before: &str) -> Result<Vec<String>, AppError> {
    let unread = lanes::unread(app, market, HAND_OVER, WAITING_MAX)?;
    let told = unread.into_iter().flat_map(|(_, rows)| rows).map(|told| told.subject);
    Ok(told.filter(|order| before.is_empty() || order.as_str() < before).collect())
}

/// Deliveries that carry what may be asked for, with their markets.
fn carried(
    app: &App,
    asked: &OrdersAsked,
    (before, at_once): (&str, usize),
    found: &mut Found,
) -> Result<Vec<(String, String)>, AppError> {
    let (whose, statuses) = whose(app, asked);
    let mut named = Vec::new();
    for status in statuses {
        for whose in &whose {
            let limit = limit(at_once);
            let read = app.store.read(|tx| order::carried(tx, *whose, *status, before, limit))?;
            if read.len() == at_once
                && let Some((order, _)) = read.last().and_then(|(delivery, _)| order_of(delivery))
            {
                found.ends_behind(&order);
            }
            named.extend(read);
        }
    }
    Ok(named)
}

/// Whose deliveries, and how they stand. Of an order that has not ended a merchant's own part may
/// have, and then it is found by another's: those under way are fewer than all that ever were.
fn whose<'a>(app: &'a App, asked: &'a OrdersAsked) -> (Vec<Whose<'a>>, &'static [Status]) {
    let markets: Vec<&str> = match &asked.market {
        Some(market) => vec![market.as_str()],
        None => app.markets.keys().map(MarketId::as_str).collect(),
    };
    let some_stand = asked.status.map_or(&Status::ALL[..], OrderStatus::carried_as);
    let each_stands = asked.status.map_or(Some(&Status::ALL[..]), OrderStatus::ended_as);
    match (asked.merchant.as_deref(), each_stands) {
        (Some(merchant), Some(each_stands)) => (vec![Whose::Merchant(merchant)], each_stands),
        (Some(merchant), None) => {
            let beside = |market| Whose::Beside { market, merchant };
            (markets.into_iter().map(beside).collect(), some_stand)
        }
        (None, _) => (markets.into_iter().map(Whose::Market).collect(), some_stand),
    }
}

/// What else than placed may be kept of an order that stands so.
fn kept_as(status: Option<OrderStatus>) -> impl Iterator<Item = Kept> {
    let kept = status.map_or(&Kept::ALL[..], OrderStatus::kept_as).iter().copied();
    kept.filter(|kept| *kept != Kept::Placed)
}

/// Far fewer than 32 bits hold.
fn limit(at_once: usize) -> u32 {
    u32::try_from(at_once).unwrap_or(u32::MAX)
}

impl Found {
    fn take(&mut self, rows: Vec<OrderRow>, at_once: usize) {
        if let Some(last) = rows.last().filter(|_| rows.len() == at_once) {
            self.ends_behind(&last.order);
        }
        self.rows.extend(rows.into_iter().map(|row| (row.order.clone(), Some(row))));
    }

    /// Of one of those that were asked only what is not behind this order was read.
    fn ends_behind(&mut self, order: &str) {
        if self.behind.as_deref().is_none_or(|behind| behind < order) {
            self.behind = Some(order.to_owned());
        }
    }
}
