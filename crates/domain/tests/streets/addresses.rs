//! Addresses as people write them, on a few streets.

use super::{at, numbered, stretch};
use doorstep_domain::streets::{Found, Geocoder, How};

fn city() -> Geocoder {
    Geocoder::new(&[
        numbered("MISSION ST", vec![at(0, 0), at(0, 200)], 100),
        numbered("MISSION ST", vec![at(0, 200), at(0, 400)], 200),
        numbered("06TH AVE", vec![at(0, 200), at(300, 200)], 1),
        numbered("06TH ST", vec![at(0, 400), at(300, 400)], 1),
        numbered("SAINT FRANCIS BLVD", vec![at(500, 0), at(500, 200)], 1),
        numbered("THE EMBARCADERO", vec![at(900, 0), at(900, 200)], 1),
        stretch("LONELY PATH", vec![at(600, 0), at(700, 0)]),
        stretch("", vec![at(600, 50), at(700, 50)]),
    ])
}

fn finds(address: &str) -> Option<Found> {
    city().find(address)
}

#[test]
fn a_house_is_on_its_side_as_far_along_as_its_number() {
    // Numbers rise to the north; odd ones are on the left, which is west.
    let cases = [
        ("150 Mission St", at(6, 100)),
        ("151 mission street", at(-6, 100)),
        ("100 MISSION", at(6, 9)),
        ("250 Mission St #4, San Francisco, CA 94110", at(6, 300)),
    ];
    for (address, expected) in cases {
        let found = finds(address).expect(address);
        let off_m = found.position.distance_m(expected);
        assert!(off_m < 4.0, "{address}: {off_m} m off");
        assert_eq!((found.how, found.street.as_str()), (How::Number, "MISSION ST"), "{address}");
        assert!(found.confidence > 0.8, "{address}: {}", found.confidence);
    }
}

/// C1: an address is found as people write it, and an answer says how it was found.
#[test]
fn streets_are_known_by_each_of_their_spellings() {
    let cases = [
        ("50 Sixth Avenue", "06TH AVE", How::Number, 0),
        ("50 6th St.", "06TH ST", How::Number, 0),
        ("50 St. Francis Bl", "SAINT FRANCIS BLVD", How::Number, 0),
        ("50 Embarcadero, 94110", "THE EMBARCADERO", How::Number, 0),
        ("150 Mision St", "MISSION ST", How::Number, 1),
        ("990 Mission St", "MISSION ST", How::NearestNumber, 0),
        ("Lonely Path", "LONELY PATH", How::Street, 0),
        ("Mission & Sixth Ave", "MISSION ST & 06TH AVE", How::Corner, 0),
    ];
    for (address, street, how, letters_off) in cases {
        let found = finds(address).expect(address);
        let told = (found.street.as_str(), found.how, found.letters_off);
        assert_eq!(told, (street, how, letters_off), "{address}");
    }
    let nearest = finds("990 Mission St").expect("the nearest");
    assert_eq!(nearest.number, Some(298));
    let sure = finds("298 Mission St").expect("it exists").confidence;
    assert!(nearest.confidence < sure / 2.0, "{} of {sure}", nearest.confidence);
}

#[test]
fn what_is_no_street_here_is_not_found() {
    let unknown = ["", "   ", "12", "5 Broadway", "1 Embarcadero Center", "P.O. Box 40381", "🦀 7"];
    for address in unknown {
        assert_eq!(finds(address), None, "{address}");
    }
    assert_eq!(Geocoder::new(&[]).find("150 Mission St"), None);
}
