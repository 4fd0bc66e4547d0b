//! `doorstep simulate providers`: a provider tells how its deliveries go.

use crate::arguments::{Place, ProvidersLoad};
use crate::command::answer;
use crate::failure::Failure;
use crate::load::{Client, Provider, ProviderLoad, Target, figures_of, one_thread};
use crate::table::{Column, Show, card};
use serde_json::Value;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How long a request of the preparation, or a look, is sent again.
const PATIENCE: Duration = Duration::from_secs(60);

/// Connections of the preparation and of the looks.
const CONNECTIONS: usize = 16;

const FIGURES: &[Column] = &[
    Column("messages", "/messages", Show::Count),
    Column("taken", "/taken", Show::Count),
    Column("seconds", "/seconds", Show::Text),
    Column("answered/s", "/answered_per_s", Show::Count),
    Column("read/s", "/read_per_s", Show::Count),
    Column("answered: p50 ms", "/latency_ms/p50", Show::Text),
    Column("p99 ms", "/latency_ms/p99", Show::Text),
    Column("looked: p50 ms", "/looked_ms/p50", Show::Text),
    Column("p99 ms", "/looked_ms/p99", Show::Text),
    Column("asked to wait", "/asked_to_wait", Show::Count),
    Column("failed", "/failed", Show::Count),
    Column("followed", "/followed", Show::Count),
    Column("of them delivered", "/delivered", Show::Count),
];

/// Lets it tell, and says how it went. Exits 1 where a delivery does not stand as it was told.
pub(super) fn run(place: &Place, asked: &ProvidersLoad) -> Result<ExitCode, Failure> {
    let target = Target::of(place, "simulate providers")?;
    let load = loaded(asked)?;
    let figures = one_thread()?.block_on(goes(load, target)).map_err(Failure::Refused)?;
    answer(asked.json, &figures, |figures| card(FIGURES, figures, None))?;
    if let Some(why) = figures["first_failure"].as_str() {
        eprintln!("doorstep: {} messages failed, the first: {why}", figures["failed"]);
    }
    let holds = figures["delivered"] == figures["followed"];
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is told, as the arguments say.
pub(super) fn loaded(asked: &ProvidersLoad) -> Result<ProviderLoad, Failure> {
    let secret = std::fs::read_to_string(&asked.secret_file);
    let secret = secret.map_err(Failure::file(&asked.secret_file))?;
    Ok(ProviderLoad {
        provider: asked.provider.clone(),
        secret: secret.lines().next().unwrap_or_default().trim().to_owned(),
        market: asked.market.clone(),
        deliveries: asked.deliveries,
        followed: asked.followed.min(asked.deliveries),
        connections: asked.connections,
        messages_per_s: asked.messages_per_second,
        looks_per_s: asked.looks_per_second,
    })
}

async fn goes(load: ProviderLoad, target: Target) -> Result<Value, String> {
    let client = Arc::new(Client::new(target.clone(), CONNECTIONS, PATIENCE));
    let provider = Provider::new(load, target);
    let followed = provider.follows(&client).await?;
    let took = provider.tells(&client, followed.clone()).await?;
    let mut figures = figures_of(&provider, took);
    figures["followed"] = followed.len().into();
    figures["delivered"] = provider.arrived(&client, &followed).await?.into();
    Ok(figures)
}
