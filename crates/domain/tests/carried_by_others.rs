//! What providers carry: which of their tellings counts, and what is owed for it.

use doorstep_domain::delivery::{ConflictPolicy, Fact, FactSet, Lifecycle, Rules, fold};
use doorstep_domain::event::{Carrier, Completion, EventKey, Step, Telling};
use doorstep_domain::pay::Tips;
use doorstep_domain::settlement::{
    Account, AdjustmentKind, Carried, FeePlan, Party, Posting, ProviderTotals,
};
use doorstep_domain::time::Micros;
use proptest::prelude::*;

const HOUR: i64 = 3_600_000_000;

fn fact(at: i64, id: &str, step: Step) -> Fact {
    Fact { at: Micros(at), step, key: EventKey { source: "/test".into(), id: id.into() } }
}

fn requested() -> Fact {
    fact(0, "requested", Step::Requested)
}

fn telling(provider: &str, number: i64) -> Telling {
    Telling { provider: provider.parse().expect("a provider"), number }
}

fn delivered(carrier: Carrier) -> Step {
    Step::Delivered(Box::new(Completion {
        carrier,
        merchant: "m8".parse().expect("a merchant"),
        order_minor: 2500,
        tip_minor: 400,
        distance_m: 3000,
        revision: 0,
        currency: "USD".into(),
    }))
}

fn brought(provider: &str, number: i64, cost_minor: Option<i64>) -> Step {
    delivered(Carrier::Provider { telling: telling(provider, number), cost_minor })
}

fn whole(number: &str) -> i64 {
    number.parse().expect("a number")
}

/// The facts of a delivery as words say them: `uber 3 650` is a telling, number 3, that it was
/// brought for 650, `uber 4 -` that it was not, `uber 5 ?` that it was for a price not told.
fn told(facts: &str) -> FactSet {
    let one = |(hour, words): (i64, &str)| {
        let step = match words.split(' ').collect::<Vec<_>>()[..] {
            ["anna"] => delivered(Carrier::Courier("anna".parse().expect("a courier"))),
            ["cancelled"] => Step::Cancelled,
            [provider, number, "-"] => Step::Withdrawn(telling(provider, whole(number))),
            [provider, number, cost] => brought(provider, whole(number), cost.parse().ok()),
            _ => panic!("{words:?}"),
        };
        fact(hour * HOUR, &format!("{hour}-{words}"), step)
    };
    let facts = facts.split(", ").filter(|words| !words.is_empty());
    std::iter::once(requested()).chain((1..).zip(facts).map(one)).collect()
}

fn lifecycle(facts: &FactSet) -> Lifecycle {
    let rules = Rules { conflicts: ConflictPolicy::Hold, grace_us: 2 * HOUR };
    fold(facts, rules, None)
}

/// Who carried it, what that costs, and how many contents dispute it.
fn stands(facts: &FactSet) -> (Option<(String, Option<i64>)>, usize) {
    let lifecycle = lifecycle(facts);
    let carrier = lifecycle.standing.completed().map(|(_, completion)| match &completion.carrier {
        Carrier::Courier(courier) => (courier.to_string(), None),
        Carrier::Provider { telling, cost_minor } => (telling.provider.to_string(), *cost_minor),
    });
    (carrier, lifecycle.standing.disputed_by.len())
}

/// E9: of a provider's tellings the last counts alone; of others each is a content of its own.
#[test]
fn the_last_telling_of_a_provider_counts() {
    // facts in the order of their hours, who carried it for how much, how many dispute it
    type Case = (&'static str, Option<(&'static str, Option<i64>)>, usize);
    let cases: [Case; 13] = [
        ("uber 1 650", Some(("uber", Some(650))), 0),
        ("uber 1 ?", Some(("uber", None)), 0),
        ("uber 1 ?, uber 2 650", Some(("uber", Some(650))), 0),
        ("uber 2 650, uber 1 ?", Some(("uber", Some(650))), 0),
        ("uber 1 650, uber 2 -", None, 0),
        ("uber 2 -, uber 1 650", None, 0),
        ("uber 1 650, uber 2 -, uber 3 700", Some(("uber", Some(700))), 0),
        ("uber 3 650, uber 3 -", None, 0),
        ("uber 1 -", None, 0),
        ("uber 1 650, dash 1 975", Some(("uber", Some(650))), 1),
        ("uber 1 650, dash 1 975, uber 2 -", Some(("dash", Some(975))), 0),
        ("cancelled, uber 1 650", None, 1),
        ("uber 1 650, uber 2 -, anna", Some(("anna", None)), 0),
    ];
    for (facts, carrier, disputes) in cases {
        let expected = carrier.map(|(who, cost_minor)| (who.to_owned(), cost_minor));
        assert_eq!(stands(&told(facts)), (expected, disputes), "{facts}");
    }
}

/// E9: nobody of ours worked, so there is no attempt whose time is paid.
#[test]
fn no_time_is_paid_for_what_a_provider_carried() {
    let mut facts = told("uber 1 650");
    facts.join(fact(1, "assigned", Step::Assigned("anna".parse().expect("a courier"))));
    assert_eq!(lifecycle(&facts).carried, None);
    assert_eq!(lifecycle(&facts).open, None);
}

