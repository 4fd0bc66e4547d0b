//! The gate in front of pings: keys seen lately are not looked up each time.

use super::Api;
use super::access::{Gate, bearer, forbidden, unauthorized};
use super::problem::Problem;
use crate::app::App;
use crate::error::AppError;
use crate::keys::{Principal, Role, Secret};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// Who may send pings; couriers only their own.
pub(super) const REPORTERS: &[Role] = &[Role::Operator, Role::Gateway, Role::Courier];

/// Who may send events.
pub(super) const SENDERS: &[Role] = &[Role::Operator, Role::Gateway];

/// As [`super::access::admit`], but a key that another process has revoked opens for two seconds
/// more; one revoked in this process opens nothing from then on.
pub(super) async fn admit(
    State(gate): State<Gate>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let principal = gate.api.admitted(&mut request, gate.roles).await?;
    request.extensions_mut().insert(Principal::clone(&principal));
    Ok(next.run(request).await)
}

impl Api {
    /// Who sends a request, where they are of these roles. Errors: 401, 403.
    pub(super) async fn admitted(
        &self,
        request: &mut Request,
        roles: &[Role],
    ) -> Result<Arc<Principal>, Problem> {
        let principal = match request.extensions_mut().remove::<Principal>() {
            Some(local) => Arc::new(local),
            None => {
                let secret = bearer(request.headers());
                let unnamed = || unauthorized("send a key as `Authorization: Bearer …`");
                self.whose(secret.ok_or_else(unnamed)?).await?
            }
        };
        if roles.contains(&principal.role) { Ok(principal) } else { Err(forbidden(&principal)) }
    }

    /// Whose key it is. Errors: 401 where it is nobody's.
    pub(super) async fn whose(&self, secret: Secret) -> Result<Arc<Principal>, Problem> {
        self.whose_if_any(secret)
            .await?
            .ok_or_else(|| unauthorized("this key is not known, or was revoked"))
    }

    /// Whose key it is, if anybody's.
    pub(super) async fn whose_if_any(
        &self,
        secret: Secret,
    ) -> Result<Option<Arc<Principal>>, Problem> {
        if let Some(known) = self.app.keys.find(&secret, self.app.clock.now()) {
            return Ok(Some(known));
        }
        self.patiently(move |app| app.keys.look(app, &secret)).await
    }

    /// Runs what may block for a moment; waits for a turn where others do, instead of refusing.
    pub(super) async fn patiently<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Problem::internal)?;
        let app = Arc::clone(&self.app);
        let outcome = tokio::task::spawn_blocking(move || {
            let outcome = work(&app);
            drop((app, turn));
            outcome
        });
        Ok(outcome.await.map_err(Problem::internal)??)
    }
}
