//! When somebody will be there: the way that is left by the newest ping (A4), what is waited for
//! on it, and how sure that is.

use crate::app::App;
use crate::error::AppError;
use crate::places::{ArrivalAsked, arrival};
use doorstep_domain::arrival::{Estimate, chain};
use doorstep_domain::dispatch::round::{Open, Visit, round};
use doorstep_domain::dispatch::{Leg, Status, Vehicle};
use doorstep_domain::id::MarketId;
use doorstep_domain::streets::Profile;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_domain::tracking::Position;
use doorstep_store::package::PackageRow;
use serde::Serialize;
use utoipa::ToSchema;

/// How long a courier needs to decide and to set out.
const ANSWER: Estimate = Estimate { p10_s: 3.0, p50_s: 15.0, p90_s: 120.0 };

/// How far the nearest courier is where nobody is free now: the mean of small fleets.
const NOBODY_NEAR: Estimate = Estimate { p10_s: 300.0, p50_s: 900.0, p90_s: 2_400.0 };

/// From being at the door of the shop to leaving it, and from the customer's to having handed over.
const AT_PICKUP: Estimate = Estimate { p10_s: 45.0, p50_s: 120.0, p90_s: 360.0 };
const AT_DROPOFF: Estimate = Estimate { p10_s: 20.0, p50_s: 60.0, p90_s: 180.0 };

/// Other deliveries of its courier that are looked at: more doors than these nobody foresees.
const BESIDE_MAX: usize = 5;

/// How often the estimate moves on of a delivery that nobody has: whoever asks again sooner is told
/// that nothing is new.
const ANEW_EVERY_US: i64 = 15 * SECOND_US;

/// When a delivery will be picked up and arrive; what is over, or not to be expected, is null.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Estimates {
    /// RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub estimated_pickup_time: Option<Micros>,
    /// Half arrive earlier.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub estimated_arrival: Option<Micros>,
    /// One in ten arrives earlier.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub arrival_p10: Option<Micros>,
    /// Nine in ten do.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub arrival_p90: Option<Micros>,
}

/// What is estimated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried<'a> {
    /// What is carried.
    pub package: &'a PackageRow,
    /// How it stands.
    pub status: Status,
    /// Since when.
    pub since: Micros,
    /// Where its courier is, and since when.
    pub courier: Option<(Position, Micros)>,
    /// What its courier travels with.
    pub vehicle: Vehicle,
    /// What else its courier has taken on.
    pub beside: &'a [(Status, PackageRow)],
}

/// How somebody with a vehicle travels.
pub(crate) fn profile_of(vehicle: Vehicle) -> Profile {
    match vehicle {
        Vehicle::Foot => Profile::Walking,
        Vehicle::Bicycle => Profile::Cycling,
        Vehicle::Scooter | Vehicle::Car | Vehicle::Van => Profile::Driving,
    }
}

/// Of a delivery that is asked for now: by the nearest courier who could take it.
pub(super) fn of_request(
    app: &App,
    market: &MarketId,
    package: &PackageRow,
    now: Micros,
) -> Result<Estimates, AppError> {
    requested(app, market, package, now, now)
}

/// Of a delivery that nobody has, were it begun `from` then.
fn requested(
    app: &App,
    market: &MarketId,
    package: &PackageRow,
    from: Micros,
    now: Micros,
) -> Result<Estimates, AppError> {
    let nearest = app.dispatch.nearest_free(app, market, package);
    let (approach, vehicle) = match nearest {
        Some((near, vehicle)) => {
            (travel(app, market, near, package.origin.position, from, vehicle)?, vehicle)
        }
        None => (Some(NOBODY_NEAR), Vehicle::Car),
    };
    let approach = chain(&[ANSWER, approach.unwrap_or(NOBODY_NEAR)]);
    whole(app, market, package, (from, approach, vehicle), now)
}

/// Of a delivery as it stands.
pub(super) fn of_carried(
    app: &App,
    market: &MarketId,
    carried: Carried<'_>,
    now: Micros,
) -> Result<Estimates, AppError> {
    let Carried { package, status, since, courier, .. } = carried;
    match (status.leg(), status) {
        (Leg::None, Status::Requested) => {
            let from = Micros(now.0 - now.0.rem_euclid(ANEW_EVERY_US));
            requested(app, market, package, from, now)
        }
        (Leg::None, _) => Ok(Estimates::default()),
        (_, Status::AtDropoff) => Ok(arriving(since, AT_DROPOFF, None, now)),
        // Whoever is at the door of the shop is there, whatever the satellites say.
        (_, Status::AtPickup) => {
            on_round(app, market, &carried, (package.origin.position, since), now)
        }
        (leg, _) => match (courier, leg) {
            (Some(here), _) => on_round(app, market, &carried, here, now),
            (None, Leg::Dropoff) => {
                on_round(app, market, &carried, (package.origin.position, since), now)
            }
            (None, _) => whole(app, market, package, (since, NOBODY_NEAR, carried.vehicle), now),
        },
    }
}

