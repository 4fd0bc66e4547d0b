//! What is not taken: with the reason, kept, and without harm to what stands beside it.

use super::{NOON, binary, letters, logged, ping, registers, same, sends, tells, world};
use crate::served::Served;
use doorstep_domain::tracking::batch::Writer;
use doorstep_server::couriers;
use doorstep_store::courier::{self, CourierRow};
use serde_json::{Value, json};

/// What is changed about a sound ping | code | pointer | a part of the reason
const WRONG: &str = r#"
{"courier_id": null}             | malformed            | /courier_id | is missing
{"courier_id": 7}                | malformed            | /courier_id | not a text
{"courier_id": ""}               | malformed            | /courier_id | is empty
{"lat": null}                    | malformed            | /lat        | is missing
{"lat": "37"}                    | malformed            | /lat        | not a number
{"lat": 90.1}                    | implausible_position | /lat        | not between -90 and 90
{"lng": -180.1}                  | implausible_position | /lng        | not between -180 and 180
{"lat": 0, "lng": 0.00005}       | implausible_position | /lat        | no fix
{"at": "noon"}                   | malformed            | /at         | RFC 3339
{"at": null}                     | malformed            | /at         | is missing
{"at": "2008-05-25T19:01:01Z"}   | implausible_time     | /at         | a minute ahead
{"at": "2008-05-18T18:59:59Z"}   | too_old              | /at         | before
{"at": "1980-01-06T00:00:00Z"}   | implausible_time     | /at         | before the year 2000
{"battery": 101}                 | malformed            | /battery    | more than 100
{"heading_deg": 361}             | malformed            | /heading_deg | more than 360
{"courier_id": "eve"}            | unknown_courier      | /courier_id | not registered
"#;

fn wrong() -> Vec<(Value, Vec<&'static str>)> {
    let case = |line: &'static str| {
        let mut parts = line.split('|').map(str::trim);
        let change: Value = serde_json::from_str(parts.next().unwrap()).unwrap();
        let mut wrong = ping("anna", 0);
        wrong.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        (wrong, parts.collect())
    };
    WRONG.trim().lines().map(case).collect()
}

/// A5: each wrong ping is told with its line, code, field and reason and kept as it came; its
/// neighbours are taken.
#[test]
fn poison_is_told_and_kept_and_leaves_its_neighbours() {
    let served = Served::new(world());
    let cases = wrong();
    let mut lines = Vec::new();
    for (number, (wrong, _)) in cases.iter().enumerate() {
        lines.push(wrong.to_string());
        lines.push(ping("bea", number as i64).to_string());
    }
    let answer = sends(&served.operator, "application/x-ndjson", lines.join("\n")).json();
    assert_eq!(answer["accepted"], cases.len());
    let rejected = answer["rejected"].as_array().unwrap();
    assert_eq!(rejected.len(), cases.len());
    for (number, (refused, (_, expected))) in rejected.iter().zip(&cases).enumerate() {
        assert_eq!(refused["line"], 2 * number + 1);
        assert_eq!([&refused["code"], &refused["pointer"]], [expected[0], expected[1]]);
        let reason = refused["reason"].as_str().unwrap();
        assert!(reason.contains(expected[2]), "{reason}");
        assert!(refused["dead_letter"].as_str().unwrap().starts_with("dl_"));
    }
    let kept: Vec<(String, String)> =
        cases.iter().map(|(raw, told)| (told[0].to_owned(), raw.to_string())).collect();
    assert_eq!(letters(&served), kept);
    assert_eq!(logged(&served.world)["bea"].len(), cases.len());
    let counted = served.operator.gets("/v1/status").json();
    assert_eq!(counted["dead_letters_open"]["malformed"], 9);
}

/// F4: a single ping that is refused is an error with the same code, field and letter.
#[test]
fn a_single_ping_that_is_refused_is_a_problem() {
    let served = Served::new(world());
    for (wrong, expected) in wrong() {
        let answer = tells(&served.operator, &wrong);
        let problem = answer.problem();
        assert_eq!((answer.status, &problem["code"]), (400, &json!(expected[0])), "{wrong}");
        assert_eq!(problem["errors"][0]["pointer"], expected[1]);
        assert!(problem["dead_letter"].as_str().unwrap().starts_with("dl_"));
    }
    assert!(logged(&served.world).is_empty());
}

