//! Offers: who was asked to take a delivery, and what they said.

use crate::{Row, StoreError, Tx, TxExt, Value};

/// What became of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferState {
    /// It may be accepted.
    Open,
    /// They took it.
    Accepted,
    /// They do not want it, and are not asked again.
    Declined,
    /// They said nothing in time.
    Expired,
    /// Another was faster, or the delivery was called off.
    Lost,
    /// It is not for them any more: they are full or have gone offline.
    Withdrawn,
}

impl OfferState {
    const ALL: [OfferState; 6] = [
        OfferState::Open,
        OfferState::Accepted,
        OfferState::Declined,
        OfferState::Expired,
        OfferState::Lost,
        OfferState::Withdrawn,
    ];

    /// As it is kept and counted.
    pub fn as_str(self) -> &'static str {
        match self {
            OfferState::Open => "open",
            OfferState::Accepted => "accepted",
            OfferState::Declined => "declined",
            OfferState::Expired => "expired",
            OfferState::Lost => "lost",
            OfferState::Withdrawn => "withdrawn",
        }
    }

    fn named(name: &str) -> Result<OfferState, StoreError> {
        let found = OfferState::ALL.into_iter().find(|state| state.as_str() == name);
        found.ok_or_else(|| StoreError::invalid(format!("{name:?} is no state of an offer")))
    }
}

/// An offer of a delivery to a courier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferRow {
    /// What.
    pub delivery: String,
    /// To whom.
    pub courier: String,
    /// What became of it.
    pub state: OfferState,
    /// When it was made last, in microseconds.
    pub offered_at_us: i64,
    /// Until when it stands.
    pub expires_at_us: i64,
    /// When it was answered, or came to its end.
    pub answered_at_us: Option<i64>,
    /// Metres from the courier to the package, as the crow flies.
    pub distance_m: i64,
    /// Seconds until the courier could be there.
    pub pickup_s: i64,
    /// How often they were asked.
    pub asked: i64,
}

const COLUMNS: &str =
    "delivery_id, courier_id, state, offered_at_us, expires_at_us, answered_at_us,
    distance_m, pickup_s, asked";

fn read(row: &Row<'_>) -> Result<OfferRow, StoreError> {
    Ok(OfferRow {
        delivery: row.text(0)?.to_owned(),
        courier: row.text(1)?.to_owned(),
        state: OfferState::named(row.text(2)?)?,
        offered_at_us: row.int(3)?,
        expires_at_us: row.int(4)?,
        answered_at_us: row.optional_int(5)?,
        distance_m: row.int(6)?,
        pickup_s: row.int(7)?,
        asked: row.int(8)?,
    })
}

/// Makes offers; whoever has declined that delivery is not asked again.
pub fn make(tx: &mut dyn Tx, offers: &[OfferRow]) -> Result<u64, StoreError> {
    let rows = offers.iter().map(|offer| {
        [
            (&offer.delivery).into(),
            (&offer.courier).into(),
            OfferState::Open.as_str().into(),
            offer.offered_at_us.into(),
            offer.expires_at_us.into(),
            None::<i64>.into(),
            offer.distance_m.into(),
            offer.pickup_s.into(),
            1_i64.into(),
        ]
    });
    tx.insert_many(
        &format!("insert into offer ({COLUMNS})"),
        rows,
        "on conflict (delivery_id, courier_id) do update set state = 'open',
             offered_at_us = excluded.offered_at_us, expires_at_us = excluded.expires_at_us,
             answered_at_us = null, distance_m = excluded.distance_m,
             pickup_s = excluded.pickup_s, asked = offer.asked + 1
         where offer.state <> 'declined'",
    )
}

/// Every offer of a delivery, by courier.
pub fn of_delivery(tx: &mut dyn Tx, delivery: &str) -> Result<Vec<OfferRow>, StoreError> {
    let sql = format!("select {COLUMNS} from offer where delivery_id = $1 order by courier_id");
    tx.query_all(&sql, &[delivery.into()], read)
}

/// What a courier is offered now: offers that are open and stand at `now_us`, by delivery.
pub fn open_of_courier(
    tx: &mut dyn Tx,
    courier: &str,
    now_us: i64,
) -> Result<Vec<OfferRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from offer where courier_id = $1 and state = 'open'
             and expires_at_us > $2 order by delivery_id"
    );
    tx.query_all(&sql, &[courier.into(), now_us.into()], read)
}

