//! Lifecycles: what a set of facts amounts to.

use doorstep_domain::delivery::{
    ConflictPolicy, Decision, Fact, FactSet, Joined, Lifecycle, Rules, fold,
};
use doorstep_domain::event::{Carrier, Completion, EventKey, Refund, Step};
use doorstep_domain::id::CourierId;
use doorstep_domain::limits::{ENDINGS_PER_DELIVERY_KEPT, FACTS_PER_DELIVERY_MAX};
use doorstep_domain::time::Micros;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000_000;

fn rules(conflicts: ConflictPolicy) -> Rules {
    Rules { conflicts, grace_us: 2 * HOUR }
}

fn courier(name: &str) -> CourierId {
    name.parse().expect("a courier")
}

/// A fact at an hour of the day, told under a name of its own.
fn fact(hour: i64, step: Step) -> Fact {
    let id = format!("{hour}-{step:?}").into();
    Fact { at: Micros(hour * HOUR), step, key: EventKey { source: "/test".into(), id } }
}

fn delivered(by: &str, order_minor: i64, revision: i64) -> Step {
    Step::Delivered(Box::new(Completion {
        carrier: Carrier::Courier(courier(by)),
        merchant: "m8".parse().expect("a merchant"),
        order_minor,
        tip_minor: 0,
        distance_m: 0,
        revision,
        currency: "USD".into(),
    }))
}

fn refunded(amount_minor: i64) -> Step {
    Step::Refunded(Box::new(Refund { amount_minor, currency: "USD".into() }))
}

fn hold(facts: Vec<Fact>) -> Lifecycle {
    fold(&facts.into_iter().collect(), rules(ConflictPolicy::Hold), None)
}

/// Facts as a table says them: hour, step, who; `done` is a completion by anna.
fn told(facts: &str) -> Vec<Fact> {
    facts.split(", ").map(told_once).collect()
}

fn told_once(text: &str) -> Fact {
    let words: Vec<&str> = text.split(' ').collect();
    let who = words.get(2).map(|name| courier(name));
    let step = match (words[1], who) {
        ("done", _) => delivered("anna", 100, 0),
        ("requested", _) => Step::Requested,
        ("cancelled", _) => Step::Cancelled,
        ("refunded", _) => refunded(100),
        ("unassigned", who) => Step::Unassigned(who),
        ("failed", who) => Step::Failed(who),
        ("returned", who) => Step::Returned(who),
        ("assigned", Some(who)) => Step::Assigned(who),
        ("picked_up", Some(who)) => Step::PickedUp(who),
        other => panic!("{other:?} in {text:?}"),
    };
    fact(words[0].parse().expect("an hour"), step)
}

/// B3: who carried, and from when on, as the attempt that the completion ended says.
#[test]
fn the_attempt_that_ended_the_delivery_is_the_one_that_is_paid() {
    // facts, hours of assignment and pickup
    let cases = [
        ("1 assigned anna, 2 picked_up anna, 3 done", Some((Some(1), Some(2)))),
        ("1 picked_up anna, 2 picked_up anna, 3 done", Some((None, Some(1)))),
        ("1 assigned ben, 3 done", None),
        (
            "1 assigned ben, 2 picked_up ben, 4 assigned anna, 5 picked_up anna, 6 done",
            Some((Some(4), Some(5))),
        ),
        ("1 assigned anna, 2 unassigned anna, 4 assigned anna, 6 done", Some((Some(4), None))),
        ("1 assigned anna, 2 unassigned, 6 done", None),
        ("1 assigned anna, 2 unassigned ben, 6 done", Some((Some(1), None))),
        ("1 picked_up anna, 2 failed, 4 picked_up anna, 6 done", Some((None, Some(4)))),
        ("1 picked_up anna, 2 failed, 6 done", Some((None, Some(1)))),
        ("1 assigned anna, 3 done, 4 picked_up anna", Some((Some(1), None))),
    ];
    for (facts, expected) in cases {
        let carried = hold(told(&format!("0 requested, {facts}"))).carried;
        let hours = |at: Option<Micros>| at.map(|at| at.0 / HOUR);
        let seen = carried.map(|attempt| (hours(attempt.assigned), hours(attempt.picked_up)));
        assert_eq!(seen, expected, "{facts}");
    }
}

/// B4: what is under way, until something ends it.
#[test]
fn an_attempt_is_open_until_something_ends_it() {
    let cases = [
        ("1 assigned anna, 2 picked_up anna", true),
        ("1 assigned anna, 2 picked_up anna, 3 done", false),
        ("1 assigned anna, 2 picked_up anna, 3 cancelled", false),
        ("1 assigned anna, 2 picked_up anna, 3 failed anna", false),
        ("1 assigned anna, 2 picked_up anna, 3 returned", false),
        ("1 assigned anna, 2 picked_up anna, 3 unassigned", false),
    ];
    for (facts, open) in cases {
        assert_eq!(hold(told(facts)).open.is_some(), open, "{facts}");
    }
}

