//! What providers told of deliveries, and which of ours they are.

pub mod allowance;
pub mod asked;
pub mod booking;
mod codec;

pub use codec::{decode, encode};

use crate::sql::{filled, places};
use crate::{Row, StoreError, Tx, TxExt, Value};
use doorstep_domain::provider::{Standing, State, Timeline};
use std::collections::HashMap;

/// Timelines looked up in one statement.
const LOOKED_UP_AT_ONCE: usize = 64;

/// A timeline to be written.
pub struct Kept<'a> {
    /// Whose.
    pub provider: &'a str,
    /// Their name of the delivery.
    pub reference: &'a str,
    /// All that is known of it.
    pub timeline: &'a Timeline,
    /// What that amounts to.
    pub standing: &'a Standing,
}

/// A timeline in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineLine {
    /// Their name of the delivery.
    pub reference: String,
    /// How it stands; `None` where nothing that was told is understood.
    pub status: Option<String>,
    /// Since when, in microseconds by the provider's clock.
    pub status_at_us: Option<i64>,
    /// When it was last heard of, in microseconds.
    pub heard_at_us: i64,
    /// Events that nobody understands.
    pub flagged: i64,
}

/// What a provider's timelines amount to, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Deliveries that have not ended.
    pub open: i64,
    /// Deliveries that ended in two ways.
    pub conflicts: i64,
    /// Deliveries of which something was told that nobody understands.
    pub flagged: i64,
    /// When anything was last heard, in microseconds.
    pub heard_at_us: Option<i64>,
}

/// The timelines of a provider's deliveries; those never heard of are absent.
pub fn load(
    tx: &mut dyn Tx,
    provider: &str,
    references: &[&str],
) -> Result<HashMap<String, Timeline>, StoreError> {
    let mut found = HashMap::with_capacity(references.len());
    each_chunk(provider, references, |list, params| {
        let sql = format!(
            "select reference, events from provider_timeline
             where provider = $1 and reference in ({list})"
        );
        tx.query(&sql, params, &mut |row| {
            found.insert(row.text(0)?.to_owned(), codec::decode(row.bytes(1)?)?);
            Ok(())
        })
    })?;
    Ok(found)
}

