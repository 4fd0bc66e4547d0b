//! Photon's search (`GET /api`, GeoJSON), as its own description tells it.

use super::address::{Area, Hit};
use crate::calls::{Answer, Fault, query};
use doorstep_domain::tracking::Position;
use serde::Deserialize;

#[derive(Deserialize)]
struct Told {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    geometry: Geometry,
    properties: Properties,
}

#[derive(Deserialize)]
struct Geometry {
    /// Longitude first (RFC 7946).
    coordinates: [f64; 2],
}

#[derive(Deserialize)]
struct Properties {
    name: Option<String>,
    street: Option<String>,
    housenumber: Option<String>,
    postcode: Option<String>,
    /// `house`, `street`, `city`…
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(super) fn url(base: &str, address: &str, area: Option<Area>) -> String {
    let bounds = area.map(|area| area.bounds());
    let mut pairs = vec![("q", address), ("limit", "1")];
    pairs.extend(bounds.as_deref().map(|bounds| ("bbox", bounds)));
    format!("{base}/api?{}", query(&pairs))
}

pub(super) fn read(answer: &Answer) -> Result<Option<Hit>, Fault> {
    let told: Told = answer.json()?;
    let Some(Feature { geometry, properties }) = told.features.into_iter().next() else {
        return Ok(None);
    };
    let [lng, lat] = geometry.coordinates;
    let off = || Fault::nonsense(format!("{lat},{lng} is no place on the globe"));
    let at = Position::from_degrees(lat, lng).ok_or_else(off)?;
    // The name of a street is that of what was found, not of a street that it is in.
    let is_street = properties.kind.as_deref() == Some("street");
    let (name, street) = match is_street {
        true => (None, properties.street.or(properties.name)),
        false => (properties.name, properties.street),
    };
    let (house_number, zip) = (properties.housenumber, properties.postcode);
    Ok(Some(Hit { at, street, house_number, zip, name }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn reads(properties: Value, coordinates: Value) -> Result<Option<Hit>, Fault> {
        let feature = json!({
            "type": "Feature", "properties": properties,
            "geometry": { "type": "Point", "coordinates": coordinates },
        });
        let body = json!({ "type": "FeatureCollection", "features": [feature] });
        let headers = ureq::http::HeaderMap::new();
        read(&Answer { status: 200, headers, body: body.to_string().into() })
    }

    /// C1: a house, a street and a named place are told apart.
    #[test]
    fn what_photon_finds_is_read() {
        let house = json!({
            "osm_type": "N", "type": "house", "street": "Irving Street", "housenumber": "1200",
            "postcode": "94122", "city": "San Francisco", "countrycode": "US",
        });
        let hit = reads(house, json!([-122.4706, 37.7639])).unwrap().unwrap();
        assert_eq!((hit.at.lat(), hit.at.lng()), (37.7639, -122.4706));
        assert_eq!(hit.street.as_deref(), Some("Irving Street"));
        assert_eq!(hit.house_number.as_deref(), Some("1200"));
        assert_eq!((hit.zip.as_deref(), hit.name), (Some("94122"), None));
        let street = json!({ "type": "street", "name": "Irving Street" });
        let hit = reads(street, json!([-122.47, 37.76])).unwrap().unwrap();
        assert_eq!((hit.street.as_deref(), hit.name), (Some("Irving Street"), None));
        let shop = json!({ "type": "house", "name": "Arizmendi", "street": "9th Avenue" });
        let hit = reads(shop, json!([-122.47, 37.76])).unwrap().unwrap();
        assert_eq!(hit.name.as_deref(), Some("Arizmendi"));
    }

    #[test]
    fn what_makes_no_sense_is_a_failure() {
        for coordinates in [json!([]), json!(["a", "b"]), json!([200.0, 37.0]), json!(null)] {
            let read = reads(json!({}), coordinates.clone());
            assert!(matches!(read, Err(Fault::Theirs { .. })), "{coordinates}: {read:?}");
        }
    }

    #[test]
    fn a_question_is_bounded_by_the_market() {
        let asked = url("http://photon", "1200 irving st, ä", None);
        assert_eq!(asked, "http://photon/api?q=1200%20irving%20st%2C%20%C3%A4&limit=1");
    }
}
