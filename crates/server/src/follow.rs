//! Two nodes, one truth: what another node was told and this one was not is pulled into the log,
//! where facts merge. Claims are decided by one node and are not exchanged.
//!
//! `giving` is what others pull here, `pulling` what is pulled from them. What was pulled is not
//! given on, so that nothing goes in circles.

pub mod giving;
pub mod pulling;

pub(crate) mod metric;

pub use giving::{LogPage, LogRecord, give};
pub use pulling::step;

use crate::app::App;
use crate::calls::target::Reach;
use crate::calls::{BreakerRules, Guard, RateRules, RetryRules, Rules, Web};
use crate::clock::SteadyClock;
use crate::config::Config;
use crate::error::AppError;
use crate::wire::{self, EVENTS, PROVIDER_EVENTS};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::follow;
use serde::Serialize;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use utoipa::ToSchema;

/// The topics whose facts are exchanged.
pub const TOPICS: [&str; 2] = [EVENTS, PROVIDER_EVENTS];

/// What the place of a node is kept under that is asked for what it pulled as well.
const EVERYTHING: &str = "#everything";

/// Longest answer, in bytes: a page of records as JSON.
const ANSWER_BYTES_MAX: u64 = 32 << 20;

/// How long a page may take, in microseconds: a slow line is no reason to know nothing.
const PATIENCE_US: i64 = 30 * SECOND_US;

/// Whom this node follows, and that nobody is given what is just being pulled.
#[derive(Default)]
pub struct Following {
    sources: Vec<Source>,
    /// Held for writing from the append of a page until it is noted as pulled.
    undecided: RwLock<()>,
}

/// A node that is followed.
pub struct Source {
    /// Where it listens.
    pub url: String,
    /// Whether it is asked for what it pulled itself as well.
    everything: bool,
    authorization: String,
    guard: Guard,
    /// Why it could not be pulled from the last time.
    problem: Mutex<Option<String>>,
}

/// How a node is followed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FollowedStatus {
    /// Which.
    pub url: String,
    /// Records that it had when it last answered and that were not pulled yet.
    pub behind_records: u64,
    /// Since when all of its partitions have answered, RFC 3339; none where it never did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub answered_at: Option<Micros>,
    /// Why it could not be pulled from the last time, where it could not.
    pub problem: Option<String>,
}

impl Following {
    /// As configured. Errors: [`AppError::Invalid`] or [`AppError::Machine`] where there is no key,
    /// or it cannot be read; whether anybody answers is seen when they are asked.
    pub fn open(config: &Config) -> Result<Following, AppError> {
        if config.follow.is_empty() {
            return Ok(Following::default());
        }
        let missing =
            || AppError::invalid("follow_key_file", "is missing: who follows shows a key");
        let path = config.follow_key_file.as_ref().ok_or_else(missing)?;
        let unreadable = |error| AppError::machine(format!("reading {}", path.display()), error);
        let key = fs::read_to_string(path).map_err(unreadable)?;
        let sources = config.follow.iter().map(|url| Source::new(url, key.trim(), false));
        Ok(Following { sources: sources.collect::<Result<_, _>>()?, ..Following::default() })
    }

    /// Those who are followed.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }
}

impl Source {
    /// A node by its URL, and a key of an operator there; with `everything` what it pulled from
    /// others is asked for too. Errors: [`AppError::Invalid`] where the URL is none.
    pub fn new(url: &str, key: &str, everything: bool) -> Result<Source, AppError> {
        Reach::Anywhere.admits(url).map_err(|error| AppError::invalid("follow", error))?;
        if url.contains(['?', '#']) {
            let reason = format!("{url:?} has more than a host and a path");
            return Err(AppError::invalid("follow", reason));
        }
        let clock = Arc::new(SteadyClock::start());
        let web = Web::new(Reach::Anywhere);
        Ok(Source {
            url: url.trim_end_matches('/').to_owned(),
            everything,
            authorization: format!("Bearer {key}"),
            guard: Guard::new("follow", rules(), web, clock, wire::chance()?),
            problem: Mutex::default(),
        })
    }

    /// What its places are kept under.
    fn name(&self) -> String {
        let suffix = if self.everything { EVERYTHING } else { "" };
        format!("{}{suffix}", self.url)
    }

    fn notes(&self, problem: Option<String>) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }
}

/// How each node is followed.
pub fn status(app: &App) -> Result<Vec<FollowedStatus>, AppError> {
    let of = |source: &Source| {
        let (behind, answered) = app.store.read(|tx| follow::standing(tx, &source.name()))?;
        Ok(FollowedStatus {
            url: source.url.clone(),
            behind_records: u64::try_from(behind).unwrap_or(0),
            answered_at: answered.map(Micros),
            problem: source.problem.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        })
    };
    app.following.sources.iter().map(of).collect()
}

/// Patient, and alone: nobody waits for a page but who pulls it. Whoever fails is asked again after
/// a second, and then ever later, up to half a minute.
fn rules() -> Rules {
    Rules {
        patience_us: PATIENCE_US,
        attempt_us: PATIENCE_US,
        connect_us: 5 * SECOND_US,
        answer_bytes_max: ANSWER_BYTES_MAX,
        seats: 1,
        rate: RateRules { interval_us: 0, burst: 0 },
        retry: RetryRules {
            attempts_max: 1,
            rest_us: 0,
            rest_us_max: 0,
            budget_percent: 0,
            budget_max: 0,
        },
        breaker: BreakerRules {
            window_us: 60 * SECOND_US,
            calls_min: 3,
            failures_percent: 100,
            open_us: SECOND_US,
            open_us_max: 30 * SECOND_US,
            trials: 1,
        },
    }
}
