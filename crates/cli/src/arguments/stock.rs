//! Arguments of the commands about stock and orders.

use super::lists::{Listing, Page};
use clap::{Args, Subcommand};
use doorstep_domain::id::MarketId;

/// Some of an item, written as ITEM=UNITS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Units {
    /// Which.
    pub item_id: String,
    /// How many.
    pub quantity: i64,
}

/// What to do with orders.
#[derive(Debug, Subcommand)]
pub(crate) enum OrderCommand {
    /// List them, the newest first.
    List {
        /// Only this market.
        #[arg(long)]
        market: Option<MarketId>,
        /// reserved, released, placed, under_way, delivered, failed or cancelled.
        #[arg(long)]
        status: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Show one with its parts.
    Show {
        /// Which.
        order_id: String,
        #[command(flatten)]
        listing: Listing,
    },
    /// Order something.
    Place(Box<NewOrder>),
    /// Hold something until it is confirmed, released, or its time is over.
    Reserve(Box<NewOrder>),
    /// Make an order of a reservation.
    Confirm {
        /// Which.
        order_id: String,
        /// How it was paid, in the words of whoever took the money.
        #[arg(long)]
        payment: Option<String>,
    },
    /// Give back what a reservation holds.
    Release {
        /// Which.
        order_id: String,
    },
    /// Call one off, until a part of it is picked up.
    Cancel {
        /// Which.
        order_id: String,
        /// Why, in words.
        #[arg(long)]
        reason: Option<String>,
    },
    /// Give a customer money back.
    Refund {
        /// Which order.
        order_id: String,
        /// Which of its parts, from 1.
        #[arg(long, default_value = "1")]
        part: u32,
        /// How much, in minor units.
        #[arg(long)]
        amount_minor: i64,
        /// Why, in words.
        #[arg(long)]
        reason: String,
    },
}

/// An order to be made.
#[derive(Debug, Args)]
pub(crate) struct NewOrder {
    /// What, as ITEM=UNITS.
    #[arg(required = true, value_parser = units)]
    pub lines: Vec<Units>,
    /// Where; the only market if left out.
    #[arg(long)]
    pub market: Option<MarketId>,
    /// Where it shall go: an address, or latitude,longitude.
    #[arg(long, allow_hyphen_values = true)]
    pub to: String,
    /// The customer's telephone, as +14155550123.
    #[arg(long)]
    pub phone: String,
    /// refuse, partial or split: what to do where no centre has all of it.
    #[arg(long, default_value = "refuse")]
    pub on_shortage: String,
    /// Tip in minor units.
    #[arg(long, default_value = "0")]
    pub tip_minor: i64,
    #[command(flatten)]
    pub listing: Listing,
}

/// What to do with stock.
#[derive(Debug, Subcommand)]
pub(crate) enum Stock {
    /// What a centre has; of one item with its movements.
    Show {
        /// Where.
        center_id: String,
        /// Of what; everything if left out.
        item_id: Option<String>,
        #[command(flatten)]
        page: Page,
    },
    /// More came.
    Receive(Moved),
    /// So many are there, without what is packed for orders.
    Count(Moved),
    /// Some are broken, lost or spoilt.
    WriteOff {
        #[command(flatten)]
        moved: Moved,
        /// Why, in words.
        #[arg(long)]
        reason: String,
    },
    /// From one centre to another.
    Transfer {
        #[command(flatten)]
        moved: Moved,
        /// Where to.
        #[arg(long)]
        to: String,
    },
}

/// Some items of a centre.
#[derive(Debug, Args)]
pub(crate) struct Moved {
    /// Where.
    pub center_id: String,
    /// What, as ITEM=UNITS.
    #[arg(required = true, value_parser = units)]
    pub lines: Vec<Units>,
    /// Your name for it, such as a delivery note.
    #[arg(long, default_value = "")]
    pub reference: String,
}

/// What can be had, and where.
#[derive(Debug, Args)]
pub(crate) struct Availability {
    /// Items by name; a category's if left out.
    pub items: Vec<String>,
    /// Where, as latitude,longitude.
    #[arg(long, value_name = "LAT,LNG", allow_hyphen_values = true)]
    pub at: String,
    /// What can be had of this category.
    #[arg(long)]
    pub category: Option<String>,
    /// Its market; the only one if left out.
    #[arg(long)]
    pub market: Option<MarketId>,
    #[command(flatten)]
    pub page: Page,
}

/// What to do with items.
#[derive(Debug, Subcommand)]
pub(crate) enum Items {
    /// Find them by name or category.
    List {
        /// Words of the name.
        query: Vec<String>,
        /// Only of this category.
        #[arg(long)]
        category: Option<String>,
        /// With the prices of this market.
        #[arg(long)]
        market: Option<MarketId>,
        #[command(flatten)]
        page: Page,
    },
}

/// What to do with centres.
#[derive(Debug, Subcommand)]
pub(crate) enum Centers {
    /// List them.
    List {
        /// Only this market's.
        #[arg(long)]
        market: Option<MarketId>,
        #[command(flatten)]
        page: Page,
    },
    /// Those that reach a place within the hour.
    Nearby {
        /// Where, as latitude,longitude.
        #[arg(value_name = "LAT,LNG", allow_hyphen_values = true)]
        at: String,
        #[command(flatten)]
        listing: Listing,
    },
}

/// What to do where more was sold than there was.
#[derive(Debug, Subcommand)]
pub(crate) enum Apologies {
    /// List them.
    List {
        /// Only this market's.
        #[arg(long)]
        market: Option<MarketId>,
        /// Also those that are settled.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        page: Page,
    },
    /// Say that a customer was told.
    Settle {
        /// Of which order.
        order_id: String,
        /// What was said or done, in words.
        #[arg(long)]
        words: String,
    },
}

fn units(text: &str) -> Result<Units, String> {
    let wrong = || format!("{text:?} is not ITEM=UNITS, such as oat-milk=2");
    let (item_id, quantity) = text.rsplit_once('=').ok_or_else(wrong)?;
    let quantity = quantity.parse().map_err(|_| wrong())?;
    if item_id.is_empty() {
        return Err(wrong());
    }
    Ok(Units { item_id: item_id.to_owned(), quantity })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_stand_behind_the_last_sign() {
        let some = |item_id: &str, quantity| Units { item_id: item_id.to_owned(), quantity };
        assert_eq!(units("oat-milk=2"), Ok(some("oat-milk", 2)));
        assert_eq!(units("a=b=3"), Ok(some("a=b", 3)));
        for wrong in ["oat-milk", "=2", "oat-milk=", "oat-milk=two", ""] {
            assert!(units(wrong).is_err(), "{wrong:?}");
        }
    }
}
