//! The shop is open: its customers order, and couriers carry it.

use super::super::day;
use super::files::orders;
use crate::arguments::Place;
use crate::command::simulate::register;
use crate::failure::Failure;
use crate::load::{City, CityLoad, Client, Drive, Form, Load, Target, Wanted, go_online};
use doorstep_server::api::{Api, Limits, Serving, serve};
use doorstep_server::app::App;
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use doorstep_server::{keys, workers};
use doorstep_sim::fleet::{Fleet, FleetPlan, fleet};
use doorstep_sim::shop::Shop;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::time::{interval, sleep};

/// Couriers who carry it.
const COURIERS: u32 = 600;

/// Orders a second: what so many couriers carry.
const ORDERS_PER_S: u32 = 250;

/// How often each courier tells where it is.
const PING_EVERY: Duration = Duration::from_secs(5);

/// How long a request is sent again before it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long the last packages may take, and the accountant to count them.
const SETTLE: Duration = Duration::from_secs(60);

/// Longer than all of it takes.
const FOR_AS_LONG: Duration = Duration::from_secs(3_600);

/// Serves, lets everybody order and carry, and stops; what has become of it.
pub(super) fn sell(place: &Place, shop: &Shop) -> Result<Value, Failure> {
    let config = Config::read(&place.config)?;
    let app = Arc::new(App::open(config, &place.data_dir, Arc::new(SystemClock))?);
    let key = keys::admin(&app, None)?.map(|secret| secret.reveal().to_owned());
    let runtime = Runtime::new().map_err(|error| Failure::Refused(error.to_string()))?;
    let sold = runtime.block_on(opens(&app, place, key, orders(shop)));
    // The runtime goes first: engines close on this plain thread.
    drop(runtime);
    drop(app);
    sold
}

async fn opens(
    app: &Arc<App>,
    place: &Place,
    key: Option<String>,
    orders: Vec<Value>,
) -> Result<Value, Failure> {
    let refused = |error: std::io::Error| Failure::Refused(format!("the shop: {error}"));
    let serving = Serving::bind("127.0.0.1:0").await.map_err(refused)?;
    let url = format!("http://{}", serving.address().map_err(refused)?);
    let running = workers::start(app, true)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let api = Api::new(Arc::clone(app), Limits::default());
    let server = tokio::spawn(serve(serving, api, async { drop(stopped.await) }));
    let sold = customers(place, &url, key, orders).await;
    // Whoever has gone needs no word.
    let _ = stop.send(());
    let served = server.await.map_err(|error| Failure::Refused(error.to_string()))?;
    // Workers are waited for, which an async thread may not do.
    let ended = tokio::task::spawn_blocking(move || running.stop()).await;
    ended.map_err(|error| Failure::Refused(error.to_string()))?;
    served.map_err(refused)?;
    sold
}

/// Everybody orders, and couriers carry.
async fn customers(
    place: &Place,
    url: &str,
    key: Option<String>,
    orders: Vec<Value>,
) -> Result<Value, Failure> {
    let target = Target::at(url, key.clone())?;
    let (config, data_dir) = (place.config.clone(), place.data_dir.clone());
    let server = Some(url.to_owned());
    let there = Place { config, data_dir, server, key, log_format: None };
    let registered =
        tokio::task::spawn_blocking(move || register(&there, COURIERS, &day::market()));
    registered.await.map_err(|error| Failure::Refused(error.to_string()))??;
    let client = Arc::new(Client::new(target.clone(), 128, PATIENCE));
    go_online(&client, COURIERS, |_| {}).await.map_err(Failure::Refused)?;
    let (drive, connections) = Drive::open(pings(), target).await?;
    let pinging = Arc::clone(&drive);
    let pinging = tokio::spawn(async move { pinging.run(connections).await });
    let city = City::new(city(orders), client, drive.began());
    let listening = city.listens();
    sleep(PING_EVERY).await;
    let progress = ProgressBar::new_spinner();
    tokio::select! {
        () = city.asks() => {}
        () = tells(&city, &progress) => {}
    }
    city.settles().await;
    drop(listening);
    pinging.abort();
    progress.finish_and_clear();
    let told = city.told();
    if let Some(why) = &told.first_failure {
        eprintln!("doorstep: {} orders failed, the first: {why}", told.failed);
    }
    Ok(json!({
        "asked": told.asked, "answered": told.answered, "short": told.short,
        "in_part": told.in_part,
        "delivered": told.delivered, "failed": told.failed, "latency_ms": told.latencies(),
    }))
}

/// Couriers who drive around the city.
fn couriers() -> Fleet {
    fleet(FleetPlan {
        seed: day::SEED,
        couriers: COURIERS,
        center: day::CENTER,
        every_us: i64::try_from(PING_EVERY.as_micros()).unwrap_or(i64::MAX),
        dirt_bp: 0,
    })
}

/// Everybody tells where they are, until the task is ended.
fn pings() -> Load {
    Load {
        fleet: couriers(),
        form: Form::Binary,
        batch: 100,
        connections: 2,
        length: FOR_AS_LONG,
        failures_max: u32::MAX,
    }
}

fn city(orders: Vec<Value>) -> CityLoad {
    CityLoad {
        seed: day::SEED,
        market: day::market(),
        wanted: Wanted::Orders(Arc::new(orders)),
        fleet: couriers(),
        streams: COURIERS,
        requests_per_s: ORDERS_PER_S,
        length: FOR_AS_LONG,
        dwell: Duration::ZERO,
        settle: SETTLE,
    }
}

/// Says each second how it goes, for ever.
async fn tells(city: &City, progress: &ProgressBar) {
    let mut each = interval(Duration::from_secs(1));
    loop {
        each.tick().await;
        let told = city.told();
        let line = format!("{} ordered · {} delivered", told.asked, told.delivered);
        drop(told);
        progress.set_message(line);
        progress.tick();
    }
}
