//! What is kept with an order, and in which encoding.

use crate::error::AppError;
use crate::stock::stock_lane;
use crate::stock::told::Token;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use doorstep_store::LaneId;
use doorstep_store::order::OrderRow;
use doorstep_store::package::StopRow;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// For whom, and what the courier needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Customer {
    /// E.164.
    pub phone: String,
    /// The same as it was told.
    pub phone_as_told: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it shall go.
    pub destination: Stop,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    pub tip_minor: i64,
}

/// An address and where that is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stop {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    pub lat_e7: i32,
    pub lng_e7: i32,
}

/// What was taken from where, and what was answered of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Basket {
    /// Until when it was reserved at first; none where it was placed at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_until: Option<Micros>,
    /// What the announcements were numbered: lane and number.
    pub seen: Vec<(i64, i64)>,
    /// A part for each centre, the soonest first.
    pub parts: Vec<PartKept>,
    /// What a partial order did not get: item and units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<(String, i64)>,
}

/// What one centre gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartKept {
    pub center_id: String,
    pub center_no: i64,
    pub lane_no: i64,
    pub bucket: i64,
    pub merchant_id: String,
    /// Where the centre is.
    pub origin: Stop,
    /// When it will be there, as was answered.
    pub arrival: Micros,
    pub weight_g: i64,
    pub lines: Vec<LineKept>,
    /// Whether its stock is back.
    #[serde(default)]
    pub is_back: bool,
}

/// Units of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LineKept {
    pub item_id: String,
    pub item_no: i64,
    pub quantity: i64,
    pub price_minor: i64,
}

impl Customer {
    pub(crate) fn of(row: &OrderRow) -> Result<Customer, AppError> {
        read(&row.order, &row.customer)
    }
}

impl Basket {
    pub(crate) fn of(row: &OrderRow) -> Result<Basket, AppError> {
        read(&row.order, &row.parts)
    }

    /// What whoever ordered has seen.
    pub(crate) fn token(&self) -> Token {
        Token(self.seen.clone())
    }

    /// The lanes of its centres, that of the first part first.
    pub(crate) fn lanes(&self, market: &MarketId) -> Result<Vec<LaneId>, AppError> {
        self.parts.iter().map(|part| stock_lane(market, part.bucket)).collect()
    }
}

impl PartKept {
    /// Puts a line into it, a unit of which weighs so many grams.
    pub(super) fn add(&mut self, line: LineKept, weight_g: i64) {
        self.weight_g += line.quantity * weight_g;
        self.lines.push(line);
    }

    /// What its goods cost, in minor units.
    pub(crate) fn goods_minor(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity * line.price_minor).sum()
    }
}

/// What the customer pays in all, in minor units: the goods, and what is for the couriers.
pub(crate) fn charged_minor(row: &OrderRow) -> Result<i64, AppError> {
    Ok(row.total_minor.saturating_add(Customer::of(row)?.tip_minor))
}

/// The delivery that carries a part, counted from 0.
pub(crate) fn delivery_id(order: &str, part: usize) -> String {
    let name = order.strip_prefix(ORDER).unwrap_or(order);
    format!("del_{name}-{}", part + 1)
}

/// The order and the part, counted from 0, that a delivery carries; none where it carries no order.
pub(crate) fn order_of(delivery: &str) -> Option<(String, usize)> {
    let (name, part) = delivery.strip_prefix("del_")?.rsplit_once('-')?;
    Some((format!("{ORDER}{name}"), part.parse::<usize>().ok()?.checked_sub(1)?))
}

/// What names of orders begin with.
pub(crate) const ORDER: &str = "ord_";

impl From<&StopRow> for Stop {
    fn from(row: &StopRow) -> Stop {
        let Position { lat_e7, lng_e7 } = row.position;
        Stop { address: row.address.clone(), lat_e7, lng_e7 }
    }
}

impl From<Stop> for StopRow {
    fn from(stop: Stop) -> StopRow {
        let position = Position { lat_e7: stop.lat_e7, lng_e7: stop.lng_e7 };
        StopRow { address: stop.address, position }
    }
}

pub(crate) fn written(value: &impl Serialize) -> Result<Vec<u8>, AppError> {
    serde_json::to_vec(value).map_err(|error| AppError::machine("an order", error))
}

fn read<T: DeserializeOwned>(order: &str, bytes: &[u8]) -> Result<T, AppError> {
    let unreadable = |error| AppError::machine(format!("what is kept of {order}"), error);
    serde_json::from_slice(bytes).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_named_after_its_order() {
        assert_eq!(delivery_id("ord_0a1b", 0), "del_0a1b-1");
        let cases = [
            ("del_0a1b-1", Some(("ord_0a1b", 0))),
            ("del_0a1b-12", Some(("ord_0a1b", 11))),
            ("del_0a1b", None),
            ("del_0a1b-0", None),
            ("del_0a1b-x", None),
            ("x-1", None),
        ];
        for (delivery, expected) in cases {
            let found = order_of(delivery);
            let found = found.as_ref().map(|(order, part)| (order.as_str(), *part));
            assert_eq!(found, expected, "{delivery}");
        }
    }
}
