//! Lines that no import could take: kept, mended, taken once.

use super::importing::{counts, sends};
use super::{Shops, enters, sf};
use crate::served::Answer;
use crate::world::{SF, World};
use doorstep_server::check::check;
use doorstep_server::dead_letters::{self, About};
use doorstep_server::stock::import::{Lines, import};
use doorstep_store::movement::EntryKind;
use doorstep_store::{LaneId, Tx};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static KEYS: AtomicU64 = AtomicU64::new(0);

const IMPORT: &str = "/v1/stock/import";

fn posts(shops: &Shops, path: &str, content_type: &str, body: &str) -> Answer {
    let key = format!("letters-{}", KEYS.fetch_add(1, Relaxed));
    let headers = [("content-type", content_type), ("idempotency-key", &key)];
    shops.served.operator.asks("POST", path, &headers, body)
}

fn replays(shops: &Shops, letter: &str, mended: &str) -> Answer {
    posts(shops, &format!("/v1/dead-letters/{letter}/replay"), "text/csv", mended)
}

fn letters(shops: &Shops, state: &str) -> Vec<Value> {
    let path = format!("/v1/dead-letters?topic=stock-imports&state={state}&limit=1000");
    shops.served.operator.gets(&path).json()["data"].as_array().unwrap().clone()
}

fn lies(shops: &Shops, center: &str, item: &str) -> i64 {
    let path = format!("/v1/stock?center_id={center}&item_id={item}");
    shops.served.operator.gets(&path).json()["quantity"].as_i64().unwrap()
}

fn code(answer: &Answer) -> String {
    answer.problem()["code"].as_str().unwrap().to_owned()
}

/// D11, B7: a refused line is kept with its file, its number, the reason and its words, two of the
/// same words twice; mended it is taken once, and the file that is sent again does not take it.
#[test]
fn a_refused_line_is_kept_mended_and_taken_once() {
    let shops = Shops::new();
    let lines = "near,milk,3\nnear,tea,5\n\nnear,tea,5\nnear,milk,x\n";
    let path = format!("{IMPORT}?file=monday.csv&lines_before=100");
    let first = sends(&shops, &path, "k1", lines);
    assert_eq!((counts(&first), &first["refused"]), ([1, 0], &json!(3)), "{first}");
    let open = letters(&shops, "open");
    let seen: Vec<(&str, u64, &str)> = open
        .iter()
        .map(|letter| {
            let line = &letter["line"];
            let number = line["number"].as_u64().unwrap();
            (letter["code"].as_str().unwrap(), number, line["file"].as_str().unwrap())
        })
        .collect();
    let expected = [
        ("unknown_item", 102, "monday.csv"),
        ("unknown_item", 104, "monday.csv"),
        ("invalid", 105, "monday.csv"),
    ];
    assert_eq!(seen, expected);
    let name = |place: usize| open[place]["letter_id"].as_str().unwrap();
    assert_eq!(first["rejected"][0]["dead_letter"], name(0));
    let shown = shops.served.operator.gets(&format!("/v1/dead-letters/{}", name(2))).json();
    assert_eq!((&shown["raw"], &shown["pointer"]), (&json!("near,milk,x"), &json!("/quantity")));

    assert_eq!(code(&replays(&shops, name(0), "")), "unknown_item", "nothing was mended");
    assert_eq!(replays(&shops, name(2), "near,milk,4\n").status, 200);
    assert_eq!(code(&replays(&shops, name(2), "near,milk,4")), "already_handled");
    shops.sells("tea", "Tea", "TEA", 400);
    let again = sends(&shops, &path, "k1", lines);
    assert_eq!((counts(&again), &again["refused"]), ([0, 1], &json!(3)), "{again}");
    assert_eq!(again["rejected"][0]["code"], "dead_lettered");
    assert_eq!(letters(&shops, "all").len(), 3, "the same lines are the same letters");
    assert_eq!((lies(&shops, "near", "milk"), lies(&shops, "near", "tea")), (7, 0));

    let all = json!({ "code": "unknown_item", "topic": "stock-imports" }).to_string();
    for expected in [2, 0] {
        let done = posts(&shops, "/v1/dead-letters/replay", "application/json", &all);
        assert_eq!(done.json()["replayed"], expected, "{done:?}");
    }
    assert_eq!(lies(&shops, "near", "tea"), 10);
    assert_eq!((letters(&shops, "open").len(), letters(&shops, "replayed").len()), (0, 3));
    assert_eq!(check(shops.app()).violations, 0);
}

