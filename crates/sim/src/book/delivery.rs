//! What the facts about one delivery come to: done or not, by whom, since when.

use super::reading::{Completed, Fact};
use super::terms::{BookTerms, Conflicts};
use doorstep_domain::time::SECOND_US;

/// A delivery that counts.
pub(super) struct Done {
    pub(super) courier: String,
    pub(super) assigned_s: Option<i64>,
    pub(super) picked_up_s: Option<i64>,
    pub(super) delivered_s: i64,
    pub(super) completed: Completed,
}

#[derive(Default)]
pub(super) struct Outcome {
    pub(super) done: Option<Done>,
    /// A person must say which completion is right.
    pub(super) disputed: bool,
    /// Completed, but nothing shows that it began.
    pub(super) waiting: bool,
}

/// One way in which the delivery is said to have ended.
struct Ending<'a> {
    fact: &'a Fact,
    revision: i64,
}

/// Judges a delivery by its facts, which come in the order in which they happened.
pub(super) fn outcome(facts: &[Fact], terms: &BookTerms) -> Outcome {
    let waiting = facts.iter().any(|fact| is(fact, "delivered") && !began(facts, fact, terms));
    let endings = endings(facts, terms);
    let Some(chosen) = chosen(&endings, terms.conflicts) else {
        return Outcome { waiting, ..Outcome::default() };
    };
    let disputed = match terms.conflicts {
        Conflicts::Hold => endings.len() > 1,
        Conflicts::First => false,
        Conflicts::HighestRevision => {
            endings.iter().filter(|ending| ending.revision == chosen.revision).count() > 1
        }
    };
    Outcome { done: done(facts, chosen.fact), disputed, waiting }
}

/// The different endings in order; the same content told again is the same ending.
fn endings<'a>(facts: &'a [Fact], terms: &BookTerms) -> Vec<Ending<'a>> {
    let mut endings: Vec<Ending<'_>> = Vec::new();
    for fact in facts {
        let completed = is(fact, "delivered") && began(facts, fact, terms);
        if !completed && !is(fact, "cancelled") {
            continue;
        }
        let revision = fact.completed.as_ref().map_or(0, |completed| completed.revision);
        match endings.iter_mut().find(|known| same_content(known.fact, fact)) {
            Some(known) => known.revision = known.revision.max(revision),
            None => endings.push(Ending { fact, revision }),
        }
    }
    endings
}

fn same_content(a: &Fact, b: &Fact) -> bool {
    let content = |fact: &Fact| {
        let completed = fact.completed.clone().map(|it| Completed { revision: 0, ..it });
        completed.map(|completed| (fact.courier.clone(), completed))
    };
    content(a) == content(b)
}

/// The first ending, or the first of those with the highest revision.
fn chosen<'e, 'a>(endings: &'e [Ending<'a>], conflicts: Conflicts) -> Option<&'e Ending<'a>> {
    let highest = endings.iter().map(|ending| ending.revision).max()?;
    match conflicts {
        Conflicts::Hold | Conflicts::First => endings.first(),
        Conflicts::HighestRevision => endings.iter().find(|ending| ending.revision == highest),
    }
}

/// Whether something shows that the delivery had begun, no later than the grace after its end.
fn began(facts: &[Fact], end: &Fact, terms: &BookTerms) -> bool {
    let kinds = ["requested", "assigned", "picked_up"];
    let latest = end.at_s + terms.grace_us / SECOND_US;
    facts.iter().any(|fact| kinds.iter().any(|kind| is(fact, kind)) && fact.at_s <= latest)
}

/// Looks back from the end for when its courier took it on and picked it up.
fn done(facts: &[Fact], end: &Fact) -> Option<Done> {
    let completed = end.completed.clone()?;
    let courier = end.courier.clone()?;
    let mut assigned_s = None;
    let mut picked_up_s = None;
    for fact in facts.iter().rev().filter(|fact| fact.at_s <= end.at_s) {
        let by_courier = fact.courier.as_ref() == Some(&courier);
        let by_nobody = fact.courier.is_none();
        let known = assigned_s.is_some() || picked_up_s.is_some();
        if is(fact, "picked_up") && by_courier {
            picked_up_s = Some(fact.at_s);
        } else if is(fact, "assigned") && by_courier {
            assigned_s = Some(fact.at_s);
        } else if is(fact, "picked_up") || is(fact, "assigned") {
            break; // before this somebody else had it
        } else if is(fact, "unassigned") && (by_courier || by_nobody) {
            break; // before this the courier had given it back
        } else if (is(fact, "failed") || is(fact, "returned")) && known && (by_courier || by_nobody)
        {
            break; // before this was an earlier attempt
        }
    }
    Some(Done { courier, assigned_s, picked_up_s, delivered_s: end.at_s, completed })
}

fn is(fact: &Fact, kind: &str) -> bool {
    fact.kind.strip_prefix("delivery.") == Some(kind)
}
