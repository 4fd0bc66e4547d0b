//! The CloudEvents envelope as it stands on the wire, and its reading into an [`Event`].

use super::{
    Carrier, Completion, Event, EventBody, EventKey, Refund, Rejection, RejectionCode,
    SCHEMA_VERSION, Step, Telling,
};
use crate::id::{CourierId, IdError};
use crate::time::Micros;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{borrow::Cow, ops::Deref, str::FromStr};

/// Longest `source` or `id`: they are kept with every fact.
const KEY_BYTES_MAX: usize = 256;

/// A text that stays where it is in the raw bytes unless it has escapes.
/// (`Option<Cow<str>>` would always be copied: serde borrows a `Cow` only where it stands itself.)
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

#[derive(Deserialize)]
pub(super) struct Envelope<'a> {
    #[serde(borrow)]
    specversion: Option<Text<'a>>,
    #[serde(borrow)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    source: Option<Text<'a>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    subject: Option<Text<'a>>,
    #[serde(borrow)]
    time: Option<Text<'a>>,
    #[serde(borrow)]
    market: Option<Text<'a>>,
    schemaversion: Option<SchemaVersion>,
    #[serde(borrow)]
    data: Option<Content<'a>>,
}

#[derive(Deserialize, Default)]
pub(super) struct Content<'a> {
    #[serde(borrow)]
    courier_id: Option<Text<'a>>,
    #[serde(borrow)]
    merchant_id: Option<Text<'a>>,
    #[serde(borrow)]
    currency: Option<Text<'a>>,
    order_minor: Option<i64>,
    amount_minor: Option<i64>,
    tip_minor: Option<i64>,
    distance_m: Option<i64>,
    revision: Option<i64>,
    #[serde(borrow)]
    provider: Option<Text<'a>>,
    telling: Option<i64>,
    cost_minor: Option<i64>,
}

/// CloudEvents attributes are strings on some transports: both spellings are read.
#[derive(Deserialize)]
#[serde(untagged)]
enum SchemaVersion {
    Number(i64),
    Text(String),
}

fn malformed(pointer: &str, reason: impl Into<String>) -> Rejection {
    Rejection::new(RejectionCode::Malformed, pointer, reason)
}

fn required<'a, T: ?Sized>(pointer: &str, value: Option<&'a T>) -> Result<&'a T, Rejection> {
    value.ok_or_else(|| malformed(pointer, "is missing"))
}

fn identifier<T: FromStr<Err = IdError>>(
    pointer: &str,
    value: Option<&str>,
) -> Result<T, Rejection> {
    required(pointer, value)?
        .parse()
        .map_err(|error: IdError| malformed(pointer, error.to_string()))
}

