//! Work intervals and the completions that stand on them, a row for each day they touch.

use crate::{Row, StoreError, Tx, TxExt, Value};
use doorstep_domain::settlement::Carried;
use doorstep_domain::time::Micros;

/// One day's row of a carried delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntervalRow {
    /// Day number.
    pub day: i64,
    /// Who carried; empty where a provider did.
    pub courier: String,
    /// What.
    pub delivery: String,
    /// When it was assigned, if told.
    pub assigned: Option<Micros>,
    /// When it was picked up, if told.
    pub picked_up: Option<Micros>,
    /// When it was delivered.
    pub delivered: Micros,
    /// What counts on this day, if it is the day of the delivery.
    pub completion: Option<CompletedRow>,
}

/// A completion, on the row of its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedRow {
    /// Whose goods.
    pub merchant: String,
    /// Minor units.
    pub order_minor: i64,
    /// Minor units.
    pub tip_minor: i64,
    /// Metres.
    pub distance_m: i64,
    /// The provider that carried it, where no courier did.
    pub provider: Option<ChargedRow>,
}

/// A provider that carried, and what it charges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargedRow {
    /// Who.
    pub provider: String,
    /// Minor units; `None` where it did not say.
    pub cost_minor: Option<i64>,
}

/// The courier of rows that no courier has: no identifier is empty.
pub const NOBODY: &str = "";

const COLUMNS: &str = "day, courier_id, delivery_id, assigned_us, picked_up_us, delivered_us,
    merchant_id, order_minor, tip_minor, distance_m, provider, cost_minor";

fn read(row: &Row<'_>) -> Result<IntervalRow, StoreError> {
    let merchant = row.optional_text(6)?;
    let (order_minor, tip_minor, distance_m) = (row.int(7)?, row.int(8)?, row.int(9)?);
    let charged =
        row.optional_text(10)?.map(|provider| (provider.to_owned(), row.optional_int(11)));
    let provider = match charged {
        Some((provider, cost_minor)) => Some(ChargedRow { provider, cost_minor: cost_minor? }),
        None => None,
    };
    Ok(IntervalRow {
        day: row.int(0)?,
        courier: row.text(1)?.to_owned(),
        delivery: row.text(2)?.to_owned(),
        assigned: row.optional_int(3)?.map(Micros),
        picked_up: row.optional_int(4)?.map(Micros),
        delivered: Micros(row.int(5)?),
        completion: merchant.map(|merchant| CompletedRow {
            merchant: merchant.to_owned(),
            order_minor,
            tip_minor,
            distance_m,
            provider,
        }),
    })
}

/// Replaces the rows of deliveries: `gone` names market, day, courier and delivery of each old one.
pub fn replace(
    tx: &mut dyn Tx,
    gone: &[(&str, &IntervalRow)],
    come: &[(&str, &IntervalRow)],
) -> Result<(), StoreError> {
    for (market, row) in gone {
        tx.execute(
            "delete from work_interval
             where market_id = $1 and day = $2 and courier_id = $3 and delivery_id = $4",
            &[(*market).into(), row.day.into(), (&row.courier).into(), (&row.delivery).into()],
        )?;
    }
    let rows = come.iter().map(|(market, row)| {
        let completion = row.completion.as_ref();
        let charged = completion.and_then(|completion| completion.provider.as_ref());
        [
            (*market).into(),
            row.day.into(),
            (&row.courier).into(),
            (&row.delivery).into(),
            row.assigned.map(|at| at.0).into(),
            row.picked_up.map(|at| at.0).into(),
            row.delivered.0.into(),
            completion.map(|completion| completion.merchant.as_str()).into(),
            completion.map_or(0, |completion| completion.order_minor).into(),
            completion.map_or(0, |completion| completion.tip_minor).into(),
            completion.map_or(0, |completion| completion.distance_m).into(),
            charged.map(|charged| charged.provider.as_str()).into(),
            charged.and_then(|charged| charged.cost_minor).into(),
        ]
    });
    tx.insert_many(
        "insert into work_interval (market_id, day, courier_id, delivery_id, assigned_us,
             picked_up_us, delivered_us, merchant_id, order_minor, tip_minor, distance_m,
             provider, cost_minor)",
        rows,
        "on conflict (market_id, day, courier_id, delivery_id) do update set
             assigned_us = excluded.assigned_us, picked_up_us = excluded.picked_up_us,
             delivered_us = excluded.delivered_us, merchant_id = excluded.merchant_id,
             order_minor = excluded.order_minor, tip_minor = excluded.tip_minor,
             distance_m = excluded.distance_m, provider = excluded.provider,
             cost_minor = excluded.cost_minor",
    )?;
    Ok(())
}

