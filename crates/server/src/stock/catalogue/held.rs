//! What is held of items and centres, by number and by name.

use super::super::stock_lane;
use crate::error::AppError;
use doorstep_domain::id::{CenterId, ItemId, MarketId, MerchantId};
use doorstep_domain::stock::{Class, Hours, Names};
use doorstep_domain::tracking::Position;
use doorstep_store::LaneId;
use doorstep_store::center::CenterRow;
use doorstep_store::item::{ItemRow, PriceRow};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub item_no: i64,
    /// Which.
    pub id: ItemId,
    /// As customers read it.
    pub name: Box<str>,
    /// A path, such as `DAIRY/PLANT MILK`.
    pub category: Arc<str>,
    /// Whether more may be sold than is there.
    pub class: Class,
    /// How many more in each centre.
    pub oversell_max: i64,
    /// Grams; 0 where nobody said.
    pub weight_g: i64,
    /// Counts its changes.
    pub revision: i64,
    /// Minor units by market.
    prices: Vec<(Arc<str>, i64)>,
}

/// Where things lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Center {
    /// Its number.
    pub center_no: i64,
    /// Which.
    pub id: CenterId,
    /// Where.
    pub market: MarketId,
    /// Whose goods it sells.
    pub merchant: MerchantId,
    /// The number of the lane in which its stock is moved.
    pub lane_no: i64,
    /// Which of the market's stock lanes that is, 0 to 15.
    pub bucket: i64,
    /// That lane.
    pub lane: LaneId,
    /// As customers read it.
    pub name: String,
    /// Its address, in words.
    pub address: Option<String>,
    /// Where it is.
    pub position: Position,
    /// When it is open, by the clock of its market.
    pub hours: Hours,
    /// Whether nothing is sold there now, whatever the hours.
    pub is_closed: bool,
    /// Counts its changes.
    pub revision: i64,
}

impl Center {
    /// Whether it is open at a second of its market's week.
    pub fn is_open_in(&self, second: i64) -> bool {
        !self.is_closed && self.hours.is_open_in(second)
    }
}

impl Item {
    /// What it costs in a market, in minor units; `None` where it is not sold.
    pub fn price_minor(&self, market: &MarketId) -> Option<i64> {
        let price = self.prices.iter().find(|(known, _)| &**known == market.as_str());
        price.map(|(_, price_minor)| *price_minor)
    }

    /// What it costs everywhere, in minor units.
    pub fn prices(&self) -> impl Iterator<Item = (&str, i64)> {
        self.prices.iter().map(|(market, price_minor)| (&**market, *price_minor))
    }
}

#[cfg(test)]
impl Item {
    /// An item without a price.
    pub(crate) fn example(item_no: i64, class: Class, oversell_max: i64) -> Item {
        Item {
            item_no,
            id: format!("i{item_no}").parse().expect("a name"),
            name: "n".into(),
            category: "c".into(),
            class,
            oversell_max,
            weight_g: 0,
            revision: 1,
            prices: Vec::new(),
        }
    }
}

/// Items and centres, each at the place of its number.
#[derive(Debug, Default)]
pub(in crate::stock) struct Held {
    items: Vec<Option<Arc<Item>>>,
    item_numbers: HashMap<ItemId, u32>,
    centers: Vec<Option<Arc<Center>>>,
    center_numbers: HashMap<CenterId, u32>,
    /// Texts that many items have in common.
    common: HashSet<Arc<str>>,
    /// How many centres were added.
    centers_added: u64,
    /// Items by category, each by number.
    categories: BTreeMap<Arc<str>, BTreeSet<u32>>,
    /// Stock lanes by their numbers: market and bucket.
    lanes: HashMap<i64, (MarketId, i64)>,
    /// Names of items, to be searched.
    names: Names,
    /// Items whose names have changed since.
    renamed: BTreeSet<u32>,
}

impl Held {
    pub(in crate::stock) fn item(&self, item: &str) -> Option<&Arc<Item>> {
        self.item_by_number(*self.item_numbers.get(item)?)
    }

    pub(in crate::stock) fn item_by_number(&self, item_no: u32) -> Option<&Arc<Item>> {
        self.items.get(item_no as usize)?.as_ref()
    }

    /// Every item, by number.
    pub(in crate::stock) fn items(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.items.iter().flatten()
    }

    pub(in crate::stock) fn center(&self, center: &str) -> Option<&Arc<Center>> {
        self.centers.get(*self.center_numbers.get(center)? as usize)?.as_ref()
    }

    /// Every centre, by number.
    pub(in crate::stock) fn centers(&self) -> impl Iterator<Item = &Arc<Center>> {
        self.centers.iter().flatten()
    }

    pub(in crate::stock) fn center_by_number(&self, center_no: u32) -> Option<&Arc<Center>> {
        self.centers.get(center_no as usize)?.as_ref()
    }

    /// How many centres were added: they never move.
    pub(in crate::stock) fn centers_added(&self) -> u64 {
        self.centers_added
    }

