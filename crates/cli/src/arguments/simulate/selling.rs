//! Arguments of `simulate orders` and `simulate shoppers`.

use super::{length, place};
use clap::Args;
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::Position;
use std::time::Duration;

/// Arguments of `simulate orders`.
#[derive(Debug, Args)]
pub(crate) struct Orders {
    /// The same seed orders the same.
    #[arg(long, default_value = "1")]
    pub seed: u64,
    /// How many buyers, each with a connection.
    #[arg(long, default_value = "64", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub buyers: u32,
    /// Orders a second of all together; as many as are answered where it is left out.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub orders_per_second: Option<u32>,
    /// For how long.
    #[arg(long = "for", value_name = "TIME", default_value = "20s", value_parser = length)]
    pub length: Duration,
    /// Everybody's first line is the same item of the same centre.
    #[arg(long)]
    pub one_item: bool,
    /// Centres, in a square.
    #[arg(long, default_value = "20", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub centers: u32,
    /// Items, each in every centre.
    #[arg(long, default_value = "3000", value_parser = clap::value_parser!(u32).range(3..=100_000))]
    pub items: u32,
    /// Units of each item in each centre.
    #[arg(long, default_value = "1000000", value_parser = clap::value_parser!(u32).range(1..))]
    pub units: u32,
    /// Their market.
    #[arg(long, default_value = "sf")]
    pub market: MarketId,
    /// The corner of the square.
    #[arg(
        long,
        value_name = "LAT,LNG",
        default_value = "37.72,-122.49",
        allow_hyphen_values = true,
        value_parser = place
    )]
    pub corner: Position,
    /// Items, centres and stock are there already.
    #[arg(long)]
    pub stocked: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `simulate shoppers`.
#[derive(Debug, Args)]
pub(crate) struct Shoppers {
    /// The same seed asks the same.
    #[arg(long, default_value = "1")]
    pub seed: u64,
    /// How many, each with a connection; the next question goes when the last was answered.
    #[arg(long, default_value = "64", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub shoppers: u32,
    /// For how long.
    #[arg(long = "for", value_name = "TIME", default_value = "20s", value_parser = length)]
    pub length: Duration,
    /// The corner of the square in which they are.
    #[arg(
        long,
        value_name = "LAT,LNG",
        default_value = "37.72,-122.49",
        allow_hyphen_values = true,
        value_parser = place
    )]
    pub corner: Position,
    /// Its side, in ten-millionths of a degree.
    #[arg(
        long,
        default_value = "200000",
        value_parser = clap::value_parser!(i32).range(1..=10_000_000)
    )]
    pub side_e7: i32,
    /// What the items' ids begin with; a number follows.
    #[arg(long, default_value = "thing-")]
    pub prefix: String,
    /// How many items there are.
    #[arg(long, default_value = "3000", value_parser = clap::value_parser!(u32).range(1..))]
    pub items: u32,
    /// Items of one question.
    #[arg(long, default_value = "3", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub lines: u32,
    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
}