/// A body that is no pings at all is refused as a whole, and nothing of it is taken.
#[test]
fn what_cannot_be_taken_apart_is_refused_whole() {
    let served = Served::new(world());
    let whole = binary(&[("anna", 1), ("bea", 2)]);
    let longer = [whole.as_slice(), b"x"].concat();
    let many = "{}\n".repeat(10_001);
    let (json, lines, batch) =
        ("application/json", "application/x-ndjson", "application/vnd.doorstep.pings");
    let cases: [(&str, &[u8], u16, &str); 9] = [
        ("application/json; charset=utf-16", b"{}", 415, "unsupported_charset"),
        (json, b"[{\"courier_id\":", 400, "malformed"),
        (batch, b"DSPC", 400, "malformed"),
        (batch, &whole[..whole.len() - 1], 400, "malformed"),
        (batch, &longer, 400, "malformed"),
        (batch, b"DSPB\x02\x00\x00\x00\x00\x00\x00\x00", 400, "malformed"),
        (lines, many.as_bytes(), 400, "malformed"),
        ("text/csv", b"anna,1,2", 415, "unsupported_media_type"),
        (json, &vec![b' '; 9 << 20], 413, "body_too_large"),
    ];
    for (content_type, body, status, code) in cases {
        let answer = sends(&served.operator, content_type, body);
        assert_eq!((answer.status, &answer.problem()["code"]), (status, &json!(code)));
        assert_eq!(answer.header("connection"), if status == 413 { "close" } else { "" });
    }
    assert!(logged(&served.world).is_empty());
    let [first, second] = [ping("anna", 0), ping("anna", 1)];
    let marked = format!("\u{feff}{first}\n{second}\n");
    assert_eq!(sends(&served.operator, lines, marked).json()["accepted"], 2);
}

/// A5: of a binary batch a wrong ping is kept as a batch of its own, and can be read again.
#[test]
fn a_wrong_ping_of_a_batch_is_kept_so_that_it_can_be_read_again() {
    let served = Served::new(world());
    let mut batch = binary(&[("anna", 1), ("finn", 2), ("bea", 3)]);
    let off_the_globe = 12 + 8;
    batch[off_the_globe..off_the_globe + 4].copy_from_slice(&i32::MAX.to_le_bytes());
    let answer = sends(&served.operator, "application/vnd.doorstep.pings", batch).json();
    let codes: Vec<_> =
        answer["rejected"].as_array().unwrap().iter().map(|refused| &refused["code"]).collect();
    assert_eq!(
        (answer["accepted"].as_u64(), codes[0], codes[1]),
        (Some(1), &json!("implausible_position"), &json!("unknown_courier"),)
    );
    let letter =
        |place: usize| answer["rejected"][place]["dead_letter"].as_str().unwrap().to_owned();
    let replays = |letter: &str, once: &str, body: &[u8]| {
        let path = format!("/v1/dead-letters/{letter}/replay");
        served.operator.asks("POST", &path, &[("idempotency-key", once)], body)
    };
    assert_eq!(replays(&letter(0), "1", b"").problem()["code"], "implausible_position");
    assert_eq!(replays(&letter(1), "2", b"").problem()["code"], "unknown_courier");
    registers(&served.world, "finn", "ny");
    assert_eq!(replays(&letter(1), "3", b"").status, 200);
    let mut repaired = Writer::new();
    repaired.push("anna", &same(9));
    assert_eq!(replays(&letter(0), "4", &repaired.finish()).status, 200);
    assert_eq!(replays(&letter(0), "5", b"").problem()["code"], "implausible_position");
    let logged = logged(&served.world);
    assert_eq!(logged["finn"], [("ny".to_owned(), same(2))]);
    assert_eq!(logged["anna"], [("sf".to_owned(), same(9))]);
}

/// A5, B18: whoever is registered later gets the pings that were refused until then, all at once.
#[test]
fn letters_of_a_code_are_replayed_once_the_courier_is_known() {
    let served = Served::new(world());
    let pings: Vec<Value> = (0..5).map(|second| ping("finn", second)).collect();
    assert_eq!(tells(&served.operator, &json!(pings)).json()["accepted"], 0);
    registers(&served.world, "finn", "sf");
    let all = r#"{"code":"unknown_courier","topic":"pings"}"#;
    let replayed = served.operator.posts("/v1/dead-letters/replay", "all", all);
    assert_eq!(replayed.json()["replayed"], 5, "{replayed:?}");
    assert_eq!(logged(&served.world)["finn"].len(), 5);
    let wrong = served.operator.gets("/v1/dead-letters?topic=orders").problem();
    assert_eq!(wrong["errors"][0]["pointer"], "topic");
}

/// A courier whom another process has registered is known within seconds, and until then the
/// store is not asked for each ping.
#[test]
fn a_courier_registered_elsewhere_is_known_within_seconds() {
    let served = Served::new(world());
    assert_eq!(tells(&served.operator, &ping("finn", 0)).problem()["code"], "unknown_courier");
    let row = CourierRow {
        courier: "finn".to_owned(),
        market: "ny".to_owned(),
        registered_at_us: served.world.app.clock.now().0,
    };
    let lane = doorstep_store::LaneId::new("elsewhere").unwrap();
    let added =
        served.world.app.store.lane(&lane, move |tx| courier::add(tx, std::slice::from_ref(&row)));
    assert_eq!(added.unwrap(), 1);
    assert_eq!(tells(&served.operator, &ping("finn", 0)).problem()["code"], "unknown_courier");
    served.world.clock.set("2008-05-25T19:00:02Z");
    assert_eq!(tells(&served.operator, &ping("finn", 0)).status, 202);
    assert_eq!(logged(&served.world)["finn"][0].0, "ny");
}

