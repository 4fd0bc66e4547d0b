//! The set of facts about one delivery.

use crate::event::{Completion, EventKey, Step};
use crate::limits;
use crate::time::Micros;

/// One thing that happened to a delivery, as one source told it.
///
/// Facts order by when they happened, then by step, then by who told them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// When it happened.
    pub at: Micros,
    /// What happened.
    pub step: Step,
    /// Who told it.
    pub key: EventKey,
}

impl Fact {
    /// What a `delivered` fact says.
    pub fn completion(&self) -> Option<&Completion> {
        match &self.step {
            Step::Delivered(completion) => Some(completion),
            _ => None,
        }
    }

    /// Whether the fact shows that there is a delivery at all.
    pub(super) fn shows_existence(&self) -> bool {
        matches!(self.step, Step::Requested | Step::Assigned(_) | Step::PickedUp(_))
    }

    /// Whether nothing can be under way any more once the fact is known.
    pub(super) fn ends_delivery(&self) -> bool {
        matches!(self.step, Step::Delivered(_) | Step::Cancelled | Step::Withdrawn(_))
    }
}

/// What became of a fact that joined a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joined {
    /// It was new.
    New,
    /// It was there already (B5).
    Repeated,
    /// The set has [`limits::FACTS_PER_DELIVERY_MAX`] facts: more are not believed.
    Full,
}

/// The facts of one delivery, ordered, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactSet(Vec<Fact>);

impl FactSet {
    /// Adds a fact to the set.
    pub fn join(&mut self, fact: Fact) -> Joined {
        // A source that loops must not lock a delivery out of its own end, which is money.
        let room = match fact.ends_delivery() {
            true => limits::FACTS_PER_DELIVERY_MAX,
            false => limits::FACTS_PER_DELIVERY_MAX - limits::ENDINGS_PER_DELIVERY_KEPT,
        };
        match self.0.binary_search(&fact) {
            Ok(_) => Joined::Repeated,
            Err(_) if self.0.len() >= room => Joined::Full,
            Err(place) => {
                self.0.insert(place, fact);
                Joined::New
            }
        }
    }

    /// The facts in the order in which they happened.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Fact> {
        self.0.iter()
    }

    /// The facts but those that a later telling of the same provider replaces: of two with one
    /// number the later in order counts.
    pub(super) fn lasting(&self) -> impl Iterator<Item = &Fact> {
        let is_replaced = |fact: &Fact| {
            let Some(telling) = fact.step.telling() else {
                return false;
            };
            self.0.iter().any(|other| {
                other.step.telling().is_some_and(|later| {
                    later.provider == telling.provider
                        && (later.number, other) > (telling.number, fact)
                })
            })
        };
        self.0.iter().filter(move |fact| !is_replaced(fact))
    }

    /// The sum of the refunds, each event once whatever times it was told with: of two tellings the
    /// first in order counts.
    pub(super) fn refunded_minor(&self) -> i64 {
        let mut seen: Vec<&EventKey> = Vec::new();
        let mut refunded_minor = 0_i64;
        for fact in &self.0 {
            if let Step::Refunded(refund) = &fact.step
                && !seen.contains(&&fact.key)
            {
                seen.push(&fact.key);
                refunded_minor = refunded_minor.saturating_add(refund.amount_minor);
            }
        }
        refunded_minor
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Fact> for FactSet {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> FactSet {
        let mut set = FactSet::default();
        for fact in facts {
            set.join(fact);
        }
        set
    }
}
