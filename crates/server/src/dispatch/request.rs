//! A delivery is asked for: package, delivery, timer, announcement and the answer that a repeated
//! request gets, in one transaction.

use super::change::{self, Said};
use super::estimate::{self, Estimates};
use super::{dispatch_lane, links, metric, terms_of};
use crate::app::App;
use crate::error::AppError;
use crate::keys::random_hex;
use crate::places;
use doorstep_domain::dispatch::{PackageSize, Phone, Status};
use doorstep_domain::id::{MarketId, MerchantId};
use doorstep_domain::limits;
use doorstep_domain::streets::Profile;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use doorstep_store::dispatch::DispatchRow;
use doorstep_store::idempotency::{self, Begun, RequestKey};
use doorstep_store::package::{PackageRow, StopRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long the answer to a request is kept for a repetition: a day, as everywhere.
const ANSWER_KEPT_US: i64 = 86_400 * SECOND_US;

/// A delivery to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDelivery {
    /// Where; may be left out where there is one market.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub market: Option<MarketId>,
    /// Whose goods; a merchant's key says it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub merchant_id: Option<MerchantId>,
    /// Where the package is.
    pub origin_address: Address,
    /// Where it shall go.
    pub destination_address: Address,
    /// `small`, `medium`, `large` or `extra_large`; `small` where left out.
    #[serde(default)]
    #[schema(value_type = String)]
    pub package_size: PackageSize,
    /// Grams.
    #[serde(default)]
    pub weight_grams: i64,
    /// The customer's, E.164.
    pub phone: String,
    /// Where the customer is told by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// When it can be picked up, RFC 3339; now where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ready_at: Option<Micros>,
    /// When it shall be there at the latest, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deliver_by: Option<Micros>,
    /// Value of the goods in minor units of the market's currency.
    #[serde(default)]
    pub order_minor: i64,
    /// Tip for the courier.
    #[serde(default)]
    pub tip_minor: i64,
    /// What the asker calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Words to the courier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
}

/// A place: words, a position, or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Address {
    /// As people write it.
    Words(String),
    /// Where it is.
    Place(AddressPlace),
}

/// A position, with the words for it where there are some.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressPlace {
    /// Degrees north, WGS 84.
    pub lat: f64,
    /// Degrees east.
    pub lng: f64,
    /// As people write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Who asks, and under which key.
#[derive(Debug, Clone)]
pub struct Asker {
    /// As it stands in the audit trail.
    pub actor: String,
    /// Whose deliveries alone they may ask for.
    pub merchant: Option<MerchantId>,
    /// Whose idempotency key it is, and for what.
    pub scope: String,
    /// The key.
    pub key: String,
    /// A digest of what was asked.
    pub fingerprint: [u8; 32],
}

/// A delivery that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RequestedView {
    /// Its name.
    pub delivery_id: String,
    /// `requested`.
    #[schema(value_type = String)]
    pub status: Status,
    /// When, and when it will be there.
    #[serde(flatten)]
    pub estimates: Estimates,
    /// The customer's link, to be put behind the address of this server.
    pub tracking_url: String,
}

/// How a request is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It was done now; the answer as JSON.
    New(Vec<u8>),
    /// It was done before; the answer it had then.
    Repeated(Vec<u8>),
    /// The key was used for something else.
    KeyReused,
}

