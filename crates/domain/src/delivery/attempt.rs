//! Attempts: one courier's go at a delivery, from assignment to its end.

use super::facts::{Fact, FactSet};
use crate::event::Step;
use crate::id::CourierId;
use crate::time::Micros;

/// One courier's go at a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Who carries.
    pub courier: CourierId,
    /// When it was assigned, if that was told.
    pub assigned: Option<Micros>,
    /// When it was picked up, if that was told.
    pub picked_up: Option<Micros>,
    /// When it ended by delivery; `None` while it is under way.
    pub delivered: Option<Micros>,
}

/// The attempt of `courier` that a completion at `delivered` ended.
pub(super) fn ended_by(facts: &FactSet, delivered: Micros, courier: &CourierId) -> Option<Attempt> {
    let before = facts.iter().take_while(|fact| fact.at <= delivered);
    let walk = before.fold(Walk::default(), Walk::step);
    let attempt = walk.attempt.filter(|attempt| attempt.courier == *courier)?;
    Some(Attempt { delivered: Some(delivered), ..attempt })
}

/// The attempt under way after all the facts.
pub(super) fn under_way(facts: &FactSet) -> Option<Attempt> {
    let walk = facts.iter().fold(Walk::default(), Walk::step);
    walk.attempt.filter(|_| !walk.failed)
}

/// A walk over the facts in order, remembering the latest attempt.
#[derive(Default)]
struct Walk {
    attempt: Option<Attempt>,
    /// The attempt came to nothing; the next assignment or pickup starts another.
    failed: bool,
}

impl Walk {
    fn step(mut self, fact: &Fact) -> Walk {
        match &fact.step {
            Step::Assigned(courier) => {
                let attempt = self.attempt_of(courier);
                attempt.assigned = attempt.assigned.or(Some(fact.at));
            }
            Step::PickedUp(courier) => {
                let attempt = self.attempt_of(courier);
                attempt.picked_up = attempt.picked_up.or(Some(fact.at));
            }
            Step::Unassigned(courier) if self.is_of(courier.as_ref()) => self.attempt = None,
            Step::Failed(courier) | Step::Returned(courier) if self.is_of(courier.as_ref()) => {
                self.failed = true;
            }
            _ => {}
        }
        self
    }

    /// Whether a step told of `courier`, or of nobody in particular, is about this attempt.
    fn is_of(&self, courier: Option<&CourierId>) -> bool {
        match (&self.attempt, courier) {
            (Some(attempt), Some(courier)) => attempt.courier == *courier,
            _ => true,
        }
    }

    fn attempt_of(&mut self, courier: &CourierId) -> &mut Attempt {
        if self.failed || !self.is_of(Some(courier)) {
            self.attempt = None;
        }
        self.failed = false;
        self.attempt.get_or_insert_with(|| Attempt {
            courier: courier.clone(),
            assigned: None,
            picked_up: None,
            delivered: None,
        })
    }
}
