//! What has been shown, as a table.

use super::feed::Fed;
use crate::failure::Failure;
use crate::table::{Column, Show, card, table};
use doorstep_domain::time::Day;
use doorstep_server::app::App;
use doorstep_server::pay::{self, Query};
use doorstep_server::workers;
use doorstep_sim::trips;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long the tracker and the accountant may take to come to the end of what was told.
const CATCH_UP: Duration = Duration::from_secs(30);

/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(20);

const ROWS_SHOWN: usize = 5;

const FIGURES: &[Column] = &[
    Column("time on the map", "/until", Show::Text),
    Column("pings taken", "/pings", Show::Count),
    Column("refused", "/rejected", Show::Count),
    Column("seconds, until they were on the map", "/seconds", Show::Text),
    Column("positions/s", "/positions_per_s", Show::Count),
    Column("kept off the map as too fast", "/implausible", Show::Count),
    Column("couriers on the map", "/couriers", Show::Count),
    Column("events told beside them", "/events", Show::Count),
];

const PAY: &[Column] = &[
    Column("pay so far", "/courier_id", Show::Text),
    Column("deliveries", "/deliveries", Show::Count),
    Column("worked", "/worked_seconds", Show::Seconds),
    Column("pay", "/total_minor", Show::Money),
];

/// How the day stands.
pub(super) struct Shown {
    figures: Value,
    pay: Vec<Value>,
}

impl Shown {
    /// Waits until what was told is on the map and in the pay, and counts.
    pub(super) async fn of(app: &Arc<App>, day: Day, fed: &Fed) -> Result<Shown, Failure> {
        let waited = Instant::now();
        while !is_caught_up(app, fed)? && waited.elapsed() < CATCH_UP {
            sleep(LOOK).await;
        }
        let seconds = fed.seconds + waited.elapsed().as_secs_f64();
        let [applied, stale, implausible] = app.tracked.progress.pings();
        let seen = applied + stale + implausible;
        let figures = json!({
            "until": fed.until, "pings": fed.pings, "rejected": fed.rejected,
            "events": fed.events, "couriers": app.live.len(), "implausible": implausible,
            "seconds": (seconds * 100.0).round() / 100.0,
            "positions_per_s": (seen as f64 / seconds.max(1e-3)).round() as u64,
        });
        Ok(Shown { figures, pay: pay_so_far(app, day).await? })
    }

    /// For a person.
    pub(super) fn table(&self) -> String {
        format!("\n{}\n{}", card(FIGURES, &self.figures, None), table(PAY, &self.pay, None))
    }
}

fn is_caught_up(app: &App, fed: &Fed) -> Result<bool, Failure> {
    let on_the_map: u64 = app.tracked.progress.pings().iter().sum();
    Ok(on_the_map >= fed.pings && workers::lag(app)?.iter().sum::<u64>() == 0)
}

/// Whoever has earned most.
async fn pay_so_far(app: &Arc<App>, day: Day) -> Result<Vec<Value>, Failure> {
    let app = Arc::clone(app);
    let query = Query {
        market: Some(trips::MARKET.to_owned()),
        day: Some(day),
        courier: None,
        explain: false,
    };
    // The store is read on a thread that may block.
    let listed = tokio::task::spawn_blocking(move || pay::list(&app, &query)).await;
    let listed = listed.map_err(|error| Failure::Refused(error.to_string()))??;
    let mut rows: Vec<Value> =
        listed.iter().filter_map(|row| serde_json::to_value(row).ok()).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row["total_minor"].as_i64()));
    rows.truncate(ROWS_SHOWN);
    Ok(rows)
}
