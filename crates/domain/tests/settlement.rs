//! Fees, postings and digests.

use doorstep_domain::settlement::{
    Account, AdjustmentKind, CourierTotals, FeePlan, Party, Posting, SettlementDigest,
};
use proptest::prelude::*;

/// A6: commission of the sales and a fixed amount a delivery, rounded half to even, once.
#[test]
fn fees_are_rounded_once_a_day() {
    // commission in basis points, fixed, sales, deliveries, fee
    let cases = [
        (2500, 50, 10_000, 4, 2_700),
        (2500, 0, 10, 1, 2),  // 2.5 goes to the even 2
        (2500, 0, 14, 1, 4),  // 3.5 goes to the even 4
        (2500, 0, 11, 1, 3),  // 2.75
        (2500, 0, 9, 1, 2),   // 2.25
        (1, 0, 4_999, 1, 0),  // 0.4999
        (1, 0, 15_000, 1, 2), // 1.5
        (0, 50, 123_456, 3, 150),
        (10_000, 0, 777, 1, 777),
        (2500, 50, 0, 0, 0),
    ];
    for (commission_bp, fixed_minor, sales, deliveries, expected) in cases {
        let plan = FeePlan { commission_bp, fixed_minor };
        assert_eq!(plan.fee_minor(sales, deliveries), expected, "{commission_bp} of {sales}");
    }
}

#[test]
fn fee_plans_that_cannot_be_meant_are_refused_by_field() {
    let cases = [
        (2500, 50, None),
        (-1, 0, Some("commission_bp")),
        (10_001, 0, Some("commission_bp")),
        (0, -1, Some("fixed_minor")),
    ];
    for (commission_bp, fixed_minor, field) in cases {
        let refused = FeePlan { commission_bp, fixed_minor }.validate().err();
        assert_eq!(refused.map(|error| error.field), field);
    }
}

fn merchant() -> Party {
    Party::Merchant("m8".parse().expect("a merchant"))
}

fn anna() -> Party {
    Party::Courier("anna".parse().expect("a courier"))
}

/// A6: every posting moves its amount from one account to another; downwards the other way.
#[test]
fn postings_move_amounts_between_accounts() {
    let payable = |party: Party| Account::Payable(party).to_string();
    let cases = [
        (AdjustmentKind::Sale, merchant(), 700, "customers".to_owned(), payable(merchant())),
        (AdjustmentKind::Fee, merchant(), 700, payable(merchant()), "platform:fees".to_owned()),
        (AdjustmentKind::Pay, anna(), 700, "platform:courier-pay".to_owned(), payable(anna())),
        (AdjustmentKind::Tip, anna(), 700, "customers".to_owned(), payable(anna())),
        (AdjustmentKind::Pay, anna(), -700, payable(anna()), "platform:courier-pay".to_owned()),
    ];
    for (kind, party, amount, debit, credit) in cases {
        let posting = Posting::of("d1", kind, party, 0, amount);
        assert_eq!(posting.amount_minor, 700);
        let accounts = (posting.debit.to_string(), posting.credit.to_string());
        assert_eq!(accounts, (debit, credit), "{kind:?}");
    }
}

proptest! {
    /// A6: a fee is never further from the exact one than half a minor unit, and grows with sales.
    #[test]
    fn fees_are_as_exact_as_money_can_be(
        commission_bp in 0_i64..=10_000,
        fixed_minor in 0_i64..1_000,
        sales in 0_i64..1_000_000_000,
        more in 0_i64..1_000_000,
        deliveries in 0_i64..10_000,
    ) {
        let plan = FeePlan { commission_bp, fixed_minor };
        let fee = plan.fee_minor(sales.into(), deliveries);
        let exact = i128::from(sales) * i128::from(commission_bp)
            + i128::from(deliveries) * i128::from(fixed_minor) * 10_000;
        prop_assert!((i128::from(fee) * 10_000 - exact).abs() <= 5_000);
        prop_assert!(plan.fee_minor((sales + more).into(), deliveries) >= fee);
    }

    /// B17: the digest tells any two different settlements apart, and equal ones not.
    #[test]
    fn a_digest_is_of_every_figure(
        pay in 0_i64..1_000,
        tip in 0_i64..1_000,
        changed in 0_usize..4,
    ) {
        let totals = CourierTotals {
            courier_id: "anna".parse().expect("a courier"),
            pay_minor: pay, tip_minor: tip, adjustment_minor: 0, payout_minor: pay + tip,
            deliveries: 1, worked_seconds: 60, peak_seconds: 0,
        };
        let digest = |totals: &CourierTotals| {
            let market = "sf".parse().expect("a market");
            let day = "2008-05-19".parse().expect("a day");
            let currency = "USD".parse().expect("a currency");
            let mut digest = SettlementDigest::new(&market, day, currency);
            digest.line(totals);
            digest.finish()
        };
        let mut other = totals.clone();
        match changed {
            0 => other.pay_minor += 1,
            1 => other.tip_minor += 1,
            2 => other.deliveries += 1,
            _ => other.peak_seconds += 1,
        }
        prop_assert_eq!(digest(&totals), digest(&totals.clone()));
        prop_assert_ne!(digest(&totals), digest(&other));
    }
}
