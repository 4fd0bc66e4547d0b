//! What can be typed.

mod dispatch;
mod keeping;
mod lists;
mod money;
mod places;
mod providers;
mod simulate;
mod stock;
mod telling;

pub(crate) use dispatch::{Deliveries, NewDelivery};
pub(crate) use keeping::{Backup, Follow, Replay, Restore};
pub(crate) use lists::{AuditList, Conflicts, DeadLetters, Keys, Listing, Page, Plan};
pub(crate) use money::{DayOfMarket, Demo, Export, Import, Init, Pay, Reconcile, Serve};
pub(crate) use places::{Eta, Geocode, GeocodeEvaluate, Learn};
pub(crate) use providers::{Providers, ProvidersLoad, WebhooksLoad};
pub(crate) use simulate::{
    City, Couriers, Dispatch, Mdrp, MdrpMode, Orders, Provider, Race, Shoppers, Simulate, Watchers,
    WatchersOf,
};
pub(crate) use stock::{
    Apologies, Availability, Centers, Items, Moved, NewOrder, OrderCommand, Stock, Units,
};
pub(crate) use telling::{Subscriptions, Tasks};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Where couriers are, when they arrive, what they are paid and what markets settle.
#[derive(Debug, Parser)]
#[command(name = "doorstep", version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub place: Place,
    #[command(subcommand)]
    pub command: Command,
}

/// The heading of what every command takes, so that its own options come first.
const WHERE: &str = "Where";

/// Where the work is done.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The configuration.
    #[arg(
        long,
        global = true,
        help_heading = WHERE,
        value_name = "FILE",
        default_value = "doorstep.toml"
    )]
    pub config: PathBuf,
    /// Where everything is kept; made where it is missing.
    #[arg(
        long,
        global = true,
        help_heading = WHERE,
        value_name = "DIR",
        default_value = "doorstep-data"
    )]
    pub data_dir: PathBuf,
    /// Ask a running server instead of opening the data directory.
    #[arg(long, global = true, help_heading = WHERE, value_name = "URL")]
    pub server: Option<String>,
    /// The key for the server; DOORSTEP_KEY or DOORSTEP_ADMIN_KEY otherwise.
    #[arg(long, global = true, help_heading = WHERE, value_name = "KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// How logs are written; json where stderr is not a terminal.
    #[arg(long, global = true, help_heading = WHERE, value_enum)]
    pub log_format: Option<LogFormat>,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For a person.
    Text,
    /// For a machine, one object a line.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented configuration to begin with.
    Init(Init),
    /// Serve HTTP and the live map: take events and pings, close days, archive.
    Serve(Serve),
    /// Take events, couriers or streets from a file, plain, gzip or zstd.
    #[command(subcommand)]
    Import(Import),
    /// What could not be taken: list, show, replay, discard.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Couriers' pay on a day.
    Pay(Pay),
    /// Pay and fee plans: list, preview, apply.
    #[command(subcommand)]
    Plan(Plan),
    /// Close a day for good.
    Close(DayOfMarket),
    /// The settlement of a day.
    Settle(DayOfMarket),
    /// Completions that contradict each other: list, resolve.
    #[command(subcommand)]
    Conflicts(Conflicts),
    /// Recompute a day from the log and compare; exits 1 where anything differs.
    Reconcile(Reconcile),
    /// Verify every invariant of the data directory; exits 1 where one does not hold.
    Check(Listing),
    /// Write a day's statements or postings to a file.
    Export(Export),
    /// Copy the data directory while a server may hold it.
    Backup(Backup),
    /// Make a data directory of a backup.
    Restore(Restore),
    /// Pull once what another node was told; `serve --follow` does it all the time.
    Follow(Follow),
    /// Feed archived pings or events back into the log.
    Replay(Replay),
    /// Who delivers besides our couriers: list, adapters, show, test, unknown, disputed, follow.
    #[command(subcommand)]
    Providers(Providers),
    /// Deliveries: list, show, request, assign, tell, cancel, timeline, explain, decide.
    #[command(subcommand)]
    Deliveries(Deliveries),
    /// Orders: list, show, place, reserve, confirm, release, cancel, refund.
    #[command(subcommand)]
    Orders(OrderCommand),
    /// Where more was sold than there was: list, settle.
    #[command(subcommand)]
    Apologies(Apologies),
    /// What centres have: show, receive, count, write-off, transfer.
    #[command(subcommand)]
    Stock(Stock),
    /// What can be had at a place.
    Availability(Availability),
    /// What can be had anywhere.
    #[command(subcommand)]
    Items(Items),
    /// Where things are: list, nearby.
    #[command(subcommand)]
    Centers(Centers),
    /// Where addresses are, by the streets that were imported.
    Geocode(Geocode),
    /// Arrival times: learn from trips, evaluate, list.
    #[command(subcommand)]
    Eta(Eta),
    /// Who is told by webhook: create, list, attempts, test, replay, rotate, remove.
    #[command(subcommand)]
    Subscriptions(Subscriptions),
    /// Work that may fail: list what is parked or waits, show, retry, discard.
    #[command(subcommand)]
    Tasks(Tasks),
    /// API keys: create, list, revoke.
    #[command(subcommand)]
    Keys(Keys),
    /// Who did what to money or access.
    #[command(subcommand)]
    Audit(AuditList),
    /// How things stand: days, events, pings, the map, the archive.
    Status(Listing),
    /// A whole day in one go: import, price, close, correct, reconcile, check.
    Demo(Demo),
    /// A city, couriers or watchers that do not exist.
    #[command(subcommand)]
    Simulate(Simulate),
    /// Which version this is.
    Version,
}
