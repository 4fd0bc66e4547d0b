//! Deliveries that are dispatched here: the assignment and its state.

pub mod step;

use crate::sql::{filled, values};
use crate::{Row, StoreError, Tx, TxExt, Value};
use doorstep_domain::dispatch::Status;
use doorstep_domain::tracking::Position;
use std::collections::HashSet;

/// How a delivery stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchRow {
    /// Which.
    pub delivery: String,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant: String,
    /// Its state.
    pub status: Status,
    /// When it came to that state, by whoever said so; microseconds.
    pub since_us: i64,
    /// Counts the states it was in.
    pub revision: i64,
    /// Who has it, or had it when it ended.
    pub courier: Option<String>,
    /// The provider that brings it, or brought it, where it was handed over.
    pub provider: Option<String>,
    /// Every provider that it was handed to, in order, parted by spaces.
    pub handed_to: String,
    /// What the provider charges that brings it, in minor units, where it said so.
    pub fee_minor: Option<i64>,
    /// Since when, in microseconds.
    pub assigned_at_us: Option<i64>,
    /// Since when somebody is looked for: when it was asked for, or given back last.
    pub search_since_us: i64,
    /// Rings of couriers that were asked since then.
    pub rings: i64,
    /// When it must be looked at next, in microseconds.
    pub due_at_us: Option<i64>,
    /// Why a person should look: `no_courier` or `courier_silent`.
    pub attention: Option<String>,
    /// When nothing was to follow any more.
    pub ended_at_us: Option<i64>,
}

const COLUMNS: &str = "delivery_id, market_id, merchant_id, status, since_us, revision, courier_id,
    assigned_at_us, search_since_us, rings, due_at_us, attention, ended_at_us, provider,
    handed_to, fee_minor";

fn read(row: &Row<'_>) -> Result<DispatchRow, StoreError> {
    Ok(DispatchRow {
        delivery: row.text(0)?.to_owned(),
        market: row.text(1)?.to_owned(),
        merchant: row.text(2)?.to_owned(),
        status: row.text(3)?.parse().map_err(StoreError::invalid)?,
        since_us: row.int(4)?,
        revision: row.int(5)?,
        courier: row.optional_text(6)?.map(str::to_owned),
        assigned_at_us: row.optional_int(7)?,
        search_since_us: row.int(8)?,
        rings: row.int(9)?,
        due_at_us: row.optional_int(10)?,
        attention: row.optional_text(11)?.map(str::to_owned),
        ended_at_us: row.optional_int(12)?,
        provider: row.optional_text(13)?.map(str::to_owned),
        handed_to: row.text(14)?.to_owned(),
        fee_minor: row.optional_int(15)?,
    })
}

fn row_of(row: &DispatchRow) -> [Value<'_>; 16] {
    [
        (&row.delivery).into(),
        (&row.market).into(),
        (&row.merchant).into(),
        row.status.as_str().into(),
        row.since_us.into(),
        row.revision.into(),
        row.courier.as_ref().into(),
        row.assigned_at_us.into(),
        row.search_since_us.into(),
        row.rings.into(),
        row.due_at_us.into(),
        row.attention.as_ref().into(),
        row.ended_at_us.into(),
        row.provider.as_ref().into(),
        (&row.handed_to).into(),
        row.fee_minor.into(),
    ]
}

/// Adds deliveries.
pub fn add<'r>(
    tx: &mut dyn Tx,
    rows: impl IntoIterator<Item = &'r DispatchRow>,
) -> Result<(), StoreError> {
    let rows = rows.into_iter().map(row_of);
    tx.insert_many(&format!("insert into dispatch ({COLUMNS})"), rows, "")?;
    Ok(())
}

/// Writes what may change of a delivery that was loaded in this lane.
pub fn save(tx: &mut dyn Tx, row: &DispatchRow) -> Result<(), StoreError> {
    let saved = tx.execute(
        "update dispatch set status = $2, since_us = $3, revision = $4, courier_id = $5,
             assigned_at_us = $6, search_since_us = $7, rings = $8, due_at_us = $9,
             attention = $10, ended_at_us = $11, provider = $12,
             handed_to = $13, fee_minor = $14
         where delivery_id = $1",
        &[
            (&row.delivery).into(),
            row.status.as_str().into(),
            row.since_us.into(),
            row.revision.into(),
            row.courier.as_ref().into(),
            row.assigned_at_us.into(),
            row.search_since_us.into(),
            row.rings.into(),
            row.due_at_us.into(),
            row.attention.as_ref().into(),
            row.ended_at_us.into(),
            row.provider.as_ref().into(),
            (&row.handed_to).into(),
            row.fee_minor.into(),
        ],
    )?;
    if saved == 1 { Ok(()) } else { Err(StoreError::NoRow) }
}

/// One delivery.
pub fn load(tx: &mut dyn Tx, delivery: &str) -> Result<Option<DispatchRow>, StoreError> {
    let sql = format!("select {COLUMNS} from dispatch where delivery_id = $1");
    tx.query_optional(&sql, &[delivery.into()], read)
}

