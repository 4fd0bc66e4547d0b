//! Dispatch: deliveries are asked for, offered, accepted and carried; every claim in its market's
//! lane, one winner each.
//!
//! Commands are in `request`, `claims`, `offers` and `availability`; what they announce is in
//! `told`; the board is what a process knows of a market in memory, and `matcher` acts on it;
//! `relay` hands what was decided to the accountant, `changes` to whoever listens. `view`,
//! `timeline`, `tracked` and `work` show it.

pub mod availability;
pub mod changes;
pub mod claims;
pub mod estimate;
pub mod handing;
pub mod links;
pub mod matcher;
pub mod offers;
pub mod relay;
pub mod request;
pub mod streams;
pub mod timeline;
pub mod told;
pub mod tracked;
pub mod view;
pub mod work;

pub(crate) mod metric;

pub(crate) mod bell;
mod board;
pub(crate) mod change;
pub(crate) mod readers;

use crate::app::App;
use crate::config::{DispatchConfig, DispatchMode};
use crate::error::AppError;
use bell::Bell;
use board::Board;
use change::Terms;
use changes::Changes;
use doorstep_domain::dispatch::{Package, Rings, Vehicle};
use doorstep_domain::id::MarketId;
use doorstep_domain::limits::WORDS_BYTES_MAX;
use doorstep_domain::tracking::Position;
use doorstep_store::LaneId;
use doorstep_store::package::PackageRow;
use matcher::batch::Batches;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What a process knows of dispatch in memory.
#[derive(Debug)]
pub struct Dispatch {
    desks: BTreeMap<MarketId, Desk>,
    /// Rung whenever anything was announced, for who hands it on, and for who tells others.
    news: Bell,
    to_tell: Bell,
    links: links::Links,
    /// Couriers who listen.
    pub streams: streams::Streams,
}

/// A market's board, the bell that wakes its matcher, and what its streams tell.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    board: Mutex<Board>,
    bell: Bell,
    changes: Arc<Changes>,
}

impl Desk {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Dispatch {
    /// Empty boards, loaded by their matchers.
    pub fn new(markets: impl Iterator<Item = MarketId>) -> Dispatch {
        Dispatch {
            desks: markets.map(|market| (market, Desk::default())).collect(),
            news: Bell::default(),
            to_tell: Bell::default(),
            links: links::Links::default(),
            streams: streams::Streams::default(),
        }
    }

    /// Wakes whoever follows what a market's lane has announced.
    pub(crate) fn ring(&self, market: &MarketId) {
        if let Some(desk) = self.desks.get(market) {
            desk.bell.ring();
            desk.changes.ring();
        }
        self.news.ring();
        self.to_tell.ring();
    }

    /// Waits until something of a market was announced in this process, or the time is over.
    pub fn wait_for(&self, market: &MarketId, rest: Duration) {
        if let Some(desk) = self.desks.get(market) {
            desk.bell.wait(rest);
        }
    }

    /// Waits until anything was announced in this process, or the time is over.
    pub fn wait_for_any(&self, rest: Duration) {
        self.news.wait(rest);
    }

    /// The same, for who tells others.
    pub fn wait_to_tell(&self, rest: Duration) {
        self.to_tell.wait(rest);
    }

    /// Wakes everybody who waits: the process stops.
    pub fn wake_all(&self) {
        self.desks.values().for_each(|desk| desk.bell.ring());
        self.news.ring();
        self.to_tell.ring();
    }

    fn desk(&self, market: &MarketId) -> Result<&Desk, AppError> {
        let unknown = || AppError::NotFound { what: "market", id: market.to_string() };
        self.desks.get(market).ok_or_else(unknown)
    }

    /// Where the nearest courier is who could take a package, and what they travel with.
    fn nearest_free(
        &self,
        app: &App,
        market: &MarketId,
        package: &PackageRow,
    ) -> Option<(Position, Vehicle)> {
        let radius_m = rings_of(app, market).ok()?.radius_max_m;
        let wanted = Package { size: package.size, weight_g: package.weight_g };
        let board = self.desks.get(market)?.board();
        let mut is_free = |courier: &str| board.free(courier, &wanted).is_some();
        let origin = package.origin.position;
        let near = app.live.nearest(market, origin, 1, radius_m, &mut is_free).pop()?;
        let vehicle = board.free(&near.seen.courier, &wanted)?;
        Some((near.seen.ping.position, vehicle))
    }

    /// Deliveries that nobody has and that are to be had now, the nearest first.
    fn open_near(
        &self,
        market: &MarketId,
        at: Position,
        radius_m: f64,
    ) -> Result<Vec<(String, f64, Package)>, AppError> {
        let board = self.desk(market)?.board();
        let mut open: Vec<_> = board
            .all_waiting()
            .map(|(delivery, wanted)| {
                (delivery.to_owned(), at.distance_m(wanted.origin()), wanted.package())
            })
            .filter(|(_, distance_m, _)| *distance_m <= radius_m)
            .collect();
        open.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        Ok(open)
    }
}

/// The lane in which everything of a market's deliveries is decided.
pub fn dispatch_lane(market: &MarketId) -> Result<LaneId, AppError> {
    Ok(LaneId::new(format!("dispatch/{market}"))?)
}

/// How a market looks for couriers.
pub(crate) fn rings_of(app: &App, market: &MarketId) -> Result<Rings, AppError> {
    Ok(configured(app, market)?.rings())
}

/// What is configured of a market's dispatch.
fn configured<'a>(app: &'a App, market: &MarketId) -> Result<&'a DispatchConfig, AppError> {
    let unknown = || AppError::NotFound { what: "market", id: market.to_string() };
    Ok(&app.config.markets.get(market).ok_or_else(unknown)?.dispatch)
}

/// How a market plans all that waits; none where it asks whoever is nearest.
fn batches_of(app: &App, market: &MarketId) -> Result<Option<Batches>, AppError> {
    let configured = configured(app, market)?;
    Ok((configured.mode == DispatchMode::Batch)
        .then_some(Batches { every_us: configured.batch_every.0, replans: configured.replan }))
}

pub(crate) fn terms_of(app: &App, market: &MarketId) -> Result<Terms, AppError> {
    let currency = app.market(market.as_str())?.currency.to_string();
    let hand_over = configured(app, market)?.hand_over.clone();
    Ok(Terms { rings: rings_of(app, market)?, currency, hand_over })
}

/// Words of a person: not too many, and nothing that would break a line or a terminal.
pub(crate) fn words(pointer: &str, text: &str) -> Result<(), AppError> {
    if text.len() > WORDS_BYTES_MAX {
        let reason = format!("has {} bytes, more than {WORDS_BYTES_MAX}", text.len());
        return Err(AppError::invalid(pointer, reason));
    }
    match text.chars().find(|character| character.is_control() && *character != '\n') {
        Some(_) => Err(AppError::invalid(pointer, "contains a control character")),
        None => Ok(()),
    }
}
