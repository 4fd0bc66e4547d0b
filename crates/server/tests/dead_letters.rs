//! Stories of dead letters: what cannot be taken is kept, shown, repaired, replayed or given up.

use crate::world::{SF, World, delivery, event};
use doorstep_server::app::App;
use doorstep_server::config::Config;
use doorstep_server::dead_letters::{self, About, LetterPage, Which};
use doorstep_server::error::AppError;
use doorstep_server::workers;
use serde_json::{Value, json};

const MONDAY: &str = "2008-05-19";

fn noon_hour(id: &str, courier: &str) -> Vec<Value> {
    delivery(id, courier, "2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z")
}

/// A delivery whose completion has a negative amount, and the letter that is written about it.
fn tells_a_negative_amount(world: &World) -> (String, Value) {
    let mut events = noon_hour("d1", "anna");
    events[3]["data"]["order_minor"] = json!(-1);
    let taken = world.is_told(&events);
    (taken.rejected[0].dead_letter.clone(), events.remove(3))
}

fn all(app: &App) -> LetterPage {
    list(app, Which::All, None, 100)
}

fn list(app: &App, which: Which, cursor: Option<&str>, most: usize) -> LetterPage {
    dead_letters::list(app, About::Events, which, cursor, most).unwrap()
}

fn refusal(outcome: Result<impl std::fmt::Debug, AppError>) -> (&'static str, String) {
    match outcome {
        Err(AppError::Refused { code, reason }) => (code, reason),
        other => panic!("not refused: {other:?}"),
    }
}

/// A5: whatever cannot be taken is listed in the order it came, with the reason and the raw bytes;
/// the same again is the same letter, and what is sound beside it goes on.
#[test]
fn what_cannot_be_taken_is_kept_with_its_reason() {
    let world = World::new();
    let mut strange = event("teleported", "d2", "2008-05-19T19:00:00Z", json!({}));
    strange["id"] = json!("strange");
    let strange = strange.to_string();
    let sound: Vec<String> = noon_hour("d1", "anna").iter().map(Value::to_string).collect();
    let mut lines: Vec<&[u8]> = vec![b"\xff\xfe no text", b"{", strange.as_bytes()];
    lines.extend(sound.iter().map(String::as_bytes));
    let taken = world.is_told_lines(lines.iter().copied());
    assert_eq!((taken.accepted, taken.rejected.len()), (4, 3));
    world.is_told_lines(lines.iter().copied());

    let page = all(&world.app);
    let seen: Vec<(&str, &str, u64)> = page
        .data
        .iter()
        .map(|letter| (letter.code.as_str(), letter.state.as_str(), letter.bytes))
        .collect();
    let length = strange.len() as u64;
    let expected =
        [("malformed", "open", 10), ("malformed", "open", 1), ("unknown_type", "open", length)];
    assert_eq!(seen, expected);
    assert_eq!(page.data[2].pointer, "/type");
    assert_eq!(page.data[2].market.as_deref(), Some("sf"));

    let shown = dead_letters::show(&world.app, &page.data[0].letter_id).unwrap();
    assert_eq!((shown.raw, shown.raw_base64.as_deref()), (None, Some("//4gbm8gdGV4dA==")));
    let shown = dead_letters::show(&world.app, &page.data[2].letter_id).unwrap();
    assert_eq!((shown.raw, shown.raw_base64), (Some(strange), None));
    let counted = dead_letters::count_open(&world.app).unwrap();
    assert_eq!(
        counted.into_iter().collect::<Vec<_>>(),
        [("malformed".to_owned(), 2), ("unknown_type".to_owned(), 1)]
    );
    assert_eq!(world.pay_of("anna", MONDAY).unwrap().deliveries, 1);
}

