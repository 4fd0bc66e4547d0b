//! Arguments of `simulate`.

mod provider;
mod selling;

pub(crate) use provider::Provider;
pub(crate) use selling::{Orders, Shoppers};

use super::{ProvidersLoad, WebhooksLoad};
use crate::load::Form;
use clap::{Args, Subcommand, ValueEnum};
use doorstep_domain::id::MarketId;
use doorstep_domain::money::Currency;
use doorstep_domain::time::{Day, Zone};
use doorstep_domain::tracking::Position;
use doorstep_server::config::Span;
use std::path::PathBuf;
use std::time::Duration;

/// What to make.
#[derive(Debug, Subcommand)]
pub(crate) enum Simulate {
    /// The events of a city, one a line on stdout.
    City(City),
    /// Couriers who drive around and tell a server where they are.
    Couriers(Couriers),
    /// Watchers of a server's map, and how fresh what they are shown is.
    Watchers(Watchers),
    /// Public days of a real delivery network (Meal Delivery Routing Problem), dispatched.
    Mdrp(Mdrp),
    /// A city that asks for deliveries, and the couriers who carry them.
    Dispatch(Dispatch),
    /// Couriers who all accept the same delivery at once.
    Race(Race),
    /// Somebody else who delivers: takes bookings by their API and sends messages, some of them
    /// wrong.
    Provider(Provider),
    /// Buyers who all order at once.
    Orders(Orders),
    /// Shoppers who look at what can be had.
    Shoppers(Shoppers),
    /// A provider that tells how its deliveries go.
    Providers(ProvidersLoad),
    /// Endpoints that are told, by webhook, how a provider's deliveries go.
    Webhooks(WebhooksLoad),
}

/// Arguments of `simulate city`.
#[derive(Debug, Args)]
pub(crate) struct City {
    /// The same seed makes the same city.
    #[arg(long, default_value = "1")]
    pub seed: u64,
    /// Couriers at work on each day.
    #[arg(long, default_value = "100")]
    pub couriers: u32,
    /// Deliveries of each courier on each day.
    #[arg(long, default_value = "20")]
    pub deliveries: u32,
    /// How many days.
    #[arg(long, default_value = "1")]
    pub days: u32,
    /// The first of them.
    #[arg(long, default_value = "2008-05-19")]
    pub first_day: Day,
    /// The market's name.
    #[arg(long, default_value = "sf")]
    pub market: MarketId,
    /// Its zone.
    #[arg(long, default_value = "America/Los_Angeles")]
    pub zone: Zone,
    /// Its currency.
    #[arg(long, default_value = "USD")]
    pub currency: Currency,
}

/// Arguments of `simulate couriers`.
#[derive(Debug, Args)]
pub(crate) struct Couriers {
    /// The same seed makes the same fleet.
    #[arg(long, default_value = "1")]
    pub seed: u64,
    /// How many; they are registered first.
    #[arg(long, default_value = "1000", value_parser = clap::value_parser!(u32).range(1..))]
    pub couriers: u32,
    /// How often each tells where it is.
    #[arg(long, value_name = "TIME", default_value = "3s", value_parser = length)]
    pub every: Duration,
    /// For how long.
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = length)]
    pub length: Duration,
    /// Their market.
    #[arg(long, default_value = "sf")]
    pub market: MarketId,
    /// Where most of them are.
    #[arg(
        long,
        value_name = "LAT,LNG",
        default_value = "37.77,-122.43",
        allow_hyphen_values = true,
        value_parser = place
    )]
    pub center: Position,
    /// How many pings of ten thousand go wrong: late, twice, out of order, from nowhere near.
    #[arg(long, default_value = "0", value_parser = clap::value_parser!(u32).range(..=10_000))]
    pub dirt_bp: u32,
    /// In which form.
    #[arg(long, value_enum, default_value = "binary")]
    pub form: Form,
    /// Pings of one request; 1,000 for binary and 100 for json where it is left out.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=50_000))]
    pub batch: Option<u64>,
    /// Connections that share the requests; 128, and 512 for single where it is left out.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: Option<u32>,
    /// They are registered already.
    #[arg(long)]
    pub registered: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `simulate watchers`.
#[derive(Debug, Args)]
pub(crate) struct Watchers {
    /// How many.
    #[arg(long, default_value = "1000", value_parser = clap::value_parser!(u32).range(1..))]
    pub count: u32,
    /// For how long, once all are there.
    #[arg(long = "for", value_name = "TIME", default_value = "30s", value_parser = length)]
    pub length: Duration,
    /// What each of them watches.
    #[arg(long, value_enum, default_value = "couriers")]
    pub of: WatchersOf,
    /// The couriers of `simulate couriers`, each of whom has a watcher, or several.
    #[arg(long, default_value = "1000", value_parser = clap::value_parser!(u32).range(1..))]
    pub couriers: u32,
    /// Where the boxes are.
    #[arg(
        long,
        value_name = "LAT,LNG",
        default_value = "37.77,-122.43",
        allow_hyphen_values = true,
        value_parser = place
    )]
    pub center: Position,
    /// The server's process: says how much memory a watcher takes there.
    #[arg(long)]
    pub pid: Option<u32>,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `simulate dispatch`.
