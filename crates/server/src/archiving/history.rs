//! A courier's pings between two instants: archive and log as one.

use super::forget::first_appended_from;
use super::step::next_offset;
use crate::app::App;
use crate::error::AppError;
use crate::wire::PINGS;
use doorstep_archive::{Hour, TrackAsked};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::{SECOND_US, Span};
use doorstep_domain::tracking::motion::{self, Step};
use doorstep_domain::tracking::{Ping, batch};
use doorstep_log::LogError;
use doorstep_store::courier as registered;
use std::collections::HashSet;

/// How far the time of a ping may be ahead of its appending, in microseconds: what the door lets
/// in, and what clocks and appends that overtake one another may add.
const AHEAD_US: i64 = 5 * 60 * SECOND_US;

/// Records and bytes read at once.
const RECORDS_AT_ONCE: usize = 1_024;
const BYTES_AT_ONCE: usize = 4 << 20;

/// How often a reading begins anew when what it was about to read moved to the archive.
const TRIES: u32 = 3;

/// A ping of a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// What the device said.
    pub ping: Ping,
    /// The speed in metres a second that it would have taken, where nobody moves so fast.
    pub implausible_mps: Option<f64>,
}

/// A ping and its place in the log, which decides between pings of the same instant.
type Placed = (Ping, u64, u32);

/// A courier's pings of a span by their own time, each once, in order; those that nobody can have
/// moved to are marked. Errors: `to` is wrong where there are more than `most`.
pub fn of_courier(
    app: &App,
    courier: &str,
    span: Span,
    most: usize,
) -> Result<Vec<Point>, AppError> {
    let mut tries = 0;
    let mut found = loop {
        tries += 1;
        match read(app, courier, span, most) {
            Err(AppError::Log(LogError::Forgotten { .. })) if tries < TRIES => {}
            other => break other?,
        }
    };
    found.sort_unstable_by_key(|(ping, offset, index)| (ping.at, *offset, *index));
    Ok(judged(each_once(found.into_iter().map(|(ping, ..)| ping))))
}

/// Pings in order without those that came twice: phones send again what was not answered, and
/// what is archived may be fed back.
fn each_once(pings: impl Iterator<Item = Ping>) -> impl Iterator<Item = Ping> {
    let (mut instant, mut of_instant) = (None, HashSet::new());
    pings.filter(move |ping| {
        if instant.replace(ping.at) != Some(ping.at) {
            of_instant.clear();
        }
        of_instant.insert(*ping)
    })
}

fn read(app: &App, courier: &str, span: Span, most: usize) -> Result<Vec<Placed>, AppError> {
    let partition = app.log.partition_of(PINGS, courier.as_bytes())?;
    // Read first: what is archived meanwhile is read from the log, which keeps it for a while.
    let archived = next_offset(app, PINGS, partition)?;
    let mut found: Vec<Placed> = Vec::new();
    let mut take = |placed: Placed| {
        found.push(placed);
        found.len() <= most
    };
    let appended = appended(app, span);
    let market = market_of(app, courier)?;
    let asked = TrackAsked {
        courier,
        at: span,
        appended: (Hour::of(appended.start), Hour::of(appended.end).next()),
        market: market.as_ref(),
        partition,
        before_offset: archived,
    };
    app.archive.pings_of(PINGS, &asked, &mut |archived| {
        take((archived.ping, archived.offset, archived.index))
    })?;
    from_log(app, (partition, archived), &asked, appended, &mut take)?;
    if found.len() > most {
        let reason = format!("there are more than {most} pings in this time: ask for less of it");
        return Err(AppError::invalid("to", reason));
    }
    Ok(found)
}

/// A courier works in one market for good; of one who is not registered nobody knows which.
fn market_of(app: &App, courier: &str) -> Result<Option<MarketId>, AppError> {
    let row = app.store.read(|tx| registered::by_id(tx, courier))?;
    Ok(row.and_then(|row| row.market.parse().ok()))
}

/// When pings of a span can have been appended.
fn appended(app: &App, span: Span) -> Span {
    let latest = span.end.plus(app.config.tracking.max_age.0).plus(AHEAD_US);
    Span::new(span.start.plus(-AHEAD_US), latest)
}

/// Hands over what is not yet archived.
fn from_log(
    app: &App,
    (partition, archived): (u32, u64),
    asked: &TrackAsked<'_>,
    appended: Span,
    take: &mut dyn FnMut(Placed) -> bool,
) -> Result<(), AppError> {
    let end = app.log.bounds(PINGS, partition)?.end;
    let mut next = first_appended_from(app, partition, (archived, end), appended.start)?;
    while next < end {
        let entries = app.log.read(PINGS, partition, next, RECORDS_AT_ONCE, BYTES_AT_ONCE)?;
        let Some(last) = entries.last() else {
            return Ok(());
        };
        if entries.first().is_some_and(|entry| entry.appended_at_us >= appended.end.0) {
            return Ok(());
        }
        next = last.offset + 1;
        for entry in &entries {
            // What cannot be read was told by the tracker; the rest of it is of use.
            let pings = (0..).zip(batch::read(&entry.value).into_iter().flatten());
            let legible = pings.filter_map(|(index, ping)| Some((index, ping.ok()?)));
            for (index, (name, ping)) in legible {
                let is_asked = name == asked.courier && asked.at.contains(ping.at);
                if is_asked && !take((ping, entry.offset, index)) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Pings in order, each judged by those before it.
fn judged(pings: impl Iterator<Item = Ping>) -> Vec<Point> {
    let (mut last, mut doubted): (Option<Ping>, Option<Ping>) = (None, None);
    let judge = |ping: Ping| {
        let step = motion::step(last.as_ref(), doubted.as_ref(), &ping);
        if let Step::Implausible { speed_mps } = step {
            doubted = Some(ping);
            return Point { ping, implausible_mps: Some(speed_mps) };
        }
        (last, doubted) = (Some(ping), None);
        Point { ping, implausible_mps: None }
    };
    pings.map(judge).collect()
}
