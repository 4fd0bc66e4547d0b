//! Ways and tables as OSRM answers them, so that what can ask OSRM can ask here: VROOM, Fleetbase.
//!
//! Coordinates are `longitude,latitude`. After the description of OSRM's HTTP API, version 1.

mod asked;
mod polyline;

use super::Api;
use super::access::{self, Gate};
use super::health::is_from_here;
use super::observe::InFormOfOthers;
use super::problem::Problem;
use super::reply;
use crate::app::App;
use crate::error::AppError;
use crate::places::{self, Place, Stop, Way, at_hand};
use asked::{RouteAsked, TableAsked, coordinates, indices, list};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use doorstep_domain::streets::{Leg, Profile, TABLE_CELLS_MAX};
use doorstep_domain::tracking::Position;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most places of one question.
const COORDINATES_MAX: usize = 1_000;

/// Why OSRM would not answer: its code, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused(&'static str, String);

/// As [`access::admit`], but whoever is on the same machine needs no key.
pub(super) async fn admit(
    gate: State<Gate>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if is_from_here(&request) {
        return Ok(next.run(request).await);
    }
    access::admit(gate, request, next).await
}

/// The fastest way through places, as OSRM answers.
///
/// `overview` may be `simplified` (which is answered in full), `full` or `false`; `geometries`
/// `polyline`, `polyline6` or `geojson`. Turns are not told: `steps` are empty.
#[utoipa::path(
    get, path = "/route/v1/{profile}/{coordinates}", operation_id = "osrm_route",
    tag = "places", security((), ("key" = [])),
    params(
        ("profile" = String, Path, description = "`driving`, `cycling` or `walking`"),
        ("coordinates" = String, Path, description = "`lon,lat;lon,lat…`"),
        RouteAsked,
    ),
    responses(
        (status = 200, description = "`code` is `Ok`", body = Value),
        (status = 400, description = "`code` and `message` say why not", body = Value),
    )
)]
pub(super) async fn route(
    State(api): State<Api>,
    Path((profile, coordinates)): Path<(String, String)>,
    Query(asked): Query<RouteAsked>,
) -> Result<Response, Problem> {
    api.answer(move |app| told(routed(app, &profile, &coordinates, &asked))).await
}

/// How long it takes from each of many places to each, as OSRM answers.
///
/// `sources` and `destinations` name coordinates by their place, `annotations` may be `duration`,
/// `distance` or both. A pair without a way is null.
#[utoipa::path(
    get, path = "/table/v1/{profile}/{coordinates}", operation_id = "osrm_table",
    tag = "places", security((), ("key" = [])),
    params(
        ("profile" = String, Path, description = "`driving`, `cycling` or `walking`"),
        ("coordinates" = String, Path, description = "`lon,lat;lon,lat…`"),
        TableAsked,
    ),
    responses(
        (status = 200, description = "`code` is `Ok`", body = Value),
        (status = 400, description = "`code` and `message` say why not", body = Value),
    )
)]
pub(super) async fn table(
    State(api): State<Api>,
    Path((profile, coordinates)): Path<(String, String)>,
    Query(asked): Query<TableAsked>,
) -> Result<Response, Problem> {
    api.answer(move |app| told(tabled(app, &profile, &coordinates, &asked))).await
}

type Answer = Result<Result<Value, Refused>, AppError>;

fn told(answer: Answer) -> Result<Response, Problem> {
    match answer.map_err(Problem::from)? {
        Ok(answer) => reply::json(StatusCode::OK, &answer),
        Err(Refused(code, message)) => {
            let refused = json!({ "code": code, "message": message });
            let mut response = reply::json(StatusCode::BAD_REQUEST, &refused)?;
            response.extensions_mut().insert(InFormOfOthers);
            Ok(response)
        }
    }
}

/// Where and how is asked: the map of the first place's market, and every place on it.
struct Ground {
    place: Arc<Place>,
    by: Profile,
    stops: Vec<Stop>,
}

fn ground(app: &App, profile: &str, text: &str) -> Result<Result<Ground, Refused>, AppError> {
    let parsed = profile.parse::<Profile>().map_err(|reason| Refused("InvalidUrl", reason));
    let read = parsed.and_then(|by| Ok((by, coordinates(text, COORDINATES_MAX)?)));
    let (by, places) = match read {
        Ok(read) => read,
        Err(refused) => return Ok(Err(refused)),
    };
    let Some(market) = places::market_around(app, places[0])? else {
        let message = "no market has streets around the first coordinate".to_owned();
        return Ok(Err(Refused("NoSegment", message)));
    };
    let place = at_hand(app, &market)?;
    let stops = places.into_iter().map(|at| place.stop(at, by)).collect();
    Ok(Ok(Ground { place, by, stops }))
}

fn routed(app: &App, profile: &str, text: &str, asked: &RouteAsked) -> Answer {
    let ground = match ground(app, profile, text)? {
        Ok(ground) => ground,
        Err(refused) => return Ok(Err(refused)),
    };
    Ok(route_answer(&ground, asked))
}

