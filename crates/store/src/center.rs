//! Centres: where items lie. They change in the lane in which items do; what lies in them changes
//! in one of their market's stock lanes.

use crate::lane::hash;
use crate::lookup::by_keys;
use crate::{Row, StoreError, Tx, TxExt, Value};
use doorstep_domain::tracking::Position;
use std::collections::HashMap;

/// Stock lanes of a market.
pub const BUCKETS: i64 = 16;

/// What is said of a centre.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CenterForm {
    /// Which.
    pub center: String,
    /// Where, for good.
    pub market: String,
    /// Whose goods it sells, for good.
    pub merchant: String,
    /// As customers read it.
    pub name: String,
    /// Its address, in words.
    pub address: Option<String>,
    /// Where it is, for good.
    pub position: Position,
    /// Its week, as it was told.
    pub hours: String,
    /// Whether nothing is sold there now, whatever the hours.
    pub is_closed: bool,
}

/// A centre as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CenterRow {
    /// Its number, small, given once.
    pub center_no: i64,
    /// The number of its stock lane.
    pub lane_no: i64,
    /// Which of the market's stock lanes that is.
    pub bucket: i64,
    /// Counts its changes, from 1.
    pub revision: i64,
    /// What was said last.
    pub form: CenterForm,
}

const SELECT: &str = "select center.center_no, center.lane_no, stock_lane.bucket, center.revision, \
    center.center_id, center.market_id, center.merchant_id, center.name, center.address, \
    center.lat_e7, center.lng_e7, center.hours, center.is_closed \
    from center join stock_lane on stock_lane.lane_no = center.lane_no";

/// Which of its market's stock lanes a centre belongs to, for good.
pub fn bucket(center: &str) -> i64 {
    // Less than sixteen.
    (hash(center) % BUCKETS as u64) as i64
}

/// Puts a centre in place and answers it as it is kept now; what is for good is the caller's to
/// check. `kept` is what is there, if anything.
pub fn put(
    tx: &mut dyn Tx,
    kept: Option<&CenterRow>,
    form: CenterForm,
) -> Result<CenterRow, StoreError> {
    let row = match kept {
        Some(kept) => CenterRow { revision: kept.revision + 1, form, ..kept.clone() },
        None => {
            let bucket = bucket(&form.center);
            let center_no = "select coalesce(max(center_no), 0) + 1 from center";
            CenterRow {
                center_no: tx.query_one(center_no, &[], |row| row.int(0))?,
                lane_no: lane_no(tx, &form.market, bucket)?,
                bucket,
                revision: 1,
                form,
            }
        }
    };
    save(tx, &row)?;
    Ok(row)
}

fn save(tx: &mut dyn Tx, row: &CenterRow) -> Result<(), StoreError> {
    let form = &row.form;
    tx.execute(
        "insert into center (center_no, center_id, market_id, merchant_id, lane_no, name, address,
             lat_e7, lng_e7, hours, is_closed, revision)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (center_no) do update set name = excluded.name, address = excluded.address,
             hours = excluded.hours, is_closed = excluded.is_closed, revision = excluded.revision",
        &[
            row.center_no.into(),
            (&form.center).into(),
            (&form.market).into(),
            (&form.merchant).into(),
            row.lane_no.into(),
            (&form.name).into(),
            form.address.as_ref().into(),
            form.position.lat_e7.into(),
            form.position.lng_e7.into(),
            (&form.hours).into(),
            form.is_closed.into(),
            row.revision.into(),
        ],
    )?;
    Ok(())
}

/// The number of a market's stock lane, given when it is first asked for.
fn lane_no(tx: &mut dyn Tx, market: &str, bucket: i64) -> Result<i64, StoreError> {
    let params = [market.into(), Value::Int(bucket)];
    let sql = "select lane_no from stock_lane where market_id = $1 and bucket = $2";
    if let Some(lane_no) = tx.query_optional(sql, &params, |row| row.int(0))? {
        return Ok(lane_no);
    }
    tx.query_one(
        "insert into stock_lane (lane_no, market_id, bucket)
         select coalesce(max(lane_no), 0) + 1, $1, $2 from stock_lane
         returning lane_no",
        &params,
        |row| row.int(0),
    )
}

/// Centres by their names; those never heard of are absent.
pub fn by_ids<'a>(
    tx: &mut dyn Tx,
    centers: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, CenterRow>, StoreError> {
    let keys: Vec<Value<'_>> = centers.map(Value::from).collect();
    let mut found = HashMap::with_capacity(keys.len());
    by_keys(tx, (SELECT, "center.center_id"), &keys, &mut |row| {
        let row = read(row)?;
        found.insert(row.form.center.clone(), row);
        Ok(())
    })?;
    Ok(found)
}

/// Hands over centres by their numbers, each named once, in no order.
pub fn by_numbers(
    tx: &mut dyn Tx,
    numbers: &[i64],
    take: &mut dyn FnMut(CenterRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let keys: Vec<Value<'_>> = numbers.iter().map(|number| Value::Int(*number)).collect();
    by_keys(tx, (SELECT, "center.center_no"), &keys, &mut |row| take(read(row)?))
}

/// Hands over every centre, by number; they are never collected.
pub fn each(
    tx: &mut dyn Tx,
    take: &mut dyn FnMut(CenterRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.query(&format!("{SELECT} order by center.center_no"), &[], &mut |row| take(read(row)?))
}

fn read(row: &Row<'_>) -> Result<CenterRow, StoreError> {
    let coordinate = |column| -> Result<i32, StoreError> {
        let outside = |_| StoreError::invalid("a coordinate does not fit 32 bits".to_owned());
        i32::try_from(row.int(column)?).map_err(outside)
    };
    let form = CenterForm {
        center: row.text(4)?.to_owned(),
        market: row.text(5)?.to_owned(),
        merchant: row.text(6)?.to_owned(),
        name: row.text(7)?.to_owned(),
        address: row.optional_text(8)?.map(str::to_owned),
        position: Position { lat_e7: coordinate(9)?, lng_e7: coordinate(10)? },
        hours: row.text(11)?.to_owned(),
        is_closed: row.truth(12)?,
    };
    Ok(CenterRow {
        center_no: row.int(0)?,
        lane_no: row.int(1)?,
        bucket: row.int(2)?,
        revision: row.int(3)?,
        form,
    })
}
