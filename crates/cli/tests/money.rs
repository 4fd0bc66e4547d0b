//! From events to money and back.

use crate::desk::{DAY, Desk};

/// A6: a day is imported, paid, closed, settled, reconciled and checked; settling again gives the
/// same bytes.
#[test]
fn a_day_is_settled_and_holds() {
    let desk = Desk::with_city();
    let of_day = format!("--market sf --day {DAY}");
    let pay = desk.types(&format!("pay {of_day} --json")).json();
    assert_eq!(pay.as_array().unwrap().len(), 8);
    for field in ["courier_id", "currency", "total_minor", "worked_seconds", "peak_seconds"] {
        assert!(!pay[0][field].is_null(), "{field}");
    }
    let closed = desk.types(&format!("close {of_day} --json")).json();
    let settle = || desk.types(&format!("settle {of_day} --json"));
    let (first, again) = (settle(), settle());
    assert_eq!(first.out, again.out);
    assert_eq!(first.json()["digest"], closed["digest"]);
    let payout = first.json()["couriers"][0]["payout_minor"].as_i64().unwrap();
    let total = pay[0]["total_minor"].as_i64().unwrap() + pay[0]["tip_minor"].as_i64().unwrap();
    assert_eq!(payout, total);
    let reconciled = desk.types(&format!("reconcile {of_day} --json")).json();
    assert_eq!(reconciled["differences_found"], 0);
    assert_eq!(desk.types("check --json").json()["violations"], 0);
}

/// F6: tables for people, JSON for machines, CSV for spreadsheets.
#[test]
fn pay_is_shown_in_three_ways_and_explained() {
    let desk = Desk::with_city();
    let pay = format!("pay --market sf --day {DAY}");
    let table = desk.types(&pay);
    assert!(table.out.starts_with('╭') && table.out.contains(" USD"), "{}", table.out);
    let csv = desk.types(&format!("{pay} --csv"));
    assert!(csv.out.starts_with("courier_id,market,day,currency,"), "{}", csv.out);
    assert_eq!(csv.out.lines().count(), 1 + 8);
    let explained = desk.types(&format!("{pay} --courier courier-1 --explain"));
    assert!(explained.out.contains("2400/h"), "{}", explained.out);
    assert_eq!(explained.out.matches("courier-1 ").count(), 1);
    let nothing = desk.types("pay --market sf --day 2008-07-01");
    assert_eq!(nothing.out, "nothing on 2008-07-01 in market sf\n");
    assert_eq!(desk.types("pay --market sf --day 2008-07-01 --json").out, "[]\n");
}

#[test]
fn a_closed_day_is_exported() {
    let desk = Desk::with_city();
    let export =
        |of: &str, rest: &str| desk.types(&format!("export {of} --market sf --day {DAY} {rest}"));
    let statements = export("statements", "").out;
    assert!(statements.starts_with("market,day,currency,party_kind,party_id,"), "{statements}");
    assert_eq!(export("postings", "--format parquet --out postings.parquet").code, 0);
    assert!(desk.reads("postings.parquet").starts_with(b"PAR1"));
    let missing = desk.types("export statements --market sf --day 2008-06-01 --out none.csv");
    assert_eq!(missing.code, 2, "{missing:?}");
}

/// B13: a plan is previewed, and nothing has changed; applied, and everybody is paid anew.
#[test]
fn a_plan_is_previewed_then_applied() {
    let desk = Desk::with_city();
    desk.holds("plan.toml", b"[markets.sf.pay]\nper_hour_minor = 30000\n");
    let open_day = "pay --market sf --day 2008-05-20 --courier courier-1 --json";
    let before = desk.types(open_day).json()[0]["pay_minor"].as_i64().unwrap();
    let preview = desk.types("plan preview plan.toml");
    assert!(preview.out.contains("courier-1"), "{preview:?}");
    assert!(preview.out.contains("pay and tips "), "{preview:?}");
    assert_eq!(desk.types(open_day).json()[0]["pay_minor"], before);
    assert_eq!(desk.types("plan apply plan.toml").code, 0);
    assert!(desk.types(open_day).json()[0]["pay_minor"].as_i64().unwrap() > before);
    let versions = desk.types("plan list --market sf --json").json();
    assert!(versions.as_array().unwrap().len() >= 2);
    let listed = desk.types("plan list --market sf").out;
    assert!(listed.contains("the beginning") && listed.contains("further notice"), "{listed}");
    let trail = desk.types("audit list --json").json();
    assert!(trail["data"][0]["actor"].as_str().unwrap().starts_with("local:"), "{trail}");
}

/// A7: a contradiction is told as what there is to decide between, before and after.
#[test]
fn a_conflict_is_shown_as_its_contents() {
    let desk = Desk::with_city();
    let delivered = desk.city();
    let delivered = delivered.lines().find(|line| line.contains("delivery.delivered")).unwrap();
    let mut other: serde_json::Value = serde_json::from_str(delivered).unwrap();
    other["id"] = "told-again".into();
    other["data"]["order_minor"] = 123_456.into();
    let told = desk.pipes(other.to_string().as_bytes(), "import events -");
    assert_eq!(told.code, 0, "{told:?}");
    let listed = desk.types("conflicts list --json").json();
    let conflict = &listed["data"][0];
    let contents = conflict["told"].as_array().unwrap();
    let other = contents.iter().find(|content| content["order_minor"] == 123_456).unwrap();
    let keep = other["fingerprint"].as_str().unwrap();
    let shown = desk.types(&format!("settle --market sf --day {DAY}")).out;
    assert!(shown.contains(keep) && !shown.contains('{'), "{shown}");
    let delivery = conflict["delivery_id"].as_str().unwrap();
    let resolved =
        desk.types(&format!("conflicts resolve --market sf --delivery {delivery} --keep {keep}"));
    assert_eq!(resolved.code, 0, "{resolved:?}");
    let stands = resolved.out.lines().find(|line| line.contains(keep));
    assert!(stands.unwrap().contains(" 123456 "), "{resolved:?}");
    assert!(!resolved.out.contains('{'), "{resolved:?}");
}

/// F6: the configuration that `init` writes is a plan file as it is: what has nothing to do with
/// pay and fees is passed over, and a key that nobody knows is not.
#[test]
fn the_configuration_is_a_plan_file() {
    let desk = Desk::new();
    let preview = desk.types("plan preview doorstep.toml");
    assert_eq!(preview.code, 0, "{preview:?}");
    let misspelt = String::from_utf8(desk.reads("doorstep.toml")).unwrap();
    desk.holds("misspelt.toml", format!("efective_from = \"x\"\n{misspelt}").as_bytes());
    let refused = desk.types("plan preview misspelt.toml");
    assert_eq!((refused.code, refused.err.contains("/efective_from")), (2, true), "{refused:?}");
}
