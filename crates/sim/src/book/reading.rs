//! Lines to facts: each told once, the unbelievable ones counted and left out.

use super::terms::BookTerms;
use doorstep_domain::time::{Micros, SECOND_US};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Seconds since 1970 at the beginning of 2000.
const YEAR_2000_S: i64 = 946_684_800;

/// How far ahead of the clock an event may be, in seconds.
const AHEAD_S_MAX: i64 = 300;

/// One believable line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fact {
    pub(super) at_s: i64,
    rank: usize,
    pub(super) kind: String,
    pub(super) courier: Option<String>,
    pub(super) completed: Option<Completed>,
}

/// What a completion says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Completed {
    pub(super) merchant: String,
    pub(super) order_minor: i64,
    pub(super) tip_minor: i64,
    pub(super) distance_m: i64,
    pub(super) revision: i64,
}

/// All believable lines by what they are about.
#[derive(Default)]
pub(super) struct Told {
    pub(super) deliveries: BTreeMap<String, Vec<Fact>>,
    pub(super) shifts: BTreeMap<String, Vec<Fact>>,
    pub(super) repeated: u64,
    pub(super) rejected: u64,
}

/// All kinds, in the order in which they happen when they happen within one second.
const KINDS: [&str; 10] = [
    "courier.offline",
    "courier.online",
    "delivery.requested",
    "delivery.unassigned",
    "delivery.assigned",
    "delivery.picked_up",
    "delivery.delivered",
    "delivery.failed",
    "delivery.returned",
    "delivery.cancelled",
];

/// Kinds that say who carries.
const NAME_COURIER: [&str; 3] = ["delivery.assigned", "delivery.picked_up", "delivery.delivered"];

pub(super) fn read<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>, terms: &BookTerms) -> Told {
    let mut told = Told::default();
    let mut seen = BTreeSet::new();
    for line in lines {
        let Some((name, subject, fact)) = believable(line.as_ref(), terms) else {
            told.rejected += 1;
            continue;
        };
        if !seen.insert(name) {
            told.repeated += 1;
            continue;
        }
        let about = match fact.kind.starts_with("courier.") {
            true => &mut told.shifts,
            false => &mut told.deliveries,
        };
        about.entry(subject).or_default().push(fact);
    }
    for facts in told.deliveries.values_mut().chain(told.shifts.values_mut()) {
        facts.sort();
    }
    told
}

/// The name (source, id), the subject and the fact of a line; `None` where it is not believed.
fn believable(line: &[u8], terms: &BookTerms) -> Option<((String, String), String, Fact)> {
    let event: Value = serde_json::from_slice(line).ok()?;
    let text = |pointer: &str| event.pointer(pointer)?.as_str().map(str::to_owned);
    let at: Micros = text("/time")?.parse().ok()?;
    assert_eq!(at.0 % SECOND_US, 0, "the second book counts whole seconds, not {at}");
    let at_s = at.0 / SECOND_US;
    if at_s < YEAR_2000_S || at_s > terms.now.0 / SECOND_US + AHEAD_S_MAX {
        return None;
    }
    if text("/specversion")? != "1.0" || text("/market")? != terms.market {
        return None;
    }
    let kind = text("/type")?;
    let rank = KINDS.iter().position(|known| *known == kind)?;
    let courier = text("/data/courier_id");
    if NAME_COURIER.contains(&kind.as_str()) {
        courier.as_ref()?;
    }
    let completed = match kind == "delivery.delivered" {
        true => Some(completed(&event, terms)?),
        false => None,
    };
    let name = (text("/source")?, text("/id")?);
    Some((name, text("/subject")?, Fact { at_s, rank, kind, courier, completed }))
}

fn completed(event: &Value, terms: &BookTerms) -> Option<Completed> {
    let data = event.get("data")?;
    let number = |field: &str| data.get(field).map_or(Some(0), Value::as_i64);
    let completed = Completed {
        merchant: data.get("merchant_id")?.as_str()?.to_owned(),
        order_minor: data.get("order_minor")?.as_i64()?,
        tip_minor: number("tip_minor")?,
        distance_m: number("distance_m")?,
        revision: number("revision")?,
    };
    let amounts =
        [completed.order_minor, completed.tip_minor, completed.distance_m, completed.revision];
    let believable = amounts.iter().all(|amount| *amount >= 0);
    (believable && data.get("currency")?.as_str()? == terms.currency).then_some(completed)
}
