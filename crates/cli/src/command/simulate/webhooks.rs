//! `doorstep simulate webhooks`: endpoints that are told what a provider tells.

use super::providers::loaded;
use crate::arguments::{Place, WebhooksLoad};
use crate::command::answer;
use crate::failure::Failure;
use crate::load::{Client, Endpoints, Provider, ProviderLoad, Target, figures_of, one_thread};
use crate::table::{Column, Show, card};
use serde_json::Value;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a request of the preparation is sent again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connections of the preparation.
const CONNECTIONS: usize = 16;

const FIGURES: &[Column] = &[
    Column("changes", "/taken", Show::Count),
    Column("answered/s", "/answered_per_s", Show::Count),
    Column("endpoints", "/endpoints", Show::Count),
    Column("announced", "/announced", Show::Count),
    Column("messages", "/expected", Show::Count),
    Column("arrived", "/arrived", Show::Count),
    Column("arrived/s", "/arrived_per_s", Show::Count),
    Column("lag: p50 ms", "/lag_ms/p50", Show::Text),
    Column("p99 ms", "/lag_ms/p99", Show::Text),
    Column("twice", "/repeated", Show::Count),
    Column("at the slow one", "/arrived_at_the_slow_one", Show::Count),
];

/// Has them told, and says how that went. Exits 1 where something did not arrive.
pub(super) fn run(place: &Place, asked: &WebhooksLoad) -> Result<ExitCode, Failure> {
    let target = Target::of(place, "simulate webhooks")?;
    let load = loaded(&asked.told)?;
    let figures = one_thread()?.block_on(goes(load, target, asked))?;
    answer(asked.told.json, &figures, |figures| card(FIGURES, figures, None))?;
    let holds = figures["arrived"] == figures["expected"];
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn goes(load: ProviderLoad, target: Target, asked: &WebhooksLoad) -> Result<Value, Failure> {
    let client = Arc::new(Client::new(target.clone(), CONNECTIONS, PATIENCE));
    let endpoints = Endpoints::open(asked.slow).await?;
    let load = ProviderLoad { followed: load.deliveries, looks_per_s: 0, ..load };
    let provider = Provider::new(load, target);
    endpoints.are_told_of(&provider);
    let market = asked.told.market.as_str();
    let subscribed = endpoints.subscribe(&client, (market, asked.endpoints)).await;
    subscribed.map_err(Failure::Refused)?;
    let followed = provider.follows(&client).await.map_err(Failure::Refused)?;
    let began = Instant::now();
    let took = provider.tells(&client, followed).await.map_err(Failure::Refused)?;
    let awaited = (provider.deliveries(), asked.endpoints);
    let mut figures = figures_of(&provider, took);
    if let (Value::Object(all), Value::Object(arrived)) =
        (&mut figures, endpoints.figures(awaited, began).await)
    {
        all.extend(arrived);
        all.insert("endpoints".to_owned(), asked.endpoints.into());
    }
    Ok(figures)
}
