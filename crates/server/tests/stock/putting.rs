//! Items and centres are put in place.

use super::{Shops, beside, center};
use serde_json::{Value, json};

/// D3, D7: an item is as it was said last; a market's price stays where it is not named.
#[test]
fn an_item_is_as_it_was_said_last() {
    let shops = Shops::new();
    let said = json!({ "name": "Peaches", "category": "FRUIT", "class": "tolerant",
        "oversell_max": 3, "weight_grams": 500, "prices": { "sf": 299 } });
    let first = shops.puts("/v1/items/peach", &said).json();
    let mut expected = said.clone();
    expected["item_id"] = "peach".into();
    assert_eq!(first, expected);
    let renamed = json!({ "name": "Ripe peaches", "category": "FRUIT/STONE", "item_id": "peach" });
    let second = shops.puts("/v1/items/peach", &renamed).json();
    assert_eq!((&second["class"], &second["oversell_max"]), (&"strict".into(), &0.into()));
    assert_eq!((&second["prices"]["sf"], &second["name"]), (&299.into(), &"Ripe peaches".into()));
    assert_eq!(shops.served.operator.gets("/v1/items/peach").json(), second);
}

/// D3: what cannot be is refused with its field, and nothing of it is kept.
#[test]
fn what_cannot_be_is_refused() {
    let shops = Shops::new();
    let item = json!({ "name": "Peaches", "category": "FRUIT", "prices": { "sf": 299 } });
    let place = center(1.0, "");
    let cases = [
        ("/v1/items/peach", "/name", json!("")),
        ("/v1/items/peach", "/name", json!("a\u{7}b")),
        ("/v1/items/peach", "/name", json!("x".repeat(257))),
        ("/v1/items/peach", "/category", json!("FRUIT//STONE")),
        ("/v1/items/peach", "/oversell_max", json!(1)),
        ("/v1/items/peach", "/weight_grams", json!(-1)),
        ("/v1/items/peach", "/item_id", json!("apple")),
        ("/v1/items/peach", "/prices/ny", json!({ "ny": 1 })),
        ("/v1/items/peach", "/prices/sf", json!({ "sf": -1 })),
        ("/v1/items/peach", "", json!("lax")),
        ("/v1/centers/c1", "/market", json!("ny")),
        ("/v1/centers/c1", "/name", json!(" ")),
        ("/v1/centers/c1", "/lat", json!(91.0)),
        ("/v1/centers/c1", "/hours", json!("mun 07:00-08:00")),
    ];
    for (path, pointer, wrong) in cases {
        let mut said = if path.contains("items") { item.clone() } else { place.clone() };
        let field = pointer.split('/').nth(1).unwrap_or("class");
        said[field] = wrong.clone();
        let answer = shops.puts(path, &said);
        assert_eq!(answer.status, 400, "{path} {field} {wrong} {answer:?}");
        assert_eq!(answer.problem()["errors"][0]["pointer"], pointer, "{path} {wrong}");
        assert_eq!(shops.served.operator.gets(path).status, 404, "{path}");
    }
}

/// D8: where a centre is and whose goods it sells is for good; its name and its hours are not.
#[test]
fn a_centre_stays_where_it_is() {
    let shops = Shops::new();
    let mut said = center(1.0, "daily 08:00-20:00");
    said["name"] = "Another name".into();
    let renamed = shops.puts("/v1/centers/near", &said).json();
    let open = json!({ "name": "Another name", "hours": "daily 08:00-20:00", "open": true });
    assert!(open.as_object().unwrap().iter().all(|(field, value)| renamed[field] == *value));
    for (field, other) in
        [("merchant_id", json!("m9")), ("lat", json!(37.0)), ("lng", json!(-122.0))]
    {
        let mut moved = said.clone();
        moved[field] = other;
        let answer = shops.puts("/v1/centers/near", &moved);
        assert_eq!((answer.status, &answer.problem()["code"]), (409, &"center_fixed".into()));
    }
    assert_eq!(shops.served.operator.gets("/v1/centers/near").json(), renamed);
    let page = shops.served.operator.gets("/v1/centers?limit=1").json();
    let named = |page: &Value| page["data"][0]["center_id"].clone();
    assert_eq!((named(&page), &page["next_cursor"]), ("near".into(), &"near".into()));
    let next = shops.served.operator.gets("/v1/centers?limit=1&cursor=near&market=sf").json();
    assert_eq!((named(&next), &next["has_more"]), ("corner".into(), &false.into()));
}

/// D3: what one process puts in place another one knows once it has followed.
#[test]
fn another_process_knows_what_was_put_in_place() {
    let shops = Shops::new();
    let (other, _directory) = beside(&shops.served.world);
    assert!(other.stock.center("near").is_some(), "loaded when first asked for");
    shops.sells("peach", "Peaches", "FRUIT", 299);
    shops.opens("new", 2.0, "");
    other.stock.catalogue().follow().unwrap();
    let peach = other.stock.item(&super::sf(), "peach").unwrap();
    assert_eq!((peach.price_minor(&super::sf()), &*peach.name), (Some(299), "Peaches"));
    assert_eq!(other.stock.center("new").unwrap().name, "A corner");
}
