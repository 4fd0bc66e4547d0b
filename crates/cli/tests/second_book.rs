//! What the binary says against what the second book says, to the cent and the second.

use crate::desk::Desk;
use doorstep_domain::time::Day;
use doorstep_sim::book::{Book, BookTerms, CourierDay, MerchantDay};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Every day on which the book has anything.
pub(crate) fn days_of(book: &Book) -> BTreeSet<Day> {
    let couriers = book.couriers.keys().map(|(day, _)| *day);
    let merchants = book.merchants.keys().map(|(day, _)| *day);
    couriers.chain(merchants).collect()
}

/// What a command about a day answers.
pub(crate) fn asked(desk: &Desk, command: &str, market: &str, day: Day) -> Value {
    desk.types(&format!("{command} --market {market} --day {day} --json")).json()
}

/// The log says the same as the store about these days, and every invariant holds.
pub(crate) fn is_sound(desk: &Desk, market: &str, days: impl IntoIterator<Item = Day>) {
    for day in days {
        let found = asked(desk, "reconcile", market, day);
        let told = (&found["differences_found"], &found["lag_records"]);
        assert_eq!(told, (&0.into(), &0.into()), "{found}");
    }
    let found = desk.types("check --json");
    assert_eq!(found.code, 0, "{found:?}");
    assert_eq!(found.json()["violations"], 0);
}

/// Pay and settlement of every day are what the second book makes of the same lines.
pub(crate) fn agrees(desk: &Desk, terms: &BookTerms, book: &Book) {
    let market = terms.market.as_str();
    let mut conflicts = BTreeSet::new();
    for day in days_of(book) {
        let expected = couriers_of(book, day);
        let pay = couriers(&asked(desk, "pay", market, day), "total_minor");
        assert_same("pay", market, day, &pay, &expected);
        let settlement = asked(desk, "settle", market, day);
        let settled = couriers(&settlement["couriers"], "pay_minor");
        assert_same("settlement of couriers", market, day, &settled, &expected);
        let merchants = merchants(&settlement["merchants"]);
        let charged = merchants_of(book, day);
        assert_same("settlement of merchants", market, day, &merchants, &charged);
        assert_eq!(settlement["adjustments"], Value::Array(Vec::new()), "{day}");
        let open = rows(&settlement["conflicts"]).iter();
        conflicts.extend(open.map(|conflict| text(conflict, "delivery_id")));
    }
    assert_eq!(conflicts, book.conflicts, "conflicts in {market}");
}

fn assert_same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    market: &str,
    day: Day,
    found: &BTreeMap<String, T>,
    expected: &BTreeMap<String, T>,
) {
    let all: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    let different: Vec<String> = all
        .into_iter()
        .filter(|id| found.get(*id) != expected.get(*id))
        .map(|id| format!("{id}: {:?}, book {:?}", found.get(id), expected.get(id)))
        .collect();
    let count = different.len();
    assert!(
        different.is_empty(),
        "{what} in {market} on {day}: {count} differ, such as {:#?}",
        &different[..count.min(5)]
    );
}

fn couriers(listed: &Value, pay: &str) -> BTreeMap<String, CourierDay> {
    let row = |row: &Value| {
        let of = CourierDay {
            pay_minor: number(row, pay),
            tip_minor: number(row, "tip_minor"),
            deliveries: number(row, "deliveries"),
            worked_seconds: number(row, "worked_seconds"),
            peak_seconds: number(row, "peak_seconds"),
        };
        (text(row, "courier_id"), of)
    };
    rows(listed).iter().map(row).collect()
}

fn merchants(listed: &Value) -> BTreeMap<String, MerchantDay> {
    let row = |row: &Value| {
        let of = MerchantDay {
            deliveries: number(row, "deliveries"),
            sales_minor: number(row, "sales_minor"),
            fee_minor: number(row, "fee_minor"),
        };
        (text(row, "merchant_id"), of)
    };
    rows(listed).iter().map(row).collect()
}

fn couriers_of(book: &Book, day: Day) -> BTreeMap<String, CourierDay> {
    let days = book.couriers_of(day).into_iter();
    days.map(|(id, row)| (id.to_owned(), row.clone()))
        .filter(|(_, row)| *row != CourierDay::default())
        .collect()
}

fn merchants_of(book: &Book, day: Day) -> BTreeMap<String, MerchantDay> {
    let days = book.merchants_of(day).into_iter();
    days.map(|(id, row)| (id.to_owned(), row.clone())).collect()
}

fn rows(listed: &Value) -> &[Value] {
    listed.as_array().expect("a list")
}

fn number(row: &Value, field: &str) -> i64 {
    row[field].as_i64().expect("a whole number")
}

fn text(row: &Value, field: &str) -> String {
    row[field].as_str().expect("a text").to_owned()
}

/// Minor units by day, party and figure; what comes to nothing is left out.
type Owed = BTreeMap<(String, String, String), i64>;

/// What settlements of these days come to, corrections counted on the day that they are about.
pub(crate) fn owed(desk: &Desk, market: &str, days: &[Day]) -> Owed {
    let mut owed = Owed::new();
    let mut add = |day: &str, party: String, figure: &str, minor| {
        let key = (day.to_owned(), party, figure.to_owned());
        *owed.entry(key).or_default() += minor;
    };
    for day in days {
        let settlement = asked(desk, "settle", market, *day);
        let day = day.to_string();
        for row in rows(&settlement["couriers"]) {
            let party = text(row, "courier_id");
            add(&day, party.clone(), "pay", number(row, "pay_minor"));
            add(&day, party, "tip", number(row, "tip_minor"));
        }
        for row in rows(&settlement["merchants"]) {
            let party = text(row, "merchant_id");
            add(&day, party.clone(), "sale", number(row, "sales_minor"));
            add(&day, party, "fee", number(row, "fee_minor"));
        }
        for row in rows(&settlement["adjustments"]) {
            let whose = ["courier_id", "merchant_id"];
            let party = whose.iter().find(|field| row[**field].is_string()).unwrap();
            let (about, kind) = (text(row, "about_day"), text(row, "kind"));
            add(&about, text(row, party), &kind, number(row, "amount_minor"));
        }
    }
    owed.retain(|_, minor| *minor != 0);
    owed
}

/// What the second book says of the same.
pub(crate) fn owed_by(book: &Book) -> Owed {
    let mut owed = Owed::new();
    let key = |day: &Day, party: &str, figure: &str| {
        (day.to_string(), party.to_owned(), figure.to_owned())
    };
    for ((day, courier), row) in &book.couriers {
        owed.insert(key(day, courier, "pay"), row.pay_minor);
        owed.insert(key(day, courier, "tip"), row.tip_minor);
    }
    for ((day, merchant), row) in &book.merchants {
        owed.insert(key(day, merchant, "sale"), row.sales_minor);
        owed.insert(key(day, merchant, "fee"), row.fee_minor);
    }
    owed.retain(|_, minor| *minor != 0);
    owed
}
