//! Presence: when couriers came online and went offline, as told.

use crate::{StoreError, Tx, TxExt};
use doorstep_domain::time::Span;

/// One telling that a courier came online or went offline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresenceRow {
    /// Who.
    pub courier: String,
    /// When, in microseconds.
    pub at_us: i64,
    /// The event's source.
    pub source: String,
    /// The event's id.
    pub event_id: String,
    /// Online from then on, or offline.
    pub online: bool,
}

/// Adds what was told and answers whether it was new.
pub fn join(tx: &mut dyn Tx, market: &str, row: &PresenceRow) -> Result<bool, StoreError> {
    let added = tx.execute(
        "insert into presence (market_id, courier_id, at_us, source, event_id, online)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        &[
            market.into(),
            (&row.courier).into(),
            row.at_us.into(),
            (&row.source).into(),
            (&row.event_id).into(),
            row.online.into(),
        ],
    )?;
    Ok(added > 0)
}

/// Takes back what was never told: a row that the log does not know.
pub fn remove(tx: &mut dyn Tx, market: &str, row: &PresenceRow) -> Result<(), StoreError> {
    tx.execute(
        "delete from presence where market_id = $1 and courier_id = $2 and at_us = $3
             and source = $4 and event_id = $5 and online = $6",
        &[
            market.into(),
            (&row.courier).into(),
            row.at_us.into(),
            (&row.source).into(),
            (&row.event_id).into(),
            row.online.into(),
        ],
    )?;
    Ok(())
}

/// Whether a courier is online, by what was told last; `None` where nothing ever was.
pub fn newest(tx: &mut dyn Tx, market: &str, courier: &str) -> Result<Option<bool>, StoreError> {
    // Of an instant told both ways the courier is online: whoever works is not hidden.
    tx.query_optional(
        "select online from presence where market_id = $1 and courier_id = $2
         order by at_us desc, online desc limit 1",
        &[market.into(), courier.into()],
        |row| row.truth(0),
    )
}

/// As [`newest`], of a market's registered couriers after `after`, in the order of their
/// identifiers.
pub fn newest_of_registered(
    tx: &mut dyn Tx,
    market: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<(String, Option<bool>)>, StoreError> {
    const NEVER_TOLD: i64 = -1;
    tx.query_all(
        "select courier_id, coalesce(
             (select online from presence
              where presence.market_id = courier.market_id
                  and presence.courier_id = courier.courier_id
              order by at_us desc, online desc limit 1), $4)
         from courier where market_id = $1 and courier_id > $2 order by courier_id limit $3",
        &[market.into(), after.into(), limit.into(), NEVER_TOLD.into()],
        |row| {
            let told = row.int(1)?;
            Ok((row.text(0)?.to_owned(), (told != NEVER_TOLD).then_some(told == 1)))
        },
    )
}

/// What was told within a span, of one courier or of all, courier by courier in order of time.
pub fn within(
    tx: &mut dyn Tx,
    market: &str,
    courier: Option<&str>,
    span: Span,
) -> Result<Vec<PresenceRow>, StoreError> {
    let only = if courier.is_some() { "and courier_id = $4" } else { "and $4 = ''" };
    let sql = format!(
        "select courier_id, at_us, source, event_id, online from presence
         where market_id = $1 and at_us >= $2 and at_us < $3 {only}
         order by courier_id, at_us, source, event_id, online"
    );
    let params =
        [market.into(), span.start.0.into(), span.end.0.into(), courier.unwrap_or_default().into()];
    tx.query_all(&sql, &params, |row| {
        Ok(PresenceRow {
            courier: row.text(0)?.to_owned(),
            at_us: row.int(1)?,
            source: row.text(2)?.to_owned(),
            event_id: row.text(3)?.to_owned(),
            online: row.truth(4)?,
        })
    })
}
