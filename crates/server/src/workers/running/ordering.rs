//! The threads behind orders: who makes their deliveries, takes back what nobody carries, and
//! releases what nobody confirmed.

use super::{FORGETS_EVERY_US, REST, Running, Stop};
use crate::app::App;
use crate::error::AppError;
use crate::orders::{expiry, hand_over, lanes, returns};
use doorstep_domain::id::MarketId;
use doorstep_store::StoreError;
use std::sync::Arc;
use std::time::Duration;

/// How long whoever hands over waits where nothing rings: another process may have taken an order.
const HAND_OVER_REST: Duration = Duration::from_millis(200);

/// How long orders come together before they are handed over: a step is a commit, and couriers are
/// minutes away.
const HAND_OVER_PACE: Duration = Duration::from_millis(20);

/// How often it is looked for what nobody carries.
const RETURNS_REST: Duration = Duration::from_millis(200);

/// How often it is looked for what nobody confirmed: it comes back within a second.
const EXPIRY_REST: Duration = Duration::from_millis(250);

/// Who must have read what a stock lane announces before it is forgotten.
const READERS: &[&str] = &[hand_over::HAND_OVER];

impl Running {
    /// Starts whoever sees to orders.
    pub(super) fn order(&mut self, app: &Arc<App>) -> Result<(), AppError> {
        self.spawn(app, "hand-over".to_owned(), hand_over)?;
        self.spawn(app, "returns".to_owned(), |app, stop| {
            while !stop.is_said() {
                if each_market(app, stop, returns::step) == 0 {
                    stop.rest(RETURNS_REST);
                }
            }
        })?;
        self.spawn(app, "expiry".to_owned(), |app, stop| {
            while !stop.is_said() {
                if each_market(app, stop, expiry::step) == 0 {
                    stop.rest(EXPIRY_REST);
                }
            }
        })
    }
}

/// Makes the deliveries of what was placed, and forgets what everybody has read.
fn hand_over(app: &App, stop: &Stop) {
    let mut forgets_at = app.clock.now();
    while !stop.is_said() {
        if app.clock.now() >= forgets_at {
            forgets_at = app.clock.now().plus(FORGETS_EVERY_US);
            let forget =
                |app: &App, market: &MarketId| lanes::forget(app, market, READERS).map(|_| 0);
            each_market(app, stop, forget);
        }
        match each_market(app, stop, hand_over::step) {
            0 => app.orders.wait(HAND_OVER_REST),
            count if count < hand_over::ROWS_BEHIND => stop.rest(HAND_OVER_PACE),
            _ => {}
        }
    }
}

/// Does a step in each market; answers how much there was to do.
fn each_market(
    app: &App,
    stop: &Stop,
    step: impl Fn(&App, &MarketId) -> Result<usize, AppError>,
) -> usize {
    let mut done = 0;
    for market in app.markets.keys() {
        match step(app, market) {
            Ok(count) => done += count,
            // Another process was faster: where it stands is read anew.
            Err(AppError::Store(StoreError::Fenced { .. })) => {}
            Err(error) => {
                tracing::error!(%market, %error, "orders rest");
                stop.rest(REST);
            }
        }
    }
    done
}