/// E9: what a provider is owed for its deliveries, by what becomes of tips.
#[test]
fn a_provider_is_owed_its_fees_and_the_tips() {
    // tips, cost, tips given, corrections, what it gets of tips, what it is owed
    let cases = [
        (Tips::PassThrough, 1_625, 800, 0, 800, Some(2_425)),
        (Tips::TowardMinimum, 1_625, 800, -650, 800, Some(1_775)),
        (Tips::Withheld, 1_625, 800, 0, 0, Some(1_625)),
        (Tips::PassThrough, 0, 0, -975, 0, Some(-975)),
        (Tips::PassThrough, i64::MAX, 1, 0, 1, None),
        (Tips::PassThrough, i64::MAX, 0, 1, 0, None),
    ];
    for (tips, cost_minor, given, adjustment_minor, tip_minor, owed) in cases {
        let carried = Carried { deliveries: 3, unpriced: 1, cost_minor, tip_minor: given };
        let provider: doorstep_domain::id::ProviderId = "uber".parse().expect("a provider");
        let expected = owed.map(|payout_minor| ProviderTotals {
            provider_id: provider.clone(),
            deliveries: 3,
            unpriced: 1,
            cost_minor,
            tip_minor,
            adjustment_minor,
            payout_minor,
        });
        assert_eq!(carried.totals(provider.clone(), tips, adjustment_minor), expected, "{tips:?}");
    }
}

/// Tellings of two providers and whoever else: some brought, some taken back.
fn facts() -> impl Strategy<Value = Vec<Fact>> {
    let one = (0_i64..5, 0_usize..5, 0_i64..4, prop::option::of(1_i64..3), 0_u8..4).prop_map(
        |(hour, kind, number, cost_minor, id)| {
            let step = match kind {
                0 => Step::Withdrawn(telling("uber", number)),
                1 => brought("uber", number, cost_minor),
                2 => brought("dash", number, cost_minor),
                3 => Step::Cancelled,
                _ => Step::Withdrawn(telling("dash", number)),
            };
            fact(hour * HOUR, &id.to_string(), step)
        },
    );
    prop::collection::vec(one, 0..7)
}

proptest! {
    /// E4, E6, E9: any order, any repetition, and two parts put together give the same settlement;
    /// what counts is among the last tellings.
    #[test]
    fn a_settlement_is_a_function_of_the_set(
        (facts, shuffled) in facts().prop_flat_map(|facts| {
            let twice: Vec<Fact> = facts.iter().chain(&facts).cloned().collect();
            (Just(facts), Just(twice).prop_shuffle())
        }),
        cut in 0_usize..8,
    ) {
        let whole: FactSet = std::iter::once(requested()).chain(facts.clone()).collect();
        let (here, there) = shuffled.split_at(cut.min(shuffled.len()));
        let parts = there.iter().chain(here).cloned().chain([requested()]);
        let merged: FactSet = parts.collect();
        prop_assert_eq!(lifecycle(&merged), lifecycle(&whole));
        let standing = lifecycle(&whole).standing;
        if let Some((_, Completion { carrier: Carrier::Provider { telling, .. }, .. })) =
            standing.completed()
        {
            let numbers = facts.iter().filter_map(|fact| fact.step.telling());
            let last = numbers.filter(|other| other.provider == telling.provider);
            prop_assert_eq!(last.map(|other| other.number).max(), Some(telling.number));
        }
    }

    /// A6, E9: whatever a delivery comes to, what everybody gets is what customers gave and the
    /// platform bears: debits are credits, and the merchant's fee is the plan's.
    #[test]
    fn every_amount_comes_from_somewhere(
        order_minor in 0_i64..1_000_000,
        given in 0_i64..100_000,
        cost in prop::option::of(0_i64..100_000),
        tips in prop::sample::select(vec![Tips::PassThrough, Tips::TowardMinimum, Tips::Withheld]),
        commission_bp in 0_i64..=10_000,
    ) {
        let provider = Party::Provider("uber".parse().expect("a provider"));
        let merchant = Party::Merchant("m8".parse().expect("a merchant"));
        let cost_minor = cost.unwrap_or(0);
        let unpriced = i64::from(cost.is_none());
        let carried = Carried { deliveries: 1, unpriced, cost_minor, tip_minor: given };
        let tip_minor = carried.tip_owed_minor(tips);
        let fee = FeePlan { commission_bp, fixed_minor: 50 }.fee_minor(order_minor.into(), 1);
        let postings = [
            Posting::of("d1", AdjustmentKind::Sale, merchant.clone(), 0, order_minor),
            Posting::of("day", AdjustmentKind::Fee, merchant.clone(), 0, fee),
            Posting::of("d1", AdjustmentKind::Tip, provider.clone(), 0, tip_minor),
            Posting::of("d1", AdjustmentKind::Cost, provider.clone(), 0, cost_minor),
        ];
        let balance = |account: Account| -> i64 {
            let of = |posting: &Posting| {
                let received = if posting.credit == account { posting.amount_minor } else { 0 };
                received - if posting.debit == account { posting.amount_minor } else { 0 }
            };
            postings.iter().map(of).sum()
        };
        let owed = carried.totals("uber".parse().expect("a provider"), tips, 0);
        let owed = owed.expect("small amounts").payout_minor;
        prop_assert_eq!(balance(Account::Payable(provider)), owed);
        prop_assert_eq!(balance(Account::Payable(merchant)), order_minor - fee);
        prop_assert_eq!(balance(Account::ProviderCost), -cost_minor);
        prop_assert_eq!(balance(Account::Customers), -(order_minor + tip_minor));
        prop_assert_eq!(balance(Account::Fees), fee);
        prop_assert_eq!(balance(Account::CourierPay), 0);
    }
}
