//! Items are found by category and by name.

use super::{Shops, sf};
use doorstep_server::stock::put::{ItemSaid, put_items};
use std::collections::BTreeMap;

fn named(shops: &Shops, path: &str) -> Vec<String> {
    let answer = shops.served.operator.gets(path);
    assert_eq!(answer.status, 200, "{path} {answer:?}");
    let page = answer.json();
    let items = page["data"].as_array().unwrap().iter();
    items.map(|item| item["item_id"].as_str().unwrap().to_owned()).collect()
}

/// D3: items are browsed by category and found by name, page by page.
#[test]
fn items_are_found_by_category_and_name() {
    let shops = Shops::new();
    shops.sells("cocoa", "Milk cocoa with oats", "DRINKS", 450);
    let unsold = serde_json::json!({ "name": "Milk, unsold", "category": "DAIRY" });
    assert_eq!(shops.puts("/v1/items/unsold", &unsold).status, 200);
    let cases: [(&str, &[&str]); 10] = [
        ("/v1/items", &["bread", "honey", "unsold", "milk", "cocoa"]),
        ("/v1/items?category=DAIRY", &["honey", "unsold", "milk"]),
        ("/v1/items?category=DAIRY&market=sf", &["honey", "milk"]),
        ("/v1/items?category=DAI", &[]),
        ("/v1/items?query=MILK", &["unsold", "cocoa", "milk"]),
        ("/v1/items?query=o%C3%A1t+mil", &["milk", "cocoa"]),
        ("/v1/items?query=milk&category=DAIRY&market=sf", &["milk"]),
        ("/v1/items?query=milk&limit=1", &["unsold"]),
        ("/v1/items?query=milk&limit=1&cursor=unsold", &["cocoa"]),
        ("/v1/items?query=soy", &[]),
    ];
    for (path, expected) in cases {
        assert_eq!(named(&shops, path), expected, "{path}");
    }
    let page = shops.served.operator.gets("/v1/items?limit=2").json();
    assert_eq!((&page["has_more"], &page["next_cursor"]), (&true.into(), &"honey".into()));
    assert_eq!(named(&shops, "/v1/items?limit=2&cursor=honey"), ["unsold", "milk"]);
    let categories = shops.served.operator.gets("/v1/items/categories?market=sf").json();
    let expected = serde_json::json!([
        { "category": "BAKERY", "items": 1 }, { "category": "DAIRY", "items": 1 },
        { "category": "DAIRY/PLANT MILK", "items": 1 }, { "category": "DRINKS", "items": 1 },
    ]);
    assert_eq!(categories["data"], expected);
}

/// D3: what changes rarely may be kept for an hour, and is not sent again while it stands.
#[test]
fn what_changes_rarely_may_be_kept() {
    let shops = Shops::new();
    for path in ["/v1/items", "/v1/items?query=milk", "/v1/items/categories", "/v1/items/milk"] {
        let first = shops.served.operator.gets(path);
        assert_eq!(first.header("cache-control"), "private, max-age=3600", "{path}");
        let tag = first.header("etag");
        let again = || shops.served.operator.asks("GET", path, &[("if-none-match", tag)], "");
        assert_eq!(again().status, 304, "{path}");
    }
    let before = shops.served.operator.gets("/v1/items/milk");
    shops.sells("milk", "Oat milk, 1 l", "DAIRY/PLANT MILK", 350);
    let tag = before.header("etag");
    let after = shops.served.operator.asks("GET", "/v1/items/milk", &[("if-none-match", tag)], "");
    assert_eq!((after.status, after.json()["prices"]["sf"].as_i64()), (200, Some(350)));
}

/// D3: names that come in great numbers are sorted anew, and found with those that came after.
#[test]
fn many_names_are_found_while_they_change() {
    let shops = Shops::new();
    let said = |name: String| ItemSaid {
        item_id: None,
        name,
        category: "TEA".to_owned(),
        class: Default::default(),
        oversell_max: 0,
        weight_grams: 0,
        prices: BTreeMap::from([(sf(), 100)]),
    };
    let item = |number: usize, name: String| (format!("tea-{number}").parse().unwrap(), said(name));
    let many: Vec<_> =
        (0..3_000).map(|number| item(number, format!("Green tea {number}"))).collect();
    assert_eq!(put_items(shops.app(), &many).unwrap().changed, 3_000);
    assert_eq!(put_items(shops.app(), &many).unwrap().known, 3_000);
    assert_eq!(named(&shops, "/v1/items?query=green+2999"), ["tea-2999"]);
    put_items(shops.app(), &[item(2_999, "Black coffee".to_owned())]).unwrap();
    assert_eq!(named(&shops, "/v1/items?query=green+2999"), [""; 0]);
    assert_eq!(named(&shops, "/v1/items?query=coffee"), ["tea-2999"]);
    assert_eq!(named(&shops, "/v1/items?query=tea&limit=2"), ["tea-0", "tea-1"]);
}
