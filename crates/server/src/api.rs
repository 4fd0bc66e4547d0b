//! The HTTP interface, which is the only one: the command line calls the same router.
//!
//! Operations are synchronous functions over [`App`]; each runs on a thread where it may block.
//! Every group of routes says whom it takes, and whoever is not named is not taken.

mod access;
mod body;
mod extract;
mod front;
mod limits;
mod observe;
mod once;
mod openapi;
mod problem;
mod recent;
mod reply;
mod serve;

mod archive;
mod audit;
mod conflicts;
mod couriers;
mod couriers_registry;
mod dead_letters;
mod devices;
mod dispatch;
mod events;
mod exports;
mod health;
mod keys;
mod map;
mod operation;
mod osrm;
mod pings;
mod places;
mod plans;
mod provider;
mod settlements;
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
use access::{ANYBODY, EVERYBODY, FINANCE, Gate, OPERATORS, WATCHERS};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use dispatch::deliveries;
use limits::TURNS_AT_ONCE;
use recent::{REPORTERS, SENDERS};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use subscriptions::SUBSCRIBERS;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

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

    fn documented(&self) -> OpenApiRouter {
        let gated = |roles, routes: OpenApiRouter<Api>| {
            let gate = Gate { api: self.clone(), roles };
            routes.route_layer(from_fn_with_state(gate, access::admit))
        };
        let known = |roles, routes: OpenApiRouter<Api>| {
            let gate = Gate { api: self.clone(), roles };
            routes.route_layer(from_fn_with_state(gate, access::admit_known))
        };
        OpenApiRouter::with_openapi(openapi::document())
            .merge(gated(OPERATORS, operators()))
            .merge(gated(SENDERS, OpenApiRouter::new().routes(routes!(events::send))))
            .merge(self.reporting())
            .merge(devices())
            .merge(gated(FINANCE, finance()))
            .merge(gated(SENDERS, places_and_arrivals()))
            .merge(self.ways())
            .merge(gated(WATCHERS, tracks()))
            .merge(gated(SUBSCRIBERS, subscribing()))
            .merge(gated(WATCHERS, watching()))
            .merge(known(dispatch::ASKERS, asking()))
            .merge(gated(dispatch::ASKERS, following()))
            .merge(provided())
            .merge(known(dispatch::LOOKERS, looking()))
            .merge(gated(dispatch::LISTERS, listing()))
            .merge(known(dispatch::CARRIERS, carrying()))
            .merge(gated(ANYBODY, OpenApiRouter::new().routes(routes!(dispatch::couriers::me))))
            .merge(gated(EVERYBODY, OpenApiRouter::new().routes(routes!(couriers::pay))))
            .merge(open())
            .with_state(self.clone())
    }

    /// Pings in, behind a gate that remembers keys; where each is a request, it is part of the
    /// route.
    fn reporting(&self) -> OpenApiRouter<Api> {
        let gate = Gate { api: self.clone(), roles: REPORTERS };
        OpenApiRouter::new()
            .routes(routes!(pings::socket::open))
            .route_layer(from_fn_with_state(gate, recent::admit))
            .routes(routes!(pings::send))
    }

    /// Ways and tables: routing clients know of no keys, and need none on the same machine.
    fn ways(&self) -> OpenApiRouter<Api> {
        let gate = Gate { api: self.clone(), roles: SENDERS };
        OpenApiRouter::new()
            .routes(routes!(osrm::route))
            .routes(routes!(osrm::table))
            .route_layer(from_fn_with_state(gate, osrm::admit))
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

fn operators() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(couriers_registry::register, couriers_registry::list))
        .routes(routes!(couriers_registry::show, dispatch::couriers::change))
        .routes(routes!(dead_letters::list))
        .routes(routes!(dead_letters::show))
        .routes(routes!(dead_letters::replay))
        .routes(routes!(dead_letters::replay_all))
        .routes(routes!(dead_letters::discard))
        .routes(routes!(map::map))
        .routes(routes!(map::delivery))
        .routes(routes!(operation::check))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(archive::list))
        .routes(routes!(archive::replay))
        .routes(routes!(places::models, places::learn))
        .routes(routes!(places::evaluate))
        .routes(routes!(provider::list))
        .routes(routes!(provider::unknown))
        .routes(routes!(provider::adapters))
        .routes(routes!(provider::adapter))
        .routes(routes!(provider::test))
        .routes(routes!(streets::send))
        .routes(routes!(streets::show))
        .routes(routes!(streets::markets))
        .routes(routes!(tasks::list))
        .routes(routes!(tasks::show))
        .routes(routes!(tasks::retry))
        .routes(routes!(tasks::discard))
}

/// Who is told by webhook: operators for everybody, merchants for themselves.
fn subscribing() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(subscriptions::list, subscriptions::create))
        .routes(routes!(subscriptions::show, subscriptions::change, subscriptions::remove))
        .routes(routes!(subscriptions::rotate))
        .routes(routes!(subscriptions::attempts))
        .routes(routes!(subscriptions::replay))
        .routes(routes!(subscriptions::test))
}

/// Deliveries that were booked elsewhere are followed.
fn following() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(provider::follow))
}

/// A delivery, and what was told of it.
fn looking() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(dispatch::shown::show))
        .routes(routes!(provider::timeline))
        .routes(routes!(provider::explain))
}

/// What providers send: its signature is the key.
fn provided() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(provider::inbox::take, provider::inbox::check))
}

fn tracks() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(tracks::of_courier)).routes(routes!(tracks::of_delivery))
}

/// Where couriers are now: operators see all of them, couriers themselves.
fn watching() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(map::courier))
        .routes(routes!(watch::events))
        .routes(routes!(watch::socket))
}

/// Where addresses are and when somebody will be there: operators and gateways ask.
fn places_and_arrivals() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(places::geocode)).routes(routes!(places::arrival))
}

fn finance() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(couriers::pay_of_everybody))
        .routes(routes!(settlements::show))
        .routes(routes!(settlements::close))
        .routes(routes!(settlements::reconcile))
        .routes(routes!(exports::export))
        .routes(routes!(conflicts::list))
        .routes(routes!(conflicts::resolve))
        .routes(routes!(plans::list, plans::apply))
        .routes(routes!(plans::preview))
        .routes(routes!(operation::status))
        .routes(routes!(audit::list))
}

/// Phones' apps, which show their keys in ways of their own: each route looks at them itself.
fn devices() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(devices::owntracks::send))
        .routes(routes!(devices::owntracks::publish))
        .routes(routes!(devices::osmand::query, devices::osmand::report))
}

/// Deliveries are asked for, and called off.
fn asking() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(deliveries::request)).routes(routes!(deliveries::cancel))
}

/// Deliveries are listed, and their changes told: to operators all, to merchants their own.
fn listing() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(deliveries::list))
        .routes(routes!(dispatch::changes::events))
        .routes(routes!(dispatch::changes::socket))
}

/// Couriers take deliveries on and carry them; operators act for anybody.
fn carrying() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(deliveries::available))
        .routes(routes!(deliveries::accept))
        .routes(routes!(deliveries::decline))
        .routes(routes!(deliveries::advance))
        .routes(routes!(dispatch::couriers::set_availability))
        .routes(routes!(dispatch::work::show))
        .routes(routes!(dispatch::work::offers))
        .routes(routes!(dispatch::work::events))
        .routes(routes!(dispatch::work::socket))
}

/// What needs no key; a customer's link is one.
fn open() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(dispatch::tracking::show))
        .routes(routes!(dispatch::tracking::events))
        .routes(routes!(dispatch::tracking::streets))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::version))
        .routes(routes!(health::metrics))
}
