//! A delivery that nobody takes is booked once, whatever becomes of the answers.

use super::{Handing, KINDS, Other, plan};
use crate::dispatch::parcel;
use doorstep_sim::provider::{Kind, Odds, Plan};
use serde_json::json;

/// Nobody brings anything.
fn refuses(kind: Kind) -> Plan {
    Plan { odds: Odds { refused_bp: 10_000, ..Odds::default() }, ..plan(kind) }
}

/// E9: whom nobody takes on is handed over, from then on no courier can accept it, and it is booked
/// once, under our name.
#[test]
fn what_nobody_takes_is_handed_over() {
    for kind in KINDS {
        let handing = Handing::to(vec![Other::new("other", plan(kind))]);
        let id = handing.network.is_asked(&parcel());
        handing.network.matches();
        handing.passes(299);
        handing.network.matches();
        let anna = handing.network.hires("anna", 37.7645, -122.466);
        let late = handing.network.hires("bea", 37.9, -122.466);
        handing.passes(2);
        handing.network.matches();
        let refused = anna.accepts(&id);
        assert_eq!(
            (refused.status, refused.problem()["code"].clone()),
            (409, json!("handed_over"))
        );
        assert!(anna.offers().is_empty() && late.offers().is_empty());
        assert_eq!(handing.asks(), 1, "{kind:?}");
        assert_eq!(handing.others[0].bookings_of(&id), 1, "{kind:?}");
        let shown = handing.network.shows(&id);
        assert_eq!(
            (&shown["status"], &shown["needs_attention"]),
            (&json!("requested"), &json!(null))
        );
        assert_eq!(handing.asks(), 0, "it is done");
        handing.holds();
    }
}

/// E9, E7: an answer that is lost leaves one booking, found when it is asked for again; also after
/// a restart in between.
#[test]
fn a_lost_answer_leaves_one_booking() {
    for kind in KINDS {
        let plan = Plan { lost_answers_bp: 10_000, ..plan(kind) };
        let handing = Handing::to(vec![Other::new("other", plan)]);
        let id = handing.is_handed_over();
        assert_eq!(handing.asks(), 1, "{kind:?}");
        assert_eq!(handing.others[0].bookings_of(&id), 1, "{kind:?}: the answer is lost");
        let handing = handing.restarts();
        handing.passes(5);
        assert_eq!(handing.asks(), 1, "{kind:?}");
        assert_eq!(handing.others[0].bookings_of(&id), 1, "{kind:?}: found, not booked again");
        handing.passes(3_600);
        assert_eq!(handing.asks(), 0, "{kind:?}: it is done");
        handing.passes(4 * 3_600);
        handing.hears_all();
        assert_eq!(handing.status(&id), "delivered", "{kind:?}");
        handing.holds();
    }
}

/// E9: who is away is asked again, and nobody else meanwhile: nobody knows what became of the wish.
#[test]
fn whoever_is_away_is_asked_again() {
    let away = Other::new("away", plan(Kind::DoordashDrive));
    let next = Other::new("next", plan(Kind::UberDirect));
    away.is_away(true);
    let handing = Handing::to(vec![away, next]);
    let id = handing.is_handed_over();
    for _ in 0..3 {
        assert_eq!(handing.asks(), 1);
        handing.passes(20);
    }
    handing.others[0].is_away(false);
    assert_eq!(handing.asks(), 1);
    assert_eq!((handing.others[0].bookings_of(&id), handing.others[1].bookings_of(&id)), (1, 0));
}

/// E9: who refuses is followed by the next, and when all have refused our couriers are asked again;
/// nobody is handed it a second time, and then a person is told.
#[test]
fn refusals_go_to_the_next_and_back_to_our_couriers() {
    let others = vec![
        Other::new("first", refuses(Kind::UberDirect)),
        Other::new("second", refuses(Kind::Onfleet)),
        Other::new("third", refuses(Kind::DoordashDrive)),
    ];
    let handing = Handing::to(others);
    let id = handing.is_handed_over();
    for _ in 0..3 {
        assert_eq!(handing.asks(), 1);
    }
    assert!(handing.others.iter().all(|other| other.bookings_of(&id) == 0));
    let anna = handing.network.hires("anna", 37.7645, -122.466);
    handing.network.matches();
    assert_eq!(anna.offers(), [id.as_str()], "our couriers are asked again");
    anna.goes("offline");
    handing.passes(301);
    handing.network.matches();
    assert_eq!(handing.network.shows(&id)["needs_attention"], "no_courier");
    assert_eq!(handing.asks(), 0, "nobody is handed it twice");
    anna.goes("online");
    assert_eq!(anna.accepts(&id).status, 200);
    handing.holds();
}

/// E9: what we call off is called off there, once it is known whether they have it.
#[test]
fn what_is_called_off_is_cancelled_there() {
    for (kind, lost_answers_bp) in KINDS.iter().flat_map(|kind| [(*kind, 0), (*kind, 10_000)]) {
        let plan = Plan { lost_answers_bp, ..plan(kind) };
        let handing = Handing::to(vec![Other::new("other", plan)]);
        let id = handing.is_handed_over();
        assert_eq!(handing.asks(), 1);
        let path = format!("/v1/deliveries/{id}/cancel");
        let answer = handing.network.served.operator.posts(&path, "off", "{}");
        assert_eq!(answer.status, 200, "{answer:?}");
        for _ in 0..3 {
            handing.asks();
            handing.passes(5);
        }
        let truth = handing.others[0].truth();
        assert_eq!(truth["deliveries"][0]["status"], "canceled", "{kind:?} {lost_answers_bp}");
        assert_eq!(handing.others[0].bookings_of(&id), 1, "{kind:?} {lost_answers_bp}");
        handing.hears_all();
        assert_eq!(handing.status(&id), "cancelled");
        handing.holds();
    }
}

/// E9: what is called off before it was booked is not booked.
#[test]
fn what_is_called_off_in_time_is_not_booked() {
    let handing = Handing::to(vec![Other::new("other", plan(Kind::Onfleet))]);
    let id = handing.is_handed_over();
    let path = format!("/v1/deliveries/{id}/cancel");
    assert_eq!(handing.network.served.operator.posts(&path, "off", "{}").status, 200);
    handing.asks();
    assert_eq!(handing.others[0].truth()["calls"]["all"], 0);
}
