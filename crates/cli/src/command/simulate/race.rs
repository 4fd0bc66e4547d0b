//! `doorstep simulate race`: who has a delivery that everybody accepts at once.

use super::couriers::register;
use crate::arguments::{Place, Race};
use crate::command::answer;
use crate::failure::Failure;
use crate::load::{Client, Target, go_online, one_thread, race};
use crate::table::{Column, Show, card};
use serde_json::Value;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// How long somebody tries to be answered.
const PATIENCE: Duration = Duration::from_secs(60);

const FIGURES: &[Column] = &[
    Column("couriers", "/couriers", Show::Count),
    Column("races", "/rounds", Show::Count),
    Column("with one winner", "/with_one_winner", Show::Count),
    Column("refused", "/refused", Show::Count),
    Column("asked to wait", "/asked_to_wait", Show::Count),
    Column("won: p50 ms", "/won_ms/p50", Show::Text),
    Column("most ms", "/won_ms/most", Show::Text),
    Column("all answered: p50 ms", "/all_answered_ms/p50", Show::Text),
    Column("most ms", "/all_answered_ms/most", Show::Text),
];

/// Lets them race. Exits 1 where a race had no winner or several.
pub(super) fn run(place: &Place, asked: &Race) -> Result<ExitCode, Failure> {
    let target = Target::of(place, "simulate race")?;
    if !asked.registered {
        register(place, asked.couriers, &asked.market)?;
    }
    let figures = one_thread()?.block_on(races(asked, target)).map_err(Failure::Refused)?;
    answer(asked.json, &figures, |figures| card(FIGURES, figures, None))?;
    let has_winners = figures["with_one_winner"] == figures["rounds"];
    Ok(if has_winners { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn races(asked: &Race, target: Target) -> Result<Value, String> {
    let everybody = usize::try_from(asked.couriers).unwrap_or(usize::MAX);
    let client = Arc::new(Client::new(target, everybody, PATIENCE));
    if !asked.registered {
        go_online(&client, asked.couriers, |_| {}).await?;
    }
    client.warm(everybody).await.map_err(|error| error.to_string())?;
    race(&client, &asked.market, asked.couriers, asked.rounds).await
}
