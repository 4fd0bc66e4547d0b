//! What was told joins its timelines: one read and one write of each, in one transaction with what
//! is announced of it.

use super::decide;
use super::told::{ProviderTold, announce};
use crate::error::AppError;
use doorstep_domain::provider::{Event, Joined, Meaning, Standing, Timeline, fold};
use doorstep_domain::time::Micros;
use doorstep_store::provider::booking::{self, BookingRow, BookingState};
use doorstep_store::provider::{self, Kept};
use doorstep_store::{LaneTx, Tx};
use std::collections::{BTreeMap, HashMap};

/// An event, and which delivery of ours it is said to be of.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) ours: Option<Box<str>>,
    pub(super) event: Event,
}

/// What became of events, by provider and disposition.
#[derive(Debug, Default)]
pub(super) struct Applied(pub(super) BTreeMap<(String, Disposition), u64>);

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Disposition {
    /// The delivery stands otherwise for it.
    Applied,
    /// It was known.
    Duplicate,
    /// It joined, and the delivery stands as before.
    Stale,
    /// With it the delivery has ended in two ways.
    Conflict,
    /// Nobody understands its status.
    Quarantined,
}

impl Disposition {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Disposition::Applied => "applied",
            Disposition::Duplicate => "duplicate",
            Disposition::Stale => "stale",
            Disposition::Conflict => "conflict",
            Disposition::Quarantined => "quarantined",
        }
    }
}

/// A timeline that something joined.
struct Change<'a> {
    reference: &'a str,
    timeline: Timeline,
    standing: Standing,
    /// How it stood before, and what was decided of it since.
    before: Standing,
    decisions: Vec<Event>,
}

/// Lets all that was told join.
pub(super) fn apply(
    tx: &mut LaneTx<'_>,
    told: &BTreeMap<(String, Box<str>), Vec<Told>>,
    now: Micros,
) -> Result<Applied, AppError> {
    let mut applied = Applied::default();
    let mut of_provider: BTreeMap<&str, Vec<(&str, &[Told])>> = BTreeMap::new();
    for ((provider, reference), events) in told {
        of_provider.entry(provider).or_default().push((reference, events));
    }
    for (provider, told) in of_provider {
        let references: Vec<&str> = told.iter().map(|(reference, _)| *reference).collect();
        let mut known = provider::load(tx, provider, &references)?;
        let mut changes = Vec::with_capacity(told.len());
        for (reference, events) in told {
            let before = known.remove(reference);
            if before.is_none() {
                bind(tx, provider, reference, events, now)?;
            }
            let mut count = |disposition| {
                *applied.0.entry((provider.to_owned(), disposition)).or_default() += 1;
            };
            changes.extend(join(reference, before.unwrap_or_default(), events, &mut count));
        }
        keep(tx, provider, &changes, now)?;
    }
    Ok(applied)
}

/// Joins one delivery's events with those known; `None` where nothing is to be written.
fn join<'a>(
    reference: &'a str,
    mut timeline: Timeline,
    events: &[Told],
    count: &mut impl FnMut(Disposition),
) -> Option<Change<'a>> {
    let first = fold(&timeline);
    let mut standing = first.clone();
    let (mut changed, mut decisions) = (false, Vec::new());
    for told in events {
        let unknown = told.event.meaning == Meaning::Unknown;
        match timeline.join(told.event.clone()) {
            Joined::Repeated | Joined::Full => {
                count(Disposition::Duplicate);
                continue;
            }
            Joined::New | Joined::Amended => changed = true,
        }
        if let Meaning::Decided { .. } = told.event.meaning {
            decisions.push(told.event.clone());
        }
        let before = std::mem::replace(&mut standing, fold(&timeline));
        count(if unknown {
            Disposition::Quarantined
        } else if standing.conflict && !before.conflict {
            Disposition::Conflict
        } else if (standing.state, standing.attempt) == (before.state, before.attempt) {
            Disposition::Stale
        } else {
            Disposition::Applied
        });
    }
    changed.then_some(Change { reference, timeline, standing, before: first, decisions })
}

/// A delivery never heard of that is said to be ours, and that we have asked this provider to take
/// without having heard its name there: now we have.
fn bind(
    tx: &mut dyn Tx,
    provider: &str,
    reference: &str,
    events: &[Told],
    now: Micros,
) -> Result<(), AppError> {
    let Some(ours) = events.iter().find_map(|told| told.ours.as_deref()) else {
        return Ok(());
    };
    let bookings = booking::of_delivery(tx, ours)?;
    let waits = |row: &&BookingRow| {
        row.provider == provider && row.reference.is_none() && row.state == BookingState::Wanted
    };
    if let Some(row) = bookings.iter().rev().find(waits) {
        if let Some(other) = booking::of_references(tx, provider, &[reference])?.pop() {
            tracing::warn!(provider, reference, ours, other.delivery, "the name is another's");
            return Ok(());
        }
        let reference = Some(reference.to_owned());
        booking::save(tx, &BookingRow { reference, changed_at_us: now.0, ..row.clone() })?;
    }
    Ok(())
}

/// Writes what changed, and announces what is new of our deliveries.
fn keep(
    tx: &mut LaneTx<'_>,
    provider: &str,
    changes: &[Change<'_>],
    now: Micros,
) -> Result<(), AppError> {
    if changes.is_empty() {
        return Ok(());
    }
    let kept: Vec<Kept<'_>> = changes
        .iter()
        .map(|change| Kept {
            provider,
            reference: change.reference,
            timeline: &change.timeline,
            standing: &change.standing,
        })
        .collect();
    provider::save(tx, &kept)?;
    let references: Vec<&str> = changes.iter().map(|change| change.reference).collect();
    let by_reference: HashMap<&str, &Change<'_>> =
        changes.iter().map(|change| (change.reference, change)).collect();
    for row in booking::of_references(tx, provider, &references)? {
        let change = row.reference.as_deref().and_then(|name| by_reference.get(name));
        if let Some(change) = change {
            decide::record(tx, &row, (&change.before, &change.standing), &change.decisions, now)?;
            tell(tx, row, (&change.timeline, &change.standing), now)?;
        }
    }
    Ok(())
}

/// Announces how a delivery of ours stands with a provider, where that was not announced before.
pub(super) fn tell(
    tx: &mut LaneTx<'_>,
    mut row: BookingRow,
    (timeline, standing): (&Timeline, &Standing),
    now: Micros,
) -> Result<BookingRow, AppError> {
    let told = ProviderTold::status_of(&row, standing);
    if told.is_none() || told == row.told_status {
        return Ok(row);
    }
    row.told_status = told;
    row.revision += 1;
    row.changed_at_us = now.0;
    booking::save(tx, &row)?;
    announce(tx, &ProviderTold::of(&row, timeline, standing, now), now)?;
    Ok(row)
}
