//! `doorstep simulate orders`: everybody orders at once, and nothing is sold twice.

use crate::arguments::{Orders, Place};
use crate::command::answer;
use crate::failure::Failure;
use crate::load::{Buyers, Client, OrderLoad, Target, one_thread};
use crate::table::{Column, Show, card};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::interval;

/// How long a request of the preparation is sent again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connections of the preparation.
const CONNECTIONS: usize = 64;

const FIGURES: &[Column] = &[
    Column("buyers", "/buyers", Show::Count),
    Column("seconds", "/seconds", Show::Text),
    Column("placed", "/placed", Show::Count),
    Column("placed/s", "/placed_per_s", Show::Count),
    Column("refused", "/refused", Show::Count),
    Column("asked to wait", "/asked_to_wait", Show::Count),
    Column("failed", "/failed", Show::Count),
    Column("answered: p50 ms", "/latency_ms/p50", Show::Text),
    Column("p99 ms", "/latency_ms/p99", Show::Text),
    Column("most ms", "/latency_ms/most", Show::Text),
    Column("of the one item sold", "/hot_units", Show::Count),
    Column("taken from its stock", "/taken", Show::Count),
];

/// Lets them order, and says how it went. Exits 1 where what was sold was not taken from the stock.
pub(super) fn run(place: &Place, asked: &Orders) -> Result<ExitCode, Failure> {
    let target = Target::of(place, "simulate orders")?;
    let figures = one_thread()?.block_on(goes(asked, target)).map_err(Failure::Refused)?;
    answer(asked.json, &figures, |figures| card(FIGURES, figures, None))?;
    if let Some(why) = figures["first_failure"].as_str() {
        eprintln!("doorstep: {} orders failed, the first: {why}", figures["failed"]);
    }
    // Whoever got no answer may have been served all the same.
    let (sold, taken) = (figures["hot_units"].as_u64(), figures["taken"].as_u64());
    let holds = sold == taken || figures["failed"] != 0 && sold < taken;
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn goes(asked: &Orders, target: Target) -> Result<Value, String> {
    let progress = ProgressBar::new_spinner();
    let client = Arc::new(Client::new(target.clone(), CONNECTIONS, PATIENCE));
    let buyers = Buyers::new(load_of(asked), target);
    if !asked.stocked {
        buyers.prepares(&client, |what| progress.set_message(what)).await?;
    }
    let before = if asked.one_item { buyers.left(&client).await? } else { 0 };
    let elapsed = tokio::select! {
        elapsed = buyers.order() => elapsed?,
        () = tells(&buyers, &progress) => Duration::ZERO,
    };
    progress.finish_and_clear();
    let after = if asked.one_item { buyers.left(&client).await? } else { 0 };
    let ordered = buyers.ordered();
    let per_s = ordered.placed as f64 / elapsed.as_secs_f64();
    Ok(json!({
        "buyers": asked.buyers, "seconds": (elapsed.as_secs_f64() * 100.0).round() / 100.0,
        "placed": ordered.placed, "placed_per_s": per_s.round(), "refused": ordered.refused,
        "refused_per_s": (ordered.refused as f64 / elapsed.as_secs_f64()).round(),
        "asked_to_wait": ordered.asked_to_wait, "failed": ordered.failed,
        "first_failure": ordered.first_failure, "latency_ms": ordered.latency.to_json(),
        "hot_units": ordered.hot_units, "taken": before - after,
    }))
}

fn load_of(asked: &Orders) -> OrderLoad {
    OrderLoad {
        seed: asked.seed,
        market: asked.market.clone(),
        corner: asked.corner,
        centers: asked.centers,
        items: asked.items,
        units: asked.units,
        one_item: asked.one_item,
        buyers: asked.buyers,
        orders_per_s: asked.orders_per_second,
        length: asked.length,
    }
}

/// Says each second how it goes, for ever.
async fn tells(buyers: &Buyers, progress: &ProgressBar) {
    let (mut each, mut before) = (interval(Duration::from_secs(1)), 0);
    loop {
        each.tick().await;
        let ordered = buyers.ordered();
        let line = format!(
            "{} placed · {} placed/s · {} refused · p99 {:.1} ms · {} failed",
            ordered.placed,
            ordered.placed - before,
            ordered.refused,
            ordered.latency.quantile_ms(0.99),
            ordered.failed,
        );
        before = ordered.placed;
        drop(ordered);
        progress.set_message(line);
        progress.tick();
    }
}