/// Takes a request for a delivery; it is durable when this returns.
///
/// Errors: [`AppError::Invalid`] of the first field that cannot be.
pub fn request(app: &App, new: &NewDelivery, asker: Asker) -> Result<Answered, AppError> {
    let now = app.clock.now();
    let market = app.only_market(new.market.as_ref())?;
    let package = package(app, new, &market, &asker, now)?;
    let terms = terms_of(app, &market)?;
    let row = row_of(&package, &terms.rings);
    let answer = RequestedView {
        delivery_id: row.delivery.clone(),
        status: Status::Requested,
        estimates: estimate::of_request(app, &market, &package, now)?,
        tracking_url: links::tracking_url(app, &row.delivery)?,
    };
    let answer =
        serde_json::to_vec(&answer).map_err(|error| AppError::machine("the answer", error))?;
    let actor = asker.actor.clone();
    let said = Said { to: Status::Requested, at: now, now, actor, reason: None };
    let answered = app.store.lane(&dispatch_lane(&market)?, move |tx| {
        let request = RequestKey { scope: &asker.scope, key: &asker.key };
        let until = now.plus(ANSWER_KEPT_US).0;
        match idempotency::begin(tx, request, &asker.fingerprint, now.0, until)? {
            Begun::New => {}
            Begun::Replay(kept) => return Ok::<_, AppError>(Answered::Repeated(kept)),
            // Begun and finished in one transaction: nobody ever sees it running.
            Begun::Running | Begun::Mismatch => return Ok(Answered::KeyReused),
        }
        let begun = change::Begun { row: &row, package: &package, said: said.clone() };
        change::begin(tx, &[begun], &terms)?;
        idempotency::finish(tx, request, &answer, until)?;
        Ok(Answered::New(answer.clone()))
    })?;
    if matches!(answered, Answered::New(_)) {
        metric::requested();
        app.dispatch.ring(&market);
    }
    Ok(answered)
}

fn package(
    app: &App,
    new: &NewDelivery,
    market: &MarketId,
    asker: &Asker,
    now: Micros,
) -> Result<PackageRow, AppError> {
    check(new, now)?;
    let merchant = merchant_of(new, asker)?;
    let phone = new.phone.parse::<Phone>();
    let phone = phone.map_err(|error| AppError::invalid("/phone", error))?;
    let origin = stop(app, market, "/origin_address", &new.origin_address)?;
    let destination = stop(app, market, "/destination_address", &new.destination_address)?;
    let distance_m = carried_m(app, market, origin.position, destination.position)?;
    Ok(PackageRow {
        delivery: new_id(now)?,
        market: market.as_str().to_owned(),
        merchant: merchant.as_str().to_owned(),
        reference: new.reference.clone(),
        origin,
        destination,
        size: new.package_size,
        weight_g: new.weight_grams,
        phone: phone.as_str().to_owned(),
        phone_as_told: new.phone.clone(),
        email: new.email.clone(),
        instructions: new.instructions.clone(),
        requested_at_us: now.0,
        requested_by: asker.actor.clone(),
        ready_at_us: new.ready_at.unwrap_or(now).max(now).0,
        deliver_by_us: new.deliver_by.map(|by| by.0),
        order_minor: new.order_minor,
        tip_minor: new.tip_minor,
        distance_m,
    })
}

fn check(new: &NewDelivery, now: Micros) -> Result<(), AppError> {
    let amounts = [
        ("/order_minor", new.order_minor, limits::AMOUNT_MINOR_MAX),
        ("/tip_minor", new.tip_minor, limits::AMOUNT_MINOR_MAX),
        ("/weight_grams", new.weight_grams, limits::PACKAGE_WEIGHT_G_MAX),
    ];
    for (pointer, amount, most) in amounts {
        if !(0..=most).contains(&amount) {
            return Err(AppError::invalid(pointer, format!("{amount} is not within 0 and {most}")));
        }
    }
    let words = [
        ("/reference", &new.reference),
        ("/instructions", &new.instructions),
        ("/email", &new.email),
    ];
    for (pointer, text) in words {
        if let Some(text) = text {
            super::words(pointer, text)?;
        }
    }
    if new.email.as_ref().is_some_and(|email| !is_mail_address(email)) {
        return Err(AppError::invalid("/email", "is not an address such as name@example.com"));
    }
    let latest = now.plus(limits::READY_AHEAD_MAX_US);
    if new.ready_at.is_some_and(|ready_at| ready_at > latest) {
        return Err(AppError::invalid("/ready_at", format!("is later than {latest}")));
    }
    let begins = new.ready_at.unwrap_or(now).max(now);
    if new.deliver_by.is_some_and(|by| by <= begins) {
        return Err(AppError::invalid("/deliver_by", format!("is not after {begins}")));
    }
    Ok(())
}

