//! `doorstep simulate shoppers`: what can be had is asked as fast as it is answered.

use crate::arguments::{Place, Shoppers as Asked};
use crate::command::answer;
use crate::failure::Failure;
use crate::load::{ShopLoad, Shoppers, Target, one_thread};
use crate::table::{Column, Show, card};
use serde_json::{Value, json};
use std::process::ExitCode;

const FIGURES: &[Column] = &[
    Column("shoppers", "/shoppers", Show::Count),
    Column("seconds", "/seconds", Show::Text),
    Column("answered", "/answered", Show::Count),
    Column("answered/s", "/answered_per_s", Show::Count),
    Column("failed", "/failed", Show::Count),
    Column("answered: p50 ms", "/latency_ms/p50", Show::Text),
    Column("p99 ms", "/latency_ms/p99", Show::Text),
    Column("most ms", "/latency_ms/most", Show::Text),
];

/// Lets them look, and says how it went.
pub(super) fn run(place: &Place, asked: &Asked) -> Result<ExitCode, Failure> {
    let target = Target::of(place, "simulate shoppers")?;
    let figures = one_thread()?.block_on(look(asked, target)).map_err(Failure::Refused)?;
    answer(asked.json, &figures, |figures| card(FIGURES, figures, None))?;
    if let Some(why) = figures["first_failure"].as_str() {
        eprintln!("doorstep: {} questions failed, the first: {why}", figures["failed"]);
    }
    Ok(if figures["failed"] == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn look(asked: &Asked, target: Target) -> Result<Value, String> {
    let load = ShopLoad {
        seed: asked.seed,
        corner: asked.corner,
        side_e7: asked.side_e7,
        prefix: asked.prefix.clone(),
        items: asked.items,
        lines: asked.lines,
        shoppers: asked.shoppers,
        length: asked.length,
    };
    let shoppers = Shoppers::new(load, target);
    let elapsed = shoppers.look().await?;
    let looked = shoppers.looked();
    let per_s = looked.answered as f64 / elapsed.as_secs_f64();
    Ok(json!({
        "shoppers": asked.shoppers, "seconds": (elapsed.as_secs_f64() * 100.0).round() / 100.0,
        "answered": looked.answered, "answered_per_s": per_s.round(), "failed": looked.failed,
        "first_failure": looked.first_failure, "latency_ms": looked.latency.to_json(),
    }))
}
