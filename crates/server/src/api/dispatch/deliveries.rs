//! Deliveries over HTTP.

use super::super::Api;
use super::super::access::forbidden;
use super::super::extract::{Asked, Named, Raw, json};
use super::super::once::{Once, OnceKey};
use super::super::openapi::{Claiming, Reading};
use super::super::problem::Problem;
use super::super::reply::{self, Page, page_entries};
use super::acting;
use crate::dispatch::claims::{self, Saying};
use crate::dispatch::request::{self, Answered, Asker, NewDelivery, RequestedView};
use crate::dispatch::view::{self, DeliveryLine};
use crate::dispatch::work::{self, AvailableView};
use crate::error::AppError;
use crate::keys::{Principal, Role};
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use doorstep_domain::dispatch::Status;
use doorstep_domain::id::{CourierId, DeliveryId, MarketId, MerchantId};
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Position;
use doorstep_store::dispatch as kept;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct DeliveriesAsked {
    /// Only in this state.
    #[param(value_type = Option<String>)]
    status: Option<Status>,
    /// Only this market.
    #[param(value_type = Option<String>)]
    market: Option<MarketId>,
    /// Only this courier's.
    #[param(value_type = Option<String>)]
    courier_id: Option<CourierId>,
    /// Only this merchant's.
    #[param(value_type = Option<String>)]
    merchant_id: Option<MerchantId>,
    /// Only those that a person should look at.
    #[serde(default)]
    needs_attention: bool,
    /// Where the page before ended.
    cursor: Option<String>,
    /// Most deliveries wanted.
    limit: Option<usize>,
}

/// Around which courier, or place.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct AvailableAsked {
    /// For whom; a courier's key says it by itself.
    #[param(value_type = Option<String>)]
    courier_id: Option<CourierId>,
    /// Degrees north; where the courier was seen last where left out.
    lat: Option<f64>,
    /// Degrees east.
    lng: Option<f64>,
}

/// Who claims.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in super::super) struct ByCourier {
    /// A courier's key says it by itself.
    #[schema(value_type = Option<String>)]
    courier_id: Option<CourierId>,
}

/// What has become of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct NewStatus {
    /// The state.
    #[schema(value_type = String)]
    status: Status,
    /// When, RFC 3339; now where left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    timestamp: Option<Micros>,
    /// Why, in words.
    #[serde(default)]
    reason: Option<String>,
    /// A courier's key says it by itself; an operator may leave it out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    courier_id: Option<CourierId>,
}

/// Why it is called off.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in super::super) struct Cancelling {
    /// In words.
    reason: Option<String>,
}

/// It is theirs.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Accepted {
    /// True.
    accepted: bool,
    /// Since when, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    assigned_at: Option<Micros>,
}

/// They are not asked again.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Declined {
    /// True.
    declined: bool,
}

/// It is so.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Advanced {
    /// True.
    success: bool,
    /// How it stands now.
    #[schema(value_type = String)]
    status: Status,
}

/// It is called off.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Cancelled {
    /// True.
    cancelled: bool,
}

/// What lies open around a courier.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Available {
    /// The nearest first.
    data: Vec<AvailableView>,
}

/// Asks for a delivery. It is durable when this is answered, and couriers are looked for.
#[utoipa::path(
    post, path = "/v1/deliveries", operation_id = "request_delivery",
    tag = "dispatch",
    request_body = NewDelivery,
    params(OnceKey),
    responses((status = 201, description = "Asked for", body = RequestedView), Claiming)
)]
pub(in super::super) async fn request(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let new: NewDelivery = json(&body)?;
    let once = Once::of(&headers, &principal, "deliveries.request", &[&body])?;
    let (scope, key, fingerprint) = once.into_parts();
    let merchant = principal.merchant.clone();
    let asker = Asker { actor: principal.name, merchant, scope, key, fingerprint };
    api.answer(move |app| match request::request(app, &new, asker)? {
        Answered::New(body) => Ok(reply::json_bytes(StatusCode::CREATED, body)),
        Answered::Repeated(body) => {
            let mut response = reply::json_bytes(StatusCode::CREATED, body);
            let replayed = HeaderValue::from_static("true");
            response.headers_mut().insert("idempotency-replayed", replayed);
            Ok(response)
        }
        Answered::KeyReused => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            "this Idempotency-Key was used for another request",
        )),
    })
    .await
}

/// Deliveries, the newest first.
#[utoipa::path(
    get, path = "/v1/deliveries", operation_id = "list_deliveries",
    tag = "dispatch",
    params(DeliveriesAsked),
    responses((status = 200, description = "A page", body = Page<DeliveryLine>), Reading)
)]
pub(in super::super) async fn list(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<DeliveriesAsked>,
) -> Result<Response, Problem> {
    let most = page_entries(asked.limit, &api.limits)?;
    // Pages are far smaller than 32 bits.
    let one_more = u32::try_from(most + 1).unwrap_or(u32::MAX);
    let merchant = match (principal.merchant, asked.merchant_id) {
        (Some(own), _) => Some(own),
        (None, asked) => asked,
    };
    api.json(move |app| {
        if let Some(market) = &asked.market {
            app.market(market.as_str())?;
        }
        let wanted = kept::Asked {
            market: asked.market.as_ref().map_or("", MarketId::as_str),
            status: asked.status.map_or("", Status::as_str),
            courier: asked.courier_id.as_ref().map_or("", CourierId::as_str),
            merchant: merchant.as_ref().map_or("", MerchantId::as_str),
            needs_attention: asked.needs_attention,
        };
        let before = asked.cursor.as_deref().unwrap_or_default();
        let found = view::list(app, wanted, before, one_more)?;
        Ok(Page::of(found, most, |line| line.delivery_id.clone()))
    })
    .await
}