/// B7: of a file that is wrong from its first to its last line the first lines are kept and the
/// rest is counted.
#[test]
fn letters_of_an_import_are_bounded() {
    let shops = Shops::new();
    let lines: String = (0..2_500).map(|line| format!("nowhere,milk,{line}\n")).collect();
    let few = sends(&shops, &format!("{IMPORT}?dead_letters_max=7"), "k1", &lines);
    assert_eq!((&few["refused"], &few["dead_letters"]), (&json!(2_500), &json!(7)));
    assert_eq!(few["rejected"].as_array().unwrap().len(), 1_000);
    assert_eq!(letters(&shops, "open").len(), 7);
    let many = sends(&shops, IMPORT, "k2", &lines);
    assert_eq!((&many["refused"], &many["dead_letters"]), (&json!(2_500), &json!(1_000)));
    let path = format!("{IMPORT}?dead_letters_max=1001");
    let headers = [("content-type", "text/csv"), ("idempotency-key", "k3")];
    let over = shops.served.operator.asks("POST", &path, &headers, &lines);
    assert_eq!(over.status, 400, "{over:?}");
}

/// D11: of a lane only the rows are refused of which too much would be there; they are letters
/// too, stay refused, and are taken from there once there is room.
#[test]
fn what_is_too_much_is_kept_and_the_rest_is_taken() {
    let shops = Shops::new();
    shops.receives("near", "milk", 999_999_990);
    let lines = "near,milk,6\nnear,bread,2\nnear,milk,5\n";
    for expected in [[1, 0], [0, 1]] {
        let answer = sends(&shops, IMPORT, "k1", lines);
        assert_eq!((counts(&answer), &answer["refused"]), (expected, &json!(2)), "{answer}");
    }
    let open = letters(&shops, "open");
    assert_eq!(open.len(), 2, "{open:?}");
    let replay = |place: usize| replays(&shops, open[place]["letter_id"].as_str().unwrap(), "");
    assert_eq!(replay(0).status, 200, "six more are not too much");
    assert_eq!(code(&replay(1)), "invalid");
    enters(shops.app(), EntryKind::WriteOff, "near", "milk", 900_000_000);
    assert_eq!(replay(1).status, 200);
    assert_eq!(lies(&shops, "near", "milk"), 100_000_001);
    assert_eq!(lies(&shops, "near", "bread"), 2);
    assert_eq!(check(shops.app()).violations, 0);
}

