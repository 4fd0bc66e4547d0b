//! Addresses that a geocoder of others finds, or does not.

use super::{gets, with};
use crate::elsewhere::{Elsewhere, Mood, says};
use crate::served::Served;
use serde_json::json;

fn photon(street: &str, house_number: &str) -> String {
    let properties = json!({
        "type": "house", "street": street, "housenumber": house_number, "postcode": "94110",
    });
    let geometry = json!({ "type": "Point", "coordinates": [-122.4201, 37.7611] });
    json!({ "features": [{ "geometry": geometry, "properties": properties }] }).to_string()
}

fn imports_mission_street(served: &Served) {
    let street = json!({
        "type": "Feature",
        "properties": {
            "id": 1, "name": "MISSION ST", "class": "residential", "zip": "94110",
            "left": [101, 199], "right": [100, 198],
        },
        "geometry": {
            "type": "LineString", "coordinates": [[-122.42, 37.760], [-122.42, 37.762]],
        },
    });
    let streets = "/v1/streets?market=sf";
    let sent = served.operator.asks("POST", streets, &[], street.to_string());
    assert_eq!(sent.json()["accepted"], 1);
}

/// B11, C1: the configured geocoder finds addresses; what it does not know, or cannot say, the
/// market's own streets do; and what it said is not asked again.
#[test]
fn an_address_is_found_by_whoever_knows_it() {
    let server = Elsewhere::new(says(200, &photon("Mission Street", "150")));
    let served = Served::new(with(&format!("geocoder = \"photon+{}\"", server.url)));
    let path = "/v1/geocode?market=sf&address=150%20Mission%20St";
    let found = gets(&served, path);
    assert_eq!((&found["geocoder"], &found["how"]), (&json!("photon"), &json!("number")));
    assert_eq!((&found["lat"], &found["confidence"]), (&json!(37.7611), &json!(0.9)));
    assert_eq!(server.asked(), ["GET /api?q=150%20mission%20st&limit=1"]);
    assert_eq!(gets(&served, &path.replace("Mission", "MISSION%20"))["geocoder"], "photon");
    assert_eq!(server.times_asked(), 1);

    server.becomes([says(200, r#"{"features":[]}"#)]);
    let unknown = path.replace("150", "152");
    assert_eq!(served.operator.gets(&unknown).problem()["code"], "no_streets");
    imports_mission_street(&served);
    assert_eq!(gets(&served, &unknown)["geocoder"], "streets");
    assert_eq!(server.times_asked(), 2, "that it knows none was kept as well");

    // From then on it is asked within the market's bounds, and what lies outside is not taken.
    let far = photon("Mission Street", "154").replace("37.7611", "48.85");
    server.becomes([says(200, &far)]);
    assert_eq!(gets(&served, &path.replace("150", "154"))["geocoder"], "streets");
    let asked = server.asked().pop().unwrap();
    assert!(asked.ends_with("&bbox=-122.44%2C37.74%2C-122.4%2C37.782"), "{asked}");
    for (number, mood) in [says(500, ""), says(200, "no"), Mood::Hangs].into_iter().enumerate() {
        server.becomes([mood]);
        let found = gets(&served, &path.replace("150", &format!("16{number}")));
        assert_eq!((&found["geocoder"], &found["how"]), (&json!("streets"), &json!("number")));
    }
}

/// B11, C1: the same in Nominatim's form.
#[test]
fn nominatim_is_spoken_as_well() {
    let told = json!([{
        "lat": "37.7611", "lon": "-122.4201", "addresstype": "place", "name": "",
        "address": { "house_number": "150", "road": "Mission Street", "postcode": "94110" },
    }]);
    let server = Elsewhere::new(says(200, &told.to_string()));
    let served = Served::new(with(&format!("geocoder = \"nominatim+{}/\"", server.url)));
    let path = "/v1/geocode?market=sf&address=150%20Mission%20St";
    let found = gets(&served, path);
    assert_eq!((&found["geocoder"], &found["number"]), (&json!("nominatim"), &json!(150)));
    assert_eq!(
        server.asked(),
        ["GET /search?q=150%20mission%20st&format=jsonv2&limit=1&addressdetails=1"]
    );
}
