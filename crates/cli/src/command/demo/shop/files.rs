//! The shop as files that a person would import, and its baskets as requests.

use super::super::day;
use crate::failure::Failure;
use doorstep_sim::shop::{Basket, Line, Shop, ShopItem, ShopPlace};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The files of a shop.
pub(super) struct Files {
    pub(super) items: PathBuf,
    pub(super) centers: PathBuf,
    pub(super) stock: PathBuf,
}

impl Files {
    /// Writes them into a directory.
    pub(super) fn write(directory: &Path, shop: &Shop) -> Result<Files, Failure> {
        let [items, centers, stock] =
            ["items.csv", "centres.csv", "stock.csv"].map(|name| directory.join(name));
        write(&items, &items_csv(shop))?;
        write(&centers, &centers_csv(shop))?;
        write(&stock, &stock_csv(shop))?;
        Ok(Files { items, centers, stock })
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(Failure::file(path))
}

fn items_csv(shop: &Shop) -> String {
    let row = |item: &ShopItem| {
        let name = item.name.replace('"', "\"\"");
        let category = item.category.replace('"', "\"\"");
        format!("{},\"{name}\",\"{category}\",{}\n", item.id, item.price_minor)
    };
    let rows: String = shop.items.iter().map(row).collect();
    format!("item_id,name,category,price_minor\n{rows}")
}

fn centers_csv(shop: &Shop) -> String {
    let row = |(number, center): (usize, &ShopPlace)| {
        let quoted = |text: &str| text.replace('"', "\"\"");
        let (name, address) = (quoted(&center.name), quoted(&center.address));
        let (lat, lng) = (center.position.lat(), center.position.lng());
        let id = center_id(number);
        format!("{id},{id},\"{name}\",\"{address}\",{lat},{lng}\n")
    };
    let rows: String = shop.centers.iter().enumerate().map(row).collect();
    format!("center_id,merchant_id,name,address,lat,lng\n{rows}")
}

fn stock_csv(shop: &Shop) -> String {
    let row = |(center, item, units): (usize, usize, i64)| {
        format!("{},{},{units}\n", center_id(center), shop.items[item].id)
    };
    let rows: String = shop.stock(day::SEED).into_iter().map(row).collect();
    format!("center_id,item_id,quantity\n{rows}")
}

fn center_id(number: usize) -> String {
    format!("store-{}", number + 1)
}

/// The baskets as requests, in the order in which they were bought.
pub(super) fn orders(shop: &Shop) -> Vec<Value> {
    let order = |basket: &Basket| {
        let line =
            |line: &Line| json!({ "item_id": shop.items[line.item].id, "quantity": line.quantity });
        let (lat, lng) = (basket.home.position.lat(), basket.home.position.lng());
        json!({
            "market": day::market(), "customer": { "phone": "+14155550123" },
            "destination_address": { "lat": lat, "lng": lng, "address": basket.home.address },
            "lines": basket.lines.iter().map(line).collect::<Vec<_>>(),
            "centers": [center_id(basket.center)], "on_shortage": "partial",
            "tip_minor": basket.tip_minor, "reference": basket.id,
        })
    };
    shop.baskets.iter().map(order).collect()
}
