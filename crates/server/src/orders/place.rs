//! An order is placed: planned, decided in the lanes of its centres, answered once it is durable.

use super::ask::{Asker, NewOrder, Way};
use super::decide::{Placing, repeated};
use super::metric;
use super::plan::{Plan, plan};
use crate::app::App;
use crate::dispatch::links;
use crate::dispatch::request::Address;
use crate::error::AppError;
use crate::stock::reach;
use doorstep_domain::tracking::Position;
use doorstep_store::Tx;
use doorstep_store::order::{self, OrderRow};
use std::sync::Arc;

/// How a request is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It was done now.
    New(OrderRow),
    /// It was done before.
    Repeated(OrderRow),
    /// The key was used for something else.
    KeyReused,
}

/// Places an order or makes a reservation, on the calling thread; it is durable when this returns.
///
/// Errors: [`AppError::Invalid`] of the first field that cannot be, [`AppError::Shortage`], and
/// [`AppError::Refused`] `out_of_reach`, `closed`, `price_changed`.
pub fn place(app: &App, new: &NewOrder, asker: Asker, way: Way) -> Result<Decided, AppError> {
    let plan = match planned(app, new, asker, way)? {
        Ok(plan) => Arc::new(plan),
        Err(decided) => return Ok(decided),
    };
    let store = app.stock.store_of(app, &plan.market);
    let mut scope = plan.likely(app);
    loop {
        let lanes = plan.lanes(&scope);
        match store.together(&lanes, Placing { plan: Arc::clone(&plan), scope }) {
            Ok(decided) => return Ok(done(app, decided)),
            Err(denied) => scope = counted(denied.again(&plan))?,
        }
    }
}

/// Plans an order, or finds that it was decided before: then it is answered as it was, whatever has
/// become of the centres since.
pub(crate) fn planned(
    app: &App,
    new: &NewOrder,
    asker: Asker,
    way: Way,
) -> Result<Result<Plan, Decided>, AppError> {
    // What links are signed with is read once, here, where that may block.
    links::signed(app, "")?;
    let (key, fingerprint) = (asker.request_key.clone(), asker.fingerprint);
    let refused = match plan(app, new, asker, way) {
        Ok(plan) => return Ok(Ok(plan)),
        Err(refused) => refused,
    };
    let by_request = |tx: &mut dyn Tx| order::by_request(tx, &key);
    let row = match app.only_market(new.market.as_ref()) {
        // No other store can have it, or hold it up.
        Ok(market) => app.stock.store_of(app, &market).read(by_request)?,
        Err(_) => super::in_any_store(app, by_request)?,
    };
    if let Some(row) = row {
        return Ok(Err(repeated(row, &fingerprint)));
    }
    counted(Err(refused))
}

/// Plans an order where everything that takes is in memory, so that it does not block; none where
/// it might, or where the order is refused: [`planned`] says why.
pub(crate) fn planned_at_once(app: &App, new: &NewOrder, asker: &Asker, way: Way) -> Option<Plan> {
    let Address::Place(to) = &new.destination_address else {
        return None;
    };
    let to = Position::from_degrees(to.lat, to.lng)?;
    let market = app.only_market(new.market.as_ref()).ok()?;
    let is_at_hand = links::are_at_hand(app)
        && app.stock.catalogue().is_loaded()
        && reach::kept(app, Some(&market), to, app.clock.now()).is_some();
    if is_at_hand { plan(app, new, asker.clone(), way).ok() } else { None }
}

/// What follows once an order is durable.
pub(crate) fn done(app: &App, decided: Decided) -> Decided {
    if let Decided::New(row) = &decided {
        metric::decided(row.kept.as_str());
        app.orders.ring();
        app.stock.ring();
    }
    decided
}

/// Counts a refusal.
pub(crate) fn counted<T>(outcome: Result<T, AppError>) -> Result<T, AppError> {
    match &outcome {
        Err(AppError::Refused { code, .. }) => metric::decided(code),
        Err(AppError::Shortage { .. }) => metric::decided("shortage"),
        _ => {}
    }
    outcome
}
