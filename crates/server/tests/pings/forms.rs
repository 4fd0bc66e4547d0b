//! The forms of pings, and what the log holds of them.

use super::{binary, logged, ping, same, sends, tells, world};
use crate::served::Served;
use crate::world::World;
use doorstep_server::tracking::door::{Form, Sender, Sorted, sort};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use std::io::Write;

/// A1: in whatever form they come, what was answered is in the log: in the courier's partition,
/// under the courier's market.
#[test]
fn every_form_is_durable_once_answered() {
    let (anna, carl) = (ping("anna", 7), ping("carl", 3));
    let array = json!([anna, carl]).to_string().into_bytes();
    let lines = format!("{anna}\n\n{carl}\n").into_bytes();
    let batch = binary(&[("anna", 7), ("carl", 3)]);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&lines).unwrap();
    let packed = zstd::encode_all(batch.as_slice(), 3).unwrap();
    type Headers = &'static [(&'static str, &'static str)];
    let forms: [(&str, Headers, Vec<u8>); 6] = [
        ("array", &[("content-type", "application/json")], array),
        ("lines", &[("content-type", "application/x-ndjson")], lines.clone()),
        ("by their looks", &[], lines),
        ("batch", &[("content-type", "application/vnd.doorstep.pings")], batch),
        (
            "gzip",
            &[("content-type", "application/x-ndjson"), ("content-encoding", "gzip")],
            gzip.finish().unwrap(),
        ),
        (
            "zstd",
            &[("content-type", "application/vnd.doorstep.pings"), ("content-encoding", "zstd")],
            packed,
        ),
    ];
    for (name, headers, body) in forms {
        let served = Served::new(world());
        let answer = served.operator.asks("POST", "/v1/pings", headers, &body);
        assert_eq!(answer.status, 202, "{name}: {answer:?}");
        assert_eq!(answer.json(), json!({ "accepted": 2, "rejected": [] }), "{name}");
        let expected = [("anna", "sf", 7), ("carl", "ny", 3)]
            .map(|(courier, market, second)| {
                (courier.to_owned(), vec![(market.to_owned(), same(second))])
            })
            .into();
        assert_eq!(logged(&served.world), expected, "{name}");
    }
}

/// F4: what a ping may say besides, and in which unit it is kept.
#[test]
fn measures_are_kept_in_their_units() {
    let served = Served::new(world());
    let mut told = ping("anna", 0);
    let measures = json!({
        "accuracy_m": 4.5, "speed_mps": 8.13, "heading_deg": 271.25, "battery": 83, "other": [1],
    });
    told.as_object_mut().unwrap().extend(measures.as_object().unwrap().clone());
    assert_eq!(tells(&served.operator, &told).json()["accepted"], 1);
    let kept = logged(&served.world)["anna"][0].1;
    let found = (kept.accuracy_dm, kept.speed_cm_s, kept.heading_cdeg, kept.battery_percent);
    assert_eq!(found, (Some(45), Some(813), Some(27_125), Some(83)));
}

/// A1: what was answered outlasts the process.
#[test]
fn pings_outlast_the_process() {
    let world = world();
    let pings: Vec<Value> = (0..200).map(|second| ping("anna", second)).collect();
    takes(&world, Form::Array, json!(pings).to_string().as_bytes());
    let before = logged(&world);
    assert_eq!(before["anna"].len(), 200);
    assert_eq!(logged(&world.restarted()), before);
}

/// One request of a split: who tells what, in which form.
#[derive(Debug, Clone)]
struct Request {
    form: Form,
    pings: Vec<(usize, i64)>,
}

const COURIERS: [&str; 4] = ["anna", "bea", "carl", "dora"];

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let forms = [Form::Array, Form::Lines, Form::Batch];
    let pings = prop::collection::vec((0..COURIERS.len(), 0_i64..1_000), 1..40);
    let request = (prop::sample::select(forms.to_vec()), pings);
    prop::collection::vec(request.prop_map(|(form, pings)| Request { form, pings }), 1..8)
}

fn body(request: &Request) -> Vec<u8> {
    let named = request.pings.iter().map(|(courier, second)| (COURIERS[*courier], *second));
    let json = || named.clone().map(|(courier, second)| ping(courier, second));
    match request.form {
        Form::Batch => binary(&named.collect::<Vec<_>>()),
        Form::Array => json!(json().collect::<Vec<_>>()).to_string().into_bytes(),
        _ => json().map(|ping| format!("{ping}\n")).collect::<String>().into_bytes(),
    }
}

fn takes(world: &World, form: Form, body: &[u8]) {
    world.app.couriers.load(&world.app.store).unwrap();
    let mut sorted: Sorted = sort(&world.app, form, body, &Sender::Anybody).unwrap();
    sorted.decide(&world.app).unwrap();
    assert_eq!(sorted.not_taken(), []);
    let durable = world.app.door.offer(&world.app, &mut sorted).unwrap();
    durable.unwrap().blocking_recv().unwrap().unwrap();
}

/// A1, A2: however the same pings are spread over requests and forms, the log holds the same of
/// each courier, in the order in which they were told.
#[test]
fn any_split_over_requests_and_forms_is_the_same() {
    let mut runner = TestRunner::new(Config { cases: 24, ..Config::default() });
    let ran = runner.run(&requests(), |requests| {
        let world = world();
        let mut told = vec![Vec::new(); COURIERS.len()];
        for request in &requests {
            takes(&world, request.form, &body(request));
            for (courier, second) in &request.pings {
                told[*courier].push(same(*second));
            }
        }
        let found = logged(&world);
        for (courier, told) in COURIERS.iter().zip(told) {
            let kept = found.get(*courier).cloned().unwrap_or_default();
            let kept: Vec<_> = kept.into_iter().map(|(_, ping)| ping).collect();
            prop_assert_eq!(kept, told, "{}", courier);
        }
        Ok(())
    });
    ran.unwrap();
}

/// Several senders at once share appends, and each is answered for what it sent.
#[test]
fn senders_at_once_are_each_answered() {
    let served = Served::new(world());
    std::thread::scope(|scope| {
        for (number, courier) in COURIERS.into_iter().enumerate() {
            let operator = served.operator.clone();
            scope.spawn(move || {
                for second in 0..25 {
                    let answer = tells(&operator, &ping(courier, second));
                    assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (202, Some(1)));
                    if number == 0 {
                        let refused = sends(&operator, "application/x-ndjson", "{\n");
                        assert_eq!(refused.json()["rejected"][0]["line"], 1);
                    }
                }
            });
        }
    });
    assert!(logged(&served.world).values().all(|pings| pings.len() == 25));
}
