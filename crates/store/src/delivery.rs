//! Deliveries: the set of facts about each, and which of them somebody carries now.

mod codec;

use crate::sql::{filled, values};
use crate::{Row, StoreError, Tx, TxExt, Value};
use doorstep_domain::delivery::FactSet;
use std::collections::HashMap;

/// Deliveries looked up in one statement.
const LOOKED_UP_AT_ONCE: usize = 64;

/// A delivery to be written.
pub struct Kept<'a> {
    /// Where.
    pub market: &'a str,
    /// Which.
    pub delivery: &'a str,
    /// All that is known of it.
    pub facts: &'a FactSet,
    /// Who carries it now, if an attempt is under way.
    pub open_courier: Option<&'a str>,
}

/// The facts of several deliveries of one market; those never heard of are absent.
pub fn load(
    tx: &mut dyn Tx,
    market: &str,
    deliveries: &[&str],
) -> Result<HashMap<String, FactSet>, StoreError> {
    let mut found = HashMap::with_capacity(deliveries.len());
    for some in deliveries.chunks(LOOKED_UP_AT_ONCE) {
        let padded = filled(some);
        // Each is looked up by the whole key: of a list of identifiers in one market, Postgres may
        // think that to look at the whole market is less.
        let sql = format!(
            "select wanted.column1, (select facts from delivery
                 where market_id = $1 and delivery_id = wanted.column1)
             from ({}) as wanted",
            values(2, padded.len(), &["text"])
        );
        let params: Vec<Value<'_>> = std::iter::once(market.into()).chain(padded).collect();
        tx.query(&sql, &params, &mut |row| {
            if let Some(facts) = row.optional_bytes(1)? {
                found.insert(row.text(0)?.to_owned(), codec::decode(facts)?);
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// Writes deliveries, new or known.
pub fn save(tx: &mut dyn Tx, deliveries: &[Kept<'_>]) -> Result<(), StoreError> {
    let facts: Vec<Vec<u8>> =
        deliveries.iter().map(|kept| codec::encode(kept.facts)).collect::<Result<_, _>>()?;
    let rows = deliveries.iter().zip(&facts).map(|(kept, facts)| {
        [kept.market.into(), kept.delivery.into(), facts.into(), kept.open_courier.into()]
    });
    tx.insert_many(
        "insert into delivery (market_id, delivery_id, facts, open_courier_id)",
        rows,
        "on conflict (market_id, delivery_id) do update set facts = excluded.facts,
             open_courier_id = excluded.open_courier_id",
    )?;
    Ok(())
}

/// The deliveries that a courier carries now, with their facts.
///
/// Found by a query of their own, which the index alone answers: where the facts are asked for
/// with it, SQLite walks the whole table instead.
pub fn open_of_courier(
    tx: &mut dyn Tx,
    market: &str,
    courier: &str,
) -> Result<Vec<(String, FactSet)>, StoreError> {
    tx.query_all(
        "select delivery_id, facts from delivery
         where market_id = $1 and delivery_id in (
             select delivery_id from delivery
             where market_id = $1 and open_courier_id = $2 and open_courier_id is not null)
         order by delivery_id",
        &[market.into(), courier.into()],
        delivery_with_facts,
    )
}

/// Who carries something now, of the couriers after `after` up to and with `last`.
pub fn open_couriers(
    tx: &mut dyn Tx,
    market: &str,
    after: &str,
    last: &str,
) -> Result<Vec<String>, StoreError> {
    tx.query_all(
        "select distinct open_courier_id from delivery
         where market_id = $1 and open_courier_id > $2 and open_courier_id <= $3
             and open_courier_id is not null
         order by open_courier_id",
        &[market.into(), after.into(), last.into()],
        |row| Ok(row.text(0)?.to_owned()),
    )
}

/// The deliveries that anybody carries now, with their facts, courier by courier.
pub fn open(tx: &mut dyn Tx, market: &str) -> Result<Vec<(String, FactSet)>, StoreError> {
    tx.query_all(
        "select delivery_id, facts from delivery
         where market_id = $1 and delivery_id in (
             select delivery_id from delivery
             where market_id = $1 and open_courier_id is not null)
         order by open_courier_id, delivery_id",
        &[market.into()],
        delivery_with_facts,
    )
}

/// All deliveries of a market after `after`, in the order of their identifiers.
pub fn page(
    tx: &mut dyn Tx,
    market: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<(String, FactSet)>, StoreError> {
    tx.query_all(
        "select delivery_id, facts from delivery where market_id = $1 and delivery_id > $2
         order by delivery_id limit $3",
        &[market.into(), after.into(), limit.into()],
        delivery_with_facts,
    )
}

fn delivery_with_facts(row: &Row<'_>) -> Result<(String, FactSet), StoreError> {
    Ok((row.text(0)?.to_owned(), codec::decode(row.bytes(1)?)?))
}
