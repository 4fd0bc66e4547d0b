//! Arguments of the commands about lists and keys.

use clap::{Args, Subcommand, ValueEnum};
use doorstep_domain::id::{CourierId, DeliveryId, MarketId, MerchantId};
use std::path::PathBuf;

/// How an answer is printed.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Listing {
    /// Print the answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which page of a list.
#[derive(Debug, Clone, Args)]
pub(crate) struct Page {
    /// Where the page before ended.
    #[arg(long)]
    pub cursor: Option<String>,
    /// Most entries.
    #[arg(long, default_value = "100")]
    pub limit: u32,
    /// Print the answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// List them, the oldest first.
    List {
        /// What they are about: events, pings, provider-events or stock-imports.
        #[arg(long, default_value = "events")]
        topic: String,
        /// open, replayed, discarded, joined or all.
        #[arg(long, default_value = "open")]
        state: String,
        #[command(flatten)]
        page: Page,
    },
    /// Show one with what came.
    Show {
        /// Which.
        letter_id: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// Take one again, or all of a code, as after an upgrade.
    Replay {
        /// Which.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        letter_id: Option<String>,
        /// A file with the repaired event, ping or line.
        #[arg(long, value_name = "FILE", conflicts_with = "all")]
        with: Option<PathBuf>,
        /// Every open letter of --code.
        #[arg(long, requires = "code")]
        all: bool,
        /// Refused for this, such as unknown_type.
        #[arg(long, requires = "all")]
        code: Option<String>,
        /// With --all, what they are about: events, pings, provider-events or stock-imports.
        #[arg(long, default_value = "events")]
        topic: String,
    },
    /// Give one up.
    Discard {
        /// Which.
        letter_id: String,
    },
}

/// What to do with plans.
#[derive(Debug, Subcommand)]
pub(crate) enum Plan {
    /// The versions of a market's terms.
    List {
        /// The market.
        #[arg(long)]
        market: MarketId,
        #[command(flatten)]
        listing: Listing,
    },
    /// Who would be paid or charged how much more or less.
    Preview {
        /// A plan file, in the form of doorstep.toml.
        file: PathBuf,
        #[command(flatten)]
        listing: Listing,
    },
    /// Put a plan in force: open days are priced anew.
    Apply {
        /// A plan file, in the form of doorstep.toml.
        file: PathBuf,
        #[command(flatten)]
        listing: Listing,
    },
}

/// What to do with conflicts.
#[derive(Debug, Subcommand)]
pub(crate) enum Conflicts {
    /// List them.
    List {
        /// Only this market.
        #[arg(long)]
        market: Option<MarketId>,
        /// open, resolved, by-policy or all.
        #[arg(long, default_value = "open")]
        state: String,
        #[command(flatten)]
        page: Page,
    },
    /// Decide which completion stands.
    Resolve {
        /// The market.
        #[arg(long)]
        market: MarketId,
        /// The delivery.
        #[arg(long)]
        delivery: DeliveryId,
        /// The fingerprint of the completion that shall stand, as listed.
        #[arg(long)]
        keep: String,
    },
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make one; its secret is shown now and never again.
    Create {
        /// What it opens.
        #[arg(long, value_enum)]
        role: KeyRole,
        /// Whose it is, for the role courier.
        #[arg(long, required_if_eq("role", "courier"))]
        courier: Option<CourierId>,
        /// Whose it is, for the role merchant.
        #[arg(long, required_if_eq("role", "merchant"))]
        merchant: Option<MerchantId>,
        /// What it is for.
        #[arg(long, default_value = "")]
        label: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// List them without their secrets.
    List(Listing),
    /// Revoke one: it opens nothing from then on.
    Revoke {
        /// Which.
        key_id: String,
    },
}

/// What a key opens.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum KeyRole {
    /// Everything.
    Operator,
    /// Money.
    Finance,
    /// One courier's own pay, pings and position.
    Courier,
    /// Pings and events of anybody, and asking for deliveries.
    Gateway,
    /// One merchant's own deliveries, orders and centres.
    Merchant,
    /// Looking at what can be had, and ordering it.
    Shop,
}

impl KeyRole {
    /// As the interface names it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            KeyRole::Operator => "operator",
            KeyRole::Finance => "finance",
            KeyRole::Courier => "courier",
            KeyRole::Gateway => "gateway",
            KeyRole::Merchant => "merchant",
            KeyRole::Shop => "shop",
        }
    }
}

/// What to do with the audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditList {
    /// List it, the newest first.
    List(Page),
}
