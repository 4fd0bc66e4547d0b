//! A real shop: a supermarket's catalogue, twenty of its stores at real addresses, and what their
//! customers really bought in three months.
//!
//! What a basket lacks (where it went, what the courier got) is drawn from the seed. Sources:
//! dunnhumby "The Complete Journey", CC0; DataSF's registered businesses.

mod basket;
mod catalogue;
mod place;

pub use basket::{Basket, Line};
pub use catalogue::ShopItem;
pub use place::ShopPlace;

use crate::chance::Chance;
use crate::trips::{self, TripsError, ZONE};
use doorstep_domain::time::Zone;
use std::collections::BTreeMap;
use std::path::Path;

/// Stores, as in the data.
pub const STORES: usize = 20;

/// Units of every thousand that a store is short of what its customers bought: some do not get all.
const SHORT_PER_MILLE: i64 = 20;

/// A catalogue, the stores, where customers live, and their baskets in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Shop {
    /// What can be had.
    pub items: Vec<ShopItem>,
    /// Where it lies.
    pub centers: Vec<ShopPlace>,
    /// What was bought; indexes are those of the two above.
    pub baskets: Vec<Basket>,
    /// Whether these are real baskets.
    pub is_real: bool,
}

impl Shop {
    /// The real one, where the data is there, and otherwise one that was made up.
    ///
    /// Errors: [`TripsError`] where the data cannot be read.
    pub fn find(workspace: &Path, seed: u64) -> Result<Shop, TripsError> {
        match trips::data_folder(workspace) {
            Some(folder) => Shop::real(&folder, seed),
            None => Ok(Shop::made_up(seed, 30)),
        }
    }

    /// Reads the real one from the data folder.
    pub fn real(folder: &Path, seed: u64) -> Result<Shop, TripsError> {
        let zone: Zone = ZONE.parse().map_err(|_| TripsError::NoZone)?;
        let bought = basket::read(folder)?;
        let items = catalogue::read(folder, &bought)?;
        let (centers, homes) = place::read(folder)?;
        let baskets = basket::of(bought, &items, &centers, &homes, &zone, seed);
        Ok(Shop { items, centers, baskets, is_real: true })
    }

    /// One of `days` days that nobody has ever seen, for whoever has no data.
    pub fn made_up(seed: u64, days: i64) -> Shop {
        let items = catalogue::made_up(seed);
        let (centers, homes) = place::made_up(seed);
        let baskets = basket::made_up(seed, days, &items, &centers, &homes);
        Shop { items, centers, baskets, is_real: false }
    }

    /// What each store begins with: what its customers bought, and now and then a little less.
    /// Store, item and units, in order.
    pub fn stock(&self, seed: u64) -> Vec<(usize, usize, i64)> {
        let mut bought: BTreeMap<(usize, usize), i64> = BTreeMap::new();
        for basket in &self.baskets {
            for line in &basket.lines {
                *bought.entry((basket.center, line.item)).or_default() += line.quantity;
            }
        }
        let mut chance = Chance::of(seed, &[7]);
        let stocked = bought.into_iter().map(|((center, item), units)| {
            let short = (0..units).filter(|_| chance.between(1, 1_000) <= SHORT_PER_MILLE).count();
            (center, item, units - i64::try_from(short).unwrap_or(0))
        });
        stocked.filter(|(_, _, units)| *units > 0).collect()
    }
}
