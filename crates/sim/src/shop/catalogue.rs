//! What can be had: names and categories as the supermarket has them, prices as they were paid.

use crate::chance::Chance;
use crate::shop::basket::Bought;
use crate::trips::{TripsError, malformed, rows};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

const PRODUCTS: &str = "retail/cj_products.csv.zst";

/// What something costs that was only ever given away, in minor units.
const LEAST_MINOR: i64 = 9;

/// Items of a catalogue that was made up.
const MADE_UP: usize = 240;

/// Something that can be had.
#[derive(Debug, Clone, PartialEq)]
pub struct ShopItem {
    /// The supermarket's number.
    pub id: String,
    /// What a person calls it.
    pub name: String,
    /// Department, and what kind of thing.
    pub category: String,
    /// What was paid for one, the median, in minor units.
    pub price_minor: i64,
}

#[derive(Deserialize)]
struct Product {
    product_id: String,
    department: String,
    brand: String,
    product_category: String,
    product_type: String,
    package_size: String,
}

/// Every product that was bought, in the order of the catalogue.
pub(super) fn read(folder: &Path, bought: &[Bought]) -> Result<Vec<ShopItem>, TripsError> {
    let path = folder.join(PRODUCTS);
    let products: Vec<Product> =
        rows(&path)?.collect::<Result<_, _>>().map_err(|error| malformed(&path, error))?;
    let mut paid: HashMap<&str, Vec<i64>> = HashMap::new();
    for line in bought {
        paid.entry(&line.product_id).or_default().push(line.each_minor());
    }
    let item = |product: Product| {
        let prices = paid.get_mut(product.product_id.as_str())?;
        prices.sort_unstable();
        let price_minor = prices[prices.len() / 2].max(LEAST_MINOR);
        Some(ShopItem {
            name: product.name(),
            category: product.category(),
            id: product.product_id,
            price_minor,
        })
    };
    Ok(products.into_iter().filter_map(item).collect())
}

impl Product {
    /// "Bread: Italian/French, 16 OZ, Private" as far as something is known.
    fn name(&self) -> String {
        let kind = match self.product_type.trim() {
            "" => self.product_category.trim(),
            told => told,
        };
        let kind = if kind.is_empty() { self.department.trim() } else { kind };
        let mut name = spoken(kind);
        for more in [self.package_size.trim(), self.brand.trim()] {
            if !more.is_empty() {
                name = format!("{name}, {more}");
            }
        }
        name
    }

    fn category(&self) -> String {
        let parts = [self.department.trim(), self.product_category.trim()];
        let told: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        // A category is a path: what the source writes with a stroke is one word of it.
        match told.as_slice() {
            [] => "OTHER".to_owned(),
            told => told.iter().map(|part| part.replace('/', " ")).collect::<Vec<_>>().join("/"),
        }
    }
}

/// "ICE - CRUSHED/CUBED" is "Ice - Crushed/Cubed".
fn spoken(shouted: &str) -> String {
    let mut begins = true;
    let letter = |character: char| {
        let spoken = if begins { character } else { character.to_ascii_lowercase() };
        begins = !character.is_alphanumeric() && character != '\'';
        spoken
    };
    shouted.chars().map(letter).collect()
}

/// A small catalogue of nothing in particular.
pub(super) fn made_up(seed: u64) -> Vec<ShopItem> {
    let kinds =
        [("DAIRY", "Milk"), ("BAKERY", "Bread"), ("PRODUCE", "Apples"), ("DRINKS", "Juice")];
    let item = |number: usize| {
        let (department, thing) = kinds[number % kinds.len()];
        let mut chance = Chance::of(seed, &[3, number as u64]);
        ShopItem {
            id: format!("item-{number}"),
            name: format!("{thing} No. {number}"),
            category: department.to_owned(),
            price_minor: chance.between(99, 1_499),
        }
    };
    (1..=MADE_UP).map(item).collect()
}

/// Where each item stands in the catalogue, by number.
pub(super) fn places(items: &[ShopItem]) -> BTreeMap<&str, usize> {
    items.iter().enumerate().map(|(place, item)| (item.id.as_str(), place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spoken_and_categories_are_paths() {
        let product = |department: &str, kind: &str, size: &str| Product {
            product_id: "1".to_owned(),
            department: department.to_owned(),
            brand: "National".to_owned(),
            product_category: "FRZN ICE/WATER".to_owned(),
            product_type: kind.to_owned(),
            package_size: size.to_owned(),
        };
        let cases = [
            (
                product("GROCERY", "ICE - CRUSHED/CUBED", "22 LB"),
                "Ice - Crushed/Cubed, 22 LB, National",
                "GROCERY/FRZN ICE WATER",
            ),
            (product("", "", ""), "Frzn Ice/Water, National", "FRZN ICE WATER"),
        ];
        for (product, name, category) in cases {
            assert_eq!((product.name().as_str(), product.category().as_str()), (name, category));
        }
    }
}
