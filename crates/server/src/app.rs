//! The application: its markets, its engines, its clock.

use crate::config::Config;
use crate::couriers::Directory;
use crate::dispatch::Dispatch;
use crate::error::AppError;
use crate::follow::Following;
use crate::keys;
use crate::notifications::Notifications;
use crate::orders::Orders;
use crate::payments::Payments;
use crate::places::Maps;
use crate::places::others::Others;
use crate::provider::Providers;
use crate::provider::inbox::Inbox;
use crate::provider::outbound::Apis;
use crate::stock::Stock;
use crate::streets::Layers;
use crate::tracking::Tracked;
use crate::tracking::door::Door;
use crate::wire;
use crate::workers::{Activity, Counts};
use doorstep_archive::Archive;
use doorstep_domain::id::MarketId;
use doorstep_domain::limits;
use doorstep_domain::market::{Market, TermsHistory};
use doorstep_domain::time::{Clock, Micros};
use doorstep_live::Live;
use doorstep_log::Log;
use doorstep_store::{LaneId, Store, Tx, market};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Everything a command needs. One per process and data directory.
pub struct App {
    /// Where pings come in. Dropped first: what waits there goes into the log.
    pub door: Door,
    /// Where messages of providers come in. Dropped as early, for the same reason.
    pub inbox: Inbox,
    /// The configuration as read.
    pub config: Config,
    /// The markets by name.
    pub markets: BTreeMap<MarketId, Market>,
    /// What is kept.
    pub store: Store,
    /// What flows.
    pub log: Log,
    /// What was: closed hours of the log.
    pub archive: Archive,
    /// What is where now.
    pub live: Live,
    /// What is known of the live side besides positions.
    pub tracked: Tracked,
    /// The streets that maps have asked for.
    pub streets: Layers,
    /// Addresses and ways of markets that were asked for.
    pub places: Maps,
    /// Router and geocoder of others, where any are configured.
    pub others: Others,
    /// The couriers, in memory.
    pub couriers: Directory,
    /// Who is asked about which delivery, in memory.
    pub dispatch: Dispatch,
    /// What can be had where, in memory.
    pub stock: Stock,
    /// What waits to be handed over.
    pub orders: Orders,
    /// How others are told.
    pub notifications: Notifications,
    /// Who takes payments, where somebody does.
    pub payments: Option<Payments>,
    /// Whom this node follows.
    pub following: Following,
    /// The APIs of providers that are asked.
    pub outbound: Apis,
    /// Who delivers besides our couriers.
    pub providers: Providers,
    /// Keys seen lately.
    pub keys: keys::Recent,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where scratch files go and engines keep their files.
    pub data_dir: PathBuf,
    /// What the accountant has counted in this process.
    pub counts: Counts,
    /// When partitions last grew.
    pub activity: Activity,
    /// When this process began to read: from here on partitions may count as idle.
    pub started: Micros,
    /// Differences between the configuration and what is in force, for the operator to see.
    pub notices: Vec<String>,
    _held: File,
}

impl App {
    /// Opens a data directory, creating it where it is missing, and holds it until dropped.
    ///
    /// Errors: [`AppError::Refused`] `data_dir_held` while another process holds it.
    pub fn open(config: Config, data_dir: &Path, clock: Arc<dyn Clock>) -> Result<App, AppError> {
        let held = hold(data_dir)?;
        let (store, log) = (wire::store(&config, data_dir)?, wire::log(&config, data_dir)?);
        let archive = wire::archive(&config, data_dir)?;
        let (live, others) = (wire::live(&config)?, wire::others(&config)?);
        let notifications = Notifications::open(&config)?;
        let payments = config.payments.as_ref().map(Payments::open).transpose()?;
        let following = Following::open(&config)?;
        let providers = Providers::open(&config)?;
        let outbound = Apis::open(&config, &providers, &store, &clock)?;
        let (markets, started) = (config.markets(), clock.now());
        let couriers = Directory::new(markets.keys().cloned(), log.clone());
        let stock = Stock::new(
            &store,
            wire::store_replica(&config, data_dir)?,
            wire::market_stores(&config, data_dir)?,
            markets.keys(),
        )?;
        let mut app = App {
            door: Door::open(&log, &clock, couriers.markets())?,
            inbox: Inbox::open(&log, &clock)?,
            config,
            dispatch: Dispatch::new(markets.keys().cloned()),
            markets,
            stock,
            orders: Orders::default(),
            store,
            log,
            archive,
            live,
            tracked: Tracked::default(),
            couriers,
            streets: Layers::default(),
            places: Maps::default(),
            others,
            notifications,
            payments,
            following,
            outbound,
            providers,
            keys: keys::Recent::default(),
            clock,
            data_dir: data_dir.to_owned(),
            counts: Counts::default(),
            activity: Activity::default(),
            started,
            notices: Vec::new(),
            _held: held,
        };
        app.notices = app.register_markets()?;
        Ok(app)
    }

