//! Items and centres as they are shown.

use super::{Center, Item};
use doorstep_domain::time::{Micros, Zone};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ItemView {
    /// Which.
    pub item_id: String,
    /// As customers read it.
    pub name: String,
    /// A path, such as `DAIRY/PLANT MILK`.
    pub category: String,
    /// `strict` or `tolerant`.
    pub class: &'static str,
    /// Units that may be sold beyond the stock in each centre.
    pub oversell_max: i64,
    /// Grams; 0 where nobody said.
    pub weight_grams: i64,
    /// Minor units by market.
    pub prices: BTreeMap<String, i64>,
}

impl From<&Item> for ItemView {
    fn from(item: &Item) -> ItemView {
        ItemView {
            item_id: item.id.to_string(),
            name: item.name.to_string(),
            category: item.category.to_string(),
            class: item.class.as_str(),
            oversell_max: item.oversell_max,
            weight_grams: item.weight_g,
            prices: item.prices().map(|(market, minor)| (market.to_owned(), minor)).collect(),
        }
    }
}

/// A category, and how many items are in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CategoryView {
    /// Its path.
    pub category: String,
    /// How many items are in just this one.
    pub items: u64,
}

/// A centre.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CenterView {
    /// Which.
    pub center_id: String,
    /// Where.
    pub market: String,
    /// Whose goods it sells.
    pub merchant_id: String,
    /// As customers read it.
    pub name: String,
    /// Its address, in words.
    pub address: Option<String>,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
    /// Its week, by the market's clock; empty where always open.
    pub hours: String,
    /// Whether nothing is sold there now, whatever the hours.
    pub closed: bool,
    /// Whether it is open now.
    pub open: bool,
    /// When it opens next, RFC 3339; null while it is open, or closed whatever the hours.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opens_at: Option<Micros>,
}

impl CenterView {
    /// A centre as it is at an instant, by the clock of its market.
    pub fn of(center: &Center, zone: Option<&Zone>, now: Micros) -> CenterView {
        let (open, opens_at) = open_at(center, zone, now);
        CenterView {
            center_id: center.id.to_string(),
            market: center.market.to_string(),
            merchant_id: center.merchant.to_string(),
            name: center.name.clone(),
            address: center.address.clone(),
            lat: center.position.lat(),
            lng: center.position.lng(),
            hours: center.hours.to_string(),
            closed: center.is_closed,
            open,
            opens_at,
        }
    }
}

/// Whether a centre is open, and when it opens next; without a clock it is not known to be.
pub(super) fn open_at(center: &Center, zone: Option<&Zone>, now: Micros) -> (bool, Option<Micros>) {
    match zone.filter(|_| !center.is_closed) {
        Some(zone) => (center.hours.is_open_at(zone, now), center.hours.opens_at(zone, now)),
        None => (false, None),
    }
}

/// A centre that reaches a place.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NearbyView {
    /// Which.
    pub center_id: String,
    /// As customers read it.
    pub name: String,
    /// Whose goods it sells.
    pub merchant_id: String,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
    /// Metres along the great circle.
    pub distance_m: i64,
    /// Seconds from the order to the door.
    pub eta_seconds: i64,
    /// Whether it is open now.
    pub open: bool,
    /// When it opens next, RFC 3339; null while it is open, or closed whatever the hours.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opens_at: Option<Micros>,
}
