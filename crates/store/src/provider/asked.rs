//! Whom to ask, and who was asked when.

use super::{booking, codec};
use crate::{Row, StoreError, Tx, TxExt};
use doorstep_domain::limits::ASKED_IN_VAIN_MAX;
use doorstep_domain::provider::Timeline;

/// A delivery of ours that a provider has not spoken of for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentRow {
    /// Our name of it.
    pub delivery: String,
    /// Theirs.
    pub reference: String,
    /// How it stands; `None` where nothing that was told is understood.
    pub status: Option<String>,
    /// When it was last heard of, in microseconds.
    pub heard_at_us: i64,
    /// When it was last asked for, in microseconds; 0 where it never was.
    pub asked_at_us: i64,
    /// How often in a row they did not know it.
    pub in_vain: i64,
}

/// Deliveries of ours that have not ended, neither heard of nor asked for since `before_us`, the
/// one heard of longest ago first, at most `limit`. What has failed may be on its way back: its
/// booking is over, and its timeline is not. What they did not know too often is not asked for
/// until they tell something.
pub fn silent(
    tx: &mut dyn Tx,
    provider: &str,
    before_us: i64,
    limit: u32,
) -> Result<Vec<SilentRow>, StoreError> {
    tx.query_all(
        "select booking.delivery_id, line.reference, line.status, line.heard_at_us,
             coalesce(asked.asked_at_us, 0), coalesce(asked.unknown, 0)
         from provider_timeline line
         join provider_booking booking
             on booking.provider = line.provider and booking.reference = line.reference
             and booking.state in ('followed', 'wanted', 'booked', 'ended')
         left join provider_asked asked
             on asked.provider = line.provider and asked.reference = line.reference
         where line.provider = $1 and line.is_ended = 0 and line.heard_at_us < $2
             and (asked.asked_at_us is null or asked.asked_at_us < $2)
             and (asked.unknown is null or asked.unknown < $4
                 or line.heard_at_us > asked.asked_at_us)
         order by line.heard_at_us limit $3",
        &[provider.into(), before_us.into(), limit.into(), ASKED_IN_VAIN_MAX.into()],
        silent_of,
    )
}

/// Deliveries of ours that nothing was ever told of, booked before `before_us` and not asked for
/// since, the oldest first, at most `limit`; they count as heard of when they were booked. It reads
/// all bookings of the provider: not a thing to do at every look.
pub fn unheard(
    tx: &mut dyn Tx,
    provider: &str,
    before_us: i64,
    limit: u32,
) -> Result<Vec<SilentRow>, StoreError> {
    tx.query_all(
        "select booking.delivery_id, booking.reference, line.status,
             coalesce(line.heard_at_us, booking.created_at_us), coalesce(asked.asked_at_us, 0),
             coalesce(asked.unknown, 0)
         from provider_booking booking
         left join provider_timeline line
             on line.provider = booking.provider and line.reference = booking.reference
         left join provider_asked asked
             on asked.provider = booking.provider and asked.reference = booking.reference
         where booking.provider = $1 and booking.reference is not null
             and booking.state in ('followed', 'wanted', 'booked')
             and line.reference is null and booking.created_at_us < $2
             and (asked.asked_at_us is null or asked.asked_at_us < $2)
             and (asked.unknown is null or asked.unknown < $4)
         order by booking.created_at_us limit $3",
        &[provider.into(), before_us.into(), limit.into(), ASKED_IN_VAIN_MAX.into()],
        silent_of,
    )
}

fn silent_of(row: &Row<'_>) -> Result<SilentRow, StoreError> {
    Ok(SilentRow {
        delivery: row.text(0)?.to_owned(),
        reference: row.text(1)?.to_owned(),
        status: row.optional_text(2)?.map(str::to_owned),
        heard_at_us: row.int(3)?,
        asked_at_us: row.int(4)?,
        in_vain: row.int(5)?,
    })
}

/// Notes that a delivery is asked for now, where nobody else has meanwhile; whether it is so.
pub fn claim(
    tx: &mut dyn Tx,
    provider: &str,
    (reference, asked_at_us): (&str, i64),
    now_us: i64,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "insert into provider_asked (provider, reference, asked_at_us) values ($1, $2, $4)
         on conflict (provider, reference) do update set asked_at_us = excluded.asked_at_us
             where provider_asked.asked_at_us = $3",
        &[provider.into(), reference.into(), asked_at_us.into(), now_us.into()],
    )?;
    Ok(changed > 0)
}

