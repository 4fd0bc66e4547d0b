//! Arguments of the commands about providers.

use super::lists::{Listing, Page};
use super::simulate::span;
use clap::{Args, Subcommand};
use doorstep_domain::id::{DeliveryId, MarketId, MerchantId};
use std::path::PathBuf;
use std::time::Duration;

/// What to do with providers and their adapters.
#[derive(Debug, Subcommand)]
pub(crate) enum Providers {
    /// List those that are configured, and how they are.
    List(Listing),
    /// List the adapters there are.
    Adapters(Listing),
    /// Print an adapter, to begin another with.
    Show {
        /// Which.
        adapter: String,
    },
    /// Say what payloads would become, without keeping anything.
    Test {
        /// By which adapter.
        adapter: String,
        /// Payloads: JSON, an array of them, or one a line.
        file: PathBuf,
        #[command(flatten)]
        listing: Listing,
    },
    /// List what a provider tells of and that is no delivery of ours, yet.
    Unknown {
        /// Whose.
        provider: String,
        #[command(flatten)]
        page: Page,
    },
    /// List the deliveries of which a provider told two ends, to be decided.
    Disputed {
        /// Whose.
        provider: String,
        #[command(flatten)]
        page: Page,
    },
    /// Follow a delivery that was booked elsewhere.
    Follow {
        /// Whose.
        provider: String,
        /// The provider's name of it.
        reference: DeliveryId,
        /// Whose goods.
        #[arg(long)]
        merchant: MerchantId,
        /// Where; the only market if left out.
        #[arg(long)]
        market: Option<MarketId>,
        /// Our name of it; a new one if left out.
        #[arg(long)]
        delivery: Option<DeliveryId>,
        #[command(flatten)]
        listing: Listing,
    },
}

/// Arguments of `simulate providers`.
#[derive(Debug, Args)]
pub(crate) struct ProvidersLoad {
    /// Its name in the server's configuration; its adapter is uber_direct.
    #[arg(long, default_value = "uber")]
    pub provider: String,
    /// What it signs with, as the server's configuration names it.
    #[arg(long, value_name = "FILE")]
    pub secret_file: PathBuf,
    /// The market of what is followed.
    #[arg(long, default_value = "sf")]
    pub market: MarketId,
    /// Its deliveries; each is told of five times.
    #[arg(long, default_value = "20000", value_parser = clap::value_parser!(u32).range(1..))]
    pub deliveries: u32,
    /// How many of them are followed, and looked at.
    #[arg(long, default_value = "500")]
    pub followed: u32,
    /// Connections that it sends over.
    #[arg(long, default_value = "128", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub connections: u32,
    /// Messages a second; as many as are answered where it is left out.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub messages_per_second: Option<u32>,
    /// Looks at followed deliveries, a second.
    #[arg(long, default_value = "200")]
    pub looks_per_second: u32,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `simulate webhooks`.
#[derive(Debug, Args)]
pub(crate) struct WebhooksLoad {
    #[command(flatten)]
    pub told: ProvidersLoad,
    /// How many endpoints are told of all of it.
    #[arg(long, default_value = "10", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub endpoints: u32,
    /// One endpoint more, which answers after so long.
    #[arg(long, default_value = "0s", value_parser = span)]
    pub slow: Duration,
}
