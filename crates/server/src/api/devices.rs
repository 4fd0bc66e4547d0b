//! Phones as courier devices: OwnTracks and Traccar Client (OsmAnd), spoken as the apps speak.
//!
//! The apps keep what is not answered with success and send it again before anything newer. So a
//! ping that is wrong is kept as a dead letter and answered like a right one; only what may
//! become right by itself or by somebody's doing (no room, no such courier yet) is not.

pub(super) mod osmand;
pub(super) mod owntracks;

use super::Api;
use super::problem::Problem;
use crate::dead_letters::PingForm;
use crate::keys::{Principal, Role};
use crate::tracking::door::sort_one;
use axum::http::StatusCode;
use doorstep_domain::event::Rejection;
use doorstep_domain::id::CourierId;
use doorstep_domain::tracking::Ping;

impl Api {
    /// Takes what the device of a courier said in a form; `raw` is what is kept where it is wrong.
    ///
    /// Errors: 404 where the courier is not registered, 429 or 503 as for any ping.
    async fn hear(
        &self,
        courier: &CourierId,
        (form, said): (PingForm, Result<Ping, Rejection>),
        raw: &[u8],
    ) -> Result<(), Problem> {
        self.open_for_pings().await?;
        if !self.is_registered(courier).await? {
            let detail =
                format!("{:?} is not registered in any configured market", courier.as_str());
            return Err(Problem::new(StatusCode::NOT_FOUND, "unknown_courier", detail));
        }
        self.take(sort_one(&self.app, courier, form, said, raw)).await.map(drop)
    }

    async fn is_registered(&self, courier: &CourierId) -> Result<bool, Problem> {
        let is_known = || self.app.couriers.known().find(courier.as_str()).is_some();
        let now = self.app.clock.now();
        if is_known() || self.app.couriers.is_missing(courier.as_str(), now) {
            return Ok(is_known());
        }
        let name = courier.clone();
        self.patiently(move |app| {
            app.couriers.look(&app.store, std::iter::once(name.as_str()), now)
        })
        .await?;
        Ok(is_known())
    }
}

/// The courier whose key it is; none where it is no courier's.
fn courier_of(principal: &Principal) -> Option<&CourierId> {
    principal.courier.as_ref().filter(|_| principal.role == Role::Courier)
}