/// Notes when a delivery was asked for, whatever was noted before.
pub fn note(
    tx: &mut dyn Tx,
    provider: &str,
    reference: &str,
    asked_at_us: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "insert into provider_asked (provider, reference, asked_at_us) values ($1, $2, $3)
         on conflict (provider, reference) do update set asked_at_us = excluded.asked_at_us",
        &[provider.into(), reference.into(), asked_at_us.into()],
    )?;
    Ok(())
}

/// Notes that a provider did not know what it was asked for; how often in a row that was.
pub fn note_unknown(tx: &mut dyn Tx, provider: &str, reference: &str) -> Result<i64, StoreError> {
    let times = tx.query_optional(
        "update provider_asked set unknown = unknown + 1
         where provider = $1 and reference = $2 returning unknown",
        &[provider.into(), reference.into()],
        |row| row.int(0),
    )?;
    Ok(times.unwrap_or(0))
}

/// Notes that a provider knows it, or that somebody says so: it is asked for as if it always had.
pub fn note_known(tx: &mut dyn Tx, provider: &str, reference: &str) -> Result<(), StoreError> {
    tx.execute(
        "update provider_asked set unknown = 0
         where provider = $1 and reference = $2 and unknown > 0",
        &[provider.into(), reference.into()],
    )?;
    Ok(())
}

/// How often in a row a provider did not know it.
pub fn in_vain(tx: &mut dyn Tx, provider: &str, reference: &str) -> Result<i64, StoreError> {
    let times = tx.query_optional(
        "select unknown from provider_asked where provider = $1 and reference = $2",
        &[provider.into(), reference.into()],
        |row| row.int(0),
    )?;
    Ok(times.unwrap_or(0))
}

/// Deliveries that a provider is asked for no more, because it did not know them too often.
pub fn given_up(tx: &mut dyn Tx, provider: &str) -> Result<i64, StoreError> {
    tx.query_one(
        "select count(*) from provider_asked where provider = $1 and unknown >= $2",
        &[provider.into(), ASKED_IN_VAIN_MAX.into()],
        |row| row.int(0),
    )
}

/// When that was, in microseconds; `None` where it never was.
pub fn at_us(tx: &mut dyn Tx, provider: &str, reference: &str) -> Result<Option<i64>, StoreError> {
    tx.query_optional(
        "select asked_at_us from provider_asked where provider = $1 and reference = $2",
        &[provider.into(), reference.into()],
        |row| row.int(0),
    )
}

/// Forgets when deliveries were asked for that have ended, and not of those that nothing was told
/// of yet; answers how many.
pub fn forget(tx: &mut dyn Tx, provider: &str) -> Result<u64, StoreError> {
    tx.execute(
        "delete from provider_asked where provider = $1 and reference <> '' and not exists (
             select 1 from provider_timeline line
             where line.provider = provider_asked.provider
                 and line.reference = provider_asked.reference and line.is_ended = 0)
         and (exists (
             select 1 from provider_timeline line
             where line.provider = provider_asked.provider
                 and line.reference = provider_asked.reference)
         or not exists (
             select 1 from provider_booking booking
             where booking.provider = provider_asked.provider
                 and booking.reference = provider_asked.reference))",
        &[provider.into()],
    )
}

/// The timelines that something was heard of last, at most `limit`.
pub fn recent(tx: &mut dyn Tx, provider: &str, limit: u32) -> Result<Vec<Timeline>, StoreError> {
    tx.query_all(
        "select events from provider_timeline where provider = $1
         order by heard_at_us desc limit $2",
        &[provider.into(), limit.into()],
        |row| codec::decode(row.bytes(0)?),
    )
}

/// Notes that bookings are over with a provider, by its names of them.
pub fn end_bookings(
    tx: &mut dyn Tx,
    provider: &str,
    references: &[&str],
    now_us: i64,
) -> Result<(), StoreError> {
    for row in booking::of_references(tx, provider, references)? {
        if row.state != booking::BookingState::Followed {
            let state = booking::BookingState::Ended;
            booking::save(tx, &booking::BookingRow { state, changed_at_us: now_us, ..row })?;
        }
    }
    Ok(())
}