    /// A market by name.
    pub fn market(&self, id: &str) -> Result<&Market, AppError> {
        self.markets.get(id).ok_or_else(|| AppError::NotFound { what: "market", id: id.to_owned() })
    }

    /// The market that is meant: the one that is named, or the only one there is.
    ///
    /// Errors: [`AppError::Invalid`] of `/market`.
    pub fn only_market(&self, named: Option<&MarketId>) -> Result<MarketId, AppError> {
        let mut markets = self.markets.keys();
        match (named, markets.next(), markets.next()) {
            (Some(market), ..) if self.markets.contains_key(market) => Ok(market.clone()),
            (Some(market), ..) => {
                let reason = format!("{:?} is not a configured market", market.as_str());
                Err(AppError::invalid("/market", reason))
            }
            (None, Some(only), None) => Ok(only.clone()),
            (None, ..) => Err(AppError::invalid("/market", "there are several markets: say which")),
        }
    }

    /// Keeps each configured market, and its first terms. Later changes of the file are not taken
    /// silently: money changes by `plan apply`, which shows who is affected.
    fn register_markets(&self) -> Result<Vec<String>, AppError> {
        let mut notices = Vec::new();
        for (id, market) in &self.markets {
            let terms = self.config.markets[id].terms();
            let (market, now) = (market.clone(), self.clock.now());
            let kept: TermsHistory = self.store.lane(&market_lane(id)?, move |tx| {
                market::register(tx, &market)?;
                let history = market::terms(tx, market.id.as_str())?;
                if !history.versions().is_empty() {
                    return Ok::<_, AppError>(history);
                }
                let begin = limits::EVENT_TIME_MIN;
                let id = market.id.as_str();
                market::add_terms(tx, id, begin, &terms, now, "configuration")?;
                Ok(market::terms(tx, id)?)
            })?;
            let newest = kept.versions().last().map(|version| &version.terms);
            if newest != Some(&self.config.markets[id].terms()) {
                notices.push(format!(
                    "the configuration's terms of market {id} are not those in force: \
                     see `doorstep plan preview`, then `doorstep plan apply`"
                ));
            }
        }
        Ok(notices)
    }
}

/// The terms of a market. Errors where it has none, which `App::open` has made impossible.
pub fn terms_of(tx: &mut dyn Tx, market: &Market) -> Result<TermsHistory, AppError> {
    Ok(market::terms(tx, market.id.as_str())?)
}

/// The lane in which a market's days are closed, corrected and re-priced.
pub fn market_lane(market: &MarketId) -> Result<LaneId, AppError> {
    Ok(LaneId::new(format!("settlement/{market}"))?)
}

fn hold(data_dir: &Path) -> Result<File, AppError> {
    let machine = |error: std::io::Error| {
        AppError::machine(format!("data directory {}", data_dir.display()), error)
    };
    std::fs::create_dir_all(data_dir).map_err(machine)?;
    let path = data_dir.join("held");
    let file =
        File::options().create(true).truncate(false).write(true).open(path).map_err(machine)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::Error(error)) => Err(machine(error)),
        Err(TryLockError::WouldBlock) => Err(AppError::Refused {
            code: "data_dir_held",
            reason: format!(
                "{} is held by another doorstep process; stop it, or name a running server \
                 with --server URL",
                data_dir.display()
            ),
        }),
    }
}
