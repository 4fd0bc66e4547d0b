//! Nominatim's search (`GET /search?format=jsonv2`), as its own description tells it.

use super::address::{Area, Hit};
use crate::calls::{Answer, Fault, query};
use doorstep_domain::tracking::Position;
use serde::Deserialize;

#[derive(Deserialize)]
struct Told {
    lat: String,
    lon: String,
    /// Empty where it has none.
    name: Option<String>,
    /// `place`, `building`, `road`…
    addresstype: Option<String>,
    #[serde(default)]
    address: Address,
}

#[derive(Default, Deserialize)]
struct Address {
    house_number: Option<String>,
    road: Option<String>,
    postcode: Option<String>,
}

pub(super) fn url(base: &str, address: &str, area: Option<Area>) -> String {
    let bounds = area.map(|area| area.bounds());
    let mut pairs =
        vec![("q", address), ("format", "jsonv2"), ("limit", "1"), ("addressdetails", "1")];
    if let Some(bounds) = &bounds {
        pairs.extend([("viewbox", bounds.as_str()), ("bounded", "1")]);
    }
    format!("{base}/search?{}", query(&pairs))
}

pub(super) fn read(answer: &Answer) -> Result<Option<Hit>, Fault> {
    let told: Vec<Told> = answer.json()?;
    let Some(told) = told.into_iter().next() else { return Ok(None) };
    let off = || Fault::nonsense(format!("{},{} is no place on the globe", told.lat, told.lon));
    let degrees = |text: &str| text.parse::<f64>().map_err(|_| off());
    let at = Position::from_degrees(degrees(&told.lat)?, degrees(&told.lon)?).ok_or_else(off)?;
    let is_road = told.addresstype.as_deref() == Some("road");
    let name = told.name.filter(|name| !is_road && !name.is_empty());
    let Address { house_number, road, postcode } = told.address;
    Ok(Some(Hit { at, street: road, house_number, zip: postcode, name }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn reads(body: Value) -> Result<Option<Hit>, Fault> {
        let headers = ureq::http::HeaderMap::new();
        read(&Answer { status: 200, headers, body: body.to_string().into() })
    }

    /// C1: a house and a road are told apart; nothing found is an answer.
    #[test]
    fn what_nominatim_finds_is_read() {
        let house = json!([{
            "place_id": 1, "lat": "37.7639", "lon": "-122.4706", "name": "",
            "category": "place", "type": "house", "addresstype": "place", "importance": 0.1,
            "address": { "house_number": "1200", "road": "Irving Street", "postcode": "94122" },
        }]);
        let hit = reads(house).unwrap().unwrap();
        assert_eq!((hit.at.lat(), hit.at.lng()), (37.7639, -122.4706));
        assert_eq!(hit.street.as_deref(), Some("Irving Street"));
        assert_eq!(hit.house_number.as_deref(), Some("1200"));
        assert_eq!((hit.zip.as_deref(), hit.name), (Some("94122"), None));
        let road = json!([{
            "lat": "37.7639", "lon": "-122.4706", "name": "Irving Street", "addresstype": "road",
            "address": { "road": "Irving Street" },
        }]);
        let hit = reads(road).unwrap().unwrap();
        assert_eq!((hit.street.as_deref(), hit.name), (Some("Irving Street"), None));
        assert_eq!(reads(json!([])), Ok(None));
    }

    #[test]
    fn what_makes_no_sense_is_a_failure() {
        let cases = [
            json!({}),
            json!([{ "lat": "north", "lon": "0" }]),
            json!([{ "lat": "91", "lon": "0" }]),
            json!([{ "lat": 37.7, "lon": -122.4 }]),
            json!("error"),
        ];
        for body in cases {
            let read = reads(body.clone());
            assert!(matches!(read, Err(Fault::Theirs { .. })), "{body}: {read:?}");
        }
    }

    #[test]
    fn a_question_has_its_form() {
        let asked = url("http://nominatim", "1200 irving st", None);
        assert!(asked.starts_with("http://nominatim/search?q=1200%20irving%20st&format=jsonv2"));
    }
}
