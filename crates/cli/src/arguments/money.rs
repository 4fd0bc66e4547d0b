//! Arguments of the commands about money.

use clap::{Args, Subcommand, ValueEnum};
use doorstep_domain::id::{CourierId, MarketId};
use doorstep_domain::time::Day;
use std::path::PathBuf;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Replace the file that is there.
    #[arg(long)]
    pub force: bool,
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen; as configured, and there by default on loopback only.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
}

/// What to import.
#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// Couriers' and deliveries' events, one CloudEvent a line.
    Events {
        /// The file; - is stdin.
        file: PathBuf,
        /// Print the counts as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Streets for the map, addresses and routes: GeoJSON, plain, gzip or zstd.
    Streets {
        /// The file; - is stdin.
        file: PathBuf,
        /// Whose streets; the only market if left out.
        #[arg(long)]
        market: Option<MarketId>,
        /// Remove the streets that the market has first.
        #[arg(long)]
        replace: bool,
        /// Print the counts as JSON.
        #[arg(long)]
        json: bool,
    },
    /// What can be had: CSV or Parquet (item_id,name,category,class,oversell_max,weight_grams,
    /// price_minor).
    Items {
        /// The file; - is stdin.
        file: PathBuf,
        /// Whose prices; the only market if left out.
        #[arg(long)]
        market: Option<MarketId>,
        /// Print the counts as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Where it lies: CSV or Parquet (center_id,merchant_id,name,address,lat,lng,hours).
    Centers {
        /// The file; - is stdin.
        file: PathBuf,
        /// Whose centres; the only market if left out.
        #[arg(long)]
        market: Option<MarketId>,
        /// Print the counts as JSON.
        #[arg(long)]
        json: bool,
    },
    /// How much of what came where: CSV or Parquet (center_id,item_id,quantity).
    Stock {
        /// The file; - is stdin.
        file: PathBuf,
        /// So much lies there, instead of so much came.
        #[arg(long)]
        count: bool,
        /// Print the counts as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Couriers and the market of each: CSV (courier_id,market) or one JSON object a line.
    Couriers {
        /// The file; - is stdin.
        file: PathBuf,
        /// Print the counts as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// A day of a market.
#[derive(Debug, Clone, Args)]
pub(crate) struct DayOfMarket {
    /// The market.
    #[arg(long)]
    pub market: MarketId,
    /// The local day, such as 2008-05-19.
    #[arg(long)]
    pub day: Day,
    /// Print the answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where it is made; replaced if an earlier demonstration made it.
    #[arg(long, value_name = "DIR", default_value = "doorstep-demo")]
    pub directory: PathBuf,
    /// How many times as fast as it happened the day runs on the map.
    #[arg(long, default_value = "60", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub speed: u32,
    /// Show the first hours as fast as it goes and end, as where stdout is no terminal.
    #[arg(long)]
    pub once: bool,
}

/// Arguments of `pay`.
#[derive(Debug, Args)]
pub(crate) struct Pay {
    /// The market.
    #[arg(long)]
    pub market: MarketId,
    /// The local day; today where it is left out.
    #[arg(long)]
    pub day: Option<Day>,
    /// Only this courier.
    #[arg(long)]
    pub courier: Option<CourierId>,
    /// Show each interval, its rate and amount.
    #[arg(long)]
    pub explain: bool,
    /// Print the answer as JSON.
    #[arg(long, conflicts_with = "csv")]
    pub json: bool,
    /// Print CSV.
    #[arg(long, conflicts_with = "explain")]
    pub csv: bool,
}

/// Arguments of `reconcile`.
#[derive(Debug, Args)]
pub(crate) struct Reconcile {
    #[command(flatten)]
    pub day: DayOfMarket,
    /// Post exactly the corrections.
    #[arg(long)]
    pub repair: bool,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// What of the day.
    #[arg(value_enum)]
    pub of: ExportOf,
    /// The market.
    #[arg(long)]
    pub market: MarketId,
    /// The local day.
    #[arg(long)]
    pub day: Day,
    /// In which form.
    #[arg(long, value_enum, default_value = "csv")]
    pub format: ExportForm,
    /// Where to; stdout where it is left out.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ExportOf {
    /// What a closed day came to for each courier and merchant.
    Statements,
    /// The double entries.
    Postings,
}

impl ExportOf {
    /// As the interface names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ExportOf::Statements => "statements",
            ExportOf::Postings => "postings",
        }
    }
}

/// In which form.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ExportForm {
    /// With a header line.
    Csv,
    /// Typed columns, zstd.
    Parquet,
}

impl ExportForm {
    /// As the interface names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ExportForm::Csv => "csv",
            ExportForm::Parquet => "parquet",
        }
    }
}