/// D4, D11: whoever replays or gives up a letter at the same moment, one of them does, and what
/// lies there is as they say.
#[test]
fn of_many_who_handle_a_letter_one_does() {
    let shops = Shops::new();
    for round in 0..6 {
        let key = format!("k{round}");
        let refused = sends(&shops, IMPORT, &key, "near,milk,none\n");
        let letter = refused["rejected"][0]["dead_letter"].as_str().unwrap().to_owned();
        let before = lies(&shops, "near", "milk");
        let outcomes: Vec<Result<String, String>> = std::thread::scope(|scope| {
            let handle = |number: i64| {
                let (shops, letter) = (&shops, letter.as_str());
                scope.spawn(move || {
                    let mended = format!("near,milk,{}", 1 << number).into_bytes();
                    let done = match number {
                        0 => dead_letters::discard(shops.app(), letter, "eve"),
                        _ => dead_letters::replay(shops.app(), letter, Some(mended), "eve"),
                    };
                    done.map(|done| done.state).map_err(|error| error.to_string())
                })
            };
            let threads: Vec<_> = (0..6).map(handle).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let won: Vec<usize> = (0..6).filter(|place| outcomes[*place].is_ok()).collect();
        assert_eq!(won.len(), 1, "{outcomes:?}");
        let moved = if won[0] == 0 { 0 } else { 1 << won[0] };
        assert_eq!(lies(&shops, "near", "milk") - before, moved, "{outcomes:?}");
    }
    assert_eq!(check(shops.app()).violations, 0);
}

/// D4, D11: the same lines are sent by many at the same time while their item becomes known: each
/// line is taken, or is a letter and taken from there, and never both; what is neither is told.
#[test]
fn a_line_is_taken_or_a_letter_and_never_both() {
    let shops = Shops::new();
    for round in 0..12 {
        let (key, item) = (format!("k{round}"), format!("tea{round}"));
        let lines = format!("near,milk,1\nnear,{item},5\n");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| sends(&shops, IMPORT, &key, &lines));
            }
            shops.sells(&item, "Tea", "TEA", 400);
        });
        let last = sends(&shops, IMPORT, &key, &lines);
        for letter in letters(&shops, "open") {
            assert_eq!(replays(&shops, letter["letter_id"].as_str().unwrap(), "").status, 200);
        }
        let lie = (lies(&shops, "near", &item), lies(&shops, "near", "milk"));
        let is_told = last["rejected"][0]["code"] == "key_reused";
        assert!(lie == (5, round + 1) || is_told && lie == (0, round + 1), "{lie:?}: {last}");
    }
    assert_eq!(check(shops.app()).violations, 0);
}

/// D8, D11: where a market has a store of its own, the process may end when a line was taken and
/// its letter not noted: it is taken once, and not as another line.
#[test]
fn a_letter_of_another_store_is_taken_once() {
    let own = "[markets.sf]\nstore = \"sqlite:sf.sqlite\"\n";
    let shops = Shops::of(World::with(&SF.replacen("[markets.sf]\n", own, 1)));
    assert!(!std::ptr::eq(shops.app().stock.store_of(shops.app(), &sf()), &shops.app().store));
    let refused = sends(&shops, IMPORT, "k1", "near,milk,none\n");
    let letter = refused["rejected"][0]["dead_letter"].as_str().unwrap();
    assert_eq!(replays(&shops, letter, "near,milk,8").status, 200);
    let forget = |tx: &mut doorstep_store::LaneTx<'_>| tx.execute("delete from dead_letter", &[]);
    shops.app().store.lane(&LaneId::new("story").unwrap(), forget).unwrap();
    assert_eq!(code(&replays(&shops, letter, "near,milk,9")), "key_reused");
    assert_eq!(replays(&shops, letter, "near,milk,8").status, 200);
    assert_eq!(lies(&shops, "near", "milk"), 8);
    assert_eq!(check(shops.app()).violations, 0);
}

/// B7: the process ends between what is noted and the letters: the lines become letters when they
/// are sent again, though they could be taken by then.
#[test]
fn letters_that_were_not_written_are_when_the_lines_come_again() {
    let shops = Shops::new();
    let lines = Lines {
        csv: b"near,tea,5\nnear,milk,1\n",
        kind: EntryKind::Receive,
        actor: "eve",
        scope: "a story",
        key: "k1",
        file: None,
        lines_before: 0,
        letters_max: 10,
    };
    assert_eq!(import(shops.app(), &lines).unwrap().dead_letters, 1);
    let world = shops.served.ended();
    let log = world.directory.path().join("log").join(About::StockImports.topic());
    std::fs::remove_dir_all(&log).unwrap();
    let shops = Shops::of(world.restarted());
    assert_eq!(letters(&shops, "all").len(), 0, "they are gone");
    shops.sells("tea", "Tea", "TEA", 400);
    let again = import(shops.app(), &lines).unwrap();
    assert_eq!((again.changed, again.known, again.refused), (0, 1, 1), "{again:?}");
    let open = letters(&shops, "open");
    assert_eq!((open.len(), &open[0]["code"]), (1, &json!("dead_lettered")));
    assert_eq!(replays(&shops, open[0]["letter_id"].as_str().unwrap(), "").status, 200);
    assert_eq!((lies(&shops, "near", "tea"), lies(&shops, "near", "milk")), (5, 1));
}