/// Those of some deliveries that there are, by name.
pub fn known(tx: &mut dyn Tx, deliveries: &[&str]) -> Result<HashSet<String>, StoreError> {
    let mut found = HashSet::new();
    for some in deliveries.chunks(DELIVERIES_AT_ONCE) {
        let padded = filled(some);
        // Each by its key, and no other way is open: of a list Postgres may think that an index
        // over all of them is less.
        let sql = format!(
            "select wanted.column1 from ({}) as wanted
             where (select 1 from dispatch where delivery_id = wanted.column1) = 1",
            values(1, padded.len(), &["text"])
        );
        tx.query(&sql, &padded, &mut |row| {
            found.insert(row.text(0)?.to_owned());
            Ok(())
        })?;
    }
    Ok(found)
}

/// Deliveries looked up by one statement.
const DELIVERIES_AT_ONCE: usize = 128;

/// Hands over a market's deliveries that have not ended, by id.
pub fn each_open(
    tx: &mut dyn Tx,
    market: &str,
    take: &mut dyn FnMut(DispatchRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!(
        "select {COLUMNS} from dispatch where market_id = $1 and ended_at_us is null
         order by delivery_id"
    );
    tx.query(&sql, &[market.into()], &mut |row| take(read(row)?))
}

/// What a courier has taken on and is not done with, by id: a handful.
pub fn carried(tx: &mut dyn Tx, courier: &str) -> Result<Vec<DispatchRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from dispatch where courier_id = $1 and ended_at_us is null
         order by delivery_id"
    );
    tx.query_all(&sql, &[courier.into()], read)
}

/// How many of these there are.
pub fn carried_count(tx: &mut dyn Tx, courier: &str) -> Result<i64, StoreError> {
    tx.query_one(
        "select count(*) from dispatch where courier_id = $1 and ended_at_us is null",
        &[courier.into()],
        |row| row.int(0),
    )
}

/// A delivery that was driven from its origin to its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrivenRow {
    /// From where.
    pub from: Position,
    /// To where.
    pub to: Position,
    /// When it was picked up, in microseconds.
    pub picked_up_us: i64,
    /// When it was delivered.
    pub delivered_us: i64,
}

/// Hands over a market's deliveries that were made by car, van or scooter, the newest first, at
/// most `limit`.
pub fn each_driven(
    tx: &mut dyn Tx,
    market: &str,
    limit: u32,
    take: &mut dyn FnMut(DrivenRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = "select package.origin_lat_e7, package.origin_lng_e7, package.destination_lat_e7,
             package.destination_lng_e7, step.at_us, dispatch.since_us
         from dispatch
         join package on package.delivery_id = dispatch.delivery_id
         join courier on courier.courier_id = dispatch.courier_id
             and courier.vehicle in ('car', 'van', 'scooter')
         join dispatch_step step on step.delivery_id = dispatch.delivery_id
             and step.status = 'picked_up'
         where dispatch.market_id = $1 and dispatch.status = 'delivered'
         order by dispatch.delivery_id desc limit $2";
    tx.query(sql, &[market.into(), limit.into()], &mut |row| {
        let e7 = |column: usize| {
            let value = row.int(column)?;
            let expected = "1e-7 degrees";
            i32::try_from(value).map_err(|_| StoreError::Column { column, expected })
        };
        take(DrivenRow {
            from: Position { lat_e7: e7(0)?, lng_e7: e7(1)? },
            to: Position { lat_e7: e7(2)?, lng_e7: e7(3)? },
            picked_up_us: row.int(4)?,
            delivered_us: row.int(5)?,
        })
    })
}

/// Which deliveries to list; an empty text is any.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// Of this market.
    pub market: &'a str,
    /// In this state.
    pub status: &'a str,
    /// Of this courier.
    pub courier: &'a str,
    /// Of this merchant.
    pub merchant: &'a str,
    /// Only those that a person should look at.
    pub needs_attention: bool,
}

/// Deliveries before `before` (an id, or empty for the newest), the newest first.
pub fn list(
    tx: &mut dyn Tx,
    asked: Asked<'_>,
    before: &str,
    limit: u32,
) -> Result<Vec<DispatchRow>, StoreError> {
    // Each condition stands there only where it is asked for, so that its index can serve.
    let mut sql = format!("select {COLUMNS} from dispatch where ($1 = '' or delivery_id < $1)");
    let mut params: Vec<Value<'_>> = vec![before.into(), limit.into()];
    let columns = [
        ("market_id", asked.market),
        ("status", asked.status),
        ("courier_id", asked.courier),
        ("merchant_id", asked.merchant),
    ];
    for (column, value) in columns.into_iter().filter(|(_, value)| !value.is_empty()) {
        params.push(value.into());
        sql.push_str(&format!(" and {column} = ${}", params.len()));
    }
    if asked.needs_attention {
        sql.push_str(" and attention is not null");
    }
    sql.push_str(" order by delivery_id desc limit $2");
    tx.query_all(&sql, &params, read)
}