/// Offers that stand at `now_us`: those of a delivery, and those of others to these couriers; each
/// as its delivery and courier.
pub fn standing(
    tx: &mut dyn Tx,
    delivery: &str,
    couriers: &[&str],
    now_us: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    let places: Vec<String> = (3..couriers.len() + 3).map(|place| format!("${place}")).collect();
    let mut sql = "select delivery_id, courier_id from offer
         where delivery_id = $1 and state = 'open' and expires_at_us > $2"
        .to_owned();
    if !places.is_empty() {
        sql.push_str(&format!(
            " union all select delivery_id, courier_id from offer
             where courier_id in ({}) and state = 'open' and expires_at_us > $2
                 and delivery_id <> $1",
            places.join(", ")
        ));
    }
    let mut params: Vec<Value<'_>> = vec![delivery.into(), now_us.into()];
    params.extend(couriers.iter().map(|courier| Value::from(*courier)));
    tx.query_all(&sql, &params, |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())))
}

/// Hands over who is asked about a market's deliveries that nobody has, and who has declined, in no
/// order.
pub fn each_asked(
    tx: &mut dyn Tx,
    market: &str,
    take: &mut dyn FnMut(OfferRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!(
        "select {COLUMNS} from offer where state in ('open', 'declined') and delivery_id in
             (select delivery_id from dispatch where market_id = $1 and ended_at_us is null
                and status = 'requested')"
    );
    tx.query(&sql, &[market.into()], &mut |row| take(read(row)?))
}

/// Open offers of a market's deliveries that nobody is looked for: delivery and courier, at most
/// `limit`.
pub fn misplaced(
    tx: &mut dyn Tx,
    market: &str,
    limit: i64,
) -> Result<Vec<(String, String)>, StoreError> {
    tx.query_all(
        "select offer.delivery_id, offer.courier_id from offer
         join dispatch on dispatch.delivery_id = offer.delivery_id
         where offer.state = 'open' and dispatch.market_id = $1 and dispatch.status <> 'requested'
         order by offer.delivery_id, offer.courier_id limit $2",
        &[market.into(), limit.into()],
        |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())),
    )
}

/// What one courier said of one delivery. An offer that was never made is noted all the same:
/// whoever declines what they saw in a list is not asked.
pub fn answer(
    tx: &mut dyn Tx,
    delivery: &str,
    courier: &str,
    state: OfferState,
    now_us: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "insert into offer (delivery_id, courier_id, state, offered_at_us, expires_at_us,
             answered_at_us, distance_m, pickup_s, asked)
         values ($1, $2, $3, $4, $4, $4, 0, 0, 0)
         on conflict (delivery_id, courier_id) do update set state = excluded.state,
             answered_at_us = excluded.answered_at_us",
        &[delivery.into(), courier.into(), state.as_str().into(), now_us.into()],
    )?;
    Ok(())
}

/// Ends the open offers of a delivery and answers whose they were.
pub fn end_of_delivery(
    tx: &mut dyn Tx,
    delivery: &str,
    state: OfferState,
    now_us: i64,
) -> Result<Vec<String>, StoreError> {
    tx.query_all(
        "update offer set state = $2, answered_at_us = $3
         where delivery_id = $1 and state = 'open' returning courier_id",
        &[delivery.into(), state.as_str().into(), now_us.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// Ends the offers of a delivery that nobody answered in time, and answers whose they were.
pub fn expire_of_delivery(
    tx: &mut dyn Tx,
    delivery: &str,
    now_us: i64,
) -> Result<Vec<String>, StoreError> {
    tx.query_all(
        "update offer set state = 'expired', answered_at_us = $2
         where delivery_id = $1 and state = 'open' and expires_at_us <= $2 returning courier_id",
        &[delivery.into(), now_us.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// Withdraws the open offers of a courier and answers of which deliveries they were.
pub fn withdraw_of_courier(
    tx: &mut dyn Tx,
    courier: &str,
    now_us: i64,
) -> Result<Vec<String>, StoreError> {
    tx.query_all(
        "update offer set state = 'withdrawn', answered_at_us = $2
         where courier_id = $1 and state = 'open' returning delivery_id",
        &[courier.into(), now_us.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}
