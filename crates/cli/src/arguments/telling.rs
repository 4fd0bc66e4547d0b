//! Arguments of the commands about telling others.

use super::{Listing, Page};
use clap::Subcommand;
use doorstep_domain::id::{MarketId, MerchantId};

/// What to do with tasks.
#[derive(Debug, Subcommand)]
pub(crate) enum Tasks {
    /// List them, the newest first.
    List {
        /// waiting, running, done, parked or all.
        #[arg(long, default_value = "parked")]
        state: String,
        /// Only of this kind: webhook, mail, sms, push, provider.book or provider.cancel.
        #[arg(long)]
        kind: Option<String>,
        /// Only for this subscription, or this channel of a market, such as mail/sf.
        #[arg(long)]
        owner: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Show one with every attempt.
    Show {
        /// Which.
        task_id: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// Try one anew, now, as often as at first.
    Retry {
        /// Which.
        task_id: String,
    },
    /// Give one up.
    Discard {
        /// Which.
        task_id: String,
    },
}

/// What to do with subscriptions.
#[derive(Debug, Subcommand)]
pub(crate) enum Subscriptions {
    /// Ask for messages at a URL; the secret that signs them is shown now and never again.
    Create {
        /// Where they go.
        url: String,
        /// Only of this market.
        #[arg(long)]
        market: Option<MarketId>,
        /// Only of this merchant.
        #[arg(long)]
        merchant: Option<MerchantId>,
        /// Only of this type, such as delivery.delivered; may be given several times.
        #[arg(long = "type", value_name = "TYPE")]
        types: Vec<String>,
        /// What it is for.
        #[arg(long, default_value = "")]
        label: String,
        /// Messages about one delivery come one after another.
        #[arg(long)]
        ordered: bool,
        #[command(flatten)]
        listing: Listing,
    },
    /// List them without their secrets.
    List(Page),
    /// List what was tried lately for one.
    Attempts {
        /// Which.
        subscription_id: String,
        #[command(flatten)]
        page: Page,
    },
    /// Send a message of type test.
    Test {
        /// Which.
        subscription_id: String,
    },
    /// Send again what was parked or dropped, or with --all everything.
    Replay {
        /// Which.
        subscription_id: String,
        /// Of what happened from here on, RFC 3339.
        #[arg(long)]
        since: String,
        /// Until here; until now otherwise.
        #[arg(long)]
        until: Option<String>,
        /// Also what arrived.
        #[arg(long)]
        all: bool,
    },
    /// Make a new secret; for a day the one before signs beside it.
    Rotate {
        /// Which.
        subscription_id: String,
    },
    /// Remove one: what waits for it is dropped.
    Remove {
        /// Which.
        subscription_id: String,
    },
}
