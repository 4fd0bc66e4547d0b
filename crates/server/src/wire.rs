//! The only place where a URL becomes an engine.

use crate::config::Config;
use crate::error::AppError;
use doorstep_log::{Log, Topic};
use doorstep_store::Store;
use std::path::Path;

/// The topic of couriers' and deliveries' events.
pub const EVENTS: &str = "events";

/// The topic of what could not be taken from [`EVENTS`], with the reason and the raw bytes.
pub const EVENTS_DEAD_LETTERS: &str = "events.dead-letters";

/// Opens the store that the configuration names, below the data directory where it is a path.
pub fn store(config: &Config, data_dir: &Path) -> Result<Store, AppError> {
    Ok(Store::open(&below(&config.store, data_dir))?)
}

/// Opens the log that the configuration names.
pub fn log(config: &Config, data_dir: &Path) -> Result<Log, AppError> {
    let topics = [
        Topic {
            name: EVENTS,
            partitions: config.event_partitions,
        },
        Topic {
            name: EVENTS_DEAD_LETTERS,
            partitions: 1,
        },
    ];
    Ok(Log::open(&below(&config.log, data_dir), &topics)?)
}

/// Puts the relative path of a `sqlite:` URL below the data directory.
fn below(url: &str, data_dir: &Path) -> String {
    match url.strip_prefix("sqlite:") {
        Some(path) => format!("sqlite:{}", data_dir.join(path).display()),
        None => url.to_owned(),
    }
}
