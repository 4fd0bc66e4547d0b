use super::*;

fn hit(street: &str, house_number: &str, name: &str) -> Hit {
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Hit {
        at: Position::from_degrees(37.76, -122.42).unwrap(),
        street: told(street),
        house_number: told(house_number),
        zip: None,
        name: told(name),
    }
}

/// C1: how much of what was asked is in the answer: below 0.6 the customer is asked.
#[test]
fn an_answer_is_as_sure_as_it_is_alike() {
    let cases = [
        ("1200 irving st, 94122", hit("Irving Street", "1200", ""), "number", 0.9),
        ("1200 irving st, 94122", hit("Irving Street", "1200a", "Shop"), "number", 0.9),
        ("1200 irving st, 94122", hit("Irving Street", "1198", ""), "nearest_number", 0.5),
        ("irving st", hit("Irving Street", "12", ""), "nearest_number", 0.5),
        ("1200 irving st", hit("Irving Street", "", ""), "street", 0.5),
        ("1200 irving st", hit("9th Avenue", "1200", ""), "number", 0.45),
        ("ferry building", hit("The Embarcadero", "", "Ferry Building"), "place", 0.7),
        ("somewhere", hit("", "", ""), "street", 0.25),
        ("24th st", hit("24th Street", "", ""), "street", 0.5),
    ];
    for (asked, hit, how, confidence) in cases {
        let view = view(asked, hit.clone(), Form::Photon);
        assert_eq!((view.how, view.confidence), (how, confidence), "{asked}: {hit:?}");
    }
}

#[test]
fn one_address_is_one_question() {
    for text in ["1200 Irving St", " 1200  irving ST\n", "1200\tIrving st"] {
        assert_eq!(normal(text), "1200 irving st", "{text:?}");
    }
}

#[test]
fn a_market_ends_two_kilometres_behind_its_streets() {
    let [south_west, north_east] = [(37.7, -122.5), (37.8, -122.4)]
        .map(|(lat, lng)| Position::from_degrees(lat, lng).unwrap());
    let area = Area::around(Extent { south_west, north_east });
    let cases = [(37.75, -122.45, true), (37.69, -122.51, true), (37.67, -122.45, false)];
    for (lat, lng, expected) in cases {
        assert_eq!(area.holds(Position::from_degrees(lat, lng).unwrap()), expected, "{lat},{lng}");
    }
    assert_eq!(area.bounds(), "-122.52,37.68,-122.38,37.82");
    let [south_west, north_east] = [(-90.0, -180.0), (90.0, 180.0)]
        .map(|(lat, lng)| Position::from_degrees(lat, lng).unwrap());
    let world = Extent { south_west, north_east };
    assert_eq!(Area::around(world), Area { south_west, north_east });
}
