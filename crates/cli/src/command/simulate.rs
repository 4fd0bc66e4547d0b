//! `doorstep simulate`: what does not exist, but might.

mod city;
mod couriers;
mod dispatch;
mod mdrp;
mod orders;
mod provider;
mod providers;
mod race;
mod shoppers;
mod watchers;
mod webhooks;

pub(crate) use couriers::register;

use crate::arguments::{Place, Simulate};
use crate::failure::Failure;
use std::process::ExitCode;

/// Makes a city's events, the load of couriers, watchers or whole cities, or days of deliveries.
pub(crate) fn run(place: &Place, asked: &Simulate) -> Result<ExitCode, Failure> {
    match asked {
        Simulate::City(asked) => city::run(asked),
        Simulate::Couriers(asked) => couriers::run(place, asked),
        Simulate::Watchers(asked) => watchers::run(place, asked),
        Simulate::Mdrp(asked) => mdrp::run(asked),
        Simulate::Dispatch(asked) => dispatch::run(place, asked),
        Simulate::Race(asked) => race::run(place, asked),
        Simulate::Provider(asked) => provider::run(asked),
        Simulate::Orders(asked) => orders::run(place, asked),
        Simulate::Shoppers(asked) => shoppers::run(place, asked),
        Simulate::Providers(asked) => providers::run(place, asked),
        Simulate::Webhooks(asked) => webhooks::run(place, asked),
    }
}
