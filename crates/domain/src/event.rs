//! Events: facts about couriers and deliveries as other systems tell them (CloudEvents 1.0 JSON).

mod admit;
mod diagnose;
mod wire;

pub use admit::{MarketRules, admit};

use crate::id::{CourierId, DeliveryId, MarketId, MerchantId, ProviderId};
use crate::time::Micros;

/// The newest schema version read here; an event without `schemaversion` has version 1.
pub const SCHEMA_VERSION: i64 = 2;

/// The first version in which a provider may have delivered.
pub const PROVIDERS_SINCE: i64 = 2;

/// One fact as it was told, well formed but not yet admitted to a market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Who told it, and under which name.
    pub key: EventKey,
    /// When it happened.
    pub at: Micros,
    /// Where it belongs.
    pub market: MarketId,
    /// What happened.
    pub body: EventBody,
}

/// CloudEvents identity: unique by `source` and `id` together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey {
    /// The system that told it.
    pub source: Box<str>,
    /// Its name for the event; where it has none, `~` and a hash of the content (B5).
    pub id: Box<str>,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventBody {
    /// A courier came online or went offline.
    Presence {
        /// Who.
        courier: CourierId,
        /// Whether available from now on.
        online: bool,
    },
    /// Something happened to a delivery.
    Delivery {
        /// Which.
        delivery: DeliveryId,
        /// What.
        step: Step,
    },
}

/// One step in a delivery's lifecycle.
///
/// The order of the variants decides between steps of the same instant: a courier is taken off
/// before the next is put on, and nothing is delivered before it is picked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A customer asked for it.
    Requested,
    /// The courier gave it back, or it was taken away.
    Unassigned(Option<CourierId>),
    /// A courier took it on.
    Assigned(CourierId),
    /// The courier has the package.
    PickedUp(CourierId),
    /// The package arrived.
    Delivered(Box<Completion>),
    /// The attempt failed.
    Failed(Option<CourierId>),
    /// The package went back.
    Returned(Option<CourierId>),
    /// It was called off.
    Cancelled,
    /// The customer got money back for its goods.
    Refunded(Box<Refund>),
    /// A provider that said it had delivered says otherwise.
    Withdrawn(Telling),
}

/// What a `delivery.delivered` event says: the basis of every settlement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Completion {
    /// Who delivered.
    pub carrier: Carrier,
    /// Whose goods.
    pub merchant: MerchantId,
    /// Value of the goods in minor units.
    pub order_minor: i64,
    /// Tip for the courier in minor units.
    pub tip_minor: i64,
    /// Distance carried in metres.
    pub distance_m: i64,
    /// Which telling of the same completion this is; the first is 0.
    pub revision: i64,
    /// ISO 4217 code as told; admission compares it with the market's.
    pub currency: Box<str>,
}

/// Who carried a delivery to its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// A courier, who is paid for it.
    Courier(CourierId),
    /// A provider, who charges for it.
    Provider {
        /// Who, and which of its tellings this is.
        telling: Telling,
        /// What it charges in minor units, tip aside; `None` where it did not say.
        cost_minor: Option<i64>,
    },
}

/// One of the tellings of a provider about how a delivery ended: the last one counts alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Telling {
    /// Who.
    pub provider: ProviderId,
    /// Counts its tellings of a delivery, upwards; there may be gaps.
    pub number: i64,
}

/// What a `delivery.refunded` event says: so much less was sold. Each event is a refund of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Refund {
    /// Minor units.
    pub amount_minor: i64,
    /// ISO 4217 code as told; admission compares it with the market's.
    pub currency: Box<str>,
}

impl Carrier {
    /// The courier, where one carried it.
    pub fn courier(&self) -> Option<&CourierId> {
        match self {
            Carrier::Courier(courier) => Some(courier),
            Carrier::Provider { .. } => None,
        }
    }
}

