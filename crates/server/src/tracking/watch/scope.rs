//! What a watcher asks to follow.

use super::deliveries::Named;
use crate::error::AppError;
use doorstep_domain::id::{CourierId, MarketId};
use doorstep_live::{Bbox, Scope};
use std::str::FromStr;

/// Couriers, or deliveries, that one connection names: whoever follows more follows a market.
const NAMED_MAX: usize = 500;

/// The parameters of a request, as they came.
#[derive(Debug, Clone, Default)]
pub struct Asked<'a> {
    /// Couriers' ids, parted by commas.
    pub couriers: Option<&'a str>,
    /// Deliveries' ids, parted by commas.
    pub deliveries: Option<&'a str>,
    /// `west,south,east,north` in degrees.
    pub bbox: Option<&'a str>,
    /// A market.
    pub market: Option<&'a str>,
}

/// What one connection follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Followed {
    /// Of the map.
    pub map: Option<Scope>,
    /// And these deliveries.
    pub deliveries: Vec<Named>,
}

impl Followed {
    /// Reads what is asked for: couriers and deliveries, or a box, or a market. Beside deliveries
    /// a market is theirs.
    ///
    /// Errors: [`AppError::Invalid`] naming the parameter.
    pub fn read(asked: &Asked<'_>) -> Result<Followed, AppError> {
        let couriers: Vec<CourierId> = list("couriers", asked.couriers)?;
        let deliveries = list("deliveries", asked.deliveries)?;
        let market: Option<MarketId> = asked.market.map(|id| one("market", id)).transpose()?;
        let bbox = asked.bbox.map(bbox).transpose()?;
        let names_some = !couriers.is_empty() || !deliveries.is_empty();
        if names_some && bbox.is_some() {
            let reason = "is not taken together with couriers or deliveries";
            return Err(AppError::invalid("bbox", reason));
        }
        if market.is_some() && !couriers.is_empty() && deliveries.is_empty() {
            let reason = "is not taken together with couriers: each is of one market for good";
            return Err(AppError::invalid("market", reason));
        }
        let map = match (couriers.is_empty(), bbox, &market) {
            (false, ..) => Some(Scope::Couriers(couriers)),
            (true, Some(bbox), market) => Some(Scope::Box(bbox, market.clone())),
            (true, None, Some(market)) if deliveries.is_empty() => {
                Some(Scope::Market(market.clone()))
            }
            (true, None, None) if deliveries.is_empty() => {
                let reason = "say what to watch: couriers, deliveries, bbox or market";
                return Err(AppError::invalid("query", reason));
            }
            (true, None, _) => None,
        };
        let named = |delivery| Named { delivery, market: market.clone() };
        Ok(Followed { map, deliveries: deliveries.into_iter().map(named).collect() })
    }

    /// The market that it names.
    pub fn market(&self) -> Option<&MarketId> {
        let of_the_map = self.map.as_ref().and_then(market_of);
        of_the_map.or_else(|| self.deliveries.first()?.market.as_ref())
    }

    /// Whether it is a part of the map and nothing that is named.
    pub fn is_of_the_map(&self) -> bool {
        matches!(self.map, Some(Scope::Box(..) | Scope::Market(_)))
    }

    /// Whether it is nothing but this courier.
    pub fn is_only(&self, courier: Option<&CourierId>) -> bool {
        match (&self.map, courier) {
            (Some(Scope::Couriers(couriers)), Some(courier)) => {
                self.deliveries.is_empty() && couriers.iter().all(|asked| asked == courier)
            }
            _ => false,
        }
    }
}

/// The market that a part of the map names.
pub fn market_of(scope: &Scope) -> Option<&MarketId> {
    match scope {
        Scope::Couriers(_) => None,
        Scope::Box(_, market) => market.as_ref(),
        Scope::Market(market) => Some(market),
    }
}

