//! Items: what is said of them, and what they cost.

use super::super::catalogue::{ITEMS, payload};
use super::super::{catalogue_lane, copies};
use super::Put;
use crate::app::App;
use crate::dispatch::words;
use crate::error::AppError;
use doorstep_domain::id::{ItemId, MarketId};
use doorstep_domain::limits::{ITEM_WEIGHT_G_MAX, OVERSELL_MAX, PRICE_MINOR_MAX};
use doorstep_domain::stock::Class;
use doorstep_store::LaneTx;
use doorstep_store::item::{self, ItemForm, PriceRow};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// Longest name and longest category, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// What is said of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemSaid {
    /// Which, where that is not said elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub item_id: Option<ItemId>,
    /// As customers read it.
    pub name: String,
    /// A path, such as `DAIRY/PLANT MILK`.
    pub category: String,
    /// `strict` or `tolerant`; `strict` where left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub class: Class,
    /// Units that may be sold beyond the stock in each centre; 0 where left out.
    #[serde(default)]
    pub oversell_max: i64,
    /// Grams; 0 where left out.
    #[serde(default)]
    pub weight_grams: i64,
    /// Minor units by market; what is not named keeps its price.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, i64>)]
    pub prices: BTreeMap<MarketId, i64>,
}

/// Puts items in place. Saying the same again changes nothing.
pub fn put_items(app: &App, items: &[(ItemId, ItemSaid)]) -> Result<Put, AppError> {
    let (mut put, mut forms, mut prices) = (Put::default(), Vec::new(), Vec::new());
    for (place, (id, said)) in items.iter().enumerate() {
        match same_id(id, said).and_then(|()| check(app, said)) {
            Err(error) => put.refused.push((place, error)),
            Ok(()) => {
                forms.push(form(id, said));
                prices.push(said.prices.clone());
            }
        }
    }
    let (count, now) = (forms.len() as u64, app.clock.now());
    if count > 0 {
        put.changed =
            app.store.lane(&catalogue_lane()?, move |tx| keep(tx, &forms, &prices, now.0))?;
        app.stock.catalogue().follow()?;
        // A store of a market's own that is not there now is brought up to date later.
        if let Err(error) = copies::step(app) {
            tracing::warn!(%error, "items and prices are not copied yet");
        }
    }
    put.known = count.saturating_sub(put.changed);
    Ok(put)
}

/// Keeps what has changed and announces it; answers how many have.
fn keep(
    tx: &mut LaneTx<'_>,
    forms: &[ItemForm],
    prices: &[BTreeMap<MarketId, i64>],
    now_us: i64,
) -> Result<u64, AppError> {
    let (numbers, changed) = item::put(tx, forms)?;
    // Of an item that is there twice the last counts.
    let mut wanted: BTreeMap<(i64, &str), i64> = BTreeMap::new();
    for (item_no, prices) in numbers.iter().zip(prices) {
        let named = prices.iter().map(|(market, minor)| ((*item_no, market.as_str()), *minor));
        wanted.extend(named);
    }
    item::prices_of(tx, &numbers_of(&wanted), &mut |kept| {
        let key = (kept.item_no, kept.market.as_str());
        if wanted.get(&key) == Some(&kept.price_minor) {
            wanted.retain(|known, _| *known != key);
        }
        Ok(())
    })?;
    let mut changed: BTreeSet<i64> = changed.into_iter().collect();
    changed.extend(numbers_of(&wanted));
    let rows: Vec<PriceRow> = wanted
        .iter()
        .map(|((item_no, market), price_minor)| PriceRow {
            market: (*market).to_owned(),
            item_no: *item_no,
            price_minor: *price_minor,
        })
        .collect();
    item::put_prices(tx, &rows)?;
    if !changed.is_empty() {
        let changed: Vec<i64> = changed.iter().copied().collect();
        tx.announce(ITEMS, "catalog", &payload(&changed), now_us)?;
    }
    Ok(changed.len() as u64)
}

fn numbers_of(wanted: &BTreeMap<(i64, &str), i64>) -> Vec<i64> {
    let mut numbers: Vec<i64> = wanted.keys().map(|(item_no, _)| *item_no).collect();
    numbers.dedup();
    numbers
}

fn form(id: &ItemId, said: &ItemSaid) -> ItemForm {
    ItemForm {
        item: id.to_string(),
        name: said.name.clone(),
        category: said.category.clone(),
        class: said.class,
        oversell_max: said.oversell_max,
        weight_g: said.weight_grams,
    }
}

fn same_id(id: &ItemId, said: &ItemSaid) -> Result<(), AppError> {
    match said.item_id.as_ref().filter(|said| *said != id) {
        Some(_) => Err(AppError::invalid("/item_id", "is not the one of the path")),
        None => Ok(()),
    }
}

/// Errors: [`AppError::Invalid`] of the first field that cannot be.
fn check(app: &App, said: &ItemSaid) -> Result<(), AppError> {
    for (pointer, text) in [("/name", &said.name), ("/category", &said.category)] {
        short(pointer, text)?;
    }
    if said.category.split('/').any(|part| part.trim().is_empty()) {
        let reason = "is no path: something between slashes is empty";
        return Err(AppError::invalid("/category", reason));
    }
    let oversell_max = if said.class == Class::Tolerant { OVERSELL_MAX } else { 0 };
    within("/oversell_max", said.oversell_max, oversell_max)?;
    within("/weight_grams", said.weight_grams, ITEM_WEIGHT_G_MAX)?;
    for (market, price_minor) in &said.prices {
        let pointer = format!("/prices/{market}");
        if !app.markets.contains_key(market) {
            return Err(AppError::invalid(pointer, "is not a configured market"));
        }
        within(&pointer, *price_minor, PRICE_MINOR_MAX)?;
    }
    Ok(())
}

/// Words that are there, and not too many.
pub(super) fn short(pointer: &str, text: &str) -> Result<(), AppError> {
    match text.len() {
        _ if text.trim().is_empty() => Err(AppError::invalid(pointer, "is empty")),
        bytes if bytes > NAME_BYTES_MAX => {
            let reason = format!("has {bytes} bytes, more than {NAME_BYTES_MAX}");
            Err(AppError::invalid(pointer, reason))
        }
        _ if text.contains('\n') => Err(AppError::invalid(pointer, "has several lines")),
        _ => words(pointer, text),
    }
}

fn within(pointer: &str, value: i64, most: i64) -> Result<(), AppError> {
    if (0..=most).contains(&value) {
        return Ok(());
    }
    Err(AppError::invalid(pointer, format!("{value} is not within 0 and {most}")))
}
