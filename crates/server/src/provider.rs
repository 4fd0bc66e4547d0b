//! Providers: others deliver too, and tell us about it. What comes is verified, kept as it came,
//! and answered; the normalizer reads it afterwards, and a delivery stands as the set of all that
//! was told says (E1, E4).
//!
//! `inbox` takes messages, `verify` knows their signatures, `envelope` is how they are kept;
//! `normalizer` reads them by the adapters of `adapters`, `apply` writes what changed; `told` is
//! what is announced, which `forward` tells the lanes of markets; `follow` makes a provider's
//! delivery one of ours; `decide` lets a person say which of two ends is true; `view` shows it all.
//! `outbound` is what they are asked, `poller` asks whoever is silent, and `following`
//! lets what they say become the state of what was handed to them (E5, E9).

pub mod adapters;
pub mod decide;
pub mod envelope;
pub mod follow;
pub mod following;
pub mod forward;
pub mod inbox;
pub mod normalizer;
pub mod outbound;
pub mod poller;
pub mod told;
pub mod verify;
pub mod view;

pub(crate) mod again;
pub(crate) mod metric;
pub(crate) mod polled;

mod apply;

use crate::config::Config;
use crate::dispatch::bell::Bell;
use crate::error::AppError;
use adapters::Adapters;
use doorstep_domain::provider::Adapter;
use doorstep_store::LaneId;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use verify::Verifier;

/// The lane in which everything of providers' deliveries is decided, and announced. One for all: a
/// command is a whole run of messages, and what it costs is its statements.
pub const LANE: &str = "provider";

/// Who delivers besides our couriers.
pub struct Providers {
    /// Every adapter there is.
    pub adapters: Adapters,
    known: BTreeMap<String, Provider>,
    /// Rung whenever anything was announced of providers in this process.
    pub(crate) news: News,
}

/// Bells of those who read what is announced of providers.
#[derive(Default)]
pub(crate) struct News {
    pub(crate) forwarder: Bell,
    pub(crate) follower: Bell,
}

impl News {
    /// Wakes both.
    pub(crate) fn ring(&self) {
        self.forwarder.ring();
        self.follower.ring();
    }
}

/// One of them.
pub struct Provider {
    /// Its name in the configuration.
    pub name: String,
    /// How what it says is read.
    pub adapter: Arc<Adapter>,
    /// How what it says is signed.
    pub verifier: Verifier,
}

impl Providers {
    /// As configured. Errors: [`AppError::Invalid`] of an adapter that is not known or cannot be,
    /// [`AppError::Machine`] of a file that cannot be read.
    pub fn open(config: &Config) -> Result<Providers, AppError> {
        let adapters = Adapters::open(config.adapters_dir.as_deref().map(Path::new))?;
        let mut known = BTreeMap::new();
        for (name, configured) in &config.providers {
            let key = |key: &str| format!("providers.{name}.{key}");
            let adapter = adapters.find(&configured.adapter).ok_or_else(|| {
                let reason =
                    format!("{:?} is no adapter; {}", configured.adapter, adapters.names());
                AppError::invalid(key("adapter"), reason)
            })?;
            let verifier = Verifier::open(configured, adapter.file(), &key)?;
            let provider = Provider { name: name.clone(), adapter, verifier };
            known.insert(name.clone(), provider);
        }
        Ok(Providers { adapters, known, news: News::default() })
    }

    /// A provider by name. Errors: there is none.
    pub fn find(&self, name: &str) -> Result<&Provider, AppError> {
        let missing = || AppError::NotFound { what: "provider", id: name.to_owned() };
        self.known.get(name).ok_or_else(missing)
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Provider> {
        self.known.values()
    }
}

/// [`LANE`].
pub fn lane() -> Result<LaneId, AppError> {
    Ok(LaneId::new(LANE)?)
}