/// A box as it is asked for: `west,south,east,north` in degrees.
///
/// Errors: [`AppError::Invalid`] of `bbox`.
pub fn bbox(text: &str) -> Result<Bbox, AppError> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    let bbox = match numbers.as_deref() {
        Ok(&[west, south, east, north]) => Bbox::from_degrees(west, south, east, north),
        _ => None,
    };
    bbox.ok_or_else(|| {
        AppError::invalid("bbox", "is not west,south,east,north in degrees of the globe")
    })
}

fn list<T: FromStr<Err: ToString>>(
    name: &'static str,
    text: Option<&str>,
) -> Result<Vec<T>, AppError> {
    let ids = text.unwrap_or_default().split(',').map(str::trim).filter(|id| !id.is_empty());
    let ids = ids.map(|id| one(name, id)).collect::<Result<Vec<T>, AppError>>()?;
    if ids.len() > NAMED_MAX {
        let reason = format!("names {}, and {NAMED_MAX} may be; watch a market", ids.len());
        return Err(AppError::invalid(name, reason));
    }
    Ok(ids)
}

fn one<T: FromStr<Err: ToString>>(name: &'static str, id: &str) -> Result<T, AppError> {
    id.parse().map_err(|error: T::Err| AppError::invalid(name, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        couriers: Option<&str>,
        deliveries: Option<&str>,
        bbox: Option<&str>,
        market: Option<&str>,
    ) -> Result<Followed, AppError> {
        Followed::read(&Asked { couriers, deliveries, bbox, market })
    }

    #[test]
    fn what_is_asked_for_is_followed() {
        let sf = || Some("sf".parse::<MarketId>().unwrap());
        let bay = Bbox::from_degrees(-123.0, 37.0, -122.0, 38.0).unwrap();
        let couriers = Scope::Couriers(vec!["anna".parse().unwrap(), "bea".parse().unwrap()]);
        let cases = [
            ((Some("anna, bea"), None, None, None), Some(couriers.clone()), 0),
            ((Some("anna,bea"), Some("d1"), None, Some("sf")), Some(couriers), 1),
            ((None, Some("d1,d2"), None, None), None, 2),
            ((None, Some("d1"), None, Some("sf")), None, 1),
            ((None, None, Some("-123,37,-122,38"), None), Some(Scope::Box(bay, None)), 0),
            ((None, None, Some("-123,37,-122,38"), Some("sf")), Some(Scope::Box(bay, sf())), 0),
            ((None, None, None, Some("sf")), Some(Scope::Market(sf().unwrap())), 0),
        ];
        for ((couriers, deliveries, bbox, market), map, count) in cases {
            let followed = read(couriers, deliveries, bbox, market).unwrap();
            assert_eq!(followed.market().map(MarketId::as_str), market);
            assert_eq!((followed.map, followed.deliveries.len()), (map, count));
        }
    }

    #[test]
    fn what_cannot_be_followed_is_named() {
        let many = vec!["c"; NAMED_MAX + 1].join(",");
        let cases = [
            ((None, None, None, None), "query"),
            ((Some(","), None, None, None), "query"),
            ((Some("anna"), None, Some("-123,37,-122,38"), None), "bbox"),
            ((Some("anna"), None, None, Some("sf")), "market"),
            ((None, None, Some("-123,37,-122"), None), "bbox"),
            ((None, None, Some("-123,38,-122,37"), None), "bbox"),
            ((None, None, Some("-123,37,-122,NaN"), None), "bbox"),
            ((Some(many.as_str()), None, None, None), "couriers"),
            ((None, Some("\u{7}"), None, None), "deliveries"),
        ];
        for ((couriers, deliveries, bbox, market), expected) in cases {
            let error = read(couriers, deliveries, bbox, market).unwrap_err();
            let AppError::Invalid { pointer, .. } = &error else {
                panic!("{error}");
            };
            assert_eq!(pointer, expected, "{error}");
        }
    }
}
