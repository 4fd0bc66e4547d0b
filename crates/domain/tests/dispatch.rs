//! Dispatch: what may follow what, who may take what, whom to ask; and batches.

mod assignment;
mod claims;
mod laws;
mod plans;
mod rounds;
mod searching;
mod words;

use doorstep_domain::dispatch::batch::{Courier, Plan, Settings, Snapshot, Waiting, plan};
use doorstep_domain::time::{Micros, SECOND_US};

const MINUTE_US: i64 = 60 * SECOND_US;

/// The tests' markets are a street; a place is a number of minutes along it.
type Street = i64;

fn along(from: Street, to: Street) -> i64 {
    (from - to).abs() * MINUTE_US
}

fn at(minute: i64) -> Micros {
    Micros(minute * MINUTE_US)
}

fn minute(at: Micros) -> i64 {
    at.0 / MINUTE_US
}

/// `del` from `origin` at `from` to `to`, asked for at 0 and ready then.
fn delivery(id: &str, origin: &str, from: Street, to: Street) -> Waiting<Street> {
    Waiting {
        id: id.parse().expect("an id"),
        origin: origin.to_owned(),
        from,
        to,
        requested_at: at(0),
        ready_at: at(0),
        size: 1,
        assigned_to: None,
    }
}

/// Somebody free, with room for three, until late.
fn courier(id: &str, place: Street) -> Courier<Street> {
    Courier {
        id: id.parse().expect("an id"),
        place,
        free_at: at(0),
        off_at: at(10_000),
        room: 3,
        bound_for: None,
        refused: Default::default(),
    }
}

fn planned(snapshot: &Snapshot<Street>, now_min: i64) -> Plan {
    plan(snapshot, &Settings::default(), along, at(now_min))
}

/// `anna: d1 d2; d3 left CouriersNeeded`.
fn told(plan: &Plan) -> String {
    let matched = plan.matches.iter().map(|one| {
        let stops: Vec<&str> = one.stops.iter().map(|stop| stop.delivery.as_str()).collect();
        format!("{}: {}", one.courier, stops.join(" "))
    });
    let left = plan.left.iter().map(|(delivery, why)| format!("{delivery} left {why:?}"));
    matched.chain(left).collect::<Vec<_>>().join("; ")
}
