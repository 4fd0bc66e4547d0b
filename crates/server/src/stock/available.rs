//! What can be had at a place: the sum over the centres that reach it and are open.
//!
//! From the index, which says how old it may be; where that is too old, or somebody shows a token
//! of something newer, from the store.

mod source;

use super::reach::{self, Around, Near};
use super::told::Token;
use super::{Item, follow, search};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_domain::stock::second_of_week;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use serde::Serialize;
use source::Source;
use std::sync::Arc;
use utoipa::ToSchema;

/// Older than this nothing is answered from the index (D5).
const AGE_US_MAX: i64 = 60 * SECOND_US;

/// Items of a category that are looked at together.
const ITEMS_AT_ONCE: usize = 256;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Whose centres; of whichever is nearest where left out.
    pub market: Option<MarketId>,
    /// Where it shall be brought.
    pub place: Position,
    /// Of what.
    pub wanted: Wanted,
    /// Something that the answer must contain.
    pub after: Option<Token>,
}

/// Of what.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// These, in this order.
    Items(Vec<String>),
    /// What is in a category.
    Category {
        /// Its path, with everything below it.
        path: String,
        /// Whether what cannot be had is listed too.
        all: bool,
        /// The last item of the page before.
        cursor: Option<String>,
        /// Most items of a page.
        most: usize,
    },
}

/// What can be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AvailabilityView {
    /// Whose centres.
    pub market: String,
    /// ISO 4217.
    pub currency: String,
    /// Everything that was committed by then is in it, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Micros,
    /// How long ago that is, in milliseconds.
    pub age_ms: i64,
    /// Item by item. Of a category only so many items are looked at for one page: it may be short,
    /// or empty, and there be more all the same.
    pub data: Vec<AvailableView>,
    /// What to send as `cursor` for the next page of a category.
    pub next_cursor: Option<String>,
    /// Whether there is one.
    pub has_more: bool,
}

/// How much of an item can be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AvailableView {
    /// Which.
    pub item_id: String,
    /// As customers read it.
    pub name: String,
    /// Its path.
    pub category: String,
    /// Minor units; null where it is not sold.
    pub price_minor: Option<i64>,
    /// Units in all centres that reach the place and are open.
    pub available: i64,
    /// The soonest centre that has any.
    pub best: Option<BestView>,
}

/// The soonest centre that has an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BestView {
    /// Which.
    pub center_id: String,
    /// Units that it has.
    pub available: i64,
    /// Seconds from the order to the door.
    pub eta_seconds: i64,
}

/// A centre that is open and reaches the place: its place among those, and what it has.
type First = (usize, i64);

/// What all centres have of an item, and the first that has any.
type Sum = (i64, Option<First>);

/// How much of certain items can be had, where that is known in memory; it does not block. `None`:
/// [`ask`] must be.
pub(crate) fn at_once(
    app: &App,
    market: Option<&MarketId>,
    place: Position,
    items: &[&str],
) -> Option<Result<AvailabilityView, AppError>> {
    if !app.stock.catalogue.is_loaded() {
        return None;
    }
    let now = app.clock.now();
    let around = reach::kept(app, market, place, now)?;
    let known_at = fresh(app, &around.market, now)?;
    let answer = items_by_id(app, items.iter().copied()).and_then(|items| {
        let open = open(app, &around, now)?;
        let mut source = Source::Index(&app.stock.index);
        let data = available(app, &mut source, &open, (&items, &around.market))?;
        view(app, &around.market, (known_at, now), Page::whole(data))
    });
    Some(answer)
}

/// What can be had. It blocks. Errors: no such market, none near; an item, a cursor or a token that
/// nobody has given; [`AppError::Behind`] where nothing that can be read has come to the token.
pub fn ask(app: &App, asked: &Asked) -> Result<AvailabilityView, AppError> {
    let now = app.clock.now();
    let around = reach::around(app, asked.market.as_ref(), asked.place, now)?;
    let market = &around.market;
    if asked.after.as_ref().is_none_or(|token| has_come_to(app, token))
        && let Some(known_at) = fresh(app, market, now)
    {
        let source = Source::Index(&app.stock.index);
        return answer(app, &around, asked, source, (known_at, now));
    }
    super::metric::read_from_store();
    source::from_store(app, market, asked.after.as_ref(), |tx, is_newest| {
        // Of a copy it is not known how old it is, but what the index has seen is in it.
        let known_at = app.stock.known_at(market).filter(|_| !is_newest).unwrap_or(now);
        answer(app, &around, asked, Source::Store(tx), (known_at, now))
    })
}

/// Whether the index has come to everything that a token names.
pub(crate) fn has_come_to(app: &App, token: &Token) -> bool {
    let held = app.stock.catalogue.at_hand();
    token.0.iter().all(|(lane_no, seq)| {
        let lane = held.lane(*lane_no);
        lane.is_some_and(|(market, bucket)| follow::has_come_to(app, (market, *bucket), *seq))
    })
}

/// When the index was last known to be as the store, where that is not too long ago.
fn fresh(app: &App, market: &MarketId, now: Micros) -> Option<Micros> {
    let known_at = app.stock.known_at(market)?;
    (now.0.saturating_sub(known_at.0) <= AGE_US_MAX).then_some(known_at)
}

