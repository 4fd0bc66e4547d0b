//! What a provider says that a booking costs.

use doorstep_domain::limits::AMOUNT_MINOR_MAX;
use serde_json::Value;

/// A price, tip aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fee {
    /// Minor units.
    pub minor: i64,
    /// ISO 4217; `None` where they do not say: then it is the market's.
    pub currency: Option<String>,
}

impl Fee {
    /// The `fee` of an answer; none where it has none that can be meant.
    pub(super) fn of(told: &Value) -> Option<Fee> {
        let minor = told["fee"].as_i64().filter(|minor| (0..=AMOUNT_MINOR_MAX).contains(minor))?;
        let currency = told["currency"].as_str().map(str::to_ascii_uppercase);
        Some(Fee { minor, currency: currency.filter(|currency| !currency.is_empty()) })
    }

    /// Minor units of the market's currency; none where it is in another, which its books cannot
    /// hold.
    pub(super) fn in_currency(&self, markets: &str) -> Option<i64> {
        self.currency.as_deref().is_none_or(|currency| currency == markets).then_some(self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// E9: a price is taken as it is told, and never guessed.
    #[test]
    fn a_fee_is_what_was_told() {
        // the answer, what is kept in a market of US dollars
        let cases = [
            (json!({ "fee": 650, "currency": "usd" }), Some(650)),
            (json!({ "fee": 975, "currency": "USD" }), Some(975)),
            (json!({ "fee": 975 }), Some(975)),
            (json!({ "fee": 0, "currency": "" }), Some(0)),
            (json!({ "fee": 650, "currency": "cad" }), None),
            (json!({ "fee": "650", "currency": "usd" }), None),
            (json!({ "fee": 6.5 }), None),
            (json!({ "fee": -1 }), None),
            (json!({ "fee": AMOUNT_MINOR_MAX + 1 }), None),
            (json!({ "currency": "usd" }), None),
            (json!([]), None),
        ];
        for (told, expected) in cases {
            let kept = Fee::of(&told).and_then(|fee| fee.in_currency("USD"));
            assert_eq!(kept, expected, "{told}");
        }
    }
}
