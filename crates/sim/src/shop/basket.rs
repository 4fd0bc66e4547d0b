//! What customers bought, basket by basket, and where it was to go.

use super::catalogue::{self, ShopItem};
use super::place::ShopPlace;
use crate::chance::Chance;
use crate::trips::{TripsError, malformed, rows};
use doorstep_domain::time::{Day, Micros, SECOND_US, Zone};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

const TRANSACTIONS: &str = "retail/cj_transactions_20stores_2017-03_05.csv.zst";

/// Lines of more units are fuel and weighed goods.
const UNITS_MAX: i64 = 50;

/// Lines of one basket; whoever bought more comes back for the rest.
const LINES_MAX: usize = 100;

/// How far customers live from their store, in metres.
const HOME_M_MAX: f64 = 3_000.0;

/// The first day of baskets that were made up, in days since 1970: the first of March 2017.
const FIRST_DAY: i64 = 17_226;

/// Baskets a day of a shop that was made up.
const BASKETS_A_DAY: i64 = 120;

/// What somebody bought at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Basket {
    /// The till's number.
    pub id: String,
    /// When.
    pub at: Micros,
    /// At which store.
    pub center: usize,
    /// What.
    pub lines: Vec<Line>,
    /// Where it shall go.
    pub home: ShopPlace,
    /// For the courier, in minor units.
    pub tip_minor: i64,
}

/// Some of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Which.
    pub item: usize,
    /// How many.
    pub quantity: i64,
}

/// A line of the file.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Bought {
    store_id: String,
    basket_id: String,
    pub(super) product_id: String,
    quantity: i64,
    sales_value: f64,
    transaction_timestamp: String,
}

impl Bought {
    /// What one of them cost, in minor units.
    pub(super) fn each_minor(&self) -> i64 {
        // Cents of a receipt: small, and whole once rounded.
        let paid_minor = (self.sales_value * 100.0).round() as i64;
        (paid_minor / self.quantity.max(1)).max(0)
    }
}

/// The lines of the file that are units of something.
pub(super) fn read(folder: &Path) -> Result<Vec<Bought>, TripsError> {
    let path = folder.join(TRANSACTIONS);
    let all: Vec<Bought> =
        rows(&path)?.collect::<Result<_, _>>().map_err(|error| malformed(&path, error))?;
    Ok(all.into_iter().filter(|line| (1..=UNITS_MAX).contains(&line.quantity)).collect())
}

/// The baskets in the order of time.
pub(super) fn of(
    bought: Vec<Bought>,
    items: &[ShopItem],
    centers: &[ShopPlace],
    homes: &[ShopPlace],
    zone: &Zone,
    seed: u64,
) -> Vec<Basket> {
    let places = catalogue::places(items);
    let mut stores: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &bought {
        let next = stores.len() % centers.len().max(1);
        stores.entry(&line.store_id).or_insert(next);
    }
    let mut tills: BTreeMap<&str, (Micros, usize, Vec<Line>)> = BTreeMap::new();
    for line in &bought {
        let (Some(&item), Some(at)) = (places.get(line.product_id.as_str()), at(line, zone)) else {
            continue;
        };
        let center = stores[line.store_id.as_str()];
        let till = tills.entry(&line.basket_id).or_insert_with(|| (at, center, Vec::new()));
        till.2.push(Line { item, quantity: line.quantity });
    }
    let mut baskets = Vec::with_capacity(tills.len());
    for (number, (id, (at, center, lines))) in tills.into_iter().enumerate() {
        let mut chance = Chance::of(seed, &[5, number as u64]);
        let home = home(&mut chance, &centers[center], homes);
        let tip_minor = chance.between(-300, 500).max(0);
        for (part, lines) in lines.chunks(LINES_MAX).enumerate() {
            baskets.push(Basket {
                id: format!("{id}-{part}"),
                at,
                center,
                lines: lines.to_vec(),
                home: home.clone(),
                tip_minor,
            });
        }
    }
    baskets.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    baskets
}

/// When a line was rung up. The tills' clock is taken for that of the city.
fn at(line: &Bought, zone: &Zone) -> Option<Micros> {
    let (date, time) = line.transaction_timestamp.split_once(' ')?;
    let day: Day = date.parse().ok()?;
    let mut clock = time.split(':').map(|part| part.parse::<i64>().ok());
    let (hours, minutes, seconds) = (clock.next()??, clock.next()??, clock.next()??);
    let seconds = hours * 3_600 + minutes * 60 + seconds;
    Some(zone.span(day).start.plus(seconds * SECOND_US))
}

/// A place not too far away; the store's own where nobody lives near.
fn home(chance: &mut Chance, store: &ShopPlace, homes: &[ShopPlace]) -> ShopPlace {
    let drawn = (0..64).filter_map(|_| {
        let index = usize::try_from(chance.below(homes.len() as u64)).ok()?;
        homes.get(index)
    });
    let mut near = drawn.filter(|home| home.position.distance_m(store.position) <= HOME_M_MAX);
    near.next().unwrap_or(store).clone()
}

/// Baskets of a few lines each, spread over each day.
pub(super) fn made_up(
    seed: u64,
    days: i64,
    items: &[ShopItem],
    centers: &[ShopPlace],
    homes: &[ShopPlace],
) -> Vec<Basket> {
    let basket = |number: i64| {
        let mut chance = Chance::of(seed, &[6, number.unsigned_abs()]);
        let center = usize::try_from(chance.below(centers.len() as u64)).unwrap_or(0);
        let mut lines: Vec<Line> = Vec::new();
        for _ in 0..chance.between(1, 8) {
            let item = usize::try_from(chance.below(items.len() as u64)).unwrap_or(0);
            if lines.iter().all(|line| line.item != item) {
                lines.push(Line { item, quantity: chance.between(1, 4) });
            }
        }
        let (day, turn) = (number / BASKETS_A_DAY, number % BASKETS_A_DAY);
        let seconds = (FIRST_DAY + day) * 86_400 + turn * 86_400 / BASKETS_A_DAY;
        Basket {
            id: format!("basket-{number}"),
            at: Micros(seconds * SECOND_US),
            center,
            home: home(&mut chance, &centers[center], homes),
            lines,
            tip_minor: chance.between(-300, 500).max(0),
        }
    };
    (0..days * BASKETS_A_DAY).map(basket).collect()
}
