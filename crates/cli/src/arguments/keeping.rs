//! Arguments of the commands that keep the data directory safe.

use clap::Args;
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
