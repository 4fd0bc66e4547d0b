//! What providers carried, as it is kept: facts, completions, what they are owed.

use crate::engines::{lane, on_each_engine, run};
use doorstep_domain::delivery::{Fact, FactSet};
use doorstep_domain::event::{Carrier, Completion, EventKey, Step, Telling};
use doorstep_domain::settlement::{Account, Adjustment, AdjustmentKind, Carried, Party, Posting};
use doorstep_domain::time::{Day, Micros};
use doorstep_store::delivery::{self, Kept};
use doorstep_store::interval::{self, ChargedRow, CompletedRow, IntervalRow, NOBODY};
use doorstep_store::statement::StatementRow;
use doorstep_store::{LaneTx, Store, StoreError, adjustment, posting, statement};

/// A Sunday.
const DAY: i64 = 14_024;

fn writes(
    store: &Store,
    write: impl Fn(&mut LaneTx<'_>) -> Result<(), StoreError> + Send + 'static,
) {
    store.lane(&lane("settled"), move |tx| write(tx)).unwrap();
}

fn fact(number: i64, step: Step) -> Fact {
    let key = EventKey { source: "/test".into(), id: number.to_string().into() };
    Fact { at: Micros(number), step, key }
}

fn delivered(carrier: Carrier) -> Step {
    Step::Delivered(Box::new(Completion {
        carrier,
        merchant: "m8".parse().unwrap(),
        order_minor: 2500,
        tip_minor: 400,
        distance_m: 3000,
        revision: 2,
        currency: "USD".into(),
    }))
}

fn telling(number: i64) -> Telling {
    Telling { provider: "uber".parse().unwrap(), number }
}

fn brought(delivery: &str, provider: &str, cost_minor: Option<i64>) -> IntervalRow {
    IntervalRow {
        day: DAY,
        courier: NOBODY.to_owned(),
        delivery: delivery.to_owned(),
        assigned: None,
        picked_up: None,
        delivered: Micros(9),
        completion: Some(CompletedRow {
            merchant: "m8".to_owned(),
            order_minor: 2500,
            tip_minor: 400,
            distance_m: 3000,
            provider: Some(ChargedRow { provider: provider.to_owned(), cost_minor }),
        }),
    }
}

fn by_anna() -> IntervalRow {
    let row = brought("d4", "uber", None);
    let completion = row.completion.map(|done| CompletedRow { provider: None, ..done });
    IntervalRow { courier: "anna".to_owned(), completion, ..row }
}

/// E9, B18: a provider's tellings are read back as they were kept.
#[test]
fn tellings_are_read_back() {
    on_each_engine(|place| {
        let store = place.open();
        let steps = [
            Step::Requested,
            delivered(Carrier::Courier("anna".parse().unwrap())),
            delivered(Carrier::Provider { telling: telling(7), cost_minor: Some(650) }),
            delivered(Carrier::Provider { telling: telling(8), cost_minor: None }),
            Step::Withdrawn(telling(9)),
        ];
        let facts: FactSet = (1..).zip(steps).map(|(at, step)| fact(at, step)).collect();
        let kept = facts.clone();
        writes(&store, move |tx| {
            let row = Kept { market: "sf", delivery: "d1", facts: &kept, open_courier: None };
            delivery::save(tx, &[row])
        });
        let found = store.read(|tx| delivery::load(tx, "sf", &["d1"])).unwrap();
        assert_eq!(found["d1"], facts);
    });
}

/// E9: completions of providers are rows of nobody's day, and add up provider by provider.
#[test]
fn what_providers_carried_adds_up() {
    on_each_engine(|place| {
        let store = place.open();
        let rows = [
            brought("d1", "uber", Some(650)),
            brought("d2", "uber", None),
            brought("d3", "dash", Some(975)),
            by_anna(),
        ];
        let kept = rows.clone();
        writes(&store, move |tx| {
            let come: Vec<_> = kept.iter().map(|row| ("sf", row)).collect();
            interval::replace(tx, &[], &come)?;
            posting::post_sales(tx, "sf", DAY, "customers")?;
            posting::post_tips(tx, "sf", DAY, "customers", None)?;
            posting::post_costs(tx, "sf", DAY, &Account::ProviderCost.to_string())
        });
        let carried = |deliveries, unpriced, cost_minor| Carried {
            deliveries,
            unpriced,
            cost_minor,
            tip_minor: deliveries * 400,
        };
        let (dash, uber) = (("dash".to_owned(), carried(1, 0, 975)), carried(2, 1, 650));
        store
            .read(|tx| {
                let all = interval::carried(tx, "sf", DAY, None)?;
                assert_eq!(all, [dash.clone(), ("uber".to_owned(), uber)]);
                assert_eq!(interval::carried(tx, "sf", DAY, Some("dash"))?, [dash]);
                assert_eq!(interval::carried(tx, "sf", DAY, Some("none"))?, []);
                assert_eq!(interval::couriers_of_day(tx, "sf", DAY, NOBODY, 9)?, ["anna"]);
                assert_eq!(interval::of_courier(tx, "sf", DAY, NOBODY)?, rows[..3]);
                assert_eq!(interval::of_courier(tx, "sf", DAY, "anna")?, rows[3..]);
                let one = interval::of_delivery(tx, "sf", DAY, (NOBODY, "d2"))?;
                assert_eq!(one.as_ref(), Some(&rows[1]));
                assert_eq!(interval::of_delivery(tx, "sf", DAY, ("anna", "d2"))?, None);
                let merchants = interval::sales(tx, "sf", DAY, None)?;
                assert_eq!(merchants, [("m8".to_owned(), 4, 10_000)]);
                let balances = [
                    ("courier:anna", 400),
                    ("customers", -11_600),
                    ("merchant:m8", 10_000),
                    ("platform:provider-cost", -1_625),
                    ("provider:dash", 1_375),
                    ("provider:uber", 1_450),
                ];
                let balances = balances.map(|(account, minor)| (account.to_owned(), minor));
                assert_eq!(posting::balances(tx, "sf", DAY)?, balances);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    });
}

fn adjustment(party: Party, kind: AdjustmentKind) -> Adjustment {
    Adjustment {
        about_day: Day::from_number(DAY),
        delivery_id: Some("d1".parse().unwrap()),
        party,
        kind,
        revision: 1,
        amount_minor: -650,
        reason: "told after the day was closed".to_owned(),
    }
}

/// What was kept before there were providers is there afterwards, row for row.
#[test]
fn what_was_kept_before_is_kept() {
    on_each_engine(|place| {
        let store = place.open();
        let kept = |store: &Store| {
            store.read(|tx| {
                let statement = statement::load(tx, "sf", DAY, "merchant", "m8")?;
                let mut postings = Vec::new();
                posting::of_day(tx, "sf", DAY, &mut |row| {
                    postings.push(row);
                    Ok(())
                })?;
                let adjustments = adjustment::booked_on(tx, "sf", DAY + 1)?;
                let rows = interval::of_courier(tx, "sf", DAY, "anna")?;
                Ok::<_, StoreError>((statement, postings, adjustments, rows))
            })
        };
        writes(&store, |tx| {
            let merchant = Party::Merchant("m8".parse().unwrap());
            let sale = Posting::of("d1", AdjustmentKind::Sale, merchant.clone(), 0, 2500);
            let line = adjustment(merchant, AdjustmentKind::Sale);
            let stated = StatementRow {
                party_kind: "merchant",
                party_id: "m8".to_owned(),
                totals: "{}".to_owned(),
                body: vec![1, 2],
                digest: "d".to_owned(),
            };
            statement::add(tx, "sf", DAY, &[stated])?;
            posting::add(tx, "sf", DAY, &[("merchant:m8".to_owned(), sale)])?;
            adjustment::add(tx, "sf", DAY + 1, &line, Micros(1))?;
            interval::replace(tx, &[], &[("sf", &by_anna())])
        });
        let before = kept(&store).unwrap();
        assert!(before.0.is_some() && before.1.len() == 1 && before.2.len() == 1);
        run(&store, "delete from schema_version where version = 13");
        for column in ["work_interval drop column provider", "work_interval drop column cost_minor"]
        {
            run(&store, &format!("alter table {column}"));
        }
        for table in ["provider_booking", "dispatch"] {
            run(&store, &format!("alter table {table} drop column fee_minor"));
        }
        run(&store, "drop index provider_timeline_disputed");
        drop(store);
        let store = place.open();
        assert_eq!(kept(&store).unwrap(), before);
        writes(&store, |tx| {
            let uber = Party::Provider("uber".parse().unwrap());
            let line = adjustment(uber, AdjustmentKind::Cost);
            adjustment::add(tx, "sf", DAY + 1, &line, Micros(1))
        });
        assert_eq!(kept(&store).unwrap().2.len(), 2);
    });
}
