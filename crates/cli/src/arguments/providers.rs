//! Arguments of the commands about providers.

use super::lists::{Listing, Page};
use clap::Subcommand;
use doorstep_domain::id::{DeliveryId, MarketId, MerchantId};
use std::path::PathBuf;

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
