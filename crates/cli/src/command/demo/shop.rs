//! The second part of the demonstration: a shop. Twenty stores at real addresses sell what their
//! customers really bought in three months, as fast as couriers carry it; what is carried is paid
//! and settled.

mod files;
mod sell;

use super::{CONFIGURATION, day, heading};
use crate::arguments::{DayOfMarket, Demo, Import, Listing, Place};
use crate::command::{import, reconcile, settlement};
use crate::failure::Failure;
use crate::output::line;
use crate::table::{Column, Show, card, currency, rows, table};
use crate::transport::{Request, Transport};
use doorstep_domain::time::{Clock, Day, Micros, SECOND_US};
use doorstep_server::app::App;
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use doorstep_server::dispatch::relay;
use doorstep_server::{settlement as books, workers};
use doorstep_sim::shop::Shop;
use files::Files;
use sell::sell;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// The day is over two days later, wherever its midnight is.
const OVER_US: i64 = 2 * 86_400 * SECOND_US;

const SOLD: &[Column] = &[
    Column("orders", "/asked", Show::Count),
    Column("placed", "/answered", Show::Count),
    Column("of them in part: the rest was gone", "/in_part", Show::Count),
    Column("refused: all of it was gone", "/short", Show::Count),
    Column("delivered", "/delivered", Show::Count),
    Column("failed", "/failed", Show::Count),
    Column("answered: p50 ms", "/latency_ms/request/p50", Show::Text),
    Column("p99 ms", "/latency_ms/request/p99", Show::Text),
    Column("ordered until offered to a courier: p50 ms", "/latency_ms/first_offer/p50", Show::Text),
];

const STORES: &[Column] = &[
    Column("store", "/merchant_id", Show::Text),
    Column("deliveries", "/deliveries", Show::Count),
    Column("sales", "/sales_minor", Show::Money),
    Column("fee", "/fee_minor", Show::Money),
    Column("payout", "/payout_minor", Show::Money),
];

const STORES_SHOWN: usize = 6;

/// Opens the shop, lets its customers order, and settles the day. False where something that must
/// hold does not.
pub(super) fn show(asked: &Demo) -> Result<bool, Failure> {
    let refused = |error: doorstep_sim::trips::TripsError| Failure::Refused(error.to_string());
    let mut shop = Shop::find(Path::new("."), day::SEED).map_err(refused)?;
    shop.baskets.truncate(asked.baskets.unwrap_or(usize::MAX));
    let place = prepare(asked, &shop)?;
    let began = SystemClock.now();
    let sold = sell(&place, &shop)?;
    line(card(SOLD, &sold, None))?;
    let day = settle(&place, began)?;
    heading(&place, &format!("reconcile --market sf --day {day}"))?;
    let reconciled = reconcile::reconcile(&place, &super::compared(day))?;
    heading(&place, "check")?;
    let checked = reconcile::check(&place, &Listing { json: false })?;
    let is_whole = sold["failed"] == 0 && sold["delivered"] == sold["answered"];
    line(where_to_look_next(&place, day))?;
    Ok(is_whole && [reconciled, checked].into_iter().all(|code| code == ExitCode::SUCCESS))
}

/// A directory with a shop that has not opened yet: its catalogue, stores and stock.
fn prepare(asked: &Demo, shop: &Shop) -> Result<Place, Failure> {
    let directory = asked.directory.join("shop");
    fs::create_dir_all(&directory).map_err(Failure::file(&directory))?;
    let config = directory.join("doorstep.toml");
    fs::write(&config, CONFIGURATION).map_err(Failure::file(&config))?;
    let data_dir = directory.join("data");
    let place = Place { config, data_dir, server: None, key: None, log_format: None };
    let source = match shop.is_real {
        true => "A real shop: a supermarket's catalogue, its stores at real addresses",
        false => "A shop that was made up (no real data found)",
    };
    let lines: usize = shop.baskets.iter().map(|basket| basket.lines.len()).sum();
    line(format!(
        "\n{source}: {} items, {} stores, {} baskets of {lines} lines.",
        shop.items.len(),
        shop.centers.len(),
        shop.baskets.len(),
    ))?;
    let Files { items, centers, stock } = Files::write(&directory, shop)?;
    let market = Some(day::market());
    heading(&place, &format!("import items {}", items.display()))?;
    let asked = Import::Items { file: items, market: market.clone(), json: false };
    import::import(&place, &asked)?;
    heading(&place, &format!("import centers {}", centers.display()))?;
    import::import(&place, &Import::Centers { file: centers, market, json: false })?;
    heading(&place, &format!("import stock {}", stock.display()))?;
    import::import(&place, &Import::Stock { file: stock, count: false, json: false })?;
    Ok(place)
}

/// Closes the day, two days later by the clock that is put in, and shows what stores are paid.
fn settle(place: &Place, began: Micros) -> Result<Day, Failure> {
    let config = Config::read(&place.config)?;
    let zone = config.markets[&day::market()].time_zone.clone();
    let day = zone.day(began);
    let app = App::open(config, &place.data_dir, Arc::new(Later))?;
    // What was decided last may not be in the log yet.
    while relay::step(&app, &day::market())? > 0 {}
    workers::catch_up(&app, &|_| {})?;
    books::close(&app, day::market().as_str(), day, "demonstration")?;
    drop(app);
    let of_day = DayOfMarket { market: day::market(), day, json: false };
    heading(place, &format!("settle --market sf --day {day}"))?;
    let transport = Transport::open(place)?;
    let settled = transport.ask(Request::get(settlement::path_of(&of_day)))?;
    let mut stores: Vec<Value> = rows(&settled, "merchants").to_vec();
    stores.sort_by_key(|store| -store["sales_minor"].as_i64().unwrap_or(0));
    stores.truncate(STORES_SHOWN);
    line(table(STORES, &stores, currency(&settled)))?;
    Ok(day)
}

/// The clock of two days later.
struct Later;

impl Clock for Later {
    fn now(&self) -> Micros {
        SystemClock.now().plus(OVER_US)
    }
}

fn where_to_look_next(place: &Place, day: Day) -> String {
    let command = super::command(place);
    format!(
        "\nThe shop is there to be looked at:\n\n  {command} orders list\n  \
         {command} stock show store-1\n  \
         {command} availability --at 37.77,-122.42 --category GROCERY\n  \
         {command} settle --market sf --day {day}\n  \
         {command} keys create --role shop   and   {command} serve   for the page at /shop\n"
    )
}
