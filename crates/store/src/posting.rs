//! Postings: double entry, a row an amount, keyed so that writing them again changes nothing.

use crate::{Row, StoreError, Tx, TxExt};
use doorstep_domain::settlement::Posting;

/// A posting as kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostingRow {
    /// The delivery, or the day for a day's pay or fee.
    pub subject: String,
    /// `pay`, `tip`, `sale`, `fee` or `cost`.
    pub kind: String,
    /// The courier, merchant or provider concerned.
    pub party: String,
    /// 0 for the settlement of the day, then counting its adjustments.
    pub revision: i64,
    /// Account it comes from.
    pub debit: String,
    /// Account it goes to.
    pub credit: String,
    /// Minor units, never negative.
    pub amount_minor: i64,
}

fn read(row: &Row<'_>) -> Result<PostingRow, StoreError> {
    Ok(PostingRow {
        subject: row.text(0)?.to_owned(),
        kind: row.text(1)?.to_owned(),
        party: row.text(2)?.to_owned(),
        revision: row.int(3)?,
        debit: row.text(4)?.to_owned(),
        credit: row.text(5)?.to_owned(),
        amount_minor: row.int(6)?,
    })
}

/// Adds postings, each with the party it concerns; those already there stay as they are.
pub fn add(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    postings: &[(String, Posting)],
) -> Result<(), StoreError> {
    let accounts: Vec<(String, String)> = postings
        .iter()
        .map(|(_, posting)| (posting.debit.to_string(), posting.credit.to_string()))
        .collect();
    let rows = postings.iter().zip(&accounts).map(|((party, posting), (debit, credit))| {
        [
            market.into(),
            day.into(),
            (&posting.subject).into(),
            posting.kind.as_str().into(),
            party.into(),
            posting.revision.into(),
            debit.into(),
            credit.into(),
            posting.amount_minor.into(),
        ]
    });
    tx.insert_many(INSERT, rows, "on conflict do nothing")?;
    Ok(())
}

const INSERT: &str = "insert into posting
    (market_id, day, subject, kind, party, revision, debit, credit, amount_minor)";

/// Posts what each delivery of a day sold: from `customers` to its merchant.
pub fn post_sales(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    customers: &str,
) -> Result<(), StoreError> {
    tx.execute(
        &format!(
            "{INSERT}
             select market_id, day, delivery_id, 'sale', 'merchant:' || merchant_id, 0, $3,
             'merchant:' || merchant_id, order_minor
         from work_interval
         where market_id = $1 and day = $2 and merchant_id is not null and order_minor > 0
         on conflict do nothing"
        ),
        &[market.into(), day.into(), customers.into()],
    )?;
    Ok(())
}

/// Posts the tips of a day: from `customers` to the courier or provider, or to `kept_by` where it
/// is given.
pub fn post_tips(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    customers: &str,
    kept_by: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        &format!(
            "{INSERT}
             select market_id, day, delivery_id, 'tip',
             coalesce('provider:' || provider, 'courier:' || courier_id), 0, $3,
             coalesce($4, 'provider:' || provider, 'courier:' || courier_id), tip_minor
         from work_interval
         where market_id = $1 and day = $2 and merchant_id is not null and tip_minor > 0
         on conflict do nothing"
        ),
        &[market.into(), day.into(), customers.into(), kept_by.into()],
    )?;
    Ok(())
}

/// Posts what providers charge for each delivery of a day: from `expense` to the provider.
pub fn post_costs(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    expense: &str,
) -> Result<(), StoreError> {
    tx.execute(
        &format!(
            "{INSERT}
             select market_id, day, delivery_id, 'cost', 'provider:' || provider, 0, $3,
             'provider:' || provider, cost_minor
         from work_interval
         where market_id = $1 and day = $2 and courier_id = '' and provider is not null
           and cost_minor > 0
         on conflict do nothing"
        ),
        &[market.into(), day.into(), expense.into()],
    )?;
    Ok(())
}

/// Removes postings of a day that a repair has proven wrong; only their keys count.
pub fn remove(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    postings: &[PostingRow],
) -> Result<(), StoreError> {
    for posting in postings {
        tx.execute(
            "delete from posting where market_id = $1 and day = $2 and subject = $3
                 and kind = $4 and party = $5 and revision = $6",
            &[
                market.into(),
                day.into(),
                (&posting.subject).into(),
                (&posting.kind).into(),
                (&posting.party).into(),
                posting.revision.into(),
            ],
        )?;
    }
    Ok(())
}

/// Hands over the postings of a day.
pub fn of_day(
    tx: &mut dyn Tx,
    market: &str,
    day: i64,
    each: &mut dyn FnMut(PostingRow) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    tx.query(
        "select subject, kind, party, revision, debit, credit, amount_minor from posting
         where market_id = $1 and day = $2 order by subject, kind, party, revision",
        &[market.into(), day.into()],
        &mut |row| each(read(row)?),
    )
}

/// What each account received less what it gave, over the postings of a day.
pub fn balances(tx: &mut dyn Tx, market: &str, day: i64) -> Result<Vec<(String, i64)>, StoreError> {
    tx.query_all(
        "select account, cast(sum(amount) as bigint) from (
             select credit as account, amount_minor as amount from posting
             where market_id = $1 and day = $2
             union all
             select debit as account, -amount_minor as amount from posting
             where market_id = $1 and day = $2
         ) as entries group by account order by account",
        &[market.into(), day.into()],
        |row| Ok((row.text(0)?.to_owned(), row.int(1)?)),
    )
}