fn answer(
    app: &App,
    around: &Around,
    asked: &Asked,
    mut source: Source<'_>,
    times: (Micros, Micros),
) -> Result<AvailabilityView, AppError> {
    let market = &around.market;
    let open = open(app, around, times.1)?;
    let page = match &asked.wanted {
        Wanted::Items(ids) => {
            let items = items_by_id(app, ids.iter().map(String::as_str))?;
            Page::whole(available(app, &mut source, &open, (&items, market))?)
        }
        Wanted::Category { path, all, cursor, most } => {
            let after = search::after(&app.stock.catalogue.known(), cursor.as_deref())?;
            let of = Category { path, market, open: &open, all: *all, most: *most };
            of.page(app, &mut source, after)?
        }
    };
    view(app, market, times, page)
}

/// A category that is looked through.
struct Category<'a> {
    path: &'a str,
    market: &'a MarketId,
    open: &'a [Near],
    all: bool,
    most: usize,
}

impl Category<'_> {
    /// Entries behind a place, until there are enough or enough items were looked at. What is known
    /// of items is held only while some are chosen: whoever changes it would wait, and everybody
    /// else behind them.
    fn page(
        &self,
        app: &App,
        source: &mut Source<'_>,
        mut after: Option<(Arc<str>, u32)>,
    ) -> Result<Page, AppError> {
        let (mut data, mut left) = (Vec::new(), source.looked_at_max());
        while left > 0 {
            let at_once = left.min(ITEMS_AT_ONCE);
            let mut some: Vec<Arc<Item>> = {
                let held = app.stock.catalogue.known();
                let behind = search::in_category(&held, Some(self.path), after.take());
                behind.take(at_once).cloned().collect()
            };
            let is_end = some.len() < at_once;
            let Some(last) = some.last().cloned() else {
                return Ok(Page::whole(data));
            };
            left -= some.len();
            some.retain(|item| search::is_sold(item, Some(self.market)));
            let looked = available(app, source, self.open, (&some, self.market))?;
            data.extend(looked.into_iter().filter(|entry| self.all || entry.available > 0));
            if data.len() > self.most {
                data.truncate(self.most);
                let next_cursor = data.last().map(|entry| entry.item_id.clone());
                return Ok(Page { data, next_cursor });
            }
            if is_end {
                return Ok(Page::whole(data));
            }
            if left == 0 {
                return Ok(Page { data, next_cursor: Some(last.id.to_string()) });
            }
            after = Some(search::place_of(&last));
        }
        Ok(Page::whole(data))
    }
}

/// Entries, and behind which item there may be more.
struct Page {
    data: Vec<AvailableView>,
    next_cursor: Option<String>,
}

impl Page {
    fn whole(data: Vec<AvailableView>) -> Page {
        Page { data, next_cursor: None }
    }
}

fn view(
    app: &App,
    market: &MarketId,
    (known_at, now): (Micros, Micros),
    page: Page,
) -> Result<AvailabilityView, AppError> {
    Ok(AvailabilityView {
        market: market.to_string(),
        currency: app.market(market.as_str())?.currency.to_string(),
        as_of: known_at,
        age_ms: now.0.saturating_sub(known_at.0).max(0) / 1_000,
        has_more: page.next_cursor.is_some(),
        next_cursor: page.next_cursor,
        data: page.data,
    })
}

fn items_by_id<'i>(
    app: &App,
    ids: impl Iterator<Item = &'i str>,
) -> Result<Vec<Arc<Item>>, AppError> {
    let held = app.stock.catalogue.known();
    let unknown = |id: &str| AppError::invalid("items", format!("{id:?} is not known"));
    ids.map(|id| held.item(id).cloned().ok_or_else(|| unknown(id))).collect()
}

/// The centres that are open, the soonest first. They are named later, and only the few that an
/// answer names: everybody who asks here counts up and down what they would share of them.
fn open(app: &App, around: &Around, now: Micros) -> Result<Vec<Near>, AppError> {
    let second = second_of_week(&app.market(around.market.as_str())?.time_zone, now);
    let held = app.stock.catalogue.known();
    let is_open = |near: &&Near| {
        held.center_by_number(near.center_no).is_some_and(|center| center.is_open_in(second))
    };
    Ok(around.near.iter().filter(is_open).copied().collect())
}

/// The sum of what the centres have, and the first of them that has any.
fn available(
    app: &App,
    source: &mut Source<'_>,
    open: &[Near],
    (items, market): (&[Arc<Item>], &MarketId),
) -> Result<Vec<AvailableView>, AppError> {
    // Numbers that are held fit.
    let numbers: Vec<u32> =
        items.iter().map(|item| u32::try_from(item.item_no).unwrap_or(0)).collect();
    let mut sums: Vec<Sum> = vec![(0, None); items.len()];
    let centers: Vec<i64> = open.iter().map(|near| i64::from(near.center_no)).collect();
    source.look(&centers, &numbers, &mut |center, item, units| {
        if units > 0 {
            let (sum, best) = &mut sums[item];
            *sum += i64::from(units);
            best.get_or_insert((center, units.into()));
        }
    })?;
    let held = app.stock.catalogue.known();
    let best = |(place, available): First| {
        let Near { center_no, eta_s } = open[place];
        let center_id = held.center_by_number(center_no)?.id.to_string();
        Some(BestView { center_id, available, eta_seconds: eta_s.into() })
    };
    let entry = |(item, (available, first)): (&Arc<Item>, Sum)| AvailableView {
        item_id: item.id.to_string(),
        name: item.name.to_string(),
        category: item.category.to_string(),
        price_minor: item.price_minor(market),
        available,
        best: first.and_then(best),
    };
    Ok(items.iter().zip(sums).map(entry).collect())
}
