//! `doorstep simulate`: what does not exist, but might.

mod city;
mod couriers;
mod dispatch;
mod race;
mod watchers;

use crate::arguments::{Place, Simulate};
use crate::failure::Failure;
use std::process::ExitCode;

/// Makes a city's events, or the load of couriers, watchers or whole cities.
pub(crate) fn run(place: &Place, asked: &Simulate) -> Result<ExitCode, Failure> {
    match asked {
        Simulate::City(asked) => city::run(asked),
        Simulate::Couriers(asked) => couriers::run(place, asked),
        Simulate::Watchers(asked) => watchers::run(place, asked),
        Simulate::Dispatch(asked) => dispatch::run(place, asked),
        Simulate::Race(asked) => race::run(place, asked),
    }
}
