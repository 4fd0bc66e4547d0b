//! What everybody is owed for each day: what was stated for it, and every later correction of it.

use crate::world::World;
use doorstep_domain::time::Day;
use doorstep_server::settlement::{self, SettlementView};
use doorstep_sim::book::Book;
use doorstep_store::day;
use std::collections::BTreeMap;

/// Minor units by day, party and figure; what comes to nothing is left out.
pub(crate) type Owed = BTreeMap<(Day, String, &'static str), i64>;

/// The settlements of every day there is.
pub(crate) fn settlements(world: &World) -> Vec<SettlementView> {
    let days = world.app.store.read(|tx| day::all(tx, "sf")).unwrap();
    days.into_iter()
        .map(|row| settlement::view(&world.app, "sf", Day::from_number(row.day)).unwrap())
        .collect()
}

/// What a world's settlements come to, corrections counted on the day that they are about.
pub(crate) fn owed(world: &World) -> Owed {
    let mut owed = Owed::new();
    for settlement in settlements(world) {
        let mut add = |day: Day, party: &str, figure, minor| {
            *owed.entry((day, party.to_owned(), figure)).or_default() += minor;
        };
        for courier in &settlement.couriers {
            let party = courier.courier_id.as_str();
            add(settlement.day, party, "pay", courier.pay_minor);
            add(settlement.day, party, "tip", courier.tip_minor);
        }
        for merchant in &settlement.merchants {
            let party = merchant.merchant_id.as_str();
            add(settlement.day, party, "sale", merchant.sales_minor);
            add(settlement.day, party, "fee", merchant.fee_minor);
        }
        for provider in &settlement.providers {
            let party = provider.provider_id.as_str();
            add(settlement.day, party, "cost", provider.cost_minor);
            add(settlement.day, party, "tip", provider.tip_minor);
        }
        for line in &settlement.adjustments {
            let party = line.party.id();
            add(line.about_day, party, line.kind.as_str(), line.amount_minor);
        }
    }
    something(owed)
}

/// What the second book says.
pub(crate) fn owed_by(book: &Book) -> Owed {
    let mut owed = Owed::new();
    for ((day, courier), row) in &book.couriers {
        owed.insert((*day, courier.clone(), "pay"), row.pay_minor);
        owed.insert((*day, courier.clone(), "tip"), row.tip_minor);
    }
    for ((day, merchant), row) in &book.merchants {
        owed.insert((*day, merchant.clone(), "sale"), row.sales_minor);
        owed.insert((*day, merchant.clone(), "fee"), row.fee_minor);
    }
    something(owed)
}

fn something(mut owed: Owed) -> Owed {
    owed.retain(|_, minor| *minor != 0);
    owed
}

/// Where two differ: day, party, figure, the one, the other.
pub(crate) fn differences(one: &Owed, other: &Owed) -> Vec<String> {
    let keys = one.keys().chain(other.keys());
    let keys: std::collections::BTreeSet<_> = keys.collect();
    keys.into_iter()
        .filter(|key| one.get(key) != other.get(key))
        .map(|key| format!("{key:?}: {:?}, {:?}", one.get(key), other.get(key)))
        .collect()
}
