//! Pay, settlement and claims over HTTP.

use crate::served::Served;
use crate::world::{World, delivery, event};
use serde_json::json;

const DAY: &str = "/v1/settlements/sf/2008-05-19";

fn a_day_worked() -> World {
    let world = World::new();
    let trip = delivery("d1", "cab-1", "2008-05-19T18:00:00Z", "2008-05-19T18:30:00Z");
    world.is_told(&trip);
    world
}

/// B4: pay so far counts the interval that is still open, up to now.
#[test]
fn pay_so_far_includes_the_open_interval() {
    let world = World::new();
    let courier = json!({ "courier_id": "cab-1" });
    world.is_told(&[
        event("requested", "d1", "2008-05-25T18:40:00Z", json!({})),
        event("assigned", "d1", "2008-05-25T18:45:00Z", courier.clone()),
        event("picked_up", "d1", "2008-05-25T18:50:00Z", courier),
    ]);
    let served = Served::new(world);
    let minutes = [("2008-05-25T19:00:00Z", 600), ("2008-05-25T19:20:00Z", 1_800)];
    for (now, worked_seconds) in minutes {
        served.world.clock.set(now);
        // Today, by the market's own clock.
        let pay = served.finance.gets("/v1/couriers/cab-1/pay").json();
        assert_eq!(pay[0]["day"], "2008-05-25");
        assert_eq!(pay[0]["worked_seconds"], worked_seconds, "{now}");
        assert_eq!(pay[0]["total_minor"], worked_seconds * 2_000 / 3_600);
        assert_eq!((&pay[0]["provisional"], &pay[0]["deliveries"]), (&true.into(), &0.into()));
    }
}

/// B17: asked for, each line of the pay is there.
#[test]
fn pay_explains_itself() {
    let served = Served::new(a_day_worked());
    let path = "/v1/pay?market=sf&day=2008-05-19&courier=cab-1&explain=true";
    let pay = served.finance.gets(path).json();
    assert_eq!(pay[0]["lines"][0]["kind"], "time");
    assert_eq!(pay[0]["lines"][0]["base_us"], 1_800_000_000);
    assert!(served.finance.gets("/v1/pay?market=sf&day=2008-05-19").json()[0]["lines"].is_null());
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let served = Served::new(a_day_worked());
    for path in [DAY, "/v1/pay?market=sf&day=2008-05-19"] {
        let first = served.finance.gets(path);
        let known = [("if-none-match", first.header("etag"))];
        let again = served.finance.asks("GET", path, &known, "");
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        served.world.is_told(&delivery(
            path,
            "cab-2",
            "2008-05-19T19:00:00Z",
            "2008-05-19T19:10:00Z",
        ));
        assert_eq!(served.finance.asks("GET", path, &known, "").status, 200, "{path}");
    }
}

/// A6: closed once; the statement stands, and says so.
#[test]
fn a_day_is_closed_once() {
    let served = Served::new(a_day_worked());
    let close = format!("{DAY}/close");
    let first = served.finance.posts(&close, "c1", "").json();
    assert_eq!(first["repeated"], false);
    let second = served.finance.posts(&close, "c2", "").json();
    assert_eq!((&second["repeated"], &second["digest"]), (&true.into(), &first["digest"]));
    let settlement = served.finance.gets(DAY).json();
    assert_eq!(settlement["digest"], first["digest"]);
    assert_eq!(settlement["provisional"], false);
    let pay = served.finance.gets("/v1/couriers/cab-1/pay?day=2008-05-19").json();
    assert_eq!(pay[0]["provisional"], false);
    let trail = served.finance.gets("/v1/audit?limit=1").json();
    assert_eq!(trail["data"][0]["action"], "day.close");
    assert!(trail["data"][0]["actor"].as_str().unwrap().starts_with("key:key_"));
    assert_eq!(trail["has_more"], true);
    let cursor = trail["next_cursor"].as_str().unwrap();
    let older = served.finance.gets(&format!("/v1/audit?cursor={cursor}")).json();
    assert!(older["data"].as_array().unwrap().iter().all(|row| row["action"] == "key.create"));
}

/// Idempotency-Key: missing, first, repeated, used for something else, freed by a refusal.
#[test]
fn a_claim_is_made_once() {
    let served = Served::new(a_day_worked());
    let close = format!("{DAY}/close");
    let missing = served.finance.asks("POST", &close, &[], "");
    assert_eq!(
        (missing.status, &missing.problem()["code"]),
        (400, &"idempotency_key_missing".into())
    );
    let first = served.finance.posts(&close, "\"k-1\"", "");
    let again = served.finance.posts(&close, "k-1", "");
    assert_eq!((again.status, again.json()), (200, first.json()), "the first answer, word by word");
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = served.finance.posts("/v1/settlements/sf/2008-05-20/close", "k-1", "");
    assert_eq!((other.status, &other.problem()["code"]), (422, &"idempotency_key_reused".into()));
    let stranger = served.operator.posts("/v1/settlements/sf/2008-05-20/close", "k-1", "");
    assert_eq!(stranger.status, 200, "keys of different people never meet");
    let today = "/v1/settlements/sf/2008-05-25/close";
    assert_eq!(served.finance.posts(today, "k-2", "").problem()["code"], "day_running");
    served.world.clock.set("2008-05-26T12:00:00Z");
    assert_eq!(served.finance.posts(today, "k-2", "").status, 200, "the refusal changed nothing");
}

