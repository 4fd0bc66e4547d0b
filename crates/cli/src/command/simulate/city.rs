//! `doorstep simulate city`.

use crate::arguments::City;
use crate::failure::Failure;
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::write_events;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// Writes the events of a city to stdout.
pub(super) fn run(asked: &City) -> Result<ExitCode, Failure> {
    let plan = CityPlan {
        seed: asked.seed,
        couriers: asked.couriers,
        deliveries_per_courier: asked.deliveries,
        days: asked.days,
        first_day: asked.first_day,
        zone: asked.zone.clone(),
        market: asked.market.to_string(),
        currency: asked.currency.to_string(),
    };
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    write_events(&mut out, city(plan)).map_err(Failure::output)?;
    out.flush().map_err(Failure::output)?;
    Ok(ExitCode::SUCCESS)
}
