//! The only place where a URL becomes an engine.

use crate::calls::target::Reach;
use crate::calls::{Guard, Rules, Web};
use crate::clock::SteadyClock;
use crate::config::Config;
use crate::error::AppError;
use crate::places::others::{Form, Geocoder, Osrm, Others};
use doorstep_archive::{Archive, Place};
use doorstep_domain::id::MarketId;
use doorstep_live::{Live, LiveError};
use doorstep_log::{CopiedPartition, Log, Topic};
use doorstep_store::Store;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The topic of couriers' and deliveries' events.
pub const EVENTS: &str = "events";

/// The topic of what could not be taken from [`EVENTS`], with the reason and the raw bytes.
pub const EVENTS_DEAD_LETTERS: &str = "events.dead-letters";

/// The topic of couriers' pings: blocks of them, each of one market.
pub const PINGS: &str = "pings";

/// The topic of what could not be taken as a ping.
pub const PINGS_DEAD_LETTERS: &str = "pings.dead-letters";

/// The topic of what other providers send: messages with their signatures verified, as they came.
pub const PROVIDER_EVENTS: &str = "provider-events";

/// The topic of providers' messages that could not be read.
pub const PROVIDER_EVENTS_DEAD_LETTERS: &str = "provider-events.dead-letters";

/// The topic of lines of stock that no import could take.
pub const STOCK_IMPORTS_DEAD_LETTERS: &str = "stock-imports.dead-letters";

/// Whether no other process can have the store open: it is a file of the data directory, which one
/// process holds.
pub fn is_store_ours_alone(config: &Config) -> bool {
    let path = config.store.strip_prefix("sqlite:").map(Path::new);
    path.is_some_and(|path| path.is_relative() && !path.starts_with(".."))
}

/// Opens the store that the configuration names, below the data directory where it is a path.
pub fn store(config: &Config, data_dir: &Path) -> Result<Store, AppError> {
    Ok(Store::open(&below(&config.store, data_dir))?)
}

/// Opens the copy of the store that the configuration names for reading, if any.
pub fn store_replica(config: &Config, data_dir: &Path) -> Result<Option<Store>, AppError> {
    let open = |url: &String| Store::open_replica(&below(url, data_dir));
    Ok(config.store_replica.as_ref().map(open).transpose()?)
}

/// Opens the stores of markets that have one of their own, each once.
pub fn market_stores(
    config: &Config,
    data_dir: &Path,
) -> Result<BTreeMap<MarketId, Store>, AppError> {
    let common = below(&config.store, data_dir);
    let (mut opened, mut stores) = (BTreeMap::<String, Store>::new(), BTreeMap::new());
    for (market, configured) in &config.markets {
        let url = configured.store.as_ref().map(|url| below(url, data_dir));
        let Some(url) = url.filter(|url| *url != common) else {
            continue;
        };
        let store = match opened.get(&url) {
            Some(store) => store.clone(),
            None => Store::open(&url)?,
        };
        opened.insert(url, store.clone());
        stores.insert(market.clone(), store);
    }
    Ok(stores)
}

/// Opens the log that the configuration names.
pub fn log(config: &Config, data_dir: &Path) -> Result<Log, AppError> {
    let topics = [
        Topic { name: EVENTS, partitions: config.event_partitions },
        Topic { name: EVENTS_DEAD_LETTERS, partitions: 1 },
        Topic { name: PINGS, partitions: config.ping_partitions },
        Topic { name: PINGS_DEAD_LETTERS, partitions: 1 },
        Topic { name: PROVIDER_EVENTS, partitions: config.provider_partitions },
        Topic { name: PROVIDER_EVENTS_DEAD_LETTERS, partitions: 1 },
        Topic { name: STOCK_IMPORTS_DEAD_LETTERS, partitions: 1 },
    ];
    Ok(Log::open(&below(&config.log, data_dir), &topics)?)
}

/// Opens the archive that the configuration names.
pub fn archive(config: &Config, data_dir: &Path) -> Result<Archive, AppError> {
    Ok(Archive::open(&below(&config.archive, data_dir))?)
}

/// Opens the live map that the configuration names. Its epoch is chance: no earlier map, of
/// whichever process, has had it.
pub fn live(config: &Config) -> Result<Live, AppError> {
    let wrong = |error: LiveError| AppError::invalid("live", error);
    Live::open(&config.live, chance()?).map_err(wrong)
}

/// The router and the geocoder that the configuration names, where they are not built in. Whether
/// they answer is seen when they are asked. Errors: a URL of none that is known.
pub fn others(config: &Config) -> Result<Others, AppError> {
    let router = match elsewhere("router", &config.router)? {
        None => None,
        Some(("osrm", url)) => {
            Some(Osrm::new(url, guard("router", config, config.calls.router_per_second)?))
        }
        Some((kind, _)) => return Err(AppError::invalid("router", unknown(kind, "osrm+http://…"))),
    };
    let geocoder = match elsewhere("geocoder", &config.geocoder)? {
        None => None,
        Some((kind, url)) => {
            let known = "photon+http://… and nominatim+http://…";
            let form = match kind {
                "photon" => Form::Photon,
                "nominatim" => Form::Nominatim,
                _ => return Err(AppError::invalid("geocoder", unknown(kind, known))),
            };
            let guard = guard("geocoder", config, config.calls.geocoder_per_second)?;
            Some(Geocoder::new(url, form, guard))
        }
    };
    Ok(Others { router, geocoder })
}