/// The rows of one courier's day.
pub fn of_courier(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    courier: &str,
) -> Result<Vec<IntervalRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from work_interval
         where market_id = $1 and day = $2 and courier_id = $3 order by delivery_id"
    );
    tx.query_all(&sql, &[market.into(), day.into(), courier.into()], read)
}

/// Hands over every row of a day, courier by courier.
pub fn of_day(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    each: &mut dyn FnMut(IntervalRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!(
        "select {COLUMNS} from work_interval where market_id = $1 and day = $2
         order by courier_id, delivery_id"
    );
    tx.query(&sql, &[market.into(), day.into()], &mut |row| each(read(row)?))
}

/// The couriers with rows on a day, after `after` (after [`NOBODY`] all of them), in the order of
/// their identifiers.
pub fn couriers_of_day(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    tx.query_all(
        "select distinct courier_id from work_interval
         where market_id = $1 and day = $2 and courier_id > $3 order by courier_id limit $4",
        &[market.into(), day.into(), after.into(), limit.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// What a merchant sold on a day, or each merchant: identifier, deliveries, sales in minor units.
pub fn sales(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    merchant: Option<&str>,
) -> Result<Vec<(String, i64, i64)>, StoreError> {
    // Two texts: with one for both, the whole day would be read for each merchant.
    let (whose, params): (_, &[Value<'_>]) = match merchant {
        None => ("", &[market.into(), day.into()]),
        Some(merchant) => ("and merchant_id = $3", &[market.into(), day.into(), merchant.into()]),
    };
    let sql = format!(
        "select merchant_id, count(*), cast(sum(order_minor) as bigint) from work_interval
         where market_id = $1 and day = $2 and merchant_id is not null {whose}
         group by merchant_id order by merchant_id"
    );
    tx.query_all(&sql, params, |row| Ok((row.text(0)?.to_owned(), row.int(1)?, row.int(2)?)))
}

/// What a provider carried on a day, or each provider: identifier, and all of it added up.
pub fn carried(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    provider: Option<&str>,
) -> Result<Vec<(String, Carried)>, StoreError> {
    let (whose, params): (_, &[Value<'_>]) = match provider {
        None => ("", &[market.into(), day.into()]),
        Some(provider) => ("and provider = $3", &[market.into(), day.into(), provider.into()]),
    };
    // Rows without a courier stand together, at the front of the day.
    let sql = format!(
        "select provider, count(*),
             cast(sum(case when cost_minor is null then 1 else 0 end) as bigint),
             cast(sum(coalesce(cost_minor, 0)) as bigint), cast(sum(tip_minor) as bigint)
         from work_interval
         where market_id = $1 and day = $2 and courier_id = '' and provider is not null {whose}
         group by provider order by provider"
    );
    tx.query_all(&sql, params, |row| {
        let (deliveries, unpriced) = (row.int(1)?, row.int(2)?);
        let (cost_minor, tip_minor) = (row.int(3)?, row.int(4)?);
        let carried = Carried { deliveries, unpriced, cost_minor, tip_minor };
        Ok((row.text(0)?.to_owned(), carried))
    })
}

/// The row of one delivery on a day, by who carried it; [`NOBODY`] where a provider did.
pub fn of_delivery(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    (courier, delivery): (&str, &str),
) -> Result<Option<IntervalRow>, StoreError> {
    let sql = format!(
        "select {COLUMNS} from work_interval
         where market_id = $1 and day = $2 and courier_id = $3 and delivery_id = $4"
    );
    tx.query_optional(&sql, &[market.into(), day.into(), courier.into(), delivery.into()], read)
}

/// Deliveries with more than one completion among their rows, and how many: there are none unless
/// the table was changed from outside. At most `limit`.
pub fn completed_twice(
    tx: &mut dyn Tx,
    market: &str,
    limit: i64,
) -> Result<Vec<(String, i64)>, StoreError> {
    tx.query_all(
        "select delivery_id, count(*) from work_interval
         where market_id = $1 and merchant_id is not null
         group by delivery_id having count(*) > 1 order by delivery_id limit $2",
        &[market.into(), limit.into()],
        |row| Ok((row.text(0)?.to_owned(), row.int(1)?)),
    )
}
