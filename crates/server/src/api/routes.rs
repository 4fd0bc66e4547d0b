//! Every route there is, in groups, and whom each group takes.

use super::access::{self, ANYBODY, EVERYBODY, FINANCE, Gate, OPERATORS, PLACERS, WATCHERS};
use super::dispatch::deliveries;
use super::recent::{self, REPORTERS, SENDERS};
use super::subscriptions::SUBSCRIBERS;
use super::{
    Api, archive, audit, availability, centers, conflicts, couriers, couriers_registry,
    dead_letters, devices, dispatch, events, exports, health, imports, items, keys, log, map,
    movements, openapi, operation, orders, osrm, payments, pings, places, plans, provider,
    settlements, shop, streets, subscriptions, tasks, tracks, watch,
};
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
impl Api {
    pub(super) fn documented(&self) -> OpenApiRouter {
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
            .merge(gated(PLACERS, OpenApiRouter::new().routes(routes!(places::geocode))))
            .merge(known(ANYBODY, shelf()))
            .merge(OpenApiRouter::new().routes(routes!(availability::show)))
            .merge(self.ways())
            .merge(gated(WATCHERS, tracks()))
            .merge(gated(SUBSCRIBERS, subscribing()))
            .merge(gated(WATCHERS, watching()))
            .merge(known(dispatch::ASKERS, asking()))
            .merge(gated(dispatch::ASKERS, following()))
            .merge(provided())
            .merge(known(dispatch::LOOKERS, looking()))
            .merge(known(dispatch::LEARNERS, explaining()))
            .merge(gated(dispatch::LISTERS, listing()))
            .merge(known(dispatch::CARRIERS, carrying()))
            .merge(known(orders::ORDERERS, ordering()))
            .merge(known(orders::ORDERERS, OpenApiRouter::new().routes(routes!(shop::show))))
            .merge(known(orders::claims::SETTLERS, settling()))
            .merge(gated(orders::LISTERS, OpenApiRouter::new().routes(routes!(orders::list))))
            .merge(gated(movements::KEEPERS, keeping()))
            .merge(gated(ANYBODY, OpenApiRouter::new().routes(routes!(dispatch::couriers::me))))
            .merge(gated(EVERYBODY, OpenApiRouter::new().routes(routes!(couriers::pay))))
            .merge(gated(
                payments::REFUNDERS,
                OpenApiRouter::new().routes(routes!(payments::refund)),
            ))
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
        .routes(routes!(items::put))
        .routes(routes!(centers::put))
        .routes(routes!(imports::items))
        .routes(routes!(imports::centers))
        .routes(routes!(imports::stock))
        .routes(routes!(keys::revoke))
        .routes(routes!(archive::list))
        .routes(routes!(archive::replay))
        .routes(routes!(log::read))
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
        .routes(routes!(orders::apologies::list))
        .routes(routes!(orders::apologies::settle))
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

/// A delivery as it is.
fn looking() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(dispatch::shown::show))
}

/// What happened to a delivery, and why.
fn explaining() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(dispatch::timeline::show))
        .routes(routes!(dispatch::timeline::explain))
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

/// When somebody will be there: operators and gateways ask.
fn places_and_arrivals() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(places::arrival))
}

/// What can be had, and where: whoever has a key may look.
fn shelf() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(items::list))
        .routes(routes!(items::categories))
        .routes(routes!(items::show))
        .routes(routes!(centers::list))
        .routes(routes!(centers::nearby))
        .routes(routes!(centers::show))
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
        .routes(routes!(provider::disputed))
        .routes(routes!(provider::decide))
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

/// What can be had is ordered, and reserved.
fn ordering() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(orders::place))
        .routes(routes!(orders::reserve))
        .routes(routes!(orders::show))
        .routes(routes!(orders::claims::release))
}

/// Orders are confirmed and called off.
fn settling() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(orders::claims::confirm))
        .routes(routes!(orders::claims::cancel))
}

/// What lies in centres is entered, and looked at.
fn keeping() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(movements::receive))
        .routes(routes!(movements::count))
        .routes(routes!(movements::write_off))
        .routes(routes!(movements::transfer))
        .routes(routes!(movements::show))
}

/// What needs no key; a customer's link is one.
fn open() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(payments::hear))
        .routes(routes!(dispatch::tracking::show))
        .routes(routes!(dispatch::tracking::events))
        .routes(routes!(dispatch::tracking::streets))
        .routes(routes!(shop::by_link))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::version))
        .routes(routes!(health::metrics))
}