impl Step {
    /// Which telling of a provider this is, where one tells how a delivery ended.
    pub fn telling(&self) -> Option<&Telling> {
        match self {
            Step::Withdrawn(telling) => Some(telling),
            Step::Delivered(completion) => match &completion.carrier {
                Carrier::Provider { telling, .. } => Some(telling),
                Carrier::Courier(_) => None,
            },
            _ => None,
        }
    }
}

impl Event {
    /// The log's partition key: the delivery, or the courier for `courier.*`.
    pub fn subject(&self) -> &str {
        match &self.body {
            EventBody::Presence { courier, .. } => courier.as_str(),
            EventBody::Delivery { delivery, .. } => delivery.as_str(),
        }
    }
}

/// Why an event was not taken: the field, as a JSON pointer, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{reason}", pointer, if pointer.is_empty() { "" } else { ": " })]
pub struct Rejection {
    /// Machine-readable kind.
    pub code: RejectionCode,
    /// JSON pointer to the offending field; empty for the whole event.
    pub pointer: String,
    /// What is wrong with it, for a person.
    pub reason: String,
}

/// The kinds of [`Rejection`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectionCode {
    /// Not JSON, not a CloudEvent, or a field of the wrong form.
    Malformed,
    /// Larger than [`crate::limits::EVENT_BYTES_MAX`].
    TooLarge,
    /// Written under a newer schema than this build reads.
    NewerSchema,
    /// A type this build does not know; kept, to be replayed by one that does.
    UnknownType,
    /// No such market is configured.
    UnknownMarket,
    /// Before 2000, or too far ahead of the clock.
    ImplausibleTime,
    /// Negative or absurdly large money or distance.
    ImplausibleAmount,
    /// Not the currency of the market.
    ForeignCurrency,
    /// Delivered, but nothing else is known of the delivery, or it began only after the grace.
    DeliveredBeforeItExists,
    /// More facts about one delivery than are believable.
    TooManyFacts,
    /// A position no device can have: off the globe, null island, or without a fix.
    ImplausiblePosition,
    /// A ping so old that nobody asks for it any more.
    TooOld,
    /// No such courier is registered.
    UnknownCourier,
    /// Sent with a key that is another courier's.
    WrongCourier,
}

impl RejectionCode {
    /// As written in tables, metrics and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            RejectionCode::Malformed => "malformed",
            RejectionCode::TooLarge => "too_large",
            RejectionCode::NewerSchema => "newer_schema",
            RejectionCode::UnknownType => "unknown_type",
            RejectionCode::UnknownMarket => "unknown_market",
            RejectionCode::ImplausibleTime => "implausible_time",
            RejectionCode::ImplausibleAmount => "implausible_amount",
            RejectionCode::ForeignCurrency => "foreign_currency",
            RejectionCode::DeliveredBeforeItExists => "delivered_before_it_exists",
            RejectionCode::TooManyFacts => "too_many_facts",
            RejectionCode::ImplausiblePosition => "implausible_position",
            RejectionCode::TooOld => "too_old",
            RejectionCode::UnknownCourier => "unknown_courier",
            RejectionCode::WrongCourier => "wrong_courier",
        }
    }
}

impl Rejection {
    /// A rejection of one field.
    pub fn new(
        code: RejectionCode,
        pointer: impl Into<String>,
        reason: impl Into<String>,
    ) -> Rejection {
        Rejection { code, pointer: pointer.into(), reason: reason.into() }
    }
}

/// Reads one CloudEvent in JSON; unknown fields are left where they are, in the raw bytes.
///
/// Errors: [`Rejection`] with the first field that is wrong.
pub fn parse(raw: &[u8]) -> Result<Event, Rejection> {
    if raw.len() > crate::limits::EVENT_BYTES_MAX {
        let limit = crate::limits::EVENT_BYTES_MAX;
        let reason = format!("has {} bytes, more than {limit}", raw.len());
        return Err(Rejection::new(RejectionCode::TooLarge, "", reason));
    }
    match serde_json::from_slice::<wire::Envelope<'_>>(raw) {
        Ok(envelope) => envelope.into_event(raw),
        Err(error) => Err(diagnose::diagnose(raw, &error)),
    }
}
