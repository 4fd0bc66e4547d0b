//! Markets: what is fixed about them, and the versions of their terms.

use crate::{StoreError, Tx, TxExt, Value};
use doorstep_domain::market::{Market, Terms, TermsHistory, TermsVersion};
use doorstep_domain::time::Micros;

/// Makes sure a market is kept, with the zone and currency it was first given.
///
/// Errors: [`StoreError::Invalid`] where either was another before: days and money would change
/// their meaning.
pub fn register(tx: &mut dyn Tx, market: &Market) -> Result<(), StoreError> {
    let id = market.id.as_str();
    let (zone, currency) = (market.time_zone.to_string(), market.currency.to_string());
    tx.execute(
        "insert into market (market_id, time_zone, currency) values ($1, $2, $3)
         on conflict (market_id) do nothing",
        &[id.into(), (&zone).into(), (&currency).into()],
    )?;
    let kept = fixed(tx, id)?;
    match kept {
        Some((kept_zone, kept_currency)) if (&kept_zone, &kept_currency) != (&zone, &currency) => {
            Err(StoreError::invalid(format!(
                "market {id} was set up with {kept_zone} and {kept_currency}, \
                 the configuration says {zone} and {currency}"
            )))
        }
        _ => Ok(()),
    }
}

/// The time zone and currency a market was set up with.
pub fn fixed(tx: &mut dyn Tx, market: &str) -> Result<Option<(String, String)>, StoreError> {
    tx.query_optional(
        "select time_zone, currency from market where market_id = $1",
        &[market.into()],
        |row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())),
    )
}

/// Every version of a market's terms, in the order in which they take effect.
pub fn terms(tx: &mut dyn Tx, market: &str) -> Result<TermsHistory, StoreError> {
    let versions = tx.query_all(
        "select version, effective_from_us, terms from terms where market_id = $1
         order by version",
        &[market.into()],
        |row| {
            Ok(TermsVersion {
                version: row.int(0)?,
                effective_from: Micros(row.int(1)?),
                terms: serde_json::from_str(row.text(2)?).map_err(|error| {
                    StoreError::invalid(format!("terms of market {market}: {error}"))
                })?,
            })
        },
    )?;
    Ok(TermsHistory::new(versions))
}

/// Adds a version of a market's terms and answers its number.
pub fn add_terms(
    tx: &mut dyn Tx,
    market: &str,
    effective_from: Micros,
    terms: &Terms,
    now: Micros,
    by: &str,
) -> Result<i64, StoreError> {
    let newest = tx.query_one(
        "select max(version) from terms where market_id = $1",
        &[market.into()],
        |row| row.optional_int(0),
    )?;
    let version = newest.unwrap_or(0) + 1;
    let text = serde_json::to_string(terms)
        .map_err(|error| StoreError::invalid(format!("terms of market {market}: {error}")))?;
    tx.execute(
        "insert into terms (market_id, version, effective_from_us, terms, created_at_us, created_by)
         values ($1, $2, $3, $4, $5, $6)",
        &[
            market.into(),
            version.into(),
            effective_from.0.into(),
            (&text).into(),
            now.0.into(),
            Value::Text(by),
        ],
    )?;
    Ok(version)
}
