//! Lines by the thousand.

use super::{Shops, available, had};
use doorstep_server::check::check;
use serde_json::Value;
use std::fmt::Write;
use std::path::PathBuf;

pub(super) fn counts(answer: &Value) -> [u64; 2] {
    ["changed", "known"].map(|name| answer[name].as_u64().unwrap())
}

pub(super) fn sends(shops: &Shops, path: &str, key: &str, lines: &str) -> Value {
    let headers = [("content-type", "text/csv"), ("idempotency-key", key)];
    let answer = shops.served.operator.asks("POST", path, &headers, lines);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// D11: lines become movements, lane by lane; under one key once, and what is wrong is named.
#[test]
fn lines_become_movements_once() {
    let shops = Shops::new();
    let mut lines = String::new();
    for number in 0..200 {
        shops.opens(&format!("c{number}"), f64::from(number) / 100.0, "");
        writeln!(lines, "c{number},milk,3\nc{number},bread,1").unwrap();
    }
    lines.push_str("c7,milk,4\n\nnowhere,milk,1\nc1,beer,1\nc1,milk,0\nc1,milk\n");
    let first = sends(&shops, "/v1/stock/import", "k1", &lines);
    assert_eq!(counts(&first), [401, 0]);
    let refused: Vec<(u64, &str)> = first["rejected"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["line"].as_u64().unwrap(), line["code"].as_str().unwrap()))
        .collect();
    let wrong =
        [(403, "unknown_center"), (404, "unknown_item"), (405, "invalid"), (406, "invalid")];
    assert_eq!(refused, wrong);
    assert_eq!(counts(&sends(&shops, "/v1/stock/import", "k1", &lines)), [0, 401]);
    let other = sends(&shops, "/v1/stock/import", "k1", "c7,milk,1\n");
    assert_eq!((counts(&other), &other["rejected"][0]["code"]), ([0, 0], &"key_reused".into()));
    shops.follows();
    assert!(shops.has("items=milk")["data"][0]["available"].as_i64().unwrap() > 0);
    let counted = sends(&shops, "/v1/stock/import?count=true", "k2", "c7,milk,9\nc7,milk,2\n");
    assert_eq!(counts(&counted), [2, 0]);
    let row = shops.served.operator.gets("/v1/stock?center_id=c7&item_id=milk").json();
    let kinds: Vec<(&str, i64)> = row["movements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["kind"].as_str().unwrap(), row["delta"].as_i64().unwrap()))
        .collect();
    assert_eq!(
        (row["quantity"].as_i64(), kinds),
        (Some(2), vec![("counted", -5), ("received", 7)])
    );
    let over = sends(&shops, "/v1/stock/import", "k3", "c7,milk,1000000000\n");
    assert_eq!((counts(&over), &over["rejected"][0]["pointer"]), ([0, 0], &"/quantity".into()));
    assert_eq!(check(shops.app()).violations, 0);
}

/// D11: lines of one stock row that stand far apart are of different blocks: what came of both is
/// there, once, and of counts the last one stands.
#[test]
fn lines_far_apart_count_in_their_order() {
    let shops = Shops::new();
    let far = "\n".repeat(300_000);
    let quantity = || {
        let row = shops.served.operator.gets("/v1/stock?center_id=near&item_id=milk").json();
        row["quantity"].as_i64().unwrap()
    };
    let came = format!("near,milk,3\n{far}near,milk,4\nnear,bread,1\n");
    for expected in [[3, 0], [0, 3]] {
        assert_eq!(counts(&sends(&shops, "/v1/stock/import", "k1", &came)), expected);
        assert_eq!(quantity(), 7);
    }
    let there = format!("near,milk,9\n{far}near,milk,2\n");
    for expected in [[2, 0], [0, 2]] {
        assert_eq!(counts(&sends(&shops, "/v1/stock/import?count=true", "k2", &there)), expected);
        assert_eq!(quantity(), 2);
    }
    assert_eq!(check(shops.app()).violations, 0);
}

/// D11: repeated once more can be taken than before, nothing is taken twice: what changed beside
/// lines that were taken is refused, what never was is taken, and a count is no receipt.
#[test]
fn what_is_repeated_stays_where_it_was() {
    let shops = Shops::new();
    let mut lines = String::new();
    for number in 0..40 {
        shops.opens(&format!("c{number}"), f64::from(number) / 100.0, "");
        let item = if number < 37 { "tea" } else { "milk" };
        writeln!(lines, "late{number},milk,1\nc{number},{item},3").unwrap();
    }
    let path = "/v1/stock/import?dead_letters_max=0";
    assert_eq!(counts(&sends(&shops, path, "k1", &lines)), [3, 0]);
    shops.sells("tea", "Tea", "TEA", 400);
    shops.opens("late7", 0.1, "");
    let second = sends(&shops, path, "k1", &lines);
    let is_reused = |line: &&Value| line["code"] == "key_reused";
    let refused = second["rejected"].as_array().unwrap().iter().filter(is_reused).count();
    assert!(counts(&second)[0] > 0 && refused <= 3, "{second}");
    assert!(refused > 0 || counts(&second)[1] > 0, "{second}");
    let counted = sends(&shops, &format!("{path}&count=true"), "k1", &lines);
    assert_eq!(counts(&counted), [0, 0], "a count is not what was received: {counted}");
    for number in 37..40 {
        let path = format!("/v1/stock?center_id=c{number}&item_id=milk");
        assert_eq!(shops.served.operator.gets(&path).json()["quantity"], 3, "c{number}");
    }
    assert_eq!(check(shops.app()).violations, 0);
}

/// D11: what was taken is known when it is repeated, however much is there by now.
#[test]
fn what_was_taken_is_known_before_it_is_too_much() {
    let shops = Shops::new();
    let lines = "near,milk,600000000\n";
    assert_eq!(counts(&sends(&shops, "/v1/stock/import", "k1", lines)), [1, 0]);
    let over = sends(&shops, "/v1/stock/import", "k2", lines);
    assert_eq!(over["rejected"][0]["pointer"], "/quantity");
    assert_eq!(counts(&sends(&shops, "/v1/stock/import", "k1", lines)), [0, 1]);
    let over = sends(&shops, "/v1/stock/import", "k2", lines);
    assert_eq!(over["rejected"][0]["code"], "invalid", "what was refused stays so: {over}");
}

/// D3: a supermarket's real catalogue is put in place whole, found and browsed.
#[test]
fn a_real_catalogue_is_put_in_place() {
    let folder = std::env::var_os("DOORSTEP_DATA").map(PathBuf::from);
    let file = folder.map(|folder| folder.join("retail/cj_products.csv.zst"));
    let Some(file) = file.filter(|file| file.exists()) else {
        println!("skipped: DOORSTEP_DATA names no retail/cj_products.csv.zst");
        return;
    };
    let text = zstd::decode_all(std::fs::File::open(file).unwrap()).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let shops = Shops::new();
    let (mut lines, mut expected, mut milk) = (vec![String::new()], 0, 0);
    for record in reader.records() {
        let record = record.unwrap();
        let or = |place: usize, other: &str| match record[place].trim() {
            "" => other.to_owned(),
            text => text.to_owned(),
        };
        let name = format!("{}, {}", or(5, "Something"), or(6, "each"));
        let category = or(2, "MISCELLANEOUS").replace('/', " ");
        milk += usize::from(
            name.to_uppercase()
                .split(|c: char| !c.is_alphanumeric())
                .any(|w| w.starts_with("MILK")),
        );
        let said = serde_json::json!({
            "item_id": &record[0], "name": name, "category": category, "prices": { "sf": 100 },
        });
        if expected % 10_000 == 9_999 {
            lines.push(String::new());
        }
        writeln!(lines.last_mut().unwrap(), "{said}").unwrap();
        expected += 1;
    }
    let plain = [("content-type", "application/x-ndjson")];
    let send = |lines: &String| {
        let answer = shops.served.operator.asks("POST", "/v1/items", &plain, lines);
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        assert_eq!(answer["rejected"].as_array().unwrap().len(), 0, "{}", answer["rejected"]);
        counts(&answer)
    };
    let changed: u64 = lines.iter().map(|lines| send(lines)[0]).sum();
    assert_eq!((changed, expected > 90_000), (expected, true));
    assert_eq!(send(&lines[3]), [0, 10_000], "the same again changes nothing");
    let browser = shops.browser();
    let categories = browser.gets("/v1/items/categories?market=sf").json();
    let counted: u64 = categories["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|category| category["items"].as_u64().unwrap())
        .sum();
    assert_eq!(counted, expected + 3, "with the three that were there");
    let found = browser.gets("/v1/items?query=MILK&limit=1000").json();
    let found_count = found["data"].as_array().unwrap().len();
    assert_eq!(found_count, (milk + 1).min(1_000), "with the one that was there");
    assert_eq!(available(&shops.has("category=FLORAL")), had(&[]));
}
