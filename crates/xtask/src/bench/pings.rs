//! Pings: how many are made durable, how soon watchers see them, what that costs, how the server
//! comes back; and what Redis and NATS make of the same. Server and load share this machine.
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock, and waits")]

mod durable;
mod nats;
mod peers;
mod redis;
mod watched;

use super::server::{Template, binary};
use super::table::Unit;
use super::{Bench, machine};

/// Couriers of the measurements: each tells where it is at most five times a second.
const COURIERS: u32 = 1_000_000;

/// Thirty billion a day.
const PINGS_PER_S: u32 = 347_000;

/// How often each figure is taken; told is the median.
const RUNS: usize = 3;

const PER_S: Unit = Unit("/s", 1.0, 0);
const MS: Unit = Unit("ms", 1.0, 1);

/// Runs all of it on release binaries, each run on a data directory of its own.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let binary = binary(bench)?;
    let template = Template::new(&bench.root, &binary, COURIERS)?;
    println!("{}\n", machine::told());
    let per_s = durable::measure(&template, bench.full)?;
    watched::measure(&template, bench.full)?;
    peers::measure(&bench.root, per_s, bench.full)
}

/// The median of what several runs came to.
fn median_of(mut run: impl FnMut() -> Result<f64, String>, runs: usize) -> Result<f64, String> {
    let mut figures = (0..runs.max(1)).map(|_| run()).collect::<Result<Vec<f64>, String>>()?;
    figures.sort_by(f64::total_cmp);
    Ok(figures[figures.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_one_in_the_middle() {
        let mut figures = [3.0, 1.0, 2.0].into_iter();
        assert_eq!(median_of(|| figures.next().ok_or_else(String::new), 3), Ok(2.0));
        assert_eq!(median_of(|| Err("broken".to_owned()), 3), Err("broken".to_owned()));
    }
}
