//! What happened on a day, pings and events, in the order in which it did.

use crate::command::demo::day::{CENTER, SEED, calendar, synthetic};
use crate::failure::Failure;
use doorstep_domain::time::{Day, HOUR_US, Micros, SECOND_US, Span, Zone};
use doorstep_domain::tracking::{Ping, batch};
use doorstep_sim::city::city;
use doorstep_sim::fleet::{FleetPlan, fleet, name};
use doorstep_sim::trips::{self, TripsError};
use doorstep_sim::{SimEvent, taxis};
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

/// The street file inside the data folder.
const STREETS: &str = "sf/sf_streets.geojson.zst";

/// The hour of the day at which somebody begins to look: the first peak.
const BEGINS_HOUR: i64 = 7;

/// How often a synthetic courier tells where it is, in seconds: as the taxis do.
const SYNTHETIC_EVERY_S: i64 = 30;

/// Somebody's ping.
type Told = (String, Ping);

/// A day, wound to its beginning.
pub(super) struct Tape {
    /// Where it comes from, for a person.
    pub(super) source: String,
    /// Which day it is.
    pub(super) day: Day,
    /// From its midnight to the next.
    pub(super) span: Span,
    /// The streets of its city, where there is a file of them.
    pub(super) streets: Option<PathBuf>,
    pings: Peekable<Box<dyn Iterator<Item = Result<Told, TripsError>>>>,
    events: Peekable<Box<dyn Iterator<Item = SimEvent>>>,
    known: BTreeSet<String>,
}

/// A piece of the tape, as it is sent.
#[derive(Default)]
pub(super) struct Piece {
    /// Couriers not heard of before, as lines.
    pub(super) couriers: Vec<u8>,
    /// A binary batch.
    pub(super) pings: batch::Writer,
    /// Events, as lines.
    pub(super) events: Vec<u8>,
}

impl Tape {
    /// The real day where the data is found, else a synthetic one.
    pub(super) fn find() -> Result<Tape, Failure> {
        let zone: Zone =
            trips::ZONE.parse().map_err(|error| Failure::Refused(format!("{error}")))?;
        match trips::data_folder(Path::new(".")) {
            Some(data) => real(&data, &zone),
            None => made_up(&zone),
        }
    }

    /// From when on somebody looks; what was before is told at once.
    pub(super) fn begins_shown(&self) -> Micros {
        self.span.start.plus(BEGINS_HOUR * HOUR_US)
    }

    /// Whether nothing is left.
    pub(super) fn is_over(&mut self) -> bool {
        self.pings.peek().is_none() && self.events.peek().is_none()
    }

    /// What has happened up to an instant, and was not told yet.
    pub(super) fn until(&mut self, instant: Micros) -> Result<Piece, Failure> {
        let mut piece = Piece::default();
        let due = |told: &Result<Told, TripsError>| {
            told.as_ref().map_or(true, |(_, ping)| ping.at <= instant)
        };
        while let Some(told) = self.pings.next_if(due) {
            let (courier, ping) = told.map_err(|error| Failure::Refused(error.to_string()))?;
            if !self.known.contains(&courier) {
                let line = serde_json::json!({ "courier_id": courier, "market": trips::MARKET });
                piece.couriers.extend(format!("{line}\n").into_bytes());
                self.known.insert(courier.clone());
            }
            piece.pings.push(&courier, &ping);
        }
        while let Some(event) = self.events.next_if(|event| event.at <= instant) {
            piece.events.extend(event.to_line());
            piece.events.push(b'\n');
        }
        Ok(piece)
    }
}

fn real(data: &Path, zone: &Zone) -> Result<Tape, Failure> {
    let unreadable = |error: TripsError| Failure::Refused(error.to_string());
    let day = calendar(taxis::DAYS[0])?;
    let pings = taxis::real_pings(data, day).map_err(unreadable)?;
    let pings = pings.map(|told| told.map(|told| (told.courier, told.ping)));
    let events = trips::real_trips(data, SEED, Some(day)).map_err(unreadable)?;
    let streets = data.join(STREETS);
    Ok(Tape {
        source: format!("{day}, every GPS ping of some 500 San Francisco taxis"),
        streets: streets.is_file().then_some(streets),
        ..wound(day, zone, Box::new(pings), Box::new(events.into_iter()))
    })
}

fn made_up(zone: &Zone) -> Result<Tape, Failure> {
    let day = calendar("2026-03-02")?;
    let plan = synthetic(day)?;
    let (began, couriers) = (zone.midnight(day), plan.couriers);
    let fleet = fleet(FleetPlan {
        seed: SEED,
        couriers,
        center: CENTER,
        every_us: SYNTHETIC_EVERY_S * SECOND_US,
        dirt_bp: 0,
    });
    let length_us = zone.span(day).length_us();
    let pings = (0..).take_while({
        let fleet = fleet.clone();
        move |number| fleet.due_us(*number) < length_us
    });
    let pings = pings.flat_map(move |number| {
        let mut told = Vec::new();
        fleet.tell(began, number, |courier, ping| {
            told.push(Ok((name(courier).as_str().to_owned(), ping)));
        });
        told
    });
    Ok(Tape {
        source: format!("{day}, a synthetic day of {couriers} couriers (no real data found)"),
        ..wound(day, zone, Box::new(pings), Box::new(city(plan)))
    })
}

fn wound(
    day: Day,
    zone: &Zone,
    pings: Box<dyn Iterator<Item = Result<Told, TripsError>>>,
    events: Box<dyn Iterator<Item = SimEvent>>,
) -> Tape {
    Tape {
        source: String::new(),
        day,
        span: zone.span(day),
        streets: None,
        pings: pings.peekable(),
        events: events.peekable(),
        known: BTreeSet::new(),
    }
}
