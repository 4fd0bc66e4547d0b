//! Configuration: one TOML file. Every key has a default but the markets.

mod calls;
mod dispatch;
mod notify;
mod payments;
mod provider;
mod shop;
mod streams;
mod tracking;

pub use calls::CallsConfig;
pub use dispatch::{DispatchConfig, DispatchMode};
pub use notify::{GatewayConfig, MailConfig, MailTls, NotificationsConfig, TellConfig};
pub use payments::PaymentsConfig;
pub use provider::ProviderConfig;
pub use shop::ShopConfig;
pub use streams::StreamsConfig;
pub use tracking::TrackingConfig;

use doorstep_domain::delivery::ConflictPolicy;
use doorstep_domain::id::MarketId;
use doorstep_domain::market::{Market, Terms};
use doorstep_domain::money::Currency;
use doorstep_domain::pay::PayPlan;
use doorstep_domain::settlement::FeePlan;
use doorstep_domain::time::Zone;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The configuration file, as read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where claims and derived state are kept: `sqlite:PATH` or `postgres://…`. A relative path
    /// is relative to the data directory.
    pub store: String,
    /// Where what need not be newest is read: `postgres://…` of a hot standby of the store.
    pub store_replica: Option<String>,
    /// Where facts flow: `sqlite:DIRECTORY`.
    pub log: String,
    /// Where positions are held: `memory:`.
    pub live: String,
    /// Where closed hours of the log are kept for good: `file:DIRECTORY`.
    pub archive: String,
    /// Who measures ways of cars: `streets:`, built in, or `osrm+http://…`.
    pub router: String,
    /// Who finds addresses: `streets:`, built in, `photon+http://…` or `nominatim+http://…`.
    pub geocoder: String,
    /// How router and geocoder are called where they are not built in.
    pub calls: CallsConfig,
    /// Where HTTP listens; loopback unless told otherwise.
    pub listen: String,
    /// Other nodes whose facts are pulled.
    pub follow: Vec<String>,
    /// A file with the key that is shown to them, and nothing else.
    pub follow_key_file: Option<PathBuf>,
    /// Partitions of the `events` topic; fixed once the log exists.
    pub event_partitions: u32,
    /// Partitions of the `pings` topic; fixed once the log exists.
    pub ping_partitions: u32,
    /// Partitions of the `provider-events` topic; fixed once the log exists.
    pub provider_partitions: u32,
    /// Which pings are taken, and how many.
    pub tracking: TrackingConfig,
    /// After how long without a record a partition's watermark follows the clock.
    pub idle_after: Span,
    /// How others are told.
    pub notifications: NotificationsConfig,
    /// Streams of deliveries' changes.
    pub streams: StreamsConfig,
    /// Who takes payments.
    pub payments: Option<PaymentsConfig>,
    /// A folder of adapters of one's own.
    pub adapters_dir: Option<PathBuf>,
    /// Who delivers besides our couriers, by name.
    pub providers: BTreeMap<String, ProviderConfig>,
    /// The markets by name.
    pub markets: BTreeMap<MarketId, MarketConfig>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            store: "sqlite:store.sqlite".to_owned(),
            store_replica: None,
            log: "sqlite:log".to_owned(),
            live: "memory:".to_owned(),
            archive: "file:archive".to_owned(),
            router: "streets:".to_owned(),
            geocoder: "streets:".to_owned(),
            calls: CallsConfig::default(),
            listen: "127.0.0.1:8080".to_owned(),
            follow: Vec::new(),
            follow_key_file: None,
            event_partitions: 4,
            ping_partitions: 4,
            provider_partitions: 4,
            tracking: TrackingConfig::default(),
            idle_after: Span(60 * 1_000_000),
            notifications: NotificationsConfig::default(),
            payments: None,
            streams: StreamsConfig::default(),
            adapters_dir: None,
            providers: BTreeMap::new(),
            markets: BTreeMap::new(),
        }
    }
}