    /// Market and bucket of a stock lane.
    pub(in crate::stock) fn lane(&self, lane_no: i64) -> Option<&(MarketId, i64)> {
        self.lanes.get(&lane_no)
    }

    /// Items by category, each by number.
    pub(in crate::stock) fn categories(&self) -> &BTreeMap<Arc<str>, BTreeSet<u32>> {
        &self.categories
    }

    /// Names to be searched, and whose have changed since these were made.
    pub(in crate::stock) fn names(&self) -> (&Names, &BTreeSet<u32>) {
        (&self.names, &self.renamed)
    }

    /// Takes names that were made of these items, in the order of their numbers. Some may have
    /// been renamed since, or again.
    pub(super) fn put_names(&mut self, names: Names, of: &[Arc<Item>]) {
        self.names = names;
        let items = &self.items;
        self.renamed.retain(|number| {
            let known = items.get(*number as usize).and_then(Option::as_ref);
            let sorted = of.binary_search_by_key(&i64::from(*number), |item| item.item_no);
            known.map(|item| &item.name) != sorted.ok().map(|place| &of[place].name)
        });
    }

    /// Takes an item as it is now; its prices stay.
    pub(super) fn put_item(&mut self, row: ItemRow) {
        let name = row.form.item.clone();
        left_out(&name, self.try_item(row));
    }

    /// Takes a centre as it is now.
    pub(super) fn put_center(&mut self, row: CenterRow) {
        let name = row.form.center.clone();
        left_out(&name, self.try_center(row));
    }

    fn try_item(&mut self, row: ItemRow) -> Result<(), AppError> {
        let (number, place) = numbered(row.item_no)?;
        let prices = match self.items.get(place) {
            Some(Some(known)) => known.prices.clone(),
            _ => Vec::new(),
        };
        let form = row.form;
        let item = Item {
            item_no: row.item_no,
            id: form.item.parse().map_err(unusual)?,
            name: form.name.into(),
            category: self.common(&form.category),
            class: form.class,
            oversell_max: form.oversell_max,
            weight_g: form.weight_g,
            revision: row.revision,
            prices,
        };
        self.item_numbers.insert(item.id.clone(), number);
        self.file(number, place, &item);
        put(&mut self.items, place, item);
        Ok(())
    }

    /// Takes a price of an item that is known.
    pub(super) fn put_price(&mut self, row: &PriceRow) {
        let market = self.common(&row.market);
        let item = numbered(row.item_no).ok().and_then(|(_, place)| self.items.get_mut(place));
        let Some(Some(item)) = item else {
            return;
        };
        let prices = &mut Arc::make_mut(item).prices;
        match prices.iter_mut().find(|(known, _)| *known == market) {
            Some((_, price_minor)) => *price_minor = row.price_minor,
            None => prices.push((market, row.price_minor)),
        }
    }

    fn try_center(&mut self, row: CenterRow) -> Result<(), AppError> {
        let (number, place) = numbered(row.center_no)?;
        let form = row.form;
        let market: MarketId = form.market.parse().map_err(unusual)?;
        let center = Center {
            center_no: row.center_no,
            id: form.center.parse().map_err(unusual)?,
            lane: stock_lane(&market, row.bucket)?,
            market,
            merchant: form.merchant.parse().map_err(unusual)?,
            lane_no: row.lane_no,
            bucket: row.bucket,
            name: form.name,
            address: form.address,
            position: form.position,
            hours: form.hours.parse().map_err(unusual)?,
            is_closed: form.is_closed,
            revision: row.revision,
        };
        self.lanes.insert(center.lane_no, (center.market.clone(), center.bucket));
        if self.center_numbers.insert(center.id.clone(), number).is_none() {
            self.centers_added += 1;
        }
        put(&mut self.centers, place, center);
        Ok(())
    }

    /// Puts an item under its category and among those whose names are new.
    fn file(&mut self, number: u32, place: usize, item: &Item) {
        let known = self.items.get(place).and_then(Option::as_ref);
        if known.is_none_or(|known| known.name != item.name) {
            self.renamed.insert(number);
        }
        if let Some(known) = known.filter(|known| known.category != item.category)
            && let Some(filed) = self.categories.get_mut(&known.category)
        {
            filed.remove(&number);
        }
        self.categories.entry(Arc::clone(&item.category)).or_default().insert(number);
    }

    fn common(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.common.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.common.insert(Arc::clone(&text));
        text
    }
}

fn put<T>(all: &mut Vec<Option<Arc<T>>>, place: usize, one: T) {
    if all.len() <= place {
        all.resize(place + 1, None);
    }
    all[place] = Some(Arc::new(one));
}

/// A number, and the place it names.
fn numbered(number: i64) -> Result<(u32, usize), AppError> {
    let narrow = u32::try_from(number).map_err(unusual)?;
    Ok((narrow, narrow as usize))
}

fn unusual(error: impl ToString) -> AppError {
    AppError::invalid("catalogue", error)
}

/// What cannot be taken was not written by this program, and is left as it was.
fn left_out(name: &str, taken: Result<(), AppError>) {
    if let Err(error) = taken {
        tracing::error!(name, %error, "an item or centre is left out");
    }
}