fn unknown(kind: &str, known: &str) -> String {
    format!("{kind:?} is not known: streets: and {known} are")
}

/// The kind and the URL of an engine elsewhere; `None` of the built-in one.
fn elsewhere<'a>(key: &str, text: &'a str) -> Result<Option<(&'a str, String)>, AppError> {
    if text == "streets:" {
        return Ok(None);
    }
    let wrong = |reason: &dyn std::fmt::Display| AppError::invalid(key, reason);
    let Some((kind, url)) = text.split_once('+') else {
        return Err(wrong(&format!("{text:?} is neither streets: nor KIND+http://HOST:PORT")));
    };
    Reach::Anywhere.admits(url).map_err(|error| wrong(&error))?;
    if url.contains(['?', '#']) {
        return Err(wrong(&format!("{url:?} has more than a host and a path")));
    }
    Ok(Some((kind, url.trim_end_matches('/').to_owned())))
}

fn guard(to: &'static str, config: &Config, per_second: u32) -> Result<Guard, AppError> {
    let rules = Rules::of_a_question(config.calls.patience.0, per_second);
    let clock = Arc::new(SteadyClock::start());
    Ok(Guard::new(to, rules, Web::new(Reach::Anywhere), clock, chance()?))
}

/// A number that nobody can know before.
pub(crate) fn chance() -> Result<u64, AppError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| AppError::machine("the system's randomness", error))?;
    Ok(u64::from_le_bytes(bytes))
}

/// Copies the store into a new file, whoever has it open. Errors: it keeps no file.
pub(crate) fn copy_store(config: &Config, data_dir: &Path, into: &Path) -> Result<(), AppError> {
    Ok(doorstep_store::snapshot(&below(&config.store, data_dir), into)?)
}

/// Stores of their own that markets keep in the data directory, each once: the first of its
/// markets, and the path below it.
pub(crate) fn market_stores_inside(config: &Config) -> BTreeMap<MarketId, PathBuf> {
    let mut inside = BTreeMap::new();
    let common = path_inside(&config.store);
    for (market, configured) in &config.markets {
        let path = configured.store.as_deref().and_then(path_inside);
        let path = path.filter(|path| Some(path) != common.as_ref());
        if let Some(path) = path.filter(|path| !inside.values().any(|known| known == path)) {
            inside.insert(market.clone(), path);
        }
    }
    inside
}

/// Copies a market's own store, a path below the data directory, as [`copy_store`] does.
pub(crate) fn copy_market_store(data_dir: &Path, path: &Path, into: &Path) -> Result<(), AppError> {
    let url = format!("sqlite:{}", data_dir.join(path).display());
    Ok(doorstep_store::snapshot(&url, into)?)
}

/// Copies the log into a new directory, whoever has it open; `copying` hears of each file.
pub(crate) fn copy_log(
    config: &Config,
    data_dir: &Path,
    into: &Path,
    copying: &dyn Fn(&Path),
) -> Result<Vec<CopiedPartition>, AppError> {
    let url = below(&config.log, data_dir);
    Ok(doorstep_log::snapshot(&url, into, copying)?)
}

/// Copies the files of the archive that are `wanted` into a new directory, whoever writes to it.
/// Not where it lies outside the data directory: there it is kept by others.
pub(crate) fn copy_archive(
    config: &Config,
    data_dir: &Path,
    (into, wanted): (&Path, &dyn Fn(&Place) -> bool),
    copying: &dyn Fn(&Path),
) -> Result<(), AppError> {
    if path_inside(&config.archive).is_none() {
        return Ok(());
    }
    let url = below(&config.archive, data_dir);
    Ok(doorstep_archive::snapshot(&url, into, wanted, copying)?)
}

/// Whether the store is a file, and no server.
pub(crate) fn store_is_a_file(config: &Config) -> bool {
    config.store.starts_with("sqlite:")
}

/// The path that a URL names below the data directory, if that is where it leads.
pub(crate) fn path_inside(url: &str) -> Option<PathBuf> {
    let (engine, path) = url.split_once(':')?;
    let path = Path::new(path);
    let stays = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    let is_inside = path.file_name().is_some() && path.components().all(stays);
    (is_inside && matches!(engine, "sqlite" | "file")).then(|| path.to_owned())
}

/// Puts the relative path of a `sqlite:` or `file:` URL below the data directory.
fn below(url: &str, data_dir: &Path) -> String {
    match url.split_once(':') {
        Some((engine @ ("sqlite" | "file"), path)) => {
            format!("{engine}:{}", data_dir.join(path).display())
        }
        _ => url.to_owned(),
    }
}
