//! Items by words of their names and by category, out of memory.

use super::catalogue::Held;
use super::view::{CategoryView, CenterView, ItemView, NearbyView, open_at};
use super::{Item, reach};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_domain::stock::{Fit, Names, Wanted};
use doorstep_domain::tracking::Position;
use std::ops::Bound;
use std::sync::Arc;

/// Items whose names have changed since they were last sorted: beyond these they are sorted anew.
const RENAMED_MAX: usize = 1_000;

/// How far a search is looked through page by page: nobody reads on.
const FOUND_MAX: usize = 1_000;

/// Which items.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Words of their names.
    pub query: Option<String>,
    /// A category, with everything below it.
    pub category: Option<String>,
    /// Only what is sold there.
    pub market: Option<MarketId>,
    /// The last item of the page before.
    pub cursor: Option<String>,
}

/// Items that fit, at most so many: by words the best first, otherwise by category and number.
///
/// Errors: no such market, a cursor that names nothing, a query without words.
pub fn items(app: &App, asked: &Asked, most: usize) -> Result<Vec<ItemView>, AppError> {
    if let Some(market) = &asked.market {
        app.market(market.as_str())?;
    }
    match &asked.query {
        Some(query) => named(app, asked, query, most),
        None => {
            let held = app.stock.catalogue.at_hand();
            let after = after(&held, asked.cursor.as_deref())?;
            let found = in_category(&held, asked.category.as_deref(), after);
            let sold = found.filter(|item| is_sold(item, asked.market.as_ref()));
            Ok(sold.take(most).map(|item| ItemView::from(&**item)).collect())
        }
    }
}

/// One item. Errors: [`AppError::NotFound`].
pub fn item(app: &App, item: &str) -> Result<ItemView, AppError> {
    let found = app.stock.catalogue.item(item);
    let unknown = || AppError::NotFound { what: "item", id: item.to_owned() };
    Ok(ItemView::from(&*found.ok_or_else(unknown)?))
}

/// Every category that has items, of those sold in a market where one is named.
pub fn categories(app: &App, market: Option<&MarketId>) -> Result<Vec<CategoryView>, AppError> {
    if let Some(market) = market {
        app.market(market.as_str())?;
    }
    let held = app.stock.catalogue.at_hand();
    let counted = held.categories().iter().map(|(category, numbers)| {
        let items = numbers.iter().filter_map(|number| held.item_by_number(*number));
        let items = items.filter(|item| is_sold(item, market)).count() as u64;
        CategoryView { category: category.to_string(), items }
    });
    Ok(counted.filter(|category| category.items > 0).collect())
}

/// One centre. Errors: [`AppError::NotFound`].
pub fn center(app: &App, center: &str) -> Result<CenterView, AppError> {
    let found = app.stock.catalogue.center(center);
    let unknown = || AppError::NotFound { what: "center", id: center.to_owned() };
    let found = found.ok_or_else(unknown)?;
    let zone = app.markets.get(&found.market).map(|market| &market.time_zone);
    Ok(CenterView::of(&found, zone, app.clock.now()))
}

/// Centres behind `after`, by number, of one market or of all; at most so many. Errors: no such
/// market, or a cursor that names nothing.
pub fn centers(
    app: &App,
    market: Option<&MarketId>,
    after: Option<&str>,
    most: usize,
) -> Result<Vec<CenterView>, AppError> {
    if let Some(market) = market {
        app.market(market.as_str())?;
    }
    let held = app.stock.catalogue.at_hand();
    let unknown = || AppError::invalid("cursor", "names no centre");
    let after = after.map(|id| held.center(id).ok_or_else(unknown)).transpose()?;
    let after = after.map_or(0, |center| center.center_no);
    let (now, wanted) = (app.clock.now(), |known: &MarketId| market.is_none_or(|it| it == known));
    let found = held.centers().filter(|center| center.center_no > after && wanted(&center.market));
    let view = |center: &Arc<super::Center>| {
        let zone = app.markets.get(&center.market).map(|market| &market.time_zone);
        CenterView::of(center, zone, now)
    };
    Ok(found.take(most).map(view).collect())
}