impl Envelope<'_> {
    pub(super) fn into_event(self, raw: &[u8]) -> Result<Event, Rejection> {
        self.check_versions()?;
        let time = required("/time", self.time.as_deref())?;
        let at = Micros::from_str(time).map_err(|error| malformed("/time", error.to_string()))?;
        let market = identifier("/market", self.market.as_deref())?;
        let body = self.body()?;
        Ok(Event { key: self.key(raw)?, at, market, body })
    }

    fn check_versions(&self) -> Result<(), Rejection> {
        match required("/specversion", self.specversion.as_deref())? {
            "1.0" => {}
            other => {
                return Err(malformed("/specversion", format!("is {other:?}, not \"1.0\"")));
            }
        }
        let version = match &self.schemaversion {
            None => 1,
            Some(SchemaVersion::Number(number)) => *number,
            Some(SchemaVersion::Text(text)) => text.parse().unwrap_or(0),
        };
        match version {
            1..=SCHEMA_VERSION => Ok(()),
            newer if newer > SCHEMA_VERSION => Err(Rejection::new(
                RejectionCode::NewerSchema,
                "/schemaversion",
                format!("is {newer}; this build reads up to {SCHEMA_VERSION}"),
            )),
            _ => Err(malformed("/schemaversion", "is not a positive whole number")),
        }
    }

    fn key(&self, raw: &[u8]) -> Result<EventKey, Rejection> {
        let source = required("/source", self.source.as_deref())?;
        let id = match self.id.as_deref() {
            Some(id) if !id.is_empty() => Cow::Borrowed(id),
            _ => Cow::Owned(composite(raw)),
        };
        for (pointer, text) in [("/source", source), ("/id", id.as_ref())] {
            if text.is_empty() {
                return Err(malformed(pointer, "is empty"));
            }
            if text.len() > KEY_BYTES_MAX {
                return Err(malformed(pointer, format!("is longer than {KEY_BYTES_MAX} bytes")));
            }
        }
        Ok(EventKey { source: source.into(), id: id.as_ref().into() })
    }

    fn body(&self) -> Result<EventBody, Rejection> {
        let kind = required("/type", self.kind.as_deref())?;
        let subject = self.subject.as_deref();
        let empty = Content::default();
        let data = self.data.as_ref().unwrap_or(&empty);
        let step = match kind {
            "courier.online" | "courier.offline" => {
                let courier = identifier("/subject", subject)?;
                return Ok(EventBody::Presence { courier, online: kind == "courier.online" });
            }
            "delivery.requested" => Step::Requested,
            "delivery.assigned" => Step::Assigned(data.courier()?),
            "delivery.unassigned" => Step::Unassigned(data.optional_courier()?),
            "delivery.picked_up" => Step::PickedUp(data.courier()?),
            "delivery.delivered" => Step::Delivered(Box::new(data.completion()?)),
            "delivery.failed" => Step::Failed(data.optional_courier()?),
            "delivery.returned" => Step::Returned(data.optional_courier()?),
            "delivery.cancelled" => Step::Cancelled,
            "delivery.refunded" => Step::Refunded(Box::new(data.refund()?)),
            "delivery.withdrawn" => Step::Withdrawn(data.telling()?),
            other => {
                let reason = format!("{other:?} is not a type this build knows");
                return Err(Rejection::new(RejectionCode::UnknownType, "/type", reason));
            }
        };
        Ok(EventBody::Delivery { delivery: identifier("/subject", subject)?, step })
    }
}

impl Content<'_> {
    fn courier(&self) -> Result<CourierId, Rejection> {
        identifier("/data/courier_id", self.courier_id.as_deref())
    }

    fn optional_courier(&self) -> Result<Option<CourierId>, Rejection> {
        self.courier_id.is_some().then(|| self.courier()).transpose()
    }

    fn refund(&self) -> Result<Refund, Rejection> {
        Ok(Refund {
            amount_minor: *required("/data/amount_minor", self.amount_minor.as_ref())?,
            currency: required("/data/currency", self.currency.as_deref())?.into(),
        })
    }

    fn telling(&self) -> Result<Telling, Rejection> {
        Ok(Telling {
            provider: identifier("/data/provider", self.provider.as_deref())?,
            number: self.telling.unwrap_or(0),
        })
    }

    fn carrier(&self) -> Result<Carrier, Rejection> {
        if self.provider.is_none() {
            return self.courier().map(Carrier::Courier);
        }
        if self.courier_id.is_some() {
            let reason = "stands beside /data/courier_id: one of the two has delivered";
            return Err(malformed("/data/provider", reason));
        }
        Ok(Carrier::Provider { telling: self.telling()?, cost_minor: self.cost_minor })
    }

    fn completion(&self) -> Result<Completion, Rejection> {
        Ok(Completion {
            carrier: self.carrier()?,
            merchant: identifier("/data/merchant_id", self.merchant_id.as_deref())?,
            order_minor: *required("/data/order_minor", self.order_minor.as_ref())?,
            tip_minor: self.tip_minor.unwrap_or(0),
            distance_m: self.distance_m.unwrap_or(0),
            revision: self.revision.unwrap_or(0),
            currency: required("/data/currency", self.currency.as_deref())?.into(),
        })
    }
}

/// A name for an event whose source gave none: the same content has the same name.
fn composite(raw: &[u8]) -> String {
    // Values come back with their keys sorted, so that white space and order make no difference.
    let canonical = serde_json::from_slice::<serde_json::Value>(raw)
        .map_or_else(|_| raw.to_vec(), |value| value.to_string().into_bytes());
    let digest = Sha256::digest(canonical);
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("~{hex}")
}