/// Open deliveries near a courier that fit them, the nearest first.
#[utoipa::path(
    get, path = "/v1/deliveries/available", operation_id = "list_available_deliveries",
    tag = "dispatch",
    params(AvailableAsked),
    responses((status = 200, description = "At most 50", body = Available), Reading)
)]
pub(in super::super) async fn available(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Asked(asked): Asked<AvailableAsked>,
) -> Result<Response, Problem> {
    let courier = acting(&principal, asked.courier_id)
        .map_err(|problem| problem_of_query(problem, "courier_id"))?;
    let at = match (asked.lat, asked.lng) {
        (Some(lat), Some(lng)) => {
            let at = Position::from_degrees(lat, lng);
            Some(at.ok_or_else(|| Problem::field("lat", "is not on the globe with lng"))?)
        }
        (None, None) => None,
        _ => return Err(Problem::field("lat", "goes with lng")),
    };
    api.json(move |app| Ok(Available { data: work::available(app, &courier, at)? })).await
}

/// A courier takes a delivery on: the first one has it.
#[utoipa::path(
    post, path = "/v1/deliveries/{delivery_id}/accept", operation_id = "accept_delivery",
    tag = "dispatch",
    request_body = ByCourier,
    params(("delivery_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Theirs, now or before", body = Accepted), Reading)
)]
pub(in super::super) async fn accept(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(delivery): Named<DeliveryId>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let courier = acting(&principal, json::<ByCourier>(&body)?.courier_id)?;
    api.json(move |app| {
        let claimed = claims::accept(app, delivery.as_str(), &courier, &principal.name)?;
        Ok(Accepted { accepted: true, assigned_at: claimed.row.assigned_at_us.map(Micros) })
    })
    .await
}

/// A courier does not want a delivery.
#[utoipa::path(
    post, path = "/v1/deliveries/{delivery_id}/decline", operation_id = "decline_delivery",
    tag = "dispatch",
    request_body = ByCourier,
    params(("delivery_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Noted, now or before", body = Declined), Reading)
)]
pub(in super::super) async fn decline(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(delivery): Named<DeliveryId>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let courier = acting(&principal, json::<ByCourier>(&body)?.courier_id)?;
    api.json(move |app| {
        claims::decline(app, delivery.as_str(), &courier)?;
        Ok(Declined { declined: true })
    })
    .await
}

/// What has become of a delivery, by its courier or an operator.
#[utoipa::path(
    post, path = "/v1/deliveries/{delivery_id}/status", operation_id = "advance_delivery",
    tag = "dispatch",
    request_body = NewStatus,
    params(("delivery_id" = String, Path, description = "Which")),
    responses((status = 200, description = "It is so, now or before", body = Advanced), Reading)
)]
pub(in super::super) async fn advance(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(delivery): Named<DeliveryId>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let new: NewStatus = json(&body)?;
    let courier = match (&principal.courier, new.courier_id) {
        (None, named) => named,
        (Some(_), named) => Some(acting(&principal, named)?),
    };
    let saying = Saying {
        status: new.status,
        at: new.timestamp,
        reason: new.reason,
        courier,
        actor: principal.name,
    };
    api.json(move |app| {
        claims::advance(app, delivery.as_str(), &saying)?;
        Ok(Advanced { success: true, status: saying.status })
    })
    .await
}

/// Calls a delivery off, until somebody has the package.
#[utoipa::path(
    post, path = "/v1/deliveries/{delivery_id}/cancel", operation_id = "cancel_delivery",
    tag = "dispatch",
    request_body = Cancelling,
    params(("delivery_id" = String, Path, description = "Which")),
    responses((status = 200, description = "Called off, now or before", body = Cancelled), Reading)
)]
pub(in super::super) async fn cancel(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    Named(delivery): Named<DeliveryId>,
    Raw(body): Raw,
) -> Result<Response, Problem> {
    let asked: Cancelling = json(&body)?;
    api.answer(move |app| {
        let (merchant, courier) = view::owners(app, delivery.as_str())?;
        own(&principal, delivery.as_str(), &merchant, courier.as_deref())?;
        claims::cancel(app, delivery.as_str(), asked.reason, &principal.name)?;
        reply::json(StatusCode::OK, &Cancelled { cancelled: true })
    })
    .await
}

/// Lets a merchant and a courier at their own deliveries only; to them others do not exist.
pub(in super::super) fn own(
    principal: &Principal,
    delivery: &str,
    merchant: &str,
    courier: Option<&str>,
) -> Result<(), Problem> {
    let theirs = match principal.role {
        Role::Operator | Role::Gateway => true,
        Role::Merchant => principal.merchant.as_ref().map(MerchantId::as_str) == Some(merchant),
        Role::Courier => courier == principal.courier.as_ref().map(CourierId::as_str),
        Role::Finance => return Err(forbidden(principal)),
    };
    if theirs {
        return Ok(());
    }
    Err(AppError::NotFound { what: "delivery", id: delivery.to_owned() }.into())
}

/// The same problem of a parameter instead of a field of the body.
fn problem_of_query(problem: Problem, name: &str) -> Problem {
    if problem.code() == "invalid" { Problem::field(name, "is missing") } else { problem }
}