/// The centres that reach a place, the soonest first, at most so many. It blocks. Errors: no such
/// market, or none near.
pub fn nearby(
    app: &App,
    market: Option<&MarketId>,
    place: Position,
    most: usize,
) -> Result<Vec<NearbyView>, AppError> {
    let now = app.clock.now();
    let market = reach::around(app, market, place, now)?.market.clone();
    let zone = &app.market(market.as_str())?.time_zone;
    let reached = reach::reaching(app, &market, place, now)?;
    let view = |reached: &super::Reached| {
        let center = &reached.center;
        let (open, opens_at) = open_at(center, Some(zone), now);
        NearbyView {
            center_id: center.id.to_string(),
            name: center.name.clone(),
            merchant_id: center.merchant.to_string(),
            lat: center.position.lat(),
            lng: center.position.lng(),
            distance_m: reached.distance_m.round() as i64,
            eta_seconds: reached.eta_s,
            open,
            opens_at,
        }
    };
    Ok(reached.iter().take(most).map(view).collect())
}

/// Items of a category and everything below it behind one of them, by category and number.
pub(super) fn in_category<'a>(
    held: &'a Held,
    path: Option<&'a str>,
    after: Option<(Arc<str>, u32)>,
) -> impl Iterator<Item = &'a Arc<Item>> {
    let path = path.unwrap_or_default();
    let from = after.as_ref().map_or(path, |(category, _)| category.as_ref()).to_owned();
    let range =
        held.categories().range::<str, _>((Bound::Included(from.as_str()), Bound::Unbounded));
    range
        .take_while(move |(category, _)| category.starts_with(path))
        .filter(move |(category, _)| is_within(category, path))
        .flat_map(move |(category, numbers)| {
            let last = after.as_ref().filter(|(known, _)| known == category);
            let from = last.map_or(Bound::Unbounded, |(_, number)| Bound::Excluded(*number));
            numbers.range((from, Bound::Unbounded))
        })
        .filter_map(|number| held.item_by_number(*number))
}

/// Whether a category is one or below it; everything is below the empty one.
fn is_within(category: &str, path: &str) -> bool {
    path.is_empty()
        || category.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Where a cursor stands. Errors: it names no item.
pub(super) fn after(
    held: &Held,
    cursor: Option<&str>,
) -> Result<Option<(Arc<str>, u32)>, AppError> {
    let unknown = || AppError::invalid("cursor", "names no item");
    let item = cursor.map(|id| held.item(id).ok_or_else(unknown)).transpose()?;
    Ok(item.map(|item| place_of(item)))
}

/// Where an item stands among those of all categories.
pub(super) fn place_of(item: &Item) -> (Arc<str>, u32) {
    // Numbers that are held fit.
    (Arc::clone(&item.category), u32::try_from(item.item_no).unwrap_or(0))
}

pub(super) fn is_sold(item: &Item, market: Option<&MarketId>) -> bool {
    market.is_none_or(|market| item.price_minor(market).is_some())
}

/// By words of their names.
fn named(app: &App, asked: &Asked, query: &str, most: usize) -> Result<Vec<ItemView>, AppError> {
    let wanted = Wanted::of(query).ok_or_else(|| AppError::invalid("query", "has no words"))?;
    sort_names(app);
    let held = app.stock.catalogue.at_hand();
    let may = |number: u32| {
        held.item_by_number(number).is_some_and(|item| {
            let path = asked.category.as_deref().unwrap_or_default();
            is_within(&item.category, path) && is_sold(item, asked.market.as_ref())
        })
    };
    let (names, renamed) = held.names();
    let mut found =
        names.find(&wanted, FOUND_MAX, |number| !renamed.contains(&number) && may(number));
    let fitting = renamed
        .iter()
        .filter(|number| may(**number))
        .filter_map(|number| Some((wanted.fit(&held.item_by_number(*number)?.name)?, *number)));
    found.extend(fitting.collect::<Vec<(Fit, u32)>>());
    found.sort_unstable();
    let items = found.iter().filter_map(|(_, number)| held.item_by_number(*number));
    let behind = match &asked.cursor {
        None => 0,
        Some(cursor) => {
            let place = items.clone().position(|item| item.id.as_str() == cursor);
            place.ok_or_else(|| AppError::invalid("cursor", "names no item that was found"))? + 1
        }
    };
    Ok(items.skip(behind).take(most).map(|item| ItemView::from(&**item)).collect())
}

/// Sorts the words of all names anew where many have changed. It takes a second for some hundred
/// thousand, without keeping anybody from looking meanwhile.
pub(super) fn sort_names(app: &App) {
    let catalogue = &app.stock.catalogue;
    let _sorting = catalogue.sorting();
    let items: Vec<Arc<Item>> = {
        let held = catalogue.at_hand();
        if held.names().1.len() <= RENAMED_MAX {
            return;
        }
        held.items().cloned().collect()
    };
    // Numbers that are held fit.
    let number = |item: &Item| u32::try_from(item.item_no).unwrap_or(0);
    let names = Names::of(items.iter().map(|item| (number(item), &*item.name)));
    catalogue.put_names(names, &items);
}
