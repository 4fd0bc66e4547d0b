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

/// A version of a market's terms as kept: since when it is known, and by whom it was set.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptTerms {
    /// What holds, and from when on.
    pub version: TermsVersion,
    /// When it was added.
    pub created_at: Micros,
    /// By whom.
    pub created_by: String,
}

/// The terms of a market: what ever holds of its versions, in the order in which it does.
pub fn terms(tx: &mut dyn Tx, market: &str) -> Result<TermsHistory, StoreError> {
    let versions = versions(tx, market)?;
    Ok(TermsHistory::new(versions.into_iter().map(|kept| kept.version).collect()))
}

/// Every version of a market's terms that was ever added, by number.
pub fn versions(tx: &mut dyn Tx, market: &str) -> Result<Vec<KeptTerms>, StoreError> {
    tx.query_all(
        "select version, effective_from_us, terms, created_at_us, created_by from terms
         where market_id = $1 order by version",
        &[market.into()],
        |row| {
            let terms = serde_json::from_str(row.text(2)?).map_err(|error| {
                StoreError::invalid(format!("terms of market {market}: {error}"))
            })?;
            let effective_from = Micros(row.int(1)?);
            Ok(KeptTerms {
                version: TermsVersion { version: row.int(0)?, effective_from, terms },
                created_at: Micros(row.int(3)?),
                created_by: row.text(4)?.to_owned(),
            })
        },
    )
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
