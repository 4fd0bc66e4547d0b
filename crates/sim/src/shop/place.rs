//! Where stores and customers are: real addresses of San Francisco.

use crate::chance::Chance;
use crate::shop::STORES;
use crate::trips::{TripsError, malformed, rows};
use doorstep_domain::tracking::Position;
use serde::Deserialize;
use std::path::Path;

const BUSINESSES: &str = "sf/food_businesses.csv.zst";

/// The corners of the city: a few rows of the data are elsewhere. 1e-7 degrees.
const SOUTH_WEST: (i32, i32) = (377_050_000, -1_225_150_000);
const NORTH_EAST: (i32, i32) = (378_120_000, -1_223_550_000);

/// Words in the names of shops that sell groceries.
const GROCERS: &[&str] = &["market", "grocery", "foods", "supermarket", "produce", "mart"];

/// Homes of a city that was made up.
const HOMES: usize = 400;

/// A place with a name and an address.
#[derive(Debug, Clone, PartialEq)]
pub struct ShopPlace {
    /// Its name, as the source has it.
    pub name: String,
    /// As people write it.
    pub address: String,
    /// Where it is.
    pub position: Position,
}

#[derive(Deserialize)]
struct Business {
    name: String,
    address: String,
    postal_code: String,
    lat: f64,
    lon: f64,
}

/// The stores, spread over the city, and the places where customers live.
pub(super) fn read(folder: &Path) -> Result<(Vec<ShopPlace>, Vec<ShopPlace>), TripsError> {
    let path = folder.join(BUSINESSES);
    let listed: Vec<Business> =
        rows(&path)?.collect::<Result<_, _>>().map_err(|error| malformed(&path, error))?;
    let places: Vec<ShopPlace> = listed.into_iter().filter_map(place).collect();
    Ok((stores(&places), places))
}

fn place(business: Business) -> Option<ShopPlace> {
    let position = Position::from_degrees(business.lat, business.lon)?;
    let inside = (SOUTH_WEST.0..NORTH_EAST.0).contains(&position.lat_e7)
        && (SOUTH_WEST.1..NORTH_EAST.1).contains(&position.lng_e7);
    let street = business.address.split_whitespace().collect::<Vec<_>>().join(" ");
    let zip = business.postal_code.trim();
    inside.then(|| ShopPlace {
        name: business.name.trim().to_owned(),
        address: format!("{street}, {zip}"),
        position,
    })
}

/// Grocers as far from one another as can be: each next one is the farthest from all before.
fn stores(places: &[ShopPlace]) -> Vec<ShopPlace> {
    let is_grocer = |place: &&ShopPlace| {
        let name = place.name.to_lowercase();
        GROCERS.iter().any(|word| name.contains(word))
    };
    let grocers: Vec<&ShopPlace> = places.iter().filter(is_grocer).collect();
    let mut chosen: Vec<&ShopPlace> = grocers.first().copied().into_iter().collect();
    while !chosen.is_empty() && chosen.len() < STORES {
        let lonely = |place: &&ShopPlace| {
            let apart = chosen.iter().map(|other| other.position.distance_m(place.position));
            apart.fold(f64::INFINITY, f64::min)
        };
        let next = grocers.iter().copied().max_by(|a, b| lonely(a).total_cmp(&lonely(b)));
        chosen.extend(next);
    }
    chosen.into_iter().cloned().collect()
}

/// Stores and homes on a grid of streets that is nowhere.
pub(super) fn made_up(seed: u64) -> (Vec<ShopPlace>, Vec<ShopPlace>) {
    let somewhere = |kind: u64, number: usize, name: String| {
        let mut chance = Chance::of(seed, &[kind, number as u64]);
        let mut between = |from: i32, to: i32| {
            i32::try_from(chance.between(from.into(), to.into())).unwrap_or(from)
        };
        let position = Position {
            lat_e7: between(SOUTH_WEST.0, NORTH_EAST.0),
            lng_e7: between(SOUTH_WEST.1, NORTH_EAST.1),
        };
        ShopPlace { address: name.clone(), name, position }
    };
    let stores = (1..=STORES).map(|number| somewhere(1, number, format!("Store {number}")));
    let homes = (1..=HOMES).map(|number| somewhere(2, number, format!("House {number}")));
    (stores.collect(), homes.collect())
}
