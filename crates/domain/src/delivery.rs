//! Stage one: the lifecycle of a delivery, rebuilt from the set of its facts (B3).
//!
//! A lifecycle is a pure function of the set: any order, any repetition, any grouping of arrival
//! gives the same one.

mod attempt;
mod facts;
mod standing;

pub use attempt::Attempt;
pub use facts::{Fact, FactSet, Joined};
pub use standing::{
    Candidate, ConflictPolicy, Decision, Fingerprint, Standing, Told, fingerprint_of_cancellation,
};

use crate::time::Micros;

/// How a market reads the lifecycles of its deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What to do when a delivery is completed twice, differently (A7).
    pub conflicts: ConflictPolicy,
    /// How long after a completion the rest of its lifecycle may begin, in microseconds.
    pub grace_us: i64,
}

/// What the facts about one delivery amount to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifecycle {
    /// The completion that counts, and what it is disputed by.
    pub standing: Standing,
    /// The attempt that the standing completion ended, where it is known.
    pub carried: Option<Attempt>,
    /// The attempt still under way.
    pub open: Option<Attempt>,
    /// What the customer got back of its goods, in minor units; each refund counts once.
    pub refunded_minor: i64,
    /// When a completion was told for which nothing else is known: neither paid nor settled.
    pub waiting: Option<Micros>,
}

/// Folds a delivery's facts, under the market's rules and what a person or a close has decided.
pub fn fold(facts: &FactSet, rules: Rules, decision: Option<&Decision>) -> Lifecycle {
    let exists_at = facts.iter().find(|fact| fact.shows_existence()).map(|fact| fact.at);
    let exists = |at: Micros| exists_at.is_some_and(|since| since <= at.plus(rules.grace_us));
    let candidates: Vec<Candidate<'_>> = facts
        .lasting()
        .filter_map(Candidate::of)
        .filter(|candidate| candidate.completion.is_none() || exists(candidate.at))
        .collect();
    let standing = standing::decide(&candidates, rules.conflicts, decision);
    let carried = standing
        .completed()
        .and_then(|(at, completion)| attempt::ended_by(facts, at, completion.carrier.courier()?));
    let ended = facts.iter().any(Fact::ends_delivery);
    Lifecycle {
        standing,
        carried,
        open: if ended { None } else { attempt::under_way(facts) },
        refunded_minor: facts.refunded_minor(),
        waiting: facts
            .lasting()
            .filter(|fact| fact.completion().is_some() && !exists(fact.at))
            .map(|fact| fact.at)
            .min(),
    }
}