/// A5, B7: a completion counts only of a delivery that is known to exist, give or take the grace.
#[test]
fn a_completion_needs_a_delivery() {
    let cases = [
        ("requested before", Some(1), 3, true),
        ("within the grace after", Some(5), 3, true),
        ("beyond the grace after", Some(6), 3, false),
        ("never", None, 3, false),
    ];
    for (name, requested, done, counts) in cases {
        let requested = requested.map(|hour| fact(hour, Step::Requested));
        let facts = requested.into_iter().chain([fact(done, delivered("anna", 100, 0))]);
        let lifecycle = hold(facts.collect());
        assert_eq!(lifecycle.standing.completed().is_some(), counts, "{name}");
        assert_eq!(lifecycle.waiting.is_none(), counts, "{name}");
    }
}

/// Tellings by anna, each with its hour, amount and revision.
fn tellings(contents: &[(i64, i64, i64)]) -> FactSet {
    let telling = |(hour, minor, revision): &(i64, i64, i64)| {
        fact(*hour, delivered("anna", *minor, *revision))
    };
    let requested = fact(0, Step::Requested);
    std::iter::once(requested).chain(contents.iter().map(telling)).collect()
}

/// A7: which of several contents stands, and how many wait for a person.
#[test]
fn policies_decide_between_contents() {
    use ConflictPolicy::{First, HighestRevision, Hold};
    // name, hour/amount/revision of each telling, policy, what stands, how many dispute it
    type Case = (&'static str, &'static [(i64, i64, i64)], ConflictPolicy, i64, usize);
    let cases: [Case; 9] = [
        ("alone", &[(1, 100, 0)], Hold, 100, 0),
        ("repeated", &[(1, 100, 0), (2, 100, 0)], Hold, 100, 0),
        ("a revision of nothing", &[(1, 100, 0), (2, 100, 7)], Hold, 100, 0),
        ("held", &[(1, 100, 0), (2, 90, 1)], Hold, 100, 1),
        ("two against one", &[(1, 100, 0), (2, 90, 0), (3, 80, 0)], Hold, 100, 2),
        ("first", &[(1, 100, 0), (2, 90, 1)], First, 100, 0),
        ("higher revision", &[(1, 100, 0), (2, 90, 1)], HighestRevision, 90, 0),
        ("higher one told first", &[(1, 90, 1), (2, 100, 0)], HighestRevision, 90, 0),
        ("same revision", &[(1, 100, 1), (2, 90, 1)], HighestRevision, 100, 1),
    ];
    for (name, contents, policy, amount, disputes) in cases {
        let standing = fold(&tellings(contents), rules(policy), None).standing;
        let stands = standing.completed().map(|(_, completion)| completion.order_minor);
        assert_eq!((stands, standing.disputed_by.len()), (Some(amount), disputes), "{name}");
    }
}

/// A7: what a person decided holds, until something new is told.
#[test]
fn a_decision_holds_over_what_it_considered() {
    let at_first = [
        fact(0, Step::Requested),
        fact(1, delivered("anna", 100, 0)),
        fact(2, delivered("anna", 90, 0)),
    ];
    let mut facts: FactSet = at_first.into_iter().collect();
    let open = fold(&facts, rules(ConflictPolicy::Hold), None).standing;
    let contents = open.disputed_by.iter().chain(&open.stands);
    let considered = contents.map(|told| told.fingerprint.clone()).collect();
    let decision = Decision { keep: open.disputed_by[0].fingerprint.clone(), considered };
    let decided = fold(&facts, rules(ConflictPolicy::Hold), Some(&decision)).standing;
    let amount = |standing: &doorstep_domain::delivery::Standing| {
        standing.completed().map(|(_, completion)| completion.order_minor)
    };
    assert_eq!((amount(&decided), decided.disputed_by.len()), (Some(90), 0));
    let revised = [fact(3, delivered("anna", 70, 9))];
    let revised: FactSet = facts.iter().cloned().chain(revised).collect();
    let revised = fold(&revised, rules(ConflictPolicy::HighestRevision), Some(&decision)).standing;
    assert_eq!((amount(&revised), revised.disputed_by.len()), (Some(90), 1), "a person judges");
    facts.join(fact(3, delivered("anna", 80, 0)));
    let again = fold(&facts, rules(ConflictPolicy::Hold), Some(&decision)).standing;
    assert_eq!((amount(&again), again.disputed_by.len()), (Some(90), 1));
}

/// A7: delivered and called off is a contradiction as well.
#[test]
fn a_cancellation_disputes_a_completion() {
    let cases =
        [("0 requested, 1 done, 2 cancelled", true), ("0 requested, 1 cancelled, 2 done", false)];
    for (facts, counts) in cases {
        let standing = hold(told(facts)).standing;
        let seen = (standing.completed().is_some(), standing.disputed_by.len());
        assert_eq!(seen, (counts, 1), "{facts}");
    }
}