#[test]
fn pages_follow_one_another_without_gap_or_repetition() {
    let world = World::new();
    let lines: Vec<String> = (0..7).map(|number| format!("line {number}")).collect();
    world.is_told_lines(lines.iter().map(String::as_bytes));
    let (mut cursor, mut sizes, mut seen) = (None, Vec::new(), Vec::new());
    loop {
        let page = list(&world.app, Which::Open, cursor.as_deref(), 3);
        sizes.push(page.data.len());
        seen.extend(page.data.into_iter().map(|letter| letter.letter_id));
        assert_eq!(page.has_more, page.next_cursor.is_some());
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let expected: Vec<String> =
        all(&world.app).data.into_iter().map(|letter| letter.letter_id).collect();
    assert_eq!((sizes, seen), (vec![3, 3, 1], expected));
}

/// A5: a repaired letter counts like any event, and is handled once, by whoever came first.
#[test]
fn a_repaired_letter_is_replayed_once() {
    let world = World::new();
    let (letter, mut event) = tells_a_negative_amount(&world);
    assert!(world.pay_of("anna", MONDAY).is_none());
    let (code, _) = refusal(dead_letters::replay(&world.app, &letter, None, "local:eve"));
    assert_eq!(code, "implausible_amount", "unrepaired it is as wrong as before");

    event["data"]["order_minor"] = json!(1000);
    let repaired = event.to_string().into_bytes();
    let handled =
        dead_letters::replay(&world.app, &letter, Some(repaired.clone()), "local:eve").unwrap();
    assert_eq!((handled.state.as_str(), handled.handled_by.as_str()), ("replayed", "local:eve"));
    workers::catch_up(&world.app, &|_| {}).unwrap();
    assert_eq!(world.settlement(MONDAY).merchants[0].sales_minor, 1000);
    assert!(dead_letters::count_open(&world.app).unwrap().is_empty());

    for again in [
        dead_letters::replay(&world.app, &letter, Some(repaired), "local:bob"),
        dead_letters::discard(&world.app, &letter, "local:bob"),
    ] {
        let (code, reason) = refusal(again);
        assert_eq!(code, "already_handled");
        assert!(reason.contains("replayed") && reason.contains("local:eve"), "{reason}");
    }
}

#[test]
fn a_letter_is_given_up_and_stays_so() {
    let world = World::new();
    let (letter, event) = tells_a_negative_amount(&world);
    dead_letters::discard(&world.app, &letter, "local:eve").unwrap();
    world.is_told(&[event]);
    let states = |which| list(&world.app, which, None, 10).data.len();
    assert_eq!((states(Which::Open), states(Which::Discarded)), (0, 1));
    let unknown = dead_letters::discard(&world.app, "dl_00000000000000000000", "local:eve");
    assert!(matches!(unknown, Err(AppError::NotFound { .. })), "{unknown:?}");
}

/// A5, B18: what a later configuration can take is replayed all at once; the rest stays open.
#[test]
fn all_letters_of_a_code_are_replayed_together() {
    let mut world = World::new();
    let mut told = Vec::new();
    for (market, id) in [("ny", "d1"), ("ny", "d2"), ("la", "d3")] {
        for mut event in noon_hour(id, "anna") {
            event["market"] = json!(market);
            told.push(event);
        }
    }
    world.is_told(&told);
    world.config = Config::parse(&format!("{SF}\n{}", SF.replace("sf", "ny"))).unwrap();
    let world = world.restarted();
    let replays = || {
        let about = About::Events;
        dead_letters::replay_all(&world.app, about, "unknown_market", "local:eve").unwrap()
    };
    let outcome = replays();
    assert_eq!(outcome.replayed, 8);
    assert_eq!(
        outcome.still_refused.into_iter().collect::<Vec<_>>(),
        [("unknown_market".to_owned(), 4)]
    );
    workers::catch_up(&world.app, &|_| {}).unwrap();
    assert_eq!(replays().replayed, 0);
    let settled = doorstep_server::settlement::view(&world.app, "ny", crate::world::day(MONDAY));
    assert_eq!(settled.unwrap().totals.deliveries, 2);
}

/// B7: a completion that only waits is known already; replaying it would be another empty letter.
#[test]
fn what_waits_for_its_delivery_is_not_replayed_unrepaired() {
    let world = World::new();
    let delivered = noon_hour("d1", "anna").remove(3);
    world.is_told(&[delivered]);
    workers::tell_waiting(&world.app).unwrap();
    let letter = all(&world.app).data.remove(0);
    let (code, _) = refusal(dead_letters::replay(&world.app, &letter.letter_id, None, "local:eve"));
    assert_eq!(code, "delivered_before_it_exists");
}
