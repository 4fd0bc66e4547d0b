//! Items: what can be had, everywhere the same, and what it costs market by market. They change in
//! one lane.

use crate::lookup::by_keys;
use crate::{Row, StoreError, Tx, TxExt, Value};
use doorstep_domain::stock::Class;
use std::collections::{BTreeMap, HashMap};

/// What is said of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemForm {
    /// Which.
    pub item: String,
    /// As customers read it.
    pub name: String,
    /// A path, such as `DAIRY/PLANT MILK`.
    pub category: String,
    /// Whether more may be sold than is there.
    pub class: Class,
    /// How many more in each centre; 0 of a strict one.
    pub oversell_max: i64,
    /// Grams; 0 where nobody said.
    pub weight_g: i64,
}

/// An item as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemRow {
    /// Its number, small, given once.
    pub item_no: i64,
    /// Counts its changes, from 1.
    pub revision: i64,
    /// What was said last.
    pub form: ItemForm,
}

/// What an item costs somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// Where.
    pub market: String,
    /// Which item.
    pub item_no: i64,
    /// Minor units.
    pub price_minor: i64,
}

const SELECT: &str = "select item_no, revision, item_id, name, category, class, oversell_max, \
                      weight_g from item";

const SELECT_PRICE: &str = "select market_id, item_no, price_minor from item_price";

/// Puts items in place and answers the number of each, in their order, and which numbers are new or
/// say something else than before. Of an item that is there twice the last counts.
pub fn put(tx: &mut dyn Tx, forms: &[ItemForm]) -> Result<(Vec<i64>, Vec<i64>), StoreError> {
    let known = by_ids(tx, forms.iter().map(|form| form.item.as_str()))?;
    let mut next_no = None;
    let mut new: HashMap<&str, i64> = HashMap::new();
    let (mut numbers, mut changed) = (Vec::with_capacity(forms.len()), BTreeMap::new());
    for form in forms {
        let kept = known.get(&form.item);
        let item_no = match (kept, new.get(form.item.as_str())) {
            (Some(kept), _) => kept.item_no,
            (None, Some(item_no)) => *item_no,
            (None, None) => {
                let item_no = match next_no {
                    Some(item_no) => item_no,
                    None => next(tx)?,
                };
                next_no = Some(item_no + 1);
                new.insert(&form.item, item_no);
                item_no
            }
        };
        numbers.push(item_no);
        match kept {
            Some(kept) if kept.form == *form => drop(changed.remove(&item_no)),
            _ => drop(changed.insert(item_no, form)),
        }
    }
    save(tx, &changed)?;
    Ok((numbers, changed.into_keys().collect()))
}

fn next(tx: &mut dyn Tx) -> Result<i64, StoreError> {
    tx.query_one("select coalesce(max(item_no), 0) + 1 from item", &[], |row| row.int(0))
}

const INSERT: &str = "insert into item
    (item_no, item_id, name, category, class, oversell_max, weight_g, revision)";

fn row_of(item_no: i64, form: &ItemForm, revision: i64) -> [Value<'_>; 8] {
    [
        item_no.into(),
        (&form.item).into(),
        (&form.name).into(),
        (&form.category).into(),
        form.class.as_str().into(),
        form.oversell_max.into(),
        form.weight_g.into(),
        revision.into(),
    ]
}

fn save(tx: &mut dyn Tx, changed: &BTreeMap<i64, &ItemForm>) -> Result<(), StoreError> {
    let rows = changed.iter().map(|(item_no, form)| row_of(*item_no, form, 1));
    tx.insert_many(
        INSERT,
        rows,
        "on conflict (item_no) do update set name = excluded.name, category = excluded.category,
             class = excluded.class, oversell_max = excluded.oversell_max,
             weight_g = excluded.weight_g, revision = item.revision + 1",
    )?;
    Ok(())
}

/// Puts prices in place and answers how many are new or other than before. Each item once.
pub fn put_prices(tx: &mut dyn Tx, prices: &[PriceRow]) -> Result<u64, StoreError> {
    tx.insert_many(
        "insert into item_price (market_id, item_no, price_minor)",
        prices
            .iter()
            .map(|price| [(&price.market).into(), price.item_no.into(), price.price_minor.into()]),
        "on conflict (market_id, item_no) do update set price_minor = excluded.price_minor
             where item_price.price_minor <> excluded.price_minor",
    )
}