/// Asks about references, some at a time: with the places of their list, and the values, the first
/// of which is the provider.
fn each_chunk(
    provider: &str,
    references: &[&str],
    mut ask: impl FnMut(&str, &[Value<'_>]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for some in references.chunks(LOOKED_UP_AT_ONCE) {
        let params: Vec<Value<'_>> = std::iter::once(provider.into()).chain(filled(some)).collect();
        ask(&places(2, some.len()), &params)?;
    }
    Ok(())
}

/// Writes timelines, new or known.
pub fn save(tx: &mut dyn Tx, timelines: &[Kept<'_>]) -> Result<(), StoreError> {
    let events: Vec<Vec<u8>> =
        timelines.iter().map(|kept| encode(kept.timeline)).collect::<Result<_, _>>()?;
    let rows = timelines.iter().zip(&events).map(|(kept, events)| {
        let standing = kept.standing;
        [
            kept.provider.into(),
            kept.reference.into(),
            events.into(),
            standing.state.map(State::as_str).into(),
            standing.at.map(|at| at.0).into(),
            i64::from(standing.attempt).into(),
            i64::from(standing.conflict).into(),
            i64::from(standing.flagged).into(),
            i64::from(standing.state.is_some_and(State::is_end)).into(),
            kept.timeline.heard_at().map_or(0, |at| at.0).into(),
        ]
    });
    tx.insert_many(
        "insert into provider_timeline (provider, reference, events, status, status_at_us,
             attempt, conflict, flagged, is_ended, heard_at_us)",
        rows,
        "on conflict (provider, reference) do update set events = excluded.events,
             status = excluded.status, status_at_us = excluded.status_at_us,
             attempt = excluded.attempt, conflict = excluded.conflict,
             flagged = excluded.flagged, is_ended = excluded.is_ended,
             heard_at_us = excluded.heard_at_us",
    )?;
    Ok(())
}

/// Timelines of a provider that are no delivery of ours, after `after` by their names there.
pub fn unknown(
    tx: &mut dyn Tx,
    provider: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<TimelineLine>, StoreError> {
    tx.query_all(
        "select reference, status, status_at_us, heard_at_us, flagged from provider_timeline
         where provider = $1 and reference > $2 and not exists (
             select 1 from provider_booking
             where provider_booking.provider = provider_timeline.provider
                 and provider_booking.reference = provider_timeline.reference)
         order by reference limit $3",
        &[provider.into(), after.into(), limit.into()],
        line,
    )
}

/// A delivery of ours of which a provider told two ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputedLine {
    /// Ours.
    pub delivery: String,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant: String,
    /// How it stands with the provider.
    pub timeline: TimelineLine,
}

/// Deliveries of ours of which a provider told two ends that nobody has decided about, after
/// `after` by their names there.
pub fn disputed(
    tx: &mut dyn Tx,
    provider: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<DisputedLine>, StoreError> {
    tx.query_all(
        "select provider_timeline.reference, status, status_at_us, heard_at_us, flagged,
             delivery_id, market_id, merchant_id
         from provider_timeline
         join provider_booking on provider_booking.provider = provider_timeline.provider
             and provider_booking.reference = provider_timeline.reference
         where provider_timeline.provider = $1 and provider_timeline.reference > $2
             and conflict = 1
         order by provider_timeline.reference limit $3",
        &[provider.into(), after.into(), limit.into()],
        |row| {
            Ok(DisputedLine {
                timeline: line(row)?,
                delivery: row.text(5)?.to_owned(),
                market: row.text(6)?.to_owned(),
                merchant: row.text(7)?.to_owned(),
            })
        },
    )
}

/// A timeline as it is kept, with what stands beside its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTimeline {
    /// Whose.
    pub provider: String,
    /// Their name of the delivery.
    pub reference: String,
    /// All that is known of it.
    pub timeline: Timeline,
    /// How it stands, and since when in microseconds, as the row says.
    pub status: Option<(String, i64)>,
    /// Whether it ended in two ways, as the row says.
    pub conflict: bool,
    /// Events that nobody understands, as the row says.
    pub flagged: i64,
}

/// All timelines after one, in the order of providers and of their names there.
pub fn page(
    tx: &mut dyn Tx,
    after: (&str, &str),
    limit: u32,
) -> Result<Vec<KeptTimeline>, StoreError> {
    tx.query_all(
        "select provider, reference, events, status, status_at_us, conflict, flagged
         from provider_timeline where (provider, reference) > ($1, $2)
         order by provider, reference limit $3",
        &[after.0.into(), after.1.into(), limit.into()],
        |row| {
            Ok(KeptTimeline {
                provider: row.text(0)?.to_owned(),
                reference: row.text(1)?.to_owned(),
                timeline: codec::decode(row.bytes(2)?)?,
                status: row.optional_text(3)?.map(str::to_owned).zip(row.optional_int(4)?),
                conflict: row.truth(5)?,
                flagged: row.int(6)?,
            })
        },
    )
}

/// What is known of a provider's deliveries, in figures.
pub fn count(tx: &mut dyn Tx, provider: &str) -> Result<Counted, StoreError> {
    tx.query_one(
        "select count(*) filter (where is_ended = 0), count(*) filter (where conflict = 1),
             count(*) filter (where flagged > 0), max(heard_at_us)
         from provider_timeline where provider = $1",
        &[provider.into()],
        |row| {
            Ok(Counted {
                open: row.int(0)?,
                conflicts: row.int(1)?,
                flagged: row.int(2)?,
                heard_at_us: row.optional_int(3)?,
            })
        },
    )
}

fn line(row: &Row<'_>) -> Result<TimelineLine, StoreError> {
    Ok(TimelineLine {
        reference: row.text(0)?.to_owned(),
        status: row.optional_text(1)?.map(str::to_owned),
        status_at_us: row.optional_int(2)?,
        heard_at_us: row.int(3)?,
        flagged: row.int(4)?,
    })
}
