//! What a provider says of a delivery that it brings for us becomes the state of it.

use super::{Handing, KINDS, Other, plan};
use doorstep_sim::provider::{Dirt, Kind, Odds, Plan};

/// Long enough for any life to be over, in seconds.
const A_LIFE: i64 = 4 * 3_600;

/// E9: from the booking to the door, each state by whom it was said.
#[test]
fn a_provider_brings_it() {
    for kind in KINDS {
        let handing = Handing::to(vec![Other::new("other", plan(kind))]);
        let id = handing.is_handed_over();
        handing.asks();
        for _ in 0..A_LIFE / 60 {
            handing.passes(60);
            handing.hears_all();
        }
        let steps = handing.steps(&id);
        assert!(steps[0].starts_with("requested "), "{kind:?}: {steps:?}");
        let by_them: Vec<&str> =
            steps[1..].iter().filter_map(|step| step.strip_suffix(" provider:other")).collect();
        let whole = ["assigned", "at_pickup", "picked_up", "at_dropoff", "delivered"];
        assert_eq!(by_them, whole, "{kind:?}");
        handing.holds();
    }
}

/// E4, E9: late, twice, in the wrong order and from a forger: the end is the same, and nothing goes
/// back.
#[test]
fn whatever_comes_in_whichever_order_the_end_is_right() {
    let dirt = Dirt {
        duplicated_bp: 5_000,
        reordered_bp: 5_000,
        late_bp: 3_000,
        forged_bp: 3_000,
        ..Dirt::default()
    };
    let odds = Odds { undeliverable_bp: 3_000, reassigned_bp: 3_000, ..Odds::default() };
    for kind in KINDS {
        let handing = Handing::to(vec![Other::new("other", Plan { dirt, odds, ..plan(kind) })]);
        let ids: Vec<String> = (0..12).map(|_| handing.is_handed_over()).collect();
        // Above the limit they are booked a moment later.
        while handing.asks() > 0 {
            handing.passes(2);
        }
        for _ in 0..A_LIFE / 120 {
            handing.passes(120);
            for message in handing.others[0].says() {
                let status = handing.hears("other", &message);
                assert!(matches!(status, 200 | 401), "{status}");
            }
            handing.reads();
        }
        let truth = handing.others[0].truth();
        for delivery in truth["deliveries"].as_array().unwrap() {
            let id = delivery["ours"].as_str().unwrap();
            assert_eq!(handing.status(id), delivery["status"], "{kind:?} {id}");
        }
        assert_eq!(truth["deliveries"].as_array().unwrap().len(), ids.len());
        handing.holds();
    }
}

/// E9: called off by them before the pickup, it goes to the next one.
#[test]
fn who_calls_it_off_is_followed_by_the_next() {
    let odds = Odds { canceled_bp: 10_000, ..Odds::default() };
    for kind in KINDS {
        let first = Other::new("first", Plan { odds, ..plan(kind) });
        let handing = Handing::to(vec![first, Other::new("second", plan(Kind::UberDirect))]);
        let id = handing.is_handed_over();
        handing.asks();
        for _ in 0..2 * A_LIFE / 60 {
            handing.passes(60);
            handing.hears_all();
            handing.asks();
        }
        assert_eq!(handing.status(&id), "delivered", "{kind:?}");
        let steps = handing.steps(&id);
        assert_eq!(steps.last().unwrap(), "delivered provider:second", "{kind:?}: {steps:?}");
        let bookings: Vec<u64> =
            handing.others.iter().map(|other| other.bookings_of(&id)).collect();
        assert_eq!(bookings, [1, 1], "{kind:?}");
        handing.holds();
    }
}

/// E9: whoever follows ends after what was said became the state, and before that was noted: read
/// again, it does not become the state again.
#[test]
fn what_was_followed_and_not_noted_is_not_followed_twice() {
    let handing = Handing::to(vec![Other::new("other", plan(Kind::UberDirect))]);
    let id = handing.is_handed_over();
    handing.asks();
    for status in ["pickup", "pending", "pickup"] {
        handing.passes(60);
        handing.uber_says(status, 0);
    }
    let steps = handing.steps(&id);
    let by_them = ["assigned", "requested", "assigned"].map(|to| format!("{to} provider:other"));
    assert_eq!(steps[1..], by_them);
    handing.forgets_what_it_followed();
    let handing = handing.restarts();
    handing.reads();
    assert_eq!(handing.steps(&id), steps);
}
