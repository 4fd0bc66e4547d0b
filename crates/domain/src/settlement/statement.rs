//! Statements: what a day came to for one courier or merchant, and the digests that fix it (B17).

use super::adjustment::Adjustment;
use super::provider::ProviderTotals;
use crate::id::{CourierId, MarketId, MerchantId};
use crate::money::Currency;
use crate::pay::Line;
use crate::time::Day;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A courier's day in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourierTotals {
    /// Who.
    pub courier_id: CourierId,
    /// Pay for the day's work, in minor units.
    pub pay_minor: i64,
    /// Tips passed on.
    pub tip_minor: i64,
    /// Corrections of closed days, booked on this one.
    pub adjustment_minor: i64,
    /// What is paid out: the sum of the three.
    pub payout_minor: i64,
    /// Deliveries completed.
    pub deliveries: i64,
    /// Time worked.
    pub worked_seconds: i64,
    /// Time worked inside peak windows.
    pub peak_seconds: i64,
}

/// A merchant's day in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MerchantTotals {
    /// Whose goods.
    pub merchant_id: MerchantId,
    /// Deliveries completed.
    pub deliveries: i64,
    /// Value of the goods, in minor units.
    pub sales_minor: i64,
    /// Fee on the day.
    pub fee_minor: i64,
    /// Corrections of closed days, booked on this one: sales less fees.
    pub adjustment_minor: i64,
    /// What the merchant receives: sales less fee, and the corrections.
    pub payout_minor: i64,
}

/// A courier's statement: the figures, and each line they come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CourierStatement {
    /// Where.
    pub market: MarketId,
    /// When.
    pub day: Day,
    /// ISO 4217.
    pub currency: Currency,
    /// The figures.
    #[serde(flatten)]
    pub totals: CourierTotals,
    /// Intervals, seconds, rates, amounts; they add up to the pay.
    pub lines: Vec<Line>,
    /// Corrections of closed days.
    pub adjustments: Vec<Adjustment>,
}

/// A merchant's statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MerchantStatement {
    /// Where.
    pub market: MarketId,
    /// When.
    pub day: Day,
    /// ISO 4217.
    pub currency: Currency,
    /// The figures.
    #[serde(flatten)]
    pub totals: MerchantTotals,
    /// Corrections of closed days.
    pub adjustments: Vec<Adjustment>,
}

/// A provider's statement: what it is owed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProviderStatement {
    /// Where.
    pub market: MarketId,
    /// When.
    pub day: Day,
    /// ISO 4217.
    pub currency: Currency,
    /// The figures.
    #[serde(flatten)]
    pub totals: ProviderTotals,
    /// Corrections of closed days.
    pub adjustments: Vec<Adjustment>,
}

/// The bytes of a statement that its digest is taken of: JSON, fields in the order of the type.
pub fn canonical_bytes(statement: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(statement).unwrap_or_default()
}

/// SHA-256 in lower-case hexadecimal.
pub fn digest_of(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).as_slice())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest of a settlement: of market, day, every party's figures and every adjustment, fed in
/// the order of their identifiers. Same facts, same digest, before and after the close.
pub struct SettlementDigest(Sha256);

impl SettlementDigest {
    /// Begins the digest of a market's day.
    pub fn new(market: &MarketId, day: Day, currency: Currency) -> SettlementDigest {
        let mut digest = SettlementDigest(Sha256::new());
        digest.line(&(market, day, currency));
        digest
    }

    /// Adds one courier's or merchant's figures, or one adjustment.
    pub fn line(&mut self, line: &impl Serialize) {
        self.0.update(canonical_bytes(line));
        self.0.update(b"\n");
    }

    /// The digest, in lower-case hexadecimal.
    pub fn finish(self) -> String {
        hex(self.0.finalize().as_slice())
    }
}
