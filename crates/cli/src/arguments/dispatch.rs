//! Arguments of the commands about deliveries.

use super::lists::{Listing, Page};
use clap::{Args, Subcommand};
use doorstep_domain::id::{CourierId, DeliveryId, MarketId, MerchantId};

/// What to do with deliveries.
#[derive(Debug, Subcommand)]
pub(crate) enum Deliveries {
    /// List them, the newest first.
    List {
        /// Only this market.
        #[arg(long)]
        market: Option<MarketId>,
        /// requested, assigned, at_pickup, picked_up, at_dropoff, delivered, failed, returned or
        /// cancelled.
        #[arg(long)]
        status: Option<String>,
        /// Only this courier's.
        #[arg(long)]
        courier: Option<CourierId>,
        /// Only this merchant's.
        #[arg(long)]
        merchant: Option<MerchantId>,
        /// Only those that a person should look at.
        #[arg(long)]
        needs_attention: bool,
        #[command(flatten)]
        page: Page,
    },
    /// Show one with its timeline.
    Show {
        /// Which.
        delivery_id: DeliveryId,
        #[command(flatten)]
        listing: Listing,
    },
    /// Ask for one.
    Request(Box<NewDelivery>),
    /// Give one to a courier, as if they had accepted it.
    Assign {
        /// Which.
        delivery_id: DeliveryId,
        /// To whom.
        #[arg(long)]
        courier: CourierId,
    },
    /// Say what has become of one, for its courier.
    Tell {
        /// Which.
        delivery_id: DeliveryId,
        /// Its new state; requested takes it from its courier and offers it again.
        #[arg(long)]
        status: String,
        /// Why, in words.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Show everything that happened to one: its steps, offers, and what providers told.
    Timeline {
        /// Which.
        delivery_id: DeliveryId,
        #[command(flatten)]
        listing: Listing,
    },
    /// Say why one stands as it does with its provider: what each event did.
    Explain {
        /// Which.
        delivery_id: DeliveryId,
        #[command(flatten)]
        listing: Listing,
    },
    /// Decide how one ended of which its provider told two ends.
    Decide {
        /// Which.
        delivery_id: DeliveryId,
        /// The end that is true: one of those told, such as delivered or returned.
        #[arg(long)]
        status: String,
        /// Why, in words; it is shown and kept.
        #[arg(long)]
        reason: String,
        /// Whose telling is meant, where it was given to several.
        #[arg(long)]
        provider: Option<String>,
        #[command(flatten)]
        listing: Listing,
    },
    /// Call one off, until somebody has the package.
    Cancel {
        /// Which.
        delivery_id: DeliveryId,
        /// Why, in words.
        #[arg(long)]
        reason: Option<String>,
    },
}

/// A delivery to be made.
#[derive(Debug, Args)]
pub(crate) struct NewDelivery {
    /// Where; the only market if left out.
    #[arg(long)]
    pub market: Option<MarketId>,
    /// Whose goods.
    #[arg(long)]
    pub merchant: Option<MerchantId>,
    /// Where the package is: an address, or latitude,longitude.
    #[arg(long)]
    pub from: String,
    /// Where it shall go: an address, or latitude,longitude.
    #[arg(long)]
    pub to: String,
    /// The customer's telephone, as +14155550123.
    #[arg(long)]
    pub phone: String,
    /// small, medium, large or extra_large.
    #[arg(long, default_value = "small")]
    pub size: String,
    /// Grams.
    #[arg(long, default_value = "0")]
    pub weight_grams: i64,
    /// When it can be picked up, RFC 3339; now if left out.
    #[arg(long)]
    pub ready_at: Option<String>,
    /// Value of the goods in minor units.
    #[arg(long, default_value = "0")]
    pub order_minor: i64,
    /// Tip in minor units.
    #[arg(long, default_value = "0")]
    pub tip_minor: i64,
    /// Words to the courier.
    #[arg(long)]
    pub instructions: Option<String>,
    #[command(flatten)]
    pub listing: Listing,
}
