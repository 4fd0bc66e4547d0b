//! A provider that is silent is asked, gently.

use super::{Handing, KINDS, Other, plan};
use crate::world::World;
use doorstep_domain::time::Micros;
use doorstep_server::provider::outbound::Allowance;
use doorstep_server::provider::poller::Poller;
use doorstep_sim::provider::{Dirt, Kind, Plan};
use serde_json::{Value, json};

/// Nothing is ever told.
fn mute(kind: Kind) -> Plan {
    Plan { dirt: Dirt { lost_bp: 10_000, ..Dirt::default() }, ..plan(kind) }
}

/// What is known of one provider while a story goes on.
struct Watch(Poller);

impl Watch {
    fn begins() -> Watch {
        Watch(Poller::default())
    }

    /// The poller looks, and what it was answered is read; after how many seconds it looks again.
    fn looks(&mut self, handing: &Handing) -> f64 {
        let app = &handing.network.world().app;
        let api = app.outbound.get("other").unwrap();
        let rest_us = self.0.step(app, "other", api).unwrap();
        handing.reads();
        rest_us as f64 / 1e6
    }
}

fn looked(handing: &Handing) -> u64 {
    handing.others[0].truth()["calls"]["all"].as_u64().unwrap()
}

/// E5: it is asked once it was silent for three times its usual gap, not before, and what it says
/// then is marked.
#[test]
fn whoever_is_silent_is_asked() {
    for kind in KINDS {
        let handing = Handing::to(vec![Other::new("other", mute(kind))]);
        let id = handing.is_handed_over();
        handing.asks();
        let mut watch = Watch::begins();
        let before = looked(&handing);
        handing.passes(3 * 900 - 10);
        watch.looks(&handing);
        assert_eq!(looked(&handing), before, "{kind:?}: a quarter of an hour is usual so far");
        for _ in 0..30 {
            handing.passes(900);
            watch.looks(&handing);
        }
        assert_eq!(handing.status(&id), "delivered", "{kind:?}");
        let asked = looked(&handing);
        assert!(asked - before <= 12, "{kind:?}: asked {asked} times");
        let path = format!("/v1/deliveries/{id}/timeline");
        let timeline = handing.network.served.operator.gets(&path).json();
        let is_asked_for = |event: &Value| event["origin"] == "poll";
        let all = timeline["data"].as_array().unwrap().iter();
        let told: Vec<&Value> = all.filter(|entry| entry["source"] == "provider").collect();
        assert!(!told.is_empty() && told.into_iter().all(is_asked_for), "{kind:?}: {timeline}");
        handing.passes(3_600 * 4);
        watch.looks(&handing);
        assert_eq!(looked(&handing), asked, "{kind:?}: at its end nobody asks any more");
        handing.holds();
    }
}

/// E5, B11: many who fell silent together are asked one after another, below half of the limit.
#[test]
fn many_are_asked_one_after_another() {
    let handing = Handing::to(vec![Other::new("other", mute(Kind::DoordashDrive))]);
    for _ in 0..40 {
        handing.is_handed_over();
    }
    handing.asks();
    let mut watch = Watch::begins();
    handing.passes(4 * 900);
    let before = looked(&handing);
    let rest_s = watch.looks(&handing);
    assert_eq!(looked(&handing) - before, 1, "the clock stands still: one has had its turn");
    assert!((0.019..0.021).contains(&rest_s), "fifty a second of a hundred: {rest_s}");
}

/// E5: whoever fails is left alone for a while, and longer each time.
#[test]
fn whoever_fails_is_not_asked_on_and_on() {
    let handing = Handing::to(vec![Other::new("other", mute(Kind::DoordashDrive))]);
    for _ in 0..4 {
        handing.is_handed_over();
    }
    handing.asks();
    let mut watch = Watch::begins();
    handing.passes(4 * 900);
    handing.others[0].is_away(true);
    let mut rests = Vec::new();
    while rests.len() < 3 {
        // A second is what it rests where the bookings have left no room, by another clock.
        rests.extend(Some(watch.looks(&handing)).filter(|rest_s| *rest_s > 1.0));
        handing.passes(60);
    }
    assert_eq!(rests, [2.0, 4.0, 8.0]);
    handing.others[0].is_away(false);
    for _ in 0..16 {
        handing.passes(3_600);
        watch.looks(&handing);
    }
    let shown = handing.network.served.operator.gets("/v1/deliveries?status=delivered").json();
    assert_eq!(shown["data"].as_array().unwrap().len(), 4, "{shown}");
}

