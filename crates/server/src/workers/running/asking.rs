//! The threads that ask providers: runners of bookings, a poller for each of them, and whoever lets
//! what they say become the state of deliveries.

use super::telling::{NOTIFIER_REST, run_tasks};
use super::{REST, Running, Stop};
use crate::app::App;
use crate::error::AppError;
use crate::provider::following;
use crate::provider::outbound::Api;
use crate::provider::poller::Poller;
use doorstep_store::StoreError;
use doorstep_store::task::Pool;
use std::sync::Arc;
use std::time::Duration;

/// How long the follower rests where nothing rings: another process may have announced something.
const FOLLOWER_REST: Duration = Duration::from_millis(200);

impl Running {
    /// Starts whoever asks providers, as far as there are any that can be asked.
    pub(super) fn ask(&mut self, app: &Arc<App>) -> Result<(), AppError> {
        self.spawn(app, "follower".to_owned(), follow)?;
        for number in 0..app.outbound.workers() {
            let name = format!("{}/asker-{number}", std::process::id());
            self.spawn(app, format!("asker-{number}"), move |app, stop| {
                run_tasks(app, Pool::Asking, (&name, NOTIFIER_REST), stop);
            })?;
        }
        for (provider, api) in app.outbound.iter() {
            let (provider, api) = (provider.to_owned(), api.clone());
            self.spawn(app, format!("poller-{provider}"), move |app, stop| {
                poll(app, &provider, &api, stop);
            })?;
        }
        Ok(())
    }
}

fn follow(app: &App, stop: &Stop) {
    while !stop.is_said() {
        match following::step(app) {
            Ok(0) => app.providers.news.follower.wait(FOLLOWER_REST),
            // Another follower was faster: where it stands is read anew.
            Ok(_) | Err(AppError::Store(StoreError::Fenced { .. })) => {}
            Err(error) => {
                tracing::error!(%error, "the follower rests");
                stop.rest(REST);
            }
        }
    }
}

fn poll(app: &App, provider: &str, api: &Api, stop: &Stop) {
    let mut poller = Poller::default();
    while !stop.is_said() {
        match poller.step(app, provider, api) {
            Ok(rest_us) => stop.rest(Duration::from_micros(rest_us.max(0).unsigned_abs())),
            Err(error) => {
                tracing::error!(provider, %error, "a poller rests");
                stop.rest(REST);
            }
        }
    }
}
