//! What others brought is settled: the merchant's sale, and what the provider is owed.

use super::{Handing, Other, plan};
use crate::owed::{Owed, owed};
use crate::reconcile::tampers;
use crate::world::{World, day};
use doorstep_domain::time::Clock;
use doorstep_server::wire::EVENTS;
use doorstep_sim::provider::{Kind, Message, Odds, Plan};
use serde_json::{Value, json};

/// The day of the stories, and the one on which what came late is booked.
pub(super) const TODAY: &str = "2008-05-25";
pub(super) const TOMORROW: &str = "2008-05-26";

/// Long enough for any life to be over, in seconds.
pub(super) const A_LIFE: i64 = 4 * 3_600;

impl Handing {
    /// A delivery that others bring, and that is heard of as it happens.
    fn is_brought(&self) -> String {
        let id = self.is_handed_over();
        self.asks();
        for _ in 0..A_LIFE / 600 {
            self.passes(600);
            self.hears_all();
        }
        assert_eq!(self.status(&id), "delivered");
        id
    }

    /// The day goes by and finance closes it.
    pub(super) fn closes(&self, on: &str) -> Value {
        let path = format!("/v1/settlements/sf/{on}/close");
        let answer = self.network.served.finance.posts(&path, on, "");
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    pub(super) fn settlement(&self, on: &str) -> Value {
        let answer = self.network.served.finance.gets(&format!("/v1/settlements/sf/{on}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Everything holds, and the log says the same as the store.
    pub(super) fn agrees(&self) {
        self.holds();
        for on in [TODAY, TOMORROW] {
            let path = format!("/v1/settlements/sf/{on}/reconcile");
            let headers = [("content-type", "application/json")];
            let answer = self.network.served.finance.asks("POST", &path, &headers, "{}");
            assert_eq!(answer.json()["differences"], json!([]), "{on}: {answer:?}");
        }
    }

    /// What everybody is owed for the day of the story, by party and figure.
    pub(super) fn owed(&self) -> Vec<(String, &'static str, i64)> {
        self.network.settles();
        let owed: Owed = owed(self.network.world());
        let today = day(TODAY);
        assert!(owed.keys().all(|(of, ..)| *of == today), "{owed:?}");
        owed.into_iter().map(|((_, party, figure), minor)| (party, figure, minor)).collect()
    }
}

/// What is owed where a provider brought one delivery for a fee of DoorDash.
pub(super) fn one_delivery() -> Vec<(String, &'static str, i64)> {
    [("m8", "fee", 675), ("m8", "sale", 2500), ("other", "cost", 975), ("other", "tip", 400)]
        .map(|(party, figure, minor)| (party.to_owned(), figure, minor))
        .to_vec()
}

/// Later than this message DoorDash says something else of the same delivery.
pub(super) fn later(before: &Message, name: &str, at: &str) -> Message {
    let mut body: Value = serde_json::from_slice(&before.body).unwrap();
    body["event_name"] = json!(name);
    body["created_at"] = json!(at);
    body["updated_at"] = json!(at);
    Message { body: body.to_string().into_bytes(), ..before.clone() }
}

/// One by DoorDash that was brought, and the last message of it.
pub(super) fn brought_by_doordash() -> (Handing, String, Message) {
    let handing = Handing::to(vec![Other::new("other", plan(Kind::DoordashDrive))]);
    let id = handing.is_handed_over();
    handing.asks();
    handing.passes(A_LIFE);
    let messages = handing.others[0].says();
    for message in &messages {
        assert_eq!(handing.hears("other", message), 200);
    }
    handing.reads();
    assert_eq!(handing.status(&id), "delivered");
    (handing, id, messages.last().unwrap().clone())
}

/// E9, A6: from the hand-over to a day that is closed and reconciled: the merchant has sold, the
/// provider is owed its fee and the tip, nobody of ours is paid; a restart and every repetition
/// change nothing.
#[test]
fn what_a_provider_brought_is_in_the_closed_day() {
    let cases = [(Kind::UberDirect, 650, 0), (Kind::DoordashDrive, 975, 0), (Kind::Onfleet, 0, 1)];
    for (kind, cost, unpriced) in cases {
        let handing = Handing::to(vec![Other::new("other", plan(kind))]);
        let id = handing.is_brought();
        let handing = handing.restarts();
        handing.network.settles();
        let provisional = handing.settlement(TODAY);
        handing.passes(24 * 3_600);
        handing.closes(TODAY);
        let settled = handing.settlement(TODAY);
        assert_eq!(settled["digest"], provisional["digest"], "{kind:?}");
        assert_eq!((&settled["couriers"], &settled["conflicts"]), (&json!([]), &json!([])));
        let merchant = json!([{ "merchant_id": "m8", "deliveries": 1, "sales_minor": 2500,
            "fee_minor": 675, "adjustment_minor": 0, "payout_minor": 1825 }]);
        assert_eq!(settled["merchants"], merchant, "{kind:?}");
        let provider = json!([{ "provider_id": "other", "deliveries": 1, "unpriced": unpriced,
            "cost_minor": cost, "tip_minor": 400, "adjustment_minor": 0,
            "payout_minor": cost + 400 }]);
        assert_eq!(settled["providers"], provider, "{kind:?}");
        assert_eq!(settled["totals"]["deliveries"], 1);
        let postings = handing
            .network
            .served
            .finance
            .gets(&format!("/v1/settlements/sf/{TODAY}/export?of=postings&format=csv"));
        let postings = String::from_utf8(postings.body).unwrap();
        let line = format!("{id},cost,provider:other,0,platform:provider-cost,provider:other");
        assert_eq!(postings.contains(&line), cost > 0, "{kind:?}: {postings}");
        handing.agrees();
        handing.hears_all();
        assert_eq!(handing.settlement(TODAY), settled, "{kind:?}");
    }
}

/// E9, B14: what is damaged of a provider's books is found, and put back.
#[test]
fn damage_to_a_providers_books_is_repaired() {
    let damage = [
        "delete from posting where kind = 'cost'",
        "update posting set amount_minor = 1 where kind = 'tip'",
        "delete from statement where party_kind = 'provider'",
        "update work_interval set cost_minor = 1, provider = 'mallory' where courier_id = ''",
        "delete from work_interval where courier_id = ''",
    ];
    let (handing, ..) = brought_by_doordash();
    handing.network.settles();
    handing.passes(24 * 3_600);
    handing.closes(TODAY);
    let finance = &handing.network.served.finance;
    let path = format!("/v1/settlements/sf/{TODAY}/reconcile");
    for (number, sql) in damage.iter().enumerate() {
        tampers(handing.network.world(), sql);
        let repaired = finance.posts(&path, &format!("repair-{number}"), "{\"repair\":true}");
        let repaired = repaired.json();
        assert_ne!(repaired["differences"], json!([]), "{sql}");
        assert_eq!(repaired["unfinished"], false, "{sql}: {repaired}");
        handing.agrees();
        assert_eq!(handing.owed(), one_delivery(), "{sql}");
    }
    assert_eq!(handing.settlement(TOMORROW)["adjustments"], json!([]));
}

/// E9, A6: whoever reads the events again, here or in another region, twice or backwards, comes to
/// the same books.
#[test]
fn two_regions_settle_it_alike() {
    let (handing, _, last) = brought_by_doordash();
    handing.network.settles();
    handing.hears("other", &later(&last, "DELIVERY_RETURNED", "2008-05-25T22:50:00Z"));
    handing.reads();
    handing.hears("other", &later(&last, "DASHER_DROPPED_OFF", "2008-05-25T22:55:00Z"));
    handing.reads();
    let here = handing.owed();
    assert_eq!(here, one_delivery());
    let mut events = Vec::new();
    let log = &handing.network.world().app.log;
    for partition in 0..log.partitions(EVENTS).unwrap() {
        let entries = log.read(EVENTS, partition, 0, 1_000, 1 << 20).unwrap();
        events.extend(entries.into_iter().map(|entry| entry.value));
    }
    let there = World::with(crate::world::SF);
    there.clock.set(&handing.network.world().clock.now().to_string());
    for told in [events.iter().rev().collect::<Vec<_>>(), events.iter().collect()] {
        assert!(told.len() >= 4, "{told:?}");
        there.is_told_lines(told.iter().map(|event| event.as_slice()));
        assert_eq!(
            there.settlement(TODAY).digest,
            handing.settlement(TODAY)["digest"].as_str().unwrap()
        );
    }
    handing.network.world().is_told_lines(events.iter().map(Vec::as_slice));
    assert_eq!(handing.owed(), here);
    handing.agrees();
}

/// E9, B6: what is told only after the close is booked on the next day, once.
#[test]
fn what_is_told_after_the_close_is_an_adjustment() {
    let handing = Handing::to(vec![Other::new("other", plan(Kind::DoordashDrive))]);
    let id = handing.is_handed_over();
    handing.asks();
    handing.passes(24 * 3_600);
    handing.closes(TODAY);
    handing.hears_all();
    assert_eq!(handing.status(&id), "delivered");
    assert_eq!(handing.owed(), one_delivery());
    let booked = handing.settlement(TOMORROW);
    assert_eq!(booked["adjustments"].as_array().unwrap().len(), 4, "{booked}");
    assert_eq!(booked["providers"][0]["payout_minor"], 1375, "{booked}");
    handing.agrees();
    handing.closes_tomorrow();
    assert_eq!(handing.owed(), one_delivery());
    handing.agrees();
}

impl Handing {
    pub(super) fn closes_tomorrow(&self) {
        self.passes(24 * 3_600);
        self.closes(TOMORROW);
    }
}

/// E9, B16: a provider that says otherwise is followed: at once on an open day, by adjustments
/// after the close, there and back.
#[test]
fn a_correction_is_followed_before_and_after_the_close() {
    for is_closed in [false, true] {
        let (handing, id, last) = brought_by_doordash();
        assert_eq!(handing.owed(), one_delivery());
        if is_closed {
            handing.passes(24 * 3_600);
            handing.closes(TODAY);
        }
        let corrections = [
            ("DELIVERY_RETURNED", "2008-05-25T23:00:00Z", "returned", Vec::new()),
            ("DASHER_DROPPED_OFF", "2008-05-25T23:01:00Z", "delivered", one_delivery()),
            ("DELIVERY_RETURNED", "2008-05-25T23:02:00Z", "returned", Vec::new()),
        ];
        handing.passes(if is_closed { 0 } else { 3_600 });
        for (name, at, status, expected) in corrections {
            let correction = later(&last, name, at);
            for _ in 0..2 {
                assert_eq!(handing.hears("other", &correction), 200);
                handing.reads();
                assert_eq!(handing.status(&id), status, "{is_closed}");
                assert_eq!(handing.owed(), expected, "{is_closed}: {name}");
            }
            handing.agrees();
        }
        let shown = handing.network.shows(&id);
        assert_eq!(shown["provider"]["conflict"], true, "{shown}");
        let adjustments = handing.settlement(TOMORROW)["adjustments"].as_array().unwrap().len();
        assert_eq!(adjustments, if is_closed { 12 } else { 0 });
    }
}

/// E9: who gave it up is owed nothing, whatever they say afterwards; who brought it is.
#[test]
fn what_a_provider_gave_up_is_settled_for_who_carried_it() {
    let odds = Odds { canceled_bp: 10_000, ..Odds::default() };
    let plan = Plan { odds, ..plan(Kind::DoordashDrive) };
    let handing = Handing::to(vec![Other::new("other", plan)]);
    let id = handing.is_handed_over();
    handing.asks();
    handing.passes(A_LIFE);
    let messages = handing.others[0].says();
    for message in &messages {
        assert_eq!(handing.hears("other", message), 200);
    }
    handing.reads();
    let anna = handing.network.hires("anna", 37.7645, -122.466);
    assert_eq!(anna.accepts(&id).status, 200);
    for status in ["picked_up", "delivered"] {
        assert_eq!(anna.tells(&id, status).status, 200);
    }
    let late = later(messages.last().unwrap(), "DASHER_DROPPED_OFF", "2008-05-25T23:05:00Z");
    assert_eq!(handing.hears("other", &late), 200);
    handing.reads();
    let expected = [("anna", "tip", 400), ("m8", "fee", 675), ("m8", "sale", 2500)]
        .map(|(party, figure, minor)| (party.to_owned(), figure, minor));
    assert_eq!(handing.owed(), expected);
    handing.agrees();
}

/// E9, A7: what we called off and they say they brought is a conflict: until a person decides it is
/// not settled.
#[test]
fn what_was_called_off_and_brought_waits_for_a_person() {
    let handing = Handing::to(vec![Other::new("other", plan(Kind::DoordashDrive))]);
    let id = handing.is_handed_over();
    handing.asks();
    let path = format!("/v1/deliveries/{id}/cancel");
    assert_eq!(handing.network.served.operator.posts(&path, "off", "{}").status, 200);
    handing.passes(A_LIFE);
    handing.hears_all();
    assert_eq!(handing.status(&id), "cancelled");
    assert_eq!(handing.owed(), []);
    let conflicts = handing.network.served.finance.gets("/v1/conflicts?state=open").json();
    let told = conflicts["data"][0]["told"].as_array().unwrap();
    let theirs = told.iter().find(|told| told["provider"] == "other").unwrap();
    let keep = json!({ "keep": theirs["fingerprint"] }).to_string();
    let path = format!("/v1/conflicts/sf/{id}/resolve");
    let resolved = handing.network.served.finance.posts(&path, "keep", &keep);
    assert_eq!(resolved.status, 200, "{resolved:?}");
    assert_eq!(handing.owed(), one_delivery());
    handing.agrees();
}