fn route_answer(ground: &Ground, asked: &RouteAsked) -> Result<Value, Refused> {
    asked.check()?;
    let Ground { place, by, stops } = ground;
    if stops.len() < 2 {
        return Err(Refused("InvalidOptions", "a way needs two coordinates".to_owned()));
    }
    on_the_map(place, stops)?;
    let ways: Option<Vec<Way>> =
        stops.windows(2).map(|pair| place.way(&pair[0], &pair[1], *by)).collect();
    let none = || Refused("NoRoute", "there is no way between the coordinates".to_owned());
    let ways = ways.ok_or_else(none)?;
    let sum = |of: fn(&Way) -> f64| tenths(ways.iter().map(of).sum());
    let (seconds, metres) = (sum(|way| way.duration_s), sum(|way| way.length_m));
    let legs: Vec<Value> = ways.iter().map(leg).collect();
    let mut route = json!({
        "duration": seconds, "distance": metres, "weight": seconds,
        "weight_name": "duration", "legs": legs,
    });
    if asked.overview.as_deref() != Some("false") {
        let mut line: Vec<Position> = ways.into_iter().flat_map(|way| way.line).collect();
        line.dedup();
        route["geometry"] = geometry(&line, asked.geometries.as_deref());
    }
    Ok(json!({ "code": "Ok", "routes": [route], "waypoints": waypoints(stops) }))
}

fn leg(way: &Way) -> Value {
    let (seconds, metres) = (tenths(way.duration_s), tenths(way.length_m));
    json!({
        "duration": seconds, "distance": metres, "weight": seconds, "summary": "", "steps": [],
    })
}

fn geometry(line: &[Position], form: Option<&str>) -> Value {
    match form {
        Some("geojson") => {
            let places: Vec<[f64; 2]> = line.iter().map(|at| [at.lng(), at.lat()]).collect();
            json!({ "type": "LineString", "coordinates": places })
        }
        Some("polyline6") => polyline::encode(line, 10).into(),
        _ => polyline::encode(line, 100).into(),
    }
}

fn tabled(app: &App, profile: &str, text: &str, asked: &TableAsked) -> Answer {
    let ground = match ground(app, profile, text)? {
        Ok(ground) => ground,
        Err(refused) => return Ok(Err(refused)),
    };
    Ok(table_answer(&ground, asked))
}

fn table_answer(ground: &Ground, asked: &TableAsked) -> Result<Value, Refused> {
    let Ground { place, by, stops } = ground;
    let sources = indices("sources", asked.sources.as_deref(), stops.len())?;
    let destinations = indices("destinations", asked.destinations.as_deref(), stops.len())?;
    if sources.len() * destinations.len() > TABLE_CELLS_MAX {
        let message = format!("the table has more than {TABLE_CELLS_MAX} cells");
        return Err(Refused("TooBig", message));
    }
    on_the_map(place, stops)?;
    let chosen = |places: &[usize]| places.iter().map(|at| stops[*at]).collect::<Vec<_>>();
    let (from, to) = (chosen(&sources), chosen(&destinations));
    let legs = places::ways(place, &from, &to, *by);
    let cells = |of: fn(&Leg) -> f64| -> Value {
        let row = |row: &Vec<Option<Leg>>| -> Vec<Option<f64>> {
            row.iter().map(|leg| leg.as_ref().map(|leg| tenths(of(leg)))).collect()
        };
        json!(legs.iter().map(row).collect::<Vec<_>>())
    };
    let mut answer = json!({
        "code": "Ok", "sources": waypoints(&from), "destinations": waypoints(&to),
    });
    for annotation in list(asked.annotations.as_deref().unwrap_or("duration")) {
        match annotation {
            "duration" => answer["durations"] = cells(|leg| leg.duration_ms as f64 / 1_000.0),
            "distance" => answer["distances"] = cells(|leg| leg.length_m),
            other => {
                let message = format!("annotations: {other:?} is neither duration nor distance");
                return Err(Refused("InvalidValue", message));
            }
        }
    }
    Ok(answer)
}

/// As OSRM, which answers nothing where any coordinate is far from every street.
fn on_the_map(place: &Place, stops: &[Stop]) -> Result<(), Refused> {
    let missing = stops.iter().position(|stop| stop.snapped.is_none());
    match missing.filter(|_| !place.graph.is_empty()) {
        Some(at) => {
            Err(Refused("NoSegment", format!("could not find a street near coordinate {at}")))
        }
        None => Ok(()),
    }
}

fn waypoints(stops: &[Stop]) -> Value {
    let waypoint = |stop: &Stop| {
        let position = stop.snapped.map_or(stop.asked, |snapped| snapped.position);
        json!({
            "location": [position.lng(), position.lat()], "name": "",
            "distance": tenths(stop.snapped.map_or(0.0, |snapped| snapped.off_m)),
        })
    };
    stops.iter().map(waypoint).collect()
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