/// One `[markets.NAME]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketConfig {
    /// IANA zone whose midnight ends the days; fixed once the market has facts.
    pub time_zone: Zone,
    /// ISO 4217; fixed once the market has facts.
    pub currency: Currency,
    /// What couriers are paid.
    #[serde(default)]
    pub pay: PayPlan,
    /// What merchants are charged.
    #[serde(default)]
    pub fees: FeePlan,
    /// How days are closed.
    #[serde(default)]
    pub settlement: SettlementConfig,
    /// How couriers are found.
    #[serde(default)]
    pub dispatch: DispatchConfig,
    /// Where stock and orders are kept; the common store where left out.
    #[serde(default)]
    pub store: Option<String>,
    /// How things are sold.
    #[serde(default)]
    pub shop: ShopConfig,
    /// What customers are told.
    #[serde(default)]
    pub notify: Vec<TellConfig>,
}

/// `[markets.NAME.settlement]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SettlementConfig {
    /// How long after local midnight facts of the day are still awaited.
    pub grace: Span,
    /// What to do with contradicting completions.
    pub conflicts: ConflictPolicy,
}

impl Default for SettlementConfig {
    fn default() -> SettlementConfig {
        SettlementConfig { grace: Span(2 * 3_600_000_000), conflicts: ConflictPolicy::Hold }
    }
}

/// A length of time written as `2h`, `90m` or `1h 30m`; microseconds inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(pub i64);

impl TryFrom<String> for Span {
    type Error = String;
    fn try_from(text: String) -> Result<Span, String> {
        let wrong = || format!("{text:?} is not a length of time such as 2h or 90m");
        let length: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
        match i64::try_from(length.as_micros()) {
            Ok(us) if us >= 0 => Ok(Span(us)),
            _ => Err(wrong()),
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or not readable.
    #[error("cannot read {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The file is not what it should be.
    #[error("{}: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Which key, and why.
        reason: String,
    },
}

impl Config {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let unreadable = |error: std::io::Error| ConfigError::Unreadable {
            path: path.into(),
            reason: error.to_string(),
        };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Config::parse(&text).map_err(|reason| ConfigError::Invalid { path: path.into(), reason })
    }

    /// Reads and checks a text; the error names the key and the reason.
    pub fn parse(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, market) in &config.markets {
            let key = |field: &str, error: &dyn std::fmt::Display| {
                format!("markets.{name}.{field}{error}")
            };
            market.pay.validate().map_err(|error| key("pay.", &error))?;
            market.fees.validate().map_err(|error| key("fees.", &error))?;
            market.dispatch.validate().map_err(|error| key("dispatch.", &error))?;
            market.shop.validate().map_err(|error| key("shop.", &error))?;
            let told = config.notifications.validate_market(&market.notify);
            told.map_err(|error| key("notify", &error))?;
        }
        if let Some(payments) = &config.payments {
            payments.validate().map_err(|error| format!("payments.{error}"))?;
        }
        config.notifications.validate().map_err(|error| format!("notifications.{error}"))?;
        for (name, provider) in &config.providers {
            provider.validate(name).map_err(|error| format!("providers.{name}{error}"))?;
        }
        let partitions = [
            ("event_partitions", config.event_partitions),
            ("ping_partitions", config.ping_partitions),
            ("provider_partitions", config.provider_partitions),
        ];
        for (key, count) in partitions {
            if !(1..=64).contains(&count) {
                return Err(format!("{key}: {count} is not within 1 and 64"));
            }
        }
        config.streams.validate().map_err(|error| format!("streams.{error}"))?;
        if !(1_000..=10_000_000).contains(&config.calls.patience.0) {
            return Err("calls.patience: is not within 1ms and 10s".to_owned());
        }
        Ok(config)
    }

    /// The markets as the rules take them.
    pub fn markets(&self) -> BTreeMap<MarketId, Market> {
        let market = |(id, market): (&MarketId, &MarketConfig)| {
            let market = Market {
                id: id.clone(),
                time_zone: market.time_zone.clone(),
                currency: market.currency,
                grace_us: market.settlement.grace.0,
                conflicts: market.settlement.conflicts,
            };
            (id.clone(), market)
        };
        self.markets.iter().map(market).collect()
    }
}

impl MarketConfig {
    /// The terms the file gives.
    pub fn terms(&self) -> Terms {
        Terms { pay: self.pay.clone(), fees: self.fees }
    }
}