/// A2: a device that sends too fast is told when to come back; others, in the same request too,
/// are taken, and nothing is kept that may be sent again.
#[test]
fn a_device_that_sends_too_fast_is_told_so() {
    let served = Served::new(world());
    let burst: Vec<Value> = (0..301).map(|second| ping("anna", second)).collect();
    let answer = tells(&served.operator, &json!(burst)).json();
    assert_eq!(answer["accepted"], 300);
    let refused = &answer["rejected"][0];
    assert_eq!((&refused["code"], &refused["line"]), (&json!("too_many_pings"), &json!(301)));
    assert_eq!((&refused["retry_after_ms"], &answer["retry_after_ms"]), (&json!(200), &json!(200)));
    assert_eq!(refused["dead_letter"], Value::Null);
    let answer = tells(&served.operator, &ping("anna", 0));
    assert_eq!((answer.status, answer.header("retry-after")), (429, "1"));
    assert_eq!(answer.problem()["code"], "too_many_pings");
    let both = json!([ping("anna", 0), ping("bea", 0)]);
    assert_eq!(tells(&served.operator, &both).json()["accepted"], 1);
    assert!(letters(&served).is_empty());
    served.world.clock.set("2008-05-25T19:00:01Z");
    assert_eq!(tells(&served.operator, &json!(burst)).json()["accepted"], 5);
    assert_eq!(couriers::show(&served.world.app, "anna").unwrap().registered_at.to_string(), NOON);
}

/// Pings of both, turn by turn, so many of each.
fn turn_by_turn(each: i64) -> Vec<(&'static str, i64)> {
    (0..each).flat_map(|second| [("anna", second), ("bea", second)]).collect()
}

/// A2: what a gateway kept while it had no network is too much at once, but not wrong: it is told
/// what to send again, and after how long all of that is taken.
#[test]
fn a_gateway_s_backlog_is_taken_by_and_by() {
    let served = Served::new(world());
    let batch = "application/vnd.doorstep.pings";
    let told = turn_by_turn(6_000);
    let answer = sends(&served.operator, batch, binary(&told));
    assert_eq!((answer.status, answer.header("retry-after")), (202, "60"));
    let answer = answer.json();
    let rejected = answer["rejected"].as_array().unwrap();
    assert_eq!((answer["accepted"].as_u64(), rejected.len()), (Some(600), 11_400));
    let of = |line: usize| (&rejected[line]["line"], &rejected[line]["retry_after_ms"]);
    assert_eq!(of(0), (&json!(601), &json!(200)));
    assert_eq!(of(11_399), (&json!(12_000), &json!(5_700 * 200)));
    let again: Vec<_> = rejected[..600]
        .iter()
        .map(|refused| told[refused["line"].as_u64().unwrap() as usize - 1])
        .collect();
    served.world.clock.set("2008-05-25T19:01:00Z");
    let answer = sends(&served.operator, batch, binary(&again)).json();
    assert_eq!(answer, json!({ "accepted": 600, "rejected": [] }));
    assert!(letters(&served).is_empty());
}

/// Where nearly nothing of a request can be taken nothing is, and its devices are counted nothing.
#[test]
fn far_too_much_at_once_is_to_be_sent_in_parts() {
    let served = Served::new(world());
    let batch = "application/vnd.doorstep.pings";
    let answer = sends(&served.operator, batch, binary(&turn_by_turn(50_301)));
    assert_eq!((answer.status, answer.header("retry-after")), (429, "60"));
    assert_eq!(answer.problem()["code"], "too_many_pings");
    let mut wrong = binary(&turn_by_turn(300));
    wrong.push(0);
    assert_eq!(sends(&served.operator, batch, wrong).status, 400);
    assert!(logged(&served.world).is_empty());
    let answer = sends(&served.operator, batch, binary(&turn_by_turn(300)));
    assert_eq!(answer.json()["accepted"], 600, "nothing was counted");
}

/// Couriers whom another process has registered are not wrong, however many pings come of them.
#[test]
fn pings_of_those_who_must_be_looked_for_are_not_wrong() {
    let served = Served::new(world());
    let row = |courier: String| CourierRow {
        courier,
        market: "ny".to_owned(),
        registered_at_us: served.world.app.clock.now().0,
    };
    let rows: Vec<_> = (0..40).map(|number| row(format!("new-{number}"))).collect();
    let (lane, added) = (doorstep_store::LaneId::new("elsewhere").unwrap(), rows.clone());
    tells(&served.operator, &ping("anna", 0));
    served.world.app.store.lane(&lane, move |tx| courier::add(tx, &added)).unwrap();
    let told: Vec<_> =
        (0..260).flat_map(|second| rows.iter().map(move |row| (&*row.courier, second))).collect();
    let answer = sends(&served.operator, "application/vnd.doorstep.pings", binary(&told));
    assert_eq!(answer.json()["accepted"], 10_400);
}
