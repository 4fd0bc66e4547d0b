//! How the rules' own values stand on the wire, for the description of the interface only: the
//! domain knows of no interface. A test holds them against what is really written.

#![expect(dead_code, reason = "these types describe; nothing is ever made of them")]

use utoipa::ToSchema;

/// A courier's day in figures.
#[derive(ToSchema)]
pub(crate) struct CourierTotals {
    /// Who.
    courier_id: String,
    /// Pay for the day's work, in minor units.
    pay_minor: i64,
    /// Tips passed on.
    tip_minor: i64,
    /// Corrections of closed days, booked on this one.
    adjustment_minor: i64,
    /// What is paid out: the sum of the three.
    payout_minor: i64,
    /// Deliveries completed.
    deliveries: i64,
    /// Time worked.
    worked_seconds: i64,
    /// Time worked inside peak windows.
    peak_seconds: i64,
}

/// A merchant's day in figures.
#[derive(ToSchema)]
pub(crate) struct MerchantTotals {
    /// Whose goods.
    merchant_id: String,
    /// Deliveries completed.
    deliveries: i64,
    /// Value of the goods, in minor units.
    sales_minor: i64,
    /// Fee on the day.
    fee_minor: i64,
    /// Corrections of closed days, booked on this one: sales less fees.
    adjustment_minor: i64,
    /// What the merchant receives: sales less fee, and the corrections.
    payout_minor: i64,
}

/// What a provider is owed for a day.
#[derive(ToSchema)]
pub(crate) struct ProviderTotals {
    /// Who.
    provider_id: String,
    /// Deliveries completed.
    deliveries: i64,
    /// Of these, those of which it did not say what it charges: they are in no figure of cost.
    unpriced: i64,
    /// What it charges, in minor units.
    cost_minor: i64,
    /// Tips passed on to it.
    tip_minor: i64,
    /// Corrections of closed days, booked on this one.
    adjustment_minor: i64,
    /// What it is owed: the sum of the three.
    payout_minor: i64,
}

/// One correction of one figure of one closed day. It names a courier, a merchant or a provider.
#[derive(ToSchema)]
pub(crate) struct Adjustment {
    /// The closed day it corrects.
    #[schema(format = Date)]
    about_day: String,
    /// The delivery that turned out different; null where a courier's time online did.
    delivery_id: Option<String>,
    /// Whose pay or tip.
    #[schema(required = false)]
    courier_id: String,
    /// Whose sale or fee.
    #[schema(required = false)]
    merchant_id: String,
    /// Whose cost or tip.
    #[schema(required = false)]
    provider_id: String,
    /// `pay`, `tip`, `sale`, `fee` or `cost`.
    kind: String,
    /// How many corrections of this figure came before.
    revision: i64,
    /// By how much, in minor units; negative where too much was settled.
    amount_minor: i64,
    /// Why, for a person.
    reason: String,
}
