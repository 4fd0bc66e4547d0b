//! Arguments of the commands about addresses and arrival times.

use super::lists::Listing;
use clap::{Args, Subcommand};
use doorstep_domain::id::MarketId;
use std::path::PathBuf;

/// Arguments of `geocode`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Geocode {
    /// Addresses as people write them, each in quotes: "1200 Irving St, 94122".
    #[arg(required = true, value_name = "ADDRESS")]
    pub addresses: Vec<String>,
    /// The market; the only one if left out.
    #[arg(long)]
    pub market: Option<MarketId>,
    #[command(flatten)]
    pub listing: Listing,
    #[command(subcommand)]
    pub evaluate: Option<GeocodeEvaluate>,
}

/// What else can be done with addresses.
#[derive(Debug, Subcommand)]
pub(crate) enum GeocodeEvaluate {
    /// Compare with places that are known: how many are found, and how far off.
    Evaluate {
        /// CSV with address, postal_code, lat, lon; plain, gzip or zstd.
        #[arg(long, value_name = "FILE")]
        businesses: PathBuf,
        /// The market; the only one if left out.
        #[arg(long)]
        market: Option<MarketId>,
        #[command(flatten)]
        listing: Listing,
    },
}

/// What to do with arrival times.
#[derive(Debug, Subcommand)]
pub(crate) enum Eta {
    /// Learn from trips, or from what was delivered here, and use it from now on.
    Learn(Learn),
    /// Test each day of the trips with what is learned on all the others; nothing is kept.
    Evaluate(Trips),
    /// List what was learned.
    Models {
        /// The market; the only one if left out.
        #[arg(long)]
        market: Option<MarketId>,
        #[command(flatten)]
        listing: Listing,
    },
}

/// What to learn from.
#[derive(Debug, Args)]
pub(crate) struct Learn {
    /// CSV with start_ts, end_ts (seconds since 1970), start_lat, start_lon, end_lat, end_lon.
    #[arg(long, value_name = "FILE", required_unless_present = "deliveries")]
    pub trips: Option<PathBuf>,
    /// The deliveries that were dispatched here and driven.
    #[arg(long, conflicts_with = "trips")]
    pub deliveries: bool,
    /// The market; the only one if left out.
    #[arg(long)]
    pub market: Option<MarketId>,
    #[command(flatten)]
    pub listing: Listing,
}

/// Trips that were made.
#[derive(Debug, Args)]
pub(crate) struct Trips {
    /// CSV with start_ts, end_ts (seconds since 1970), start_lat, start_lon, end_lat, end_lon.
    #[arg(long, value_name = "FILE")]
    pub trips: PathBuf,
    /// The market; the only one if left out.
    #[arg(long)]
    pub market: Option<MarketId>,
    #[command(flatten)]
    pub listing: Listing,
}
