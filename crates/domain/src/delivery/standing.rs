//! Which completion counts when a delivery was completed more than once, differently (A7).

use super::facts::Fact;
use crate::event::{Carrier, Completion, Step};
use crate::time::Micros;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// What happens when a delivery is completed a second time with another content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictPolicy {
    /// The first stands; the difference waits for a person.
    #[default]
    Hold,
    /// The first stands, and that is the end of it.
    First,
    /// The highest `revision` stands; equals wait for a person.
    HighestRevision,
}

/// The name of a completion's content: equal contents have equal names.
pub type Fingerprint = Box<str>;

/// What a person has decided, or a close has fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The content that stands.
    pub keep: Fingerprint,
    /// The contents this was decided over: a further one raises the conflict again.
    pub considered: BTreeSet<Fingerprint>,
}

/// One telling of how a delivery ended: completed, or called off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// When it happened.
    pub at: Micros,
    /// The fact it comes from.
    pub fact: &'a Fact,
    /// What was delivered; `None` where the delivery was cancelled.
    pub completion: Option<&'a Completion>,
    /// The name of its content.
    pub fingerprint: Fingerprint,
}

impl<'a> Candidate<'a> {
    pub(super) fn of(fact: &'a Fact) -> Option<Candidate<'a>> {
        let completion = match &fact.step {
            Step::Delivered(completion) => Some(&**completion),
            Step::Cancelled => None,
            _ => return None,
        };
        let fingerprint = completion.map_or_else(fingerprint_of_cancellation, fingerprint);
        Some(Candidate { at: fact.at, fact, completion, fingerprint })
    }

    fn revision(&self) -> i64 {
        self.completion.map_or(0, |completion| completion.revision)
    }
}

/// One content among several that were told of the same delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// When it happened.
    pub at: Micros,
    /// What was delivered; `None` where the delivery was cancelled.
    pub completion: Option<Completion>,
    /// The name of its content.
    pub fingerprint: Fingerprint,
}

/// The content that counts, and those that dispute it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// What counts; `None` where nothing ended the delivery yet.
    pub stands: Option<Told>,
    /// Other contents that a person must judge; empty where all agree or a rule decided.
    pub disputed_by: Vec<Told>,
    /// Other contents that a rule or a person has already set aside.
    pub set_aside: Vec<Told>,
}

impl Standing {
    /// When the standing completion happened and what it says, unless a cancellation stands.
    pub fn completed(&self) -> Option<(Micros, &Completion)> {
        let told = self.stands.as_ref()?;
        told.completion.as_ref().map(|completion| (told.at, completion))
    }
}

/// The name of "it was called off".
pub fn fingerprint_of_cancellation() -> Fingerprint {
    "cancelled".into()
}

/// The currency is the market's, and revision and telling are only counters: none is content. What
/// a provider charges is between it and us: it tells no other delivery.
fn fingerprint(completion: &Completion) -> Fingerprint {
    let Completion { carrier, merchant, order_minor, tip_minor, distance_m, .. } = completion;
    let mut hash = Sha256::new();
    let carrier = match carrier {
        Carrier::Courier(courier) => vec![courier.as_str()],
        Carrier::Provider { telling, .. } => vec!["provider", telling.provider.as_str()],
    };
    for text in carrier.into_iter().chain([merchant.as_str()]) {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    for number in [order_minor, tip_minor, distance_m] {
        hash.update(number.to_le_bytes());
    }
    let digest = hash.finalize();
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect::<String>().into()
}

/// One content, from its first telling, with the highest revision any telling gave it.
struct Content<'c, 'a> {
    first: &'c Candidate<'a>,
    revision: i64,
}

impl Content<'_, '_> {
    fn told(&self) -> Told {
        Told {
            at: self.first.at,
            completion: self.first.completion.cloned(),
            fingerprint: self.first.fingerprint.clone(),
        }
    }
}

/// Decides among candidates, which come in the order in which they happened.
pub(super) fn decide(
    candidates: &[Candidate<'_>],
    policy: ConflictPolicy,
    decision: Option<&Decision>,
) -> Standing {
    let contents = distinct(candidates);
    let kept = decision.and_then(|d| contents.iter().find(|c| c.first.fingerprint == d.keep));
    let Some(stands) = kept.or_else(|| preferred(&contents, policy)) else {
        return Standing::default();
    };
    let judged = |content: &Content<'_, '_>| match policy {
        _ if decision.is_some_and(|d| d.considered.contains(&content.first.fingerprint)) => true,
        ConflictPolicy::Hold => false,
        ConflictPolicy::First => true,
        // Over what a person kept, a revision that was not known then is news.
        ConflictPolicy::HighestRevision if decision.is_some() => content.revision < stands.revision,
        ConflictPolicy::HighestRevision => content.revision != stands.revision,
    };
    let mut standing = Standing { stands: Some(stands.told()), ..Standing::default() };
    for content in &contents {
        if content.first.fingerprint == stands.first.fingerprint {
            continue;
        }
        let heap =
            if judged(content) { &mut standing.set_aside } else { &mut standing.disputed_by };
        heap.push(content.told());
    }
    standing
}

fn distinct<'c, 'a>(candidates: &'c [Candidate<'a>]) -> Vec<Content<'c, 'a>> {
    let mut contents: Vec<Content<'_, '_>> = Vec::with_capacity(1);
    for candidate in candidates {
        let revision = candidate.revision();
        match contents.iter_mut().find(|c| c.first.fingerprint == candidate.fingerprint) {
            Some(known) => known.revision = known.revision.max(revision),
            None => contents.push(Content { first: candidate, revision }),
        }
    }
    contents
}

fn preferred<'p, 'c, 'a>(
    contents: &'p [Content<'c, 'a>],
    policy: ConflictPolicy,
) -> Option<&'p Content<'c, 'a>> {
    match policy {
        ConflictPolicy::Hold | ConflictPolicy::First => contents.first(),
        ConflictPolicy::HighestRevision => contents
            .iter()
            .reduce(|best, next| if next.revision > best.revision { next } else { best }),
    }
}
