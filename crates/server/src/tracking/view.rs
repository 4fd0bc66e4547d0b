//! Where somebody or something is, as it is shown.

use super::snapshot;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::delivery::{self, FactSet, Lifecycle};
use doorstep_domain::event::Step;
use doorstep_domain::id::MarketId;
use doorstep_domain::market::Market;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Ping;
use doorstep_live::{CourierState, Seen};
use doorstep_store::{Tx, conflict, courier, delivery as kept};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a courier is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PositionView {
    /// Who.
    pub courier_id: String,
    /// The courier's market.
    pub market: String,
    /// What the device said.
    #[serde(flatten)]
    pub fix: FixView,
    /// `offline`, `idle` or `carrying`.
    pub state: &'static str,
    /// Whether the newest ping was too far away to be believed and is not this one.
    pub implausible: bool,
    /// `live`, or `snapshot` where the live map does not know the courier (any more).
    pub source: &'static str,
}

/// What a device said about one instant. What it did not say is left out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FixView {
    /// Degrees north, WGS 84.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
    /// When, by the device's clock. RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub at: Micros,
    /// Everything else.
    #[serde(flatten)]
    pub motion: MotionView,
}

/// How the device was moving, as far as it said so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct MotionView {
    /// Radius within which it believed itself to be, in metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    /// Metres a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_mps: Option<f64>,
    /// Degrees clockwise from north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading_deg: Option<f64>,
    /// Percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery: Option<u8>,
}

/// Where a delivery is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DeliveryPositionView {
    /// Which.
    pub delivery_id: String,
    /// Where it belongs.
    pub market: String,
    /// `requested`, `assigned`, `picked_up`, `delivered`, `failed`, `returned`, `cancelled`, or
    /// `waiting` where only its completion is known.
    pub status: &'static str,
    /// Who carries it, or did.
    pub courier_id: Option<String>,
    /// Where that courier is, while they carry it.
    pub position: Option<PositionView>,
}

/// What is known of a delivery, for whoever follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryStanding {
    /// Where it belongs.
    pub market: MarketId,
    /// As in [`DeliveryPositionView::status`].
    pub status: &'static str,
    /// Who carries it, or did.
    pub courier: Option<String>,
    /// Whether it is under way: only then it is shown where the courier is.
    pub open: bool,
}

impl From<&Ping> for FixView {
    fn from(ping: &Ping) -> FixView {
        let (lat, lng) = (ping.position.lat(), ping.position.lng());
        FixView { lat, lng, at: ping.at, motion: ping.into() }
    }
}

impl From<&Ping> for MotionView {
    fn from(ping: &Ping) -> MotionView {
        MotionView {
            accuracy_m: ping.accuracy_dm.map(|dm| f64::from(dm) / 10.0),
            speed_mps: ping.speed_cm_s.map(|cm_s| f64::from(cm_s) / 100.0),
            heading_deg: ping.heading_cdeg.map(|cdeg| f64::from(cdeg) / 100.0),
            battery: ping.battery_percent,
        }
    }
}

/// As it is written everywhere.
pub fn state_name(state: CourierState) -> &'static str {
    match state {
        CourierState::Offline => "offline",
        CourierState::Idle => "idle",
        CourierState::Carrying => "carrying",
    }
}

impl From<Seen> for PositionView {
    fn from(seen: Seen) -> PositionView {
        PositionView {
            courier_id: seen.courier.to_string(),
            market: seen.market.to_string(),
            fix: (&seen.ping).into(),
            state: state_name(seen.state),
            implausible: seen.implausible,
            source: "live",
        }
    }
}

/// Where a courier is; where the live map has lost them, where the last snapshot says (C12).
///
/// Errors: [`AppError::NotFound`] where the courier was never seen.
pub fn courier_position(app: &App, courier: &str) -> Result<PositionView, AppError> {
    if let Some(seen) = app.live.position(courier) {
        return Ok(seen.into());
    }
    let unknown = || AppError::NotFound { what: "position of courier", id: courier.to_owned() };
    let row = app.store.read(|tx| courier::by_id(tx, courier).map_err(AppError::from))?;
    let market: MarketId = row.ok_or_else(unknown)?.market.parse().map_err(|_| unknown())?;
    let (ping, _) = snapshot::last_known(app, &market, courier)?.ok_or_else(unknown)?;
    Ok(PositionView {
        courier_id: courier.to_owned(),
        market: market.into(),
        fix: (&ping).into(),
        state: state_name(CourierState::Offline),
        implausible: false,
        source: "snapshot",
    })
}

/// Where a delivery is, in the market that is named, or in whichever has one of that name.
///
/// Errors: [`AppError::NotFound`], also of the market.
pub fn delivery_position(
    app: &App,
    delivery: &str,
    market: Option<&MarketId>,
) -> Result<DeliveryPositionView, AppError> {
    if let Some(market) = market {
        app.market(market.as_str())?;
    }
    let standing = delivery_standing(app, delivery, market)?
        .ok_or_else(|| AppError::NotFound { what: "delivery", id: delivery.to_owned() })?;
    let position = match &standing.courier {
        Some(courier) if standing.open => match courier_position(app, courier) {
            Err(AppError::NotFound { .. }) => None,
            position => Some(position?),
        },
        _ => None,
    };
    Ok(DeliveryPositionView {
        delivery_id: delivery.to_owned(),
        market: standing.market.into(),
        status: standing.status,
        courier_id: standing.courier,
        position,
    })
}

/// How a delivery stands, by its facts; `None` where nobody has told of it.
pub fn delivery_standing(
    app: &App,
    delivery: &str,
    market: Option<&MarketId>,
) -> Result<Option<DeliveryStanding>, AppError> {
    let asked = |market_of: &&Market| market.is_none_or(|market| market_of.id == *market);
    app.store.read(|tx| {
        for market in app.markets.values().filter(asked) {
            if let Some(standing) = standing_in(tx, market, delivery)? {
                return Ok(Some(standing));
            }
        }
        Ok(None)
    })
}

fn standing_in(
    tx: &mut dyn Tx,
    market: &Market,
    delivery: &str,
) -> Result<Option<DeliveryStanding>, AppError> {
    let Some(facts) = kept::load(tx, market.id.as_str(), &[delivery])?.remove(delivery) else {
        return Ok(None);
    };
    let conflict = conflict::load(tx, market.id.as_str(), delivery)?;
    let decision = conflict.and_then(|row| row.decision);
    let lifecycle = delivery::fold(&facts, market.rules(), decision.as_ref());
    let attempt = lifecycle.open.as_ref().or(lifecycle.carried.as_ref());
    Ok(Some(DeliveryStanding {
        market: market.id.clone(),
        status: status(&lifecycle, &facts),
        courier: attempt.map(|attempt| attempt.courier.as_str().to_owned()),
        open: lifecycle.open.is_some(),
    }))
}

fn status(lifecycle: &Lifecycle, facts: &FactSet) -> &'static str {
    let mut moves = facts.iter().map(|fact| &fact.step);
    let last = moves.rfind(|step| !matches!(step, Step::Refunded(_)));
    match (&lifecycle.standing.stands, &lifecycle.open) {
        (Some(told), _) if told.completion.is_some() => "delivered",
        (Some(_), _) => "cancelled",
        (None, Some(attempt)) if attempt.picked_up.is_some() => "picked_up",
        (None, Some(_)) => "assigned",
        (None, None) if lifecycle.waiting.is_some() => "waiting",
        (None, None) => match last {
            Some(Step::Failed(_)) => "failed",
            Some(Step::Returned(_)) => "returned",
            _ => "requested",
        },
    }
}
