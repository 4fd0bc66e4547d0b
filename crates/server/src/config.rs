//! Configuration: one TOML file. Every key has a default but the markets.

mod notify;
mod provider;
mod tracking;

pub use notify::{GatewayConfig, MailConfig, MailTls, NotificationsConfig, TellConfig};
pub use provider::ProviderConfig;
pub use tracking::TrackingConfig;

use doorstep_domain::delivery::ConflictPolicy;
use doorstep_domain::dispatch::Rings;
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
            log: "sqlite:log".to_owned(),
            live: "memory:".to_owned(),
            archive: "file:archive".to_owned(),
            router: "streets:".to_owned(),
            geocoder: "streets:".to_owned(),
            calls: CallsConfig::default(),
            listen: "127.0.0.1:8080".to_owned(),
            event_partitions: 4,
            ping_partitions: 4,
            provider_partitions: 4,
            tracking: TrackingConfig::default(),
            idle_after: Span(60 * 1_000_000),
            notifications: NotificationsConfig::default(),
            streams: StreamsConfig::default(),
            adapters_dir: None,
            providers: BTreeMap::new(),
            markets: BTreeMap::new(),
        }
    }
}

/// `[calls]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallsConfig {
    /// How long an answer is awaited before the built-in one is given.
    pub patience: Span,
    /// Calls a second to the router; 0 is no limit.
    pub router_per_second: u32,
    /// Calls a second to the geocoder; 0 is no limit.
    pub geocoder_per_second: u32,
}

impl Default for CallsConfig {
    fn default() -> CallsConfig {
        CallsConfig { patience: Span(300_000), router_per_second: 500, geocoder_per_second: 50 }
    }
}

/// `[streams]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StreamsConfig {
    /// How long what was announced can be read again: a stream that comes back is told the rest.
    pub keep: Span,
}

impl Default for StreamsConfig {
    fn default() -> StreamsConfig {
        StreamsConfig { keep: Span(10 * 60_000_000) }
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
    /// What customers are told.
    #[serde(default)]
    pub notify: Vec<TellConfig>,
}

/// `[markets.NAME.dispatch]`. Lengths in metres.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DispatchConfig {
    /// Who is asked.
    pub mode: DispatchMode,
    /// Of the first ring.
    pub radius: f64,
    /// Of the last.
    pub radius_max: f64,
    /// Couriers asked at once.
    pub offers: usize,
    /// How long until the next ones are asked.
    pub widen_after: Span,
    /// How long an offer stands.
    pub offer_for: Span,
    /// How long before a package is ready couriers are looked for.
    pub lead: Span,
    /// How long until a person is told.
    pub give_up_after: Span,
    /// How long a courier who has accepted may be silent.
    pub silent_after: Span,
    /// How long after its end a customer's link still opens.
    pub link_after: Span,
    /// In mode `batch`, how often all that waits is planned.
    pub batch_every: Span,
    /// In mode `batch`, whether what was accepted and not picked up may be given to another.
    pub replan: bool,
    /// Providers that what no courier takes is handed to, in this order.
    pub hand_over: Vec<String>,
}

/// How it is decided who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DispatchMode {
    /// Whoever would be there first, at once.
    #[default]
    Nearest,
    /// One plan for all that waits, every few seconds.
    Batch,
}

impl Default for DispatchConfig {
    fn default() -> DispatchConfig {
        let rings = Rings::default();
        DispatchConfig {
            mode: DispatchMode::default(),
            radius: rings.radius_m,
            radius_max: rings.radius_max_m,
            offers: rings.offers,
            widen_after: Span(rings.widen_after_us),
            offer_for: Span(rings.offer_for_us),
            lead: Span(rings.lead_us),
            give_up_after: Span(rings.give_up_after_us),
            silent_after: Span(rings.silent_after_us),
            link_after: Span(2 * 3_600_000_000),
            batch_every: Span(10_000_000),
            replan: false,
            hand_over: Vec::new(),
        }
    }
}

impl DispatchConfig {
    /// As the rules take it.
    pub fn rings(&self) -> Rings {
        Rings {
            radius_m: self.radius,
            radius_max_m: self.radius_max,
            offers: self.offers,
            widen_after_us: self.widen_after.0,
            offer_for_us: self.offer_for.0,
            lead_us: self.lead.0,
            give_up_after_us: self.give_up_after.0,
            silent_after_us: self.silent_after.0,
        }
    }

    /// The first key that cannot be, and why.
    fn validate(&self) -> Result<(), String> {
        let radii = [("radius", self.radius), ("radius_max", self.radius_max)];
        for (key, metres) in radii {
            if !(100.0..=100_000.0).contains(&metres) {
                return Err(format!("{key}: {metres} is not within 100 and 100000 metres"));
            }
        }
        if self.radius_max < self.radius {
            return Err("radius_max: is less than radius".to_owned());
        }
        if !(1..=20).contains(&self.offers) {
            return Err(format!("offers: {} is not within 1 and 20", self.offers));
        }
        let lengths = [
            ("widen_after", self.widen_after),
            ("offer_for", self.offer_for),
            ("give_up_after", self.give_up_after),
            ("silent_after", self.silent_after),
            ("batch_every", self.batch_every),
        ];
        if let Some((key, _)) = lengths.into_iter().find(|(_, length)| length.0 < 100_000) {
            return Err(format!("{key}: is less than a tenth of a second"));
        }
        // The link tells an address to whoever has it: that must end.
        if !(1_000_000..=30 * 24 * 3_600_000_000).contains(&self.link_after.0) {
            return Err("link_after: is not within 1s and 720h".to_owned());
        }
        Ok(())
    }
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
            let told = config.notifications.validate_market(&market.notify);
            told.map_err(|error| key("notify", &error))?;
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
        // Other processes' boards hear from it too, and a store is no archive.
        if !(60_000_000..=7 * 24 * 3_600_000_000).contains(&config.streams.keep.0) {
            return Err("streams.keep: is not within 1m and 168h".to_owned());
        }
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
