//! A race: many accept one delivery at once, and one has it.

use super::client::{Client, told, why};
use super::figures::Latency;
use doorstep_domain::id::MarketId;
use doorstep_sim::fleet::name;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What races have come to.
#[derive(Debug, Default)]
struct Raced {
    /// Races that one courier has won.
    with_one_winner: u32,
    /// Accepts that were refused because somebody was faster.
    refused: u64,
    /// From the start to the last answer.
    all_answered: Latency,
    /// From the start to the winner's answer.
    won: Latency,
}

/// Lets couriers race for one delivery after another. Errors: an answer that makes no sense.
pub(crate) async fn race(
    client: &Arc<Client>,
    market: &MarketId,
    couriers: u32,
    rounds: u32,
) -> Result<Value, String> {
    let mut raced = Raced::default();
    for round in 0..rounds {
        let delivery = asked_for(client, market, round).await?;
        let winners = run(client, couriers, &delivery, &mut raced).await?;
        raced.with_one_winner += u32::from(winners.len() == 1);
        for winner in winners {
            for status in ["picked_up", "delivered"] {
                let body = json!({ "status": status, "courier_id": name(winner).as_str() });
                let path = format!("/v1/deliveries/{delivery}/status");
                client.ask(&client.sending("POST", &path, None, &body)).await?;
            }
        }
    }
    Ok(json!({
        "couriers": couriers, "rounds": rounds, "with_one_winner": raced.with_one_winner,
        "refused": raced.refused, "asked_to_wait": client.asked_to_wait(),
        "won_ms": raced.won.to_json(), "all_answered_ms": raced.all_answered.to_json(),
    }))
}

/// One race; who was told that they have it.
async fn run(
    client: &Arc<Client>,
    couriers: u32,
    delivery: &str,
    raced: &mut Raced,
) -> Result<Vec<u32>, String> {
    let everybody = usize::try_from(couriers).unwrap_or(usize::MAX);
    let line = Arc::new(Barrier::new(everybody));
    let mut running = JoinSet::new();
    for courier in 0..couriers {
        let (client, line) = (Arc::clone(client), Arc::clone(&line));
        let path = format!("/v1/deliveries/{delivery}/accept");
        let body = json!({ "courier_id": name(courier).as_str() });
        running.spawn(async move {
            let call = client.sending("POST", &path, None, &body);
            line.wait().await;
            let start = Instant::now();
            let answer = client.ask(&call).await?;
            match answer.status {
                200 | 409 => Ok((courier, answer.status == 200, start)),
                status => Err(format!("an accept was answered with {status}: {}", why(&answer))),
            }
        });
    }
    let (mut winners, mut first_start) = (Vec::new(), None::<Instant>);
    while let Some(run) = running.join_next().await {
        let (courier, has_it, start) = run.map_err(|error| error.to_string())??;
        let began = first_start.map_or(start, |first| first.min(start));
        first_start = Some(began);
        if has_it {
            winners.push(courier);
            raced.won.add(us(began));
        }
        raced.refused += u64::from(!has_it);
    }
    raced.all_answered.add(first_start.map_or(0, us));
    Ok(winners)
}

async fn asked_for(client: &Client, market: &MarketId, round: u32) -> Result<String, String> {
    let order = json!({
        "market": market, "merchant_id": "race",
        "origin_address": { "lat": 37.77, "lng": -122.43 },
        "destination_address": { "lat": 37.78, "lng": -122.42 },
        "phone": "+14155550123", "order_minor": 1_500,
    });
    let key = format!("race-{:x}-{round}", super::now().0);
    let answer = client.ask(&client.sending("POST", "/v1/deliveries", Some(&key), &order)).await?;
    match (answer.status, told(&answer)["delivery_id"].as_str()) {
        (201, Some(delivery)) => Ok(delivery.to_owned()),
        (status, _) => Err(format!("a request was answered with {status}: {}", why(&answer))),
    }
}

fn us(since: Instant) -> i64 {
    i64::try_from(since.elapsed().as_micros()).unwrap_or(i64::MAX)
}
