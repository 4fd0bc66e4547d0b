//! Which delivery of ours a provider's is.

use super::each_chunk;
use crate::{Row, StoreError, Tx, TxExt};

/// A delivery of ours at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingRow {
    /// Ours.
    pub delivery: String,
    /// Counts the providers it was given to, from 1.
    pub number: i64,
    /// To whom.
    pub provider: String,
    /// Their name of it; `None` until it is known.
    pub reference: Option<String>,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant: String,
    /// How it stands with booking it.
    pub state: BookingState,
    /// What was announced of it last.
    pub told_status: Option<String>,
    /// Announcements so far.
    pub revision: i64,
    /// When this was written, in microseconds.
    pub created_at_us: i64,
    /// Who asked for it.
    pub created_by: String,
    /// When it changed last, in microseconds.
    pub changed_at_us: i64,
    /// What it costs in minor units of the market's currency, tip aside; `None` where they did not
    /// say.
    pub fee_minor: Option<i64>,
}

/// How it stands with a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookingState {
    /// It was booked elsewhere, and is followed.
    Followed,
    /// It is to be booked.
    Wanted,
    /// The provider has it.
    Booked,
    /// The provider does not want it.
    Refused,
    /// It is over with this provider.
    Ended,
}

impl BookingState {
    /// Every one.
    pub const ALL: [BookingState; 5] = [
        BookingState::Followed,
        BookingState::Wanted,
        BookingState::Booked,
        BookingState::Refused,
        BookingState::Ended,
    ];

    /// As it is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            BookingState::Followed => "followed",
            BookingState::Wanted => "wanted",
            BookingState::Booked => "booked",
            BookingState::Refused => "refused",
            BookingState::Ended => "ended",
        }
    }

    /// Whether they have it no longer, or never had.
    pub fn is_over(self) -> bool {
        matches!(self, BookingState::Refused | BookingState::Ended)
    }

    /// What comes of it where somebody notes `next` who may be late: what is over stays so, and
    /// what is booked is not wanted once more.
    pub fn then(self, next: BookingState) -> BookingState {
        match (self, next) {
            (BookingState::Booked, BookingState::Wanted) => self,
            _ if self.is_over() => self,
            _ => next,
        }
    }
}

const COLUMNS: &str = "delivery_id, number, provider, reference, market_id, merchant_id, state,
    told_status, revision, created_at_us, created_by, changed_at_us, fee_minor";

/// The bookings of a provider's deliveries, by their names there.
pub fn of_references(
    tx: &mut dyn Tx,
    provider: &str,
    references: &[&str],
) -> Result<Vec<BookingRow>, StoreError> {
    let mut found = Vec::new();
    each_chunk(provider, references, |list, params| {
        let sql = format!(
            "select {COLUMNS} from provider_booking
             where provider = $1 and reference in ({list}) and reference is not null"
        );
        found.extend(tx.query_all(&sql, params, booking)?);
        Ok(())
    })?;
    Ok(found)
}

/// All the bookings of a delivery, the first first.
pub fn of_delivery(tx: &mut dyn Tx, delivery: &str) -> Result<Vec<BookingRow>, StoreError> {
    tx.query_all(
        &format!("select {COLUMNS} from provider_booking where delivery_id = $1 order by number"),
        &[delivery.into()],
        booking,
    )
}

/// Writes a booking, new or known by delivery and number.
pub fn save(tx: &mut dyn Tx, row: &BookingRow) -> Result<(), StoreError> {
    tx.execute(
        &format!(
            "insert into provider_booking ({COLUMNS})
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             on conflict (delivery_id, number) do update set provider = excluded.provider,
                 reference = excluded.reference, state = excluded.state,
                 told_status = excluded.told_status, revision = excluded.revision,
                 changed_at_us = excluded.changed_at_us,
                 fee_minor = excluded.fee_minor"
        ),
        &[
            row.delivery.as_str().into(),
            row.number.into(),
            row.provider.as_str().into(),
            row.reference.as_deref().into(),
            row.market.as_str().into(),
            row.merchant.as_str().into(),
            row.state.as_str().into(),
            row.told_status.as_deref().into(),
            row.revision.into(),
            row.created_at_us.into(),
            row.created_by.as_str().into(),
            row.changed_at_us.into(),
            row.fee_minor.into(),
        ],
    )?;
    Ok(())
}

fn booking(row: &Row<'_>) -> Result<BookingRow, StoreError> {
    let state = row.text(6)?;
    let known = BookingState::ALL.into_iter().find(|known| known.as_str() == state);
    Ok(BookingRow {
        delivery: row.text(0)?.to_owned(),
        number: row.int(1)?,
        provider: row.text(2)?.to_owned(),
        reference: row.optional_text(3)?.map(str::to_owned),
        market: row.text(4)?.to_owned(),
        merchant: row.text(5)?.to_owned(),
        state: known
            .ok_or_else(|| StoreError::invalid(format!("{state:?} is no state of a booking")))?,
        told_status: row.optional_text(7)?.map(str::to_owned),
        revision: row.int(8)?,
        created_at_us: row.int(9)?,
        created_by: row.text(10)?.to_owned(),
        changed_at_us: row.int(11)?,
        fee_minor: row.optional_int(12)?,
    })
}

#[cfg(test)]
mod tests {
    use super::BookingState::{self, *};

    /// E9: whoever is late turns nothing back.
    #[test]
    fn nothing_is_turned_back() {
        let cases: [(BookingState, BookingState, BookingState); 10] = [
            (Followed, Ended, Ended),
            (Wanted, Wanted, Wanted),
            (Wanted, Booked, Booked),
            (Wanted, Refused, Refused),
            (Wanted, Ended, Ended),
            (Booked, Wanted, Booked),
            (Booked, Ended, Ended),
            (Ended, Booked, Ended),
            (Ended, Wanted, Ended),
            (Refused, Booked, Refused),
        ];
        for (before, noted, expected) in cases {
            assert_eq!(before.then(noted), expected, "{before:?}, then {noted:?}");
        }
    }
}