/// By the doors that its courier comes to before, each with the way there and the time it takes.
fn on_round(
    app: &App,
    market: &MarketId,
    carried: &Carried<'_>,
    (start, from): (Position, Micros),
    now: Micros,
) -> Result<Estimates, AppError> {
    let own = std::iter::once((carried.status, carried.package));
    let beside = carried.beside.iter().map(|(status, package)| (*status, package));
    let taken: Vec<(Status, &PackageRow)> = own.chain(beside.take(BESIDE_MAX)).collect();
    let open: Vec<Open<Position>> = taken
        .iter()
        .map(|(status, package)| Open {
            origin: status.is_before_pickup().then_some(package.origin.position),
            destination: package.destination.position,
        })
        .collect();
    let (mut here, mut so_far, mut pickup) = (start, Estimate::default(), None);
    for Visit { delivery, is_pickup } in round(start, &open, Position::distance_m) {
        let package = taken[delivery].1;
        let stop = if is_pickup { &package.origin } else { &package.destination };
        let sets_out = after(from, so_far.p50_s);
        let way = travel(app, market, here, stop.position, sets_out, carried.vehicle)?;
        so_far = chain(&[so_far, way.unwrap_or(NOBODY_NEAR)]);
        here = stop.position;
        if is_pickup {
            let ready_s = (package.ready_at_us - from.0) as f64 / SECOND_US as f64;
            so_far = so_far.at_least(ready_s);
            if delivery == 0 {
                pickup = Some(so_far);
            }
        }
        so_far = chain(&[so_far, if is_pickup { AT_PICKUP } else { AT_DROPOFF }]);
        if delivery == 0 && !is_pickup {
            break;
        }
    }
    Ok(arriving(from, so_far, pickup, now))
}

/// Both legs: to the package, waiting until it is ready, and on to the customer.
fn whole(
    app: &App,
    market: &MarketId,
    package: &PackageRow,
    (from, approach, vehicle): (Micros, Estimate, Vehicle),
    now: Micros,
) -> Result<Estimates, AppError> {
    let (origin, destination) = (package.origin.position, package.destination.position);
    let ready_s = (package.ready_at_us - from.0) as f64 / SECOND_US as f64;
    let there = approach.at_least(ready_s);
    let leaves = chain(&[there, AT_PICKUP]);
    let way = travel(app, market, origin, destination, after(from, leaves.p50_s), vehicle)?;
    let arrives = chain(&[leaves, way.unwrap_or(NOBODY_NEAR), AT_DROPOFF]);
    Ok(arriving(from, arrives, Some(there), now))
}

/// What is in the past has not happened: it can be expected every minute.
fn arriving(from: Micros, left: Estimate, pickup: Option<Estimate>, now: Micros) -> Estimates {
    let soonest = Micros((now.0 / (60 * SECOND_US) + 1) * 60 * SECOND_US);
    let at = |seconds: f64| {
        let at = after(from, seconds);
        if at < now { soonest } else { at }
    };
    Estimates {
        estimated_pickup_time: pickup.map(|there| at(there.p50_s)),
        estimated_arrival: Some(at(left.p50_s)),
        arrival_p10: Some(at(left.p10_s)),
        arrival_p90: Some(at(left.p90_s)),
    }
}

fn travel(
    app: &App,
    market: &MarketId,
    from: Position,
    to: Position,
    start: Micros,
    vehicle: Vehicle,
) -> Result<Option<Estimate>, AppError> {
    let profile = profile_of(vehicle);
    let asked = ArrivalAsked { market: market.clone(), from, to, start: Some(start), profile };
    match arrival(app, &asked) {
        Ok(view) => {
            let seconds = |at: Micros| (at.0 - start.0) as f64 / SECOND_US as f64;
            Ok(Some(Estimate {
                p10_s: seconds(view.p10),
                p50_s: seconds(view.estimated_arrival),
                p90_s: seconds(view.p90),
            }))
        }
        // No way there: somebody may walk the rest.
        Err(AppError::Refused { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Nobody's estimate is good to a fraction of a second.
fn after(from: Micros, seconds: f64) -> Micros {
    let at = from.plus((seconds * SECOND_US as f64).round() as i64);
    Micros(at.0 - at.0.rem_euclid(SECOND_US))
}