/// B13: a plan is previewed, applied once, and listed with who did it.
#[test]
fn a_plan_is_previewed_and_applied() {
    let served = Served::new(a_day_worked());
    let plan = "[markets.sf.pay]\nper_hour_minor = 3000\n";
    let preview = served.finance.posts("/v1/plans/preview", "", plan).json();
    assert_eq!(preview["markets"][0]["pay_difference_minor"], 500);
    let before = served.finance.gets("/v1/pay?market=sf&day=2008-05-19").json();
    assert_eq!(before[0]["pay_minor"], 1_000, "a preview changes nothing");
    assert_eq!(served.finance.posts("/v1/plans", "p1", plan).status, 200);
    let after = served.finance.gets("/v1/pay?market=sf&day=2008-05-19").json();
    assert_eq!(after[0]["pay_minor"], 1_500);
    let versions = served.finance.gets("/v1/plans?market=sf").json();
    let by = versions.as_array().unwrap().last().unwrap()["created_by"].clone();
    assert!(by.as_str().unwrap().starts_with("key:key_"), "{by}");
    let wrong = served.finance.posts("/v1/plans", "p2", "[markets.sf.pay]\nper_hour_minor = -1\n");
    let problem = wrong.problem();
    let pointer = problem["errors"][0]["pointer"].as_str().unwrap();
    assert!(pointer.contains("per_hour_minor"), "{problem}");
}

/// A7: a contradiction waits until somebody decides it.
#[test]
fn a_conflict_waits_for_a_decision() {
    let served = Served::new(a_day_worked());
    let mut dearer =
        delivery("d1", "cab-1", "2008-05-19T18:00:00Z", "2008-05-19T18:30:00Z")[3].clone();
    dearer["id"] = "told-again".into();
    dearer["data"]["order_minor"] = 9_900.into();
    served.world.is_told(&[dearer]);
    let listed = served.finance.gets("/v1/conflicts?state=open&limit=1").json();
    let told = listed["data"][0]["told"].as_array().unwrap();
    assert_eq!(told.len(), 2);
    let loser = told.iter().find(|told| told["stands"] == false).unwrap();
    let path = "/v1/conflicts/sf/d1/resolve";
    let wrong = served.finance.posts(path, "w", r#"{"keep":"nonsense"}"#);
    assert_eq!(wrong.problem()["errors"][0]["pointer"], "/keep");
    let keep = json!({ "keep": loser["fingerprint"] }).to_string();
    assert_eq!(served.finance.posts(path, "r", &keep).json()["state"], "resolved");
    let settlement = served.finance.gets(DAY).json();
    assert_eq!(settlement["merchants"][0]["sales_minor"], 9_900);
    assert_eq!(settlement["conflicts"].as_array().unwrap().len(), 0);
}

/// B14: log and store agree, over HTTP as well.
#[test]
fn a_day_is_reconciled_and_checked() {
    let served = Served::new(a_day_worked());
    served.finance.posts(&format!("{DAY}/close"), "c", "");
    let reconcile = format!("{DAY}/reconcile");
    let found = served.finance.posts(&reconcile, "", "").json();
    assert_eq!(found["differences_found"], 0);
    let keyless = served.finance.asks("POST", &reconcile, &[], r#"{"repair":true}"#);
    assert_eq!(keyless.problem()["code"], "idempotency_key_missing");
    assert_eq!(served.finance.posts(&reconcile, "r", r#"{"repair":true}"#).json()["repaired"], 0);
    assert_eq!(served.operator.gets("/v1/check").json()["violations"], 0);
}

#[test]
fn a_closed_day_is_exported() {
    let served = Served::new(a_day_worked());
    let export = format!("{DAY}/export?of=statements");
    assert_eq!(served.finance.gets(&export).status, 409, "an open day has no statements");
    served.finance.posts(&format!("{DAY}/close"), "c", "");
    let csv = served.finance.gets(&export);
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        csv.body.iter().filter(|byte| **byte == b'\n').count(),
        3,
        "head, courier, merchant"
    );
    let parquet = served.finance.gets(&format!("{DAY}/export?of=postings&format=parquet"));
    assert!(parquet.body.starts_with(b"PAR1") && parquet.body.ends_with(b"PAR1"));
    assert_eq!(served.finance.gets(&format!("{DAY}/export?of=gossip")).status, 400);
}

#[test]
fn the_status_tells_what_waits() {
    let served = Served::new(a_day_worked());
    let status = served.finance.gets("/v1/status").json();
    let market = &status["markets"][0];
    assert_eq!((&market["market"], &market["days_open"]), (&"sf".into(), &1.into()));
    assert_eq!(market["oldest_open_day"], "2008-05-19");
    assert_eq!(status["counted"]["accepted"], 4);
    let waiting = status["partitions"].as_array().unwrap();
    assert!(waiting.iter().all(|partition| partition["lag_records"] == 0));
}