/// Items numbered behind `behind`, by number, at most `limit`.
pub fn behind(tx: &mut dyn Tx, behind: i64, limit: u32) -> Result<Vec<ItemRow>, StoreError> {
    let sql = format!("{SELECT} where item_no > $1 order by item_no limit $2");
    tx.query_all(&sql, &[behind.into(), limit.into()], read)
}

/// Keeps items and prices as another store has them, with their numbers; what has such a number or
/// such a name here and is another one goes.
pub fn copy(tx: &mut dyn Tx, items: &[ItemRow], prices: &[PriceRow]) -> Result<(), StoreError> {
    let names: Vec<Value<'_>> = items
        .iter()
        .flat_map(|row| [Value::from(&row.form.item), Value::Int(row.item_no)])
        .collect();
    tx.execute_each("delete from item where item_id = $1 and item_no <> $2", 2, &names)?;
    let rows = items.iter().map(|row| row_of(row.item_no, &row.form, row.revision));
    tx.insert_many(
        INSERT,
        rows,
        "on conflict (item_no) do update set item_id = excluded.item_id, name = excluded.name,
             category = excluded.category, class = excluded.class,
             oversell_max = excluded.oversell_max, weight_g = excluded.weight_g,
             revision = excluded.revision",
    )?;
    put_prices(tx, prices)?;
    Ok(())
}

/// As [`copy`]; besides, of the numbers behind one up to another there is nothing else afterwards.
pub fn copy_between(
    tx: &mut dyn Tx,
    (behind, to): (i64, i64),
    items: &[ItemRow],
    prices: &[PriceRow],
) -> Result<(), StoreError> {
    for table in ["item_price", "item"] {
        let sql = format!("delete from {table} where item_no > $1 and item_no <= $2");
        tx.execute(&sql, &[behind.into(), to.into()])?;
    }
    copy(tx, items, prices)
}

/// Items by their names; those never heard of are absent.
pub fn by_ids<'a>(
    tx: &mut dyn Tx,
    items: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, ItemRow>, StoreError> {
    let keys: Vec<Value<'_>> = items.map(Value::from).collect();
    let mut found = HashMap::with_capacity(keys.len());
    by_keys(tx, (SELECT, "item_id"), &keys, &mut |row| {
        let row = read(row)?;
        found.insert(row.form.item.clone(), row);
        Ok(())
    })?;
    Ok(found)
}

/// Hands over items by their numbers, each named once, in no order.
pub fn by_numbers(
    tx: &mut dyn Tx,
    numbers: &[i64],
    take: &mut dyn FnMut(ItemRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let keys: Vec<Value<'_>> = numbers.iter().map(|number| Value::Int(*number)).collect();
    by_keys(tx, (SELECT, "item_no"), &keys, &mut |row| take(read(row)?))
}

/// Hands over the prices of items by their numbers, each named once, in no order.
pub fn prices_of(
    tx: &mut dyn Tx,
    numbers: &[i64],
    take: &mut dyn FnMut(PriceRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let keys: Vec<Value<'_>> = numbers.iter().map(|number| Value::Int(*number)).collect();
    by_keys(tx, (SELECT_PRICE, "item_no"), &keys, &mut |row| take(read_price(row)?))
}

/// Hands over every item, by number; they are never collected.
pub fn each(
    tx: &mut dyn Tx,
    take: &mut dyn FnMut(ItemRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.query(&format!("{SELECT} order by item_no"), &[], &mut |row| take(read(row)?))
}

/// Hands over every price, by item; they are never collected.
pub fn each_price(
    tx: &mut dyn Tx,
    take: &mut dyn FnMut(PriceRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let sql = format!("{SELECT_PRICE} order by item_no, market_id");
    tx.query(&sql, &[], &mut |row| take(read_price(row)?))
}

fn read(row: &Row<'_>) -> Result<ItemRow, StoreError> {
    let form = ItemForm {
        item: row.text(2)?.to_owned(),
        name: row.text(3)?.to_owned(),
        category: row.text(4)?.to_owned(),
        class: row.text(5)?.parse().map_err(StoreError::invalid)?,
        oversell_max: row.int(6)?,
        weight_g: row.int(7)?,
    };
    Ok(ItemRow { item_no: row.int(0)?, revision: row.int(1)?, form })
}

fn read_price(row: &Row<'_>) -> Result<PriceRow, StoreError> {
    let (market, item_no) = (row.text(0)?.to_owned(), row.int(1)?);
    Ok(PriceRow { market, item_no, price_minor: row.int(2)? })
}
