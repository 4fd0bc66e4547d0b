//! `doorstep simulate`.

use crate::arguments::Simulate;
use crate::failure::Failure;
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::write_events;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// Writes the events of a city to stdout.
pub(crate) fn run(asked: &Simulate) -> Result<ExitCode, Failure> {
    let Simulate::City { seed, couriers, deliveries, days, first_day, market, zone, currency } =
        asked;
    let plan = CityPlan {
        seed: *seed,
        couriers: *couriers,
        deliveries_per_courier: *deliveries,
        days: *days,
        first_day: *first_day,
        zone: zone.clone(),
        market: market.to_string(),
        currency: currency.to_string(),
    };
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    write_events(&mut out, city(plan)).map_err(Failure::output)?;
    out.flush().map_err(Failure::output)?;
    Ok(ExitCode::SUCCESS)
}
