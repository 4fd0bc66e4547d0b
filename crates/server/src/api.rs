//! The HTTP interface, which is the only one: the command line calls the same router.
//!
//! Operations are synchronous functions over [`App`]; each runs on a thread where it may block.
//! Every group of routes says whom it takes, and whoever is not named is not taken.

mod access;
mod body;
mod claim;
mod extract;
mod front;
mod limits;
mod observe;
mod once;
mod openapi;
mod problem;
mod recent;
mod reply;
mod routes;
mod serve;

mod archive;
mod audit;
mod availability;
mod centers;
mod conflicts;
mod couriers;
mod couriers_registry;
mod dead_letters;
mod devices;
mod dispatch;
mod events;
mod exports;
mod health;
mod imports;
mod items;
mod keys;
mod log;
mod map;
mod movements;
mod operation;
mod orders;
mod osrm;
mod payments;
mod pings;
mod places;
mod plans;
mod provider;
mod settlements;
mod shop;
mod sse;
mod streets;
mod subscriptions;
mod tasks;
mod tracks;
mod watch;
mod web;

pub(crate) mod shape;

pub use limits::Limits;
pub use problem::{FieldError, Problem};
pub use reply::Page;
pub use serve::{Serving, serve};

use crate::app::App;
use crate::error::AppError;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::response::Response;
use limits::TURNS_AT_ONCE;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What every route has at hand; clones share it.
///
/// Whoever opened the [`App`] keeps a reference of its own and drops that last, on a plain thread:
/// an engine's connections may not be closed on an async one.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

/// What the clones of an [`Api`] share.
pub struct Shared {
    app: Arc<App>,
    limits: Limits,
    slots: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    sockets: Arc<Semaphore>,
    draining: AtomicBool,
}

impl Deref for Api {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Api {
    /// The interface of an application.
    pub fn new(app: Arc<App>, limits: Limits) -> Api {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Api(Arc::new(Shared {
            app,
            limits,
            slots: semaphore(limits.operations_at_once_max),
            turns: semaphore(TURNS_AT_ONCE),
            sockets: semaphore(limits.device_sockets_max),
            draining: AtomicBool::new(false),
        }))
    }

    /// The router, with every route and layer.
    pub fn router(&self) -> Router {
        let (router, openapi) = self.documented().split_for_parts();
        router
            .merge(openapi::routes(openapi))
            .merge(web::routes())
            .layer(DefaultBodyLimit::max(self.limits.body_bytes_max))
            .layer(from_fn(observe::observe))
    }

    /// From here on the process is not ready for new work.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Runs an operation where it may block. Errors: 429 when too many run already.
    async fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (slot, app) = (self.slot()?, Arc::clone(&self.app));
        let outcome = tokio::task::spawn_blocking(move || {
            let outcome = work(&app);
            drop((app, slot));
            outcome
        });
        outcome.await.map_err(Problem::internal)?
    }

    /// The right to run one operation.
    fn slot(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.slots).try_acquire_owned().map_err(|_| {
            Problem::busy("busy", "too many requests are being answered; try again", 1_000)
        })
    }

    /// As [`Api::answer`], for an operation that knows nothing of HTTP.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.answer(move |app| work(app).map_err(Problem::from)).await
    }

    /// As [`Api::run`], answered as JSON which is written on that thread too.
    async fn json<T: serde::Serialize>(
        &self,
        work: impl FnOnce(&App) -> Result<T, AppError> + Send + 'static,
    ) -> Result<Response, Problem> {
        self.answer(move |app| reply::json(axum::http::StatusCode::OK, &work(app)?)).await
    }
}
