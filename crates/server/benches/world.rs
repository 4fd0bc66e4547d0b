//! A server on a fresh data directory, told a city.

use crate::cities::{self, Chunk};
use doorstep_domain::id::CourierId;
use doorstep_domain::time::Day;
use doorstep_server::accounting::intake;
use doorstep_server::app::App;
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use doorstep_server::error::AppError;
use doorstep_server::pay::{self, PayView, Query};
use doorstep_server::workers;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// The one market.
pub(crate) const MARKET: &str = "sf";

/// A server, and the directory that goes with it.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) directory: TempDir,
}

impl World {
    pub(crate) fn new() -> World {
        let directory = TempDir::new_in(cities::directory()).expect("a directory");
        let config = include_str!("../../../scripts/bench/doorstep.toml");
        let config = Config::parse(config).expect("a valid configuration");
        let app = App::open(config, directory.path(), Arc::new(SystemClock));
        World { app: Arc::new(app.expect("an application")), directory }
    }

    /// Makes events durable and counts them, as `doorstep import` does: appended by this thread,
    /// counted beside it; answers how many when all are counted.
    pub(crate) fn is_told(&self, chunks: impl IntoIterator<Item = Chunk>) -> u64 {
        let running = workers::start(&self.app, false).expect("workers");
        let told = chunks.into_iter().map(|chunk| self.takes(&chunk)).sum();
        running.stop();
        workers::catch_up(&self.app, &|_| {}).expect("an accountant that catches up");
        told
    }

    /// Makes a chunk durable, after waiting where the log asks for it.
    pub(crate) fn takes(&self, chunk: &[u8]) -> u64 {
        let lines = || chunk.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        loop {
            match intake::take(&self.app, (1..).zip(lines())) {
                Ok(taken) => {
                    assert_eq!(taken.rejected, [], "the city says only what is right");
                    return taken.accepted;
                }
                Err(AppError::Busy { retry_after_ms }) => {
                    thread::sleep(Duration::from_millis(retry_after_ms));
                }
                Err(error) => panic!("events are not taken: {error}"),
            }
        }
    }

    /// The pay of everybody who worked on a day.
    pub(crate) fn pay(&self, day: Day) -> Vec<PayView> {
        self.pay_of(day, None)
    }

    /// The pay of one courier on a day, or of all.
    pub(crate) fn pay_of(&self, day: Day, courier: Option<&CourierId>) -> Vec<PayView> {
        let query = Query {
            market: Some(MARKET.to_owned()),
            day: Some(day),
            courier: courier.map(|courier| courier.as_str().to_owned()),
            explain: false,
        };
        pay::list(&self.app, &query).expect("pay")
    }
}
