//! Calls to whoever is told: bounded in time and size; webhooks only to where users may send us.

use crate::calls::target::Reach;
use crate::calls::{
    Answer, BreakerRules, CallError, Fault, Guard, RateRules, Request, RetryRules, Rules, Web,
};
use crate::clock::SteadyClock;
use crate::config::NotificationsConfig;
use crate::error::AppError;
use doorstep_domain::time::SECOND_US;
use std::sync::Arc;

/// Longest answer that is read, in bytes: what it says does not matter.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// How long a connection may take, in microseconds.
const CONNECT_US_MAX: i64 = 10 * SECOND_US;

/// Two doors: for what users name, and for what the operator configures.
pub(super) struct Outside {
    reach: Reach,
    webhooks: Guard,
    gateways: Guard,
}

impl Outside {
    pub(super) fn open(config: &NotificationsConfig) -> Result<Outside, AppError> {
        let wrong = |error| AppError::invalid("notifications", error);
        let reach = Reach::Public { allowed: config.networks().map_err(wrong)? };
        let guard = |to, reach| {
            let rules = rules(config.patience.0, config.workers);
            // Nothing is repeated here, so that there is nothing to be chanced.
            Guard::new(to, rules, Web::new(reach), Arc::new(SteadyClock::start()), 0)
        };
        let webhooks = guard("webhook", reach.clone());
        Ok(Outside { reach, webhooks, gateways: guard("gateway", Reach::Anywhere) })
    }

    /// Whether a subscription may name this URL. Errors: why not.
    pub(super) fn admits(&self, url: &str) -> Result<(), String> {
        self.reach.admits(url).map_err(|error| error.to_string())
    }

    /// Sends to a subscription; whatever is answered is the answer.
    pub(super) fn webhook(&self, request: &Request) -> Result<Answer, CallError> {
        self.webhooks.call(request, whole)
    }

    /// Sends to a gateway; whatever is answered is the answer.
    pub(super) fn gateway(&self, request: &Request) -> Result<Answer, CallError> {
        self.gateways.call(request, whole)
    }
}

fn whole(answer: &Answer) -> Result<Answer, Fault> {
    Ok(answer.clone())
}

/// One attempt, and no breaker: tasks are tried again by their own schedule, for each one who is
/// told by itself, and rests are kept with the tasks.
fn rules(patience_us: i64, seats: usize) -> Rules {
    Rules {
        patience_us,
        attempt_us: patience_us,
        connect_us: patience_us.min(CONNECT_US_MAX),
        answer_bytes_max: ANSWER_BYTES_MAX,
        seats,
        rate: RateRules::per_second(0),
        retry: RetryRules {
            attempts_max: 1,
            rest_us: 0,
            rest_us_max: 0,
            budget_percent: 0,
            budget_max: 0,
        },
        breaker: BreakerRules {
            window_us: SECOND_US,
            calls_min: u32::MAX,
            failures_percent: 101,
            open_us: SECOND_US,
            open_us_max: SECOND_US,
            trials: 1,
        },
    }
}
