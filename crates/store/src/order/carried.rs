//! Deliveries that carry orders: by them orders are found that stand in some way.

use crate::{StoreError, Tx, TxExt, Value};
use doorstep_domain::dispatch::Status;

/// Whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose<'a> {
    /// Everybody's of a market.
    Market(&'a str),
    /// A merchant's, in whichever market.
    Merchant(&'a str),
    /// Everybody's of orders of a market in which a merchant has a part.
    Beside {
        /// Of which market.
        market: &'a str,
        /// Who has a part.
        merchant: &'a str,
    },
}

/// Deliveries of orders that stand so, with their markets, those of the newest orders first: of
/// orders before `before` (an id, or empty for the newest), at most `limit`.
pub fn carried(
    tx: &mut dyn Tx,
    whose: Whose<'_>,
    status: Status,
    before: &str,
    limit: u32,
) -> Result<Vec<(String, String)>, StoreError> {
    let (column, value) = match whose {
        Whose::Market(market) | Whose::Beside { market, .. } => ("market_id", market),
        Whose::Merchant(merchant) => ("merchant_id", merchant),
    };
    let before = before.replacen("ord_", "del_", 1);
    let mut params: Vec<Value<'_>> = vec![value.into(), status.as_str().into(), limit.into()];
    let mut only = String::new();
    if !before.is_empty() {
        params.push((&before).into());
        only.push_str(" and delivery_id < $4");
    }
    if let Whose::Beside { merchant, .. } = whose {
        params.push(merchant.into());
        only.push_str(&format!("{BESIDE}${})", params.len()));
    }
    // The hyphen stands where the index has it.
    let sql = format!(
        "select delivery_id, market_id from dispatch
         where {column} = $1 and status = $2 and substr(delivery_id, 33, 1) = '-'{only}
         order by delivery_id desc limit $3"
    );
    tx.query_all(&sql, &params, |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())))
}

/// Whether among the deliveries of the same order, which are named like it up to their number,
/// there is one of a merchant: a full stop comes next behind a hyphen.
const BESIDE: &str = " and exists (select 1 from dispatch part
    where part.delivery_id > substr(dispatch.delivery_id, 1, 33)
      and part.delivery_id < substr(dispatch.delivery_id, 1, 32) || '.'
      and part.merchant_id = ";
