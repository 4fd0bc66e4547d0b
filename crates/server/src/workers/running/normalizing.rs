//! The threads that read what providers told: one for each partition, one that tells the markets,
//! and one that forgets.

use super::{REST, Running, Stop, WAIT};
use crate::app::App;
use crate::dispatch::relay;
use crate::error::AppError;
use crate::provider;
use crate::provider::following::FOLLOWER;
use crate::provider::forward::{self, FORWARDER};
use crate::provider::normalizer;
use crate::wire::PROVIDER_EVENTS;
use doorstep_store::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// How long the forwarder rests where nothing rings: another process may have announced something.
const FORWARDER_REST: Duration = Duration::from_millis(100);

/// How often announcements are forgotten that everybody has read.
const FORGETS_EVERY: Duration = Duration::from_secs(10);

/// Who must have read an announcement of providers before it is forgotten.
const CONSUMERS: &[&str] = &[FOLLOWER, FORWARDER];

impl Running {
    /// Starts the normalizers.
    pub(super) fn normalize(&mut self, app: &Arc<App>) -> Result<(), AppError> {
        for partition in 0..app.log.partitions(PROVIDER_EVENTS)? {
            self.spawn(app, format!("normalizer-{partition}"), move |app, stop| {
                normalize(app, partition, stop);
            })?;
        }
        self.spawn(app, "forwarder".to_owned(), forward)?;
        self.spawn(app, "provider-keeper".to_owned(), forget)
    }
}

fn normalize(app: &App, partition: u32, stop: &Stop) {
    while !stop.is_said() {
        // Looked at before the step, so that what comes during it is not waited for.
        let ends = ends(app);
        match normalizer::step(app, partition) {
            Ok(0) => drop(app.log.wait(PROVIDER_EVENTS, &ends, WAIT)),
            Ok(_) => app.providers.news.ring(),
            // Another normalizer was faster: where it stands is read anew.
            Err(AppError::Store(StoreError::Fenced { .. })) => {}
            Err(error) => {
                tracing::error!(partition, %error, "the normalizer rests");
                stop.rest(REST);
            }
        }
    }
}

/// Tells the markets what is new of followed deliveries.
fn forward(app: &App, stop: &Stop) {
    while !stop.is_said() {
        match forward::step(app) {
            Ok(0) => app.providers.news.forwarder.wait(FORWARDER_REST),
            Ok(_) => {}
            // Another forwarder was faster: where it stands is read anew.
            Err(AppError::Store(StoreError::Fenced { .. })) => {}
            Err(error) => {
                tracing::error!(%error, "the forwarder rests");
                stop.rest(REST);
            }
        }
    }
}

/// Where the partitions end.
fn ends(app: &App) -> Vec<u64> {
    let end = |partition| app.log.bounds(PROVIDER_EVENTS, partition).map_or(0, |bounds| bounds.end);
    (0..app.log.partitions(PROVIDER_EVENTS).unwrap_or(0)).map(end).collect()
}

/// Forgets what was announced of providers' deliveries once everybody has read it.
fn forget(app: &App, stop: &Stop) {
    while !stop.is_said() {
        let done =
            provider::lane().and_then(|lane| relay::forget_of(app, &lane, CONSUMERS, i64::MAX));
        if let Err(error) = done {
            tracing::error!(%error, "announcements of providers are not forgotten");
        }
        stop.rest(FORGETS_EVERY);
    }
}