/// B15: a source that loops does not grow a delivery without end.
#[test]
fn a_delivery_holds_so_many_facts_and_no_more() {
    let mut facts = FactSet::default();
    let steps_max = FACTS_PER_DELIVERY_MAX - ENDINGS_PER_DELIVERY_KEPT;
    for hour in 0..steps_max as i64 {
        assert_eq!(facts.join(fact(hour, Step::Requested)), Joined::New);
    }
    assert_eq!(facts.join(fact(-1, Step::Requested)), Joined::Full);
    assert_eq!(facts.join(fact(3, Step::Requested)), Joined::Repeated, "what is known stays known");
    for minor in 0..ENDINGS_PER_DELIVERY_KEPT as i64 {
        assert_eq!(
            facts.join(fact(9, delivered("anna", minor, 0))),
            Joined::New,
            "its end is money"
        );
    }
    assert_eq!(facts.join(fact(9, delivered("anna", -1, 0))), Joined::Full);
    assert_eq!(facts.len(), FACTS_PER_DELIVERY_MAX);
}

fn any_policy() -> impl Strategy<Value = ConflictPolicy> {
    prop_oneof![
        Just(ConflictPolicy::Hold),
        Just(ConflictPolicy::First),
        Just(ConflictPolicy::HighestRevision),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let who = prop::sample::select(vec!["anna", "ben"]);
    prop_oneof![
        Just(Step::Requested),
        Just(Step::Cancelled),
        (1_i64..3).prop_map(refunded),
        who.clone().prop_map(|by| Step::Assigned(courier(by))),
        who.clone().prop_map(|by| Step::PickedUp(courier(by))),
        prop::option::of(who.clone()).prop_map(|by| Step::Unassigned(by.map(courier))),
        prop::option::of(who.clone()).prop_map(|by| Step::Failed(by.map(courier))),
        (who, 0_i64..3, 0_i64..3).prop_map(|(by, minor, revision)| delivered(by, minor, revision)),
    ]
}

/// A6: every refund counts once, whenever it was told, and ends nothing.
#[test]
fn refunds_add_up_and_end_nothing() {
    // facts, what was given back, whether something is completed
    let cases = [
        ("1 assigned anna, 2 picked_up anna, 3 done, 4 refunded", 100, true),
        ("0 refunded, 1 assigned anna, 3 done", 100, true),
        ("1 assigned anna, 3 done, 4 refunded, 4 refunded", 100, true),
        ("1 assigned anna, 3 done, 4 refunded, 5 refunded", 200, true),
        ("1 assigned anna, 2 refunded", 100, false),
    ];
    for (facts, refunded_minor, completed) in cases {
        let lifecycle = hold(told(facts));
        assert_eq!(lifecycle.refunded_minor, refunded_minor, "{facts}");
        assert_eq!(lifecycle.standing.completed().is_some(), completed, "{facts}");
        assert_eq!(lifecycle.open.is_some(), !completed, "{facts}");
    }
}

proptest! {
    /// B3, B5, B17: any order, any repetition, any grouping of arrival gives the same lifecycle.
    #[test]
    fn a_lifecycle_is_a_function_of_the_set(
        facts in prop::collection::vec((0_i64..12, any_step()), 0..12),
        seed in any::<u64>(),
        policy in any_policy(),
    ) {
        let facts: Vec<Fact> = facts.into_iter().map(|(hour, step)| fact(hour, step)).collect();
        let tidy: FactSet = facts.iter().cloned().collect();
        let mut shuffled = [facts.clone(), facts].concat();
        // Any permutation does: this one moves every fact, and differs with the seed.
        let length = shuffled.len().max(1);
        let scattered = |at: i64| (at as u64 ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        shuffled.sort_by_key(|fact| scattered(fact.at.0));
        shuffled.rotate_left((seed % length as u64) as usize % length);
        let messy: FactSet = shuffled.into_iter().collect();
        prop_assert_eq!(&tidy, &messy);
        prop_assert_eq!(fold(&tidy, rules(policy), None), fold(&messy, rules(policy), None));
    }

    /// A6: at most one completion counts, and only one that was told.
    #[test]
    fn at_most_one_completion_counts(
        facts in prop::collection::vec((0_i64..12, any_step()), 0..12),
    ) {
        let facts: FactSet = facts.into_iter().map(|(hour, step)| fact(hour, step)).collect();
        let lifecycle = fold(&facts, rules(ConflictPolicy::Hold), None);
        if let Some((at, completion)) = lifecycle.standing.completed() {
            let step = Step::Delivered(Box::new(completion.clone()));
            prop_assert!(facts.iter().any(|fact| fact.at == at && fact.step == step));
            prop_assert!(lifecycle.open.is_none());
        } else {
            prop_assert!(lifecycle.carried.is_none());
        }
    }
}
