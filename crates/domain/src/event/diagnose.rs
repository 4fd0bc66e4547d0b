//! The slow path of reading: which field made an event unreadable, and why.

use super::{Rejection, RejectionCode};
use serde_json::Value;

/// What each field must be, in the order in which they are looked at.
const TEXTS: [&str; 12] = [
    "/specversion",
    "/id",
    "/source",
    "/type",
    "/subject",
    "/time",
    "/market",
    "/data/courier_id",
    "/data/merchant_id",
    "/data/currency",
    "/data/provider",
    "/data_base64",
];
const NUMBERS: [&str; 7] = [
    "/data/order_minor",
    "/data/amount_minor",
    "/data/tip_minor",
    "/data/distance_m",
    "/data/revision",
    "/data/telling",
    "/data/cost_minor",
];

/// Names the field that the typed reading could not take; `error` is its own account of it.
pub(super) fn diagnose(raw: &[u8], error: &serde_json::Error) -> Rejection {
    let malformed =
        |pointer: &str, reason: String| Rejection::new(RejectionCode::Malformed, pointer, reason);
    let Ok(value) = serde_json::from_slice::<Value>(raw) else {
        return malformed("", format!("is not JSON: {error}"));
    };
    if !value.is_object() {
        return malformed("", "is not a JSON object".to_owned());
    }
    let found = |pointer: &str| value.pointer(pointer).filter(|found| !found.is_null()).cloned();
    for pointer in TEXTS {
        if let Some(other) = found(pointer).filter(|found| !found.is_string()) {
            return malformed(pointer, format!("is {}, not a text", brief(&other)));
        }
    }
    if let Some(other) = found("/data").filter(|data| !data.is_object()) {
        return malformed("/data", format!("is {}, not an object", brief(&other)));
    }
    for pointer in NUMBERS {
        if let Some(other) = found(pointer).filter(|found| !found.is_i64()) {
            return malformed(pointer, format!("is {}, not a whole number", brief(&other)));
        }
    }
    malformed("", error.to_string())
}

fn brief(value: &Value) -> String {
    value.to_string().chars().take(64).collect()
}