#[derive(Debug, Args)]
pub(crate) struct Dispatch {
    /// The same seed makes the same city.
    #[arg(long, default_value = "1")]
    pub seed: u64,
    /// How many couriers work; they are registered and go online first.
    #[arg(long, default_value = "2000", value_parser = clap::value_parser!(u32).range(1..))]
    pub couriers: u32,
    /// How many of them listen and answer; all where it is left out. Packages then wait where one
    /// of these is, who is free.
    #[arg(long, value_name = "COURIERS", value_parser = clap::value_parser!(u32).range(1..))]
    pub streams: Option<u32>,
    /// Deliveries asked for in a second.
    #[arg(long, default_value = "600", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub requests_per_second: u32,
    /// For how long.
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = length)]
    pub length: Duration,
    /// How often each courier tells where it is.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = length)]
    pub every: Duration,
    /// How long a courier is under way to the package, and again to the customer.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = span)]
    pub dwell: Duration,
    /// How long is waited at the end for what is not delivered yet.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = span)]
    pub settle: Duration,
    /// How long a request is sent again, under its key, before it has failed.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = span)]
    pub patience: Duration,
    /// Requests under way at once.
    #[arg(long, default_value = "192", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub connections: u32,
    /// Their market.
    #[arg(long, default_value = "sf")]
    pub market: MarketId,
    /// Where most of them are.
    #[arg(
        long,
        value_name = "LAT,LNG",
        default_value = "37.77,-122.43",
        allow_hyphen_values = true,
        value_parser = place
    )]
    pub center: Position,
    /// They are registered and online already.
    #[arg(long)]
    pub registered: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `simulate race`.
#[derive(Debug, Args)]
pub(crate) struct Race {
    /// How many couriers; they are registered and go online first.
    #[arg(long, default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub couriers: u32,
    /// Deliveries they race for, one after another.
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Their market.
    #[arg(long, default_value = "sf")]
    pub market: MarketId,
    /// They are registered and online already.
    #[arg(long)]
    pub registered: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What watchers watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WatchersOf {
    /// A courier of their own, as whoever waits for a delivery does.
    Couriers,
    /// A box of some 500 m, as on a map.
    Boxes,
}

/// Arguments of `simulate mdrp`.
#[derive(Debug, Args)]
pub(crate) struct Mdrp {
    /// A directory with an instance, or one with a directory for each.
    #[arg(long, value_name = "DIRECTORY")]
    pub instances: PathBuf,
    /// Where solutions go, a directory for each instance.
    #[arg(long, value_name = "DIRECTORY")]
    pub out: PathBuf,
    /// How deliveries get their courier.
    #[arg(long, value_enum, default_value = "batch")]
    pub mode: MdrpMode,
    /// Minutes from one decision to the next.
    #[arg(long, value_name = "MINUTES", default_value = "1",
        value_parser = clap::value_parser!(i64).range(1..=60))]
    pub every_min: i64,
    /// Only those whose name ends so, such as o100t100s1p100.
    #[arg(long)]
    pub class: Option<String>,
    /// Only the first so many, by name.
    #[arg(long)]
    pub limit: Option<usize>,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How deliveries get their courier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MdrpMode {
    /// All at once at least total cost, bundled, held until it is time.
    Batch,
    /// Each in turn to the nearest free courier.
    Nearest,
}

impl MdrpMode {
    /// As it is written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            MdrpMode::Batch => "batch",
            MdrpMode::Nearest => "nearest",
        }
    }
}

fn length(text: &str) -> Result<Duration, String> {
    match span(text)? {
        Duration::ZERO => Err("is no time at all".to_owned()),
        length => Ok(length),
    }
}

/// A time that may be none.
pub(super) fn span(text: &str) -> Result<Duration, String> {
    let span = Span::try_from(text.to_owned())?;
    let us = u64::try_from(span.0).map_err(|_| "is less than no time".to_owned())?;
    Ok(Duration::from_micros(us))
}

fn place(text: &str) -> Result<Position, String> {
    let wrong = || format!("{text:?} is not a place such as 37.77,-122.43");
    let (lat, lng) = text.split_once(',').ok_or_else(wrong)?;
    let degrees = |text: &str| text.trim().parse().map_err(|_| wrong());
    Position::from_degrees(degrees(lat)?, degrees(lng)?).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_lengths_are_read() {
        let expected = Position { lat_e7: 377_700_000, lng_e7: -1_224_300_000 };
        assert_eq!(place("37.77, -122.43"), Ok(expected));
        assert_eq!(length("3s"), Ok(Duration::from_secs(3)));
        for wrong in ["", "37.77", "north,west", "91,0", "0,181"] {
            assert!(place(wrong).is_err(), "{wrong:?}");
        }
        assert!(length("0s").is_err() && length("soon").is_err());
        assert_eq!(span("0s"), Ok(Duration::ZERO));
    }
}