/// E5: what is followed and never spoken of is asked for as well, and what it says joins; an answer
/// that tells nothing is not asked for again at once.
#[test]
fn what_nothing_was_ever_told_of_is_asked_for() {
    let handing = Handing::to(vec![Other::new("other", mute(Kind::UberDirect))]);
    let follows = |reference: &str| {
        let new = json!({ "reference": reference, "merchant_id": "m8" }).to_string();
        let path = "/v1/providers/other/deliveries";
        let answer = handing.network.served.operator.posts(path, reference, &new);
        assert_eq!(answer.status, 201, "{answer:?}");
    };
    follows("del_nobody_knows");
    let mut watch = Watch::begins();
    watch.looks(&handing);
    assert_eq!(looked(&handing), 0, "it is not silent yet");
    handing.passes(4 * 900);
    watch.looks(&handing);
    let asked = looked(&handing);
    assert!(asked > 0, "it was never spoken of");
    for _ in 0..20 {
        // Longer would be an outage.
        handing.passes(25);
        watch.looks(&handing);
    }
    assert_eq!(looked(&handing), asked, "it was asked for less than an hour ago");
    handing.passes(8 * 900);
    watch.looks(&handing);
    assert_eq!(looked(&handing), asked + 1, "and is once more, after twice as long");
}

/// E5, E7: what the provider does not know is asked for ever more rarely, and then no more; that is
/// to be seen, and whoever follows it again has it asked for again.
#[test]
fn what_they_do_not_know_is_given_up() {
    for kind in [Kind::UberDirect, Kind::DoordashDrive] {
        let handing = Handing::to(vec![Other::new("other", mute(kind))]);
        let operator = &handing.network.served.operator;
        let follows = |key: &str| {
            let new = json!({ "reference": "del_gone", "merchant_id": "m8" }).to_string();
            let answer = operator.posts("/v1/providers/other/deliveries", key, &new);
            assert_eq!(answer.status, 201, "{answer:?}");
            answer.json()
        };
        let id = follows("first")["delivery_id"].as_str().unwrap().to_owned();
        let mut watch = Watch::begins();
        let mut asked_after = Vec::new();
        for quarter in 1..400 {
            handing.passes(900);
            let before = looked(&handing);
            watch.looks(&handing);
            asked_after.extend((looked(&handing) > before).then_some(quarter));
        }
        let rests: Vec<i32> = asked_after.windows(2).map(|two| two[1] - two[0]).collect();
        assert_eq!(asked_after.len(), 6, "{kind:?}: {asked_after:?}");
        assert!(rests.windows(2).all(|two| two[1] * 2 > two[0] * 3), "{kind:?}: {rests:?}");
        assert_eq!(
            operator.gets(&format!("/v1/deliveries/{id}")).json()["provider"]["asked_in_vain"],
            6
        );
        assert_eq!(operator.gets("/v1/providers").json()["data"][0]["given_up"], 1);
        assert_eq!(follows("again")["provider"]["asked_in_vain"], 0);
        handing.passes(4 * 900);
        let before = looked(&handing);
        watch.looks(&handing);
        assert!(looked(&handing) > before, "{kind:?}: somebody says that they know it");
    }
}

/// E5: after an outage of ours everything open is asked for at once, the oldest first.
#[test]
fn after_an_outage_of_ours_everything_open_is_asked_for() {
    let handing = Handing::to(vec![Other::new("other", mute(Kind::DoordashDrive))]);
    let ids: Vec<String> = (0..3).map(|_| handing.is_handed_over()).collect();
    handing.asks();
    let mut watch = Watch::begins();
    watch.looks(&handing);
    let before = looked(&handing);
    let handing = handing.restarts();
    handing.passes(25);
    let mut watch_again = Watch::begins();
    watch_again.looks(&handing);
    assert_eq!(looked(&handing), before, "twenty-five seconds are no outage");
    let handing = handing.restarts();
    handing.passes(600);
    let mut watch_again = Watch::begins();
    for _ in 0..ids.len() {
        watch_again.looks(&handing);
        handing.passes(1);
    }
    assert_eq!(looked(&handing), before + ids.len() as u64);
    let asked: Vec<Value> =
        ids.iter().map(|id| handing.network.shows(id)["provider"].clone()).collect();
    assert!(asked.iter().all(|provider| provider["provider"] == json!("other")), "{asked:?}");
}

/// B11: however many processes ask a provider, and however they come to it, no second of them all
/// has more calls than are allowed, and hardly fewer.
#[test]
fn processes_share_what_a_provider_allows() {
    const INTERVAL_US: i64 = 20_000;
    let world = World::new();
    let processes: Vec<Allowance> =
        (0..3).map(|_| Allowance::new(&world.app.store, "uber".to_owned(), INTERVAL_US)).collect();
    let mut calls = Vec::new();
    for step in 0..60_000_i64 {
        // The second comes rarely, the third only in the middle, in a rush.
        let comes = [step % 3 == 0, step % 701 == 0, (20_000..24_000).contains(&step)];
        let now = Micros(step * 1_000);
        for (process, _) in processes.iter().zip(comes).filter(|(_, comes)| *comes) {
            calls.extend(process.take(now).unwrap().ok().map(|()| now.0));
        }
    }
    let per_second = usize::try_from(1_000_000 / INTERVAL_US).unwrap() + 1;
    let most = calls
        .iter()
        .map(|from| calls.iter().filter(|at| (*from..*from + 1_000_000).contains(*at)).count());
    assert!(most.max().unwrap() <= per_second, "of {} calls", calls.len());
    assert!(calls.len() > 60 * per_second * 8 / 10, "{} calls in a minute", calls.len());
}
