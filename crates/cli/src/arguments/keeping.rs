//! Arguments of the commands that keep the data directory safe.

use clap::{Args, ValueEnum};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use std::path::PathBuf;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// Where to: a new or empty directory.
    #[arg(value_name = "DIR")]
    pub to: PathBuf,
    /// Only the log, beside a Postgres store that was dumped by its own tools before.
    #[arg(long)]
    pub log_only: bool,
    /// Print what was copied as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `restore`.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup. It becomes the data directory, which must be new or empty.
    #[arg(value_name = "DIR")]
    pub from: PathBuf,
    /// Print what was copied as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// Which topic.
    #[arg(long)]
    pub topic: ArchivedTopic,
    /// What came in from then on, such as 2008-05-19T16:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub from: Micros,
    /// Up to, but not including, then.
    #[arg(long, value_name = "TIME")]
    pub to: Micros,
    /// Only this market's.
    #[arg(long)]
    pub market: Option<MarketId>,
    /// Print the counts as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What is archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ArchivedTopic {
    /// Where couriers were.
    Pings,
    /// What couriers and deliveries were told of.
    Events,
    /// What other providers sent.
    ProviderEvents,
}

impl ArchivedTopic {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ArchivedTopic::Pings => "pings",
            ArchivedTopic::Events => "events",
            ArchivedTopic::ProviderEvents => "provider-events",
        }
    }
}
