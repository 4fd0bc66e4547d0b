//! Adjustments: what a closed day turns out to be off by, booked on the next open day (B6, B16).

use crate::id::{CourierId, DeliveryId, MerchantId, ProviderId};
use crate::time::Day;
use serde::{Deserialize, Serialize};

/// Whose account an amount belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Party {
    /// A courier.
    #[serde(rename = "courier_id")]
    Courier(CourierId),
    /// A merchant.
    #[serde(rename = "merchant_id")]
    Merchant(MerchantId),
    /// A provider that delivers for us.
    #[serde(rename = "provider_id")]
    Provider(ProviderId),
}

impl Party {
    /// `courier`, `merchant` or `provider`.
    pub fn kind(&self) -> &'static str {
        match self {
            Party::Courier(_) => "courier",
            Party::Merchant(_) => "merchant",
            Party::Provider(_) => "provider",
        }
    }

    /// The identifier of the courier, merchant or provider.
    pub fn id(&self) -> &str {
        match self {
            Party::Courier(courier) => courier.as_str(),
            Party::Merchant(merchant) => merchant.as_str(),
            Party::Provider(provider) => provider.as_str(),
        }
    }

    /// The party of this kind and identifier; `None` where there is no such kind, or it is none.
    pub fn read(kind: &str, id: &str) -> Option<Party> {
        match kind {
            "courier" => id.parse().ok().map(Party::Courier),
            "merchant" => id.parse().ok().map(Party::Merchant),
            "provider" => id.parse().ok().map(Party::Provider),
            _ => None,
        }
    }
}

/// Which figure of the closed day is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdjustmentKind {
    /// A courier's pay.
    Pay,
    /// The tips of a courier, or of whom a provider has sent.
    Tip,
    /// A merchant's sales.
    Sale,
    /// A merchant's fee.
    Fee,
    /// What a provider charges.
    Cost,
}

impl AdjustmentKind {
    /// Every one.
    pub const ALL: [AdjustmentKind; 5] = [
        AdjustmentKind::Pay,
        AdjustmentKind::Tip,
        AdjustmentKind::Sale,
        AdjustmentKind::Fee,
        AdjustmentKind::Cost,
    ];

    /// As kept in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            AdjustmentKind::Pay => "pay",
            AdjustmentKind::Tip => "tip",
            AdjustmentKind::Sale => "sale",
            AdjustmentKind::Fee => "fee",
            AdjustmentKind::Cost => "cost",
        }
    }

    /// Reads [`AdjustmentKind::as_str`] back.
    pub fn from_text(text: &str) -> Option<AdjustmentKind> {
        AdjustmentKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One correction of one figure of one closed day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjustment {
    /// The closed day it corrects.
    pub about_day: Day,
    /// The delivery that turned out different; `None` where a courier's time online did.
    pub delivery_id: Option<DeliveryId>,
    /// Whose figure.
    #[serde(flatten)]
    pub party: Party,
    /// Which figure.
    pub kind: AdjustmentKind,
    /// How many corrections of this figure came before.
    pub revision: i64,
    /// By how much, in minor units; negative where too much was settled.
    pub amount_minor: i64,
    /// Why, for a person.
    pub reason: String,
}