/// Whether mail could be sent there: one @ with something on both sides, and nothing that would
/// end a header.
pub(crate) fn is_mail_address(text: &str) -> bool {
    let parts = text.split_once('@');
    let sendable = text.chars().all(|character| !character.is_whitespace());
    sendable
        && parts.is_some_and(|(name, host)| !name.is_empty() && host.len() > 2)
        && text.matches('@').count() == 1
}

fn merchant_of(new: &NewDelivery, asker: &Asker) -> Result<MerchantId, AppError> {
    match (&asker.merchant, &new.merchant_id) {
        (Some(theirs), Some(asked)) if theirs != asked => {
            Err(AppError::invalid("/merchant_id", format!("the key is {theirs}'s")))
        }
        (Some(theirs), _) => Ok(theirs.clone()),
        (None, Some(asked)) => Ok(asked.clone()),
        (None, None) => Err(AppError::invalid("/merchant_id", "is missing")),
    }
}

/// Where an address is. It may block. Errors: it is not found, named by `pointer`.
pub(crate) fn stop(
    app: &App,
    market: &MarketId,
    pointer: &str,
    asked: &Address,
) -> Result<StopRow, AppError> {
    match asked {
        Address::Words(address) => {
            let found = places::address(app, market, address).map_err(|error| match error {
                AppError::NotFound { .. } => {
                    AppError::invalid(pointer, format!("{address:?} was not found"))
                }
                AppError::Invalid { reason, .. } | AppError::Refused { reason, .. } => {
                    AppError::invalid(pointer, reason)
                }
                other => other,
            })?;
            let position = position(pointer, found.lat, found.lng)?;
            Ok(StopRow { address: Some(address.clone()), position })
        }
        Address::Place(place) => {
            if let Some(address) = &place.address {
                super::words(&format!("{pointer}/address"), address)?;
            }
            let position = position(pointer, place.lat, place.lng)?;
            Ok(StopRow { address: place.address.clone(), position })
        }
    }
}

fn position(pointer: &str, lat: f64, lng: f64) -> Result<Position, AppError> {
    let on_globe = Position::from_degrees(lat, lng);
    on_globe.ok_or_else(|| AppError::invalid(pointer, format!("{lat}, {lng} is not on the globe")))
}

/// Metres from here to there, along the streets where there are some.
fn carried_m(app: &App, market: &MarketId, from: Position, to: Position) -> Result<i64, AppError> {
    let straight_m = from.distance_m(to);
    if straight_m > limits::CARRIED_M_MAX {
        let reason = format!("is {:.0} km from the origin", straight_m / 1_000.0);
        return Err(AppError::invalid("/destination_address", reason));
    }
    way_m(app, market, from, to)
}

/// The same, however far that is.
pub(crate) fn way_m(
    app: &App,
    market: &MarketId,
    from: Position,
    to: Position,
) -> Result<i64, AppError> {
    let way = places::travel(app, market, (from, to), Profile::Driving)?.leg;
    // At most half the equator, and the detours of its streets: a whole number of metres.
    Ok(way.map_or(from.distance_m(to), |way| way.length_m).round() as i64)
}

/// A delivery that was just asked for: nobody has it.
pub(crate) fn row_of(
    package: &PackageRow,
    rings: &doorstep_domain::dispatch::Rings,
) -> DispatchRow {
    let mut row = DispatchRow {
        delivery: package.delivery.clone(),
        market: package.market.clone(),
        merchant: package.merchant.clone(),
        status: Status::Requested,
        since_us: package.requested_at_us,
        revision: 1,
        courier: None,
        provider: None,
        handed_to: String::new(),
        fee_minor: None,
        assigned_at_us: None,
        search_since_us: package.requested_at_us,
        rings: 0,
        due_at_us: None,
        attention: None,
        ended_at_us: None,
    };
    row.due_at_us = Some(change::search(&row, package).begins_at(rings).0);
    row
}

/// A name that sorts by time: 48 bits of milliseconds and 64 of chance, in hexadecimal digits.
pub(crate) fn new_id(now: Micros) -> Result<String, AppError> {
    Ok(format!("del_{:012x}{}", now.0 / 1_000, random_hex::<8>()?))
}
