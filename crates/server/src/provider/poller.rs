//! The poller: a provider that is silent for longer than it usually is, is asked. Gently: at half
//! of its limit at most, never all at once, and not at all while it fails (E5).
//!
//! What it answers becomes events marked `poll`. After an outage of ours everything open is asked
//! for, the oldest first: what was sent meanwhile may never be sent again.

use super::outbound::{Api, Names};
use super::polled;
use crate::app::App;
use crate::calls::CallError;
use crate::error::AppError;
use crate::provider::outbound::metric;
use doorstep_domain::limits::ASKED_IN_VAIN_MAX;
use doorstep_domain::provider::{Silences, State};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::LaneId;
use doorstep_store::provider::asked::{self, SilentRow};

/// The lane in which it is noted who was asked.
pub(super) const LANE: &str = "provider-asked";

/// Timelines that are learned from.
const LEARNED_FROM: u32 = 2_000;

/// How often that is done, in microseconds.
const LEARNS_EVERY_US: i64 = 60 * SECOND_US;

/// How often it is noted that somebody here is at work, in microseconds.
const BEATS_EVERY_US: i64 = 5 * SECOND_US;

/// For how long nobody may have been at work before that is an outage, in microseconds.
const AWAY_US: i64 = 30 * SECOND_US;

/// Silent deliveries looked at in one go.
const LOOKED_AT_ONCE: u32 = 4_096;

/// Longest rest, in microseconds.
const REST_US: i64 = SECOND_US;

/// Rest after a call that failed, in microseconds; twice as long after each next one.
const FAILED_REST_US: i64 = 2 * SECOND_US;

/// Longest of them.
const FAILED_REST_US_MAX: i64 = 60 * SECOND_US;

/// Of 1/x of a silence the moments of asking are spread.
const SPREAD: u64 = 10;

/// What is known of one provider between two steps.
#[derive(Default)]
pub struct Poller {
    silences: Silences,
    learned_at: Option<Micros>,
    /// Nothing was told of these when they were last looked for.
    unheard: Vec<SilentRow>,
    beat_at: Option<Micros>,
    /// What was silent since before this is asked for at once.
    away_until: Option<Micros>,
    failures: u32,
}

impl Poller {
    /// Asks for what is due; answers how long to rest, in microseconds.
    pub fn step(&mut self, app: &App, provider: &str, api: &Api) -> Result<i64, AppError> {
        let now = app.clock.now();
        self.beat(app, provider, now)?;
        self.learn(app, provider, now)?;
        let shortest_us = scaled(api.silent_factor, Silences::shortest_us());
        let before = match self.away_until {
            Some(_) => now,
            None => now.plus(-shortest_us),
        };
        let silent = app.store.read(|tx| {
            asked::silent(tx, provider, before.0, LOOKED_AT_ONCE).map_err(AppError::from)
        })?;
        metric::silence(provider, silent.first().map_or(0, |row| now.0 - row.heard_at_us));
        let is_whole = silent.len() < LOOKED_AT_ONCE as usize;
        let all = silent.into_iter().chain(self.unheard.iter().cloned());
        let due: Vec<SilentRow> = all.filter(|row| self.is_due(row, api, now)).collect();
        let is_all = due.is_empty() && is_whole;
        for row in due {
            if let Err(wait_us) = api.polls.take(app.clock.now())? {
                return Ok(wait_us.min(REST_US));
            }
            self.unheard.retain(|unheard| unheard.reference != row.reference);
            if let Some(rest_us) = self.ask(app, provider, api, &row)? {
                return Ok(rest_us);
            }
        }
        if is_all {
            self.away_until = None;
        }
        Ok(REST_US)
    }

    /// Notes that somebody is at work, and finds out for how long nobody was.
    fn beat(&mut self, app: &App, provider: &str, now: Micros) -> Result<(), AppError> {
        if self.beat_at.is_some_and(|beat_at| now.0 - beat_at.0 < BEATS_EVERY_US) {
            return Ok(());
        }
        let name = provider.to_owned();
        let before_us = app.store.lane(&LaneId::new(LANE)?, move |tx| {
            let before_us = asked::at_us(tx, &name, "")?;
            asked::note(tx, &name, "", now.0)?;
            Ok::<_, AppError>(before_us)
        })?;
        let was_away = before_us.is_some_and(|before_us| now.0 - before_us > AWAY_US);
        if was_away {
            tracing::info!(provider, "nobody was at work: all that is open is asked for");
            self.away_until = Some(now);
        }
        self.beat_at = Some(now);
        Ok(())
    }

    fn learn(&mut self, app: &App, provider: &str, now: Micros) -> Result<(), AppError> {
        if self.learned_at.is_some_and(|learned_at| now.0 - learned_at.0 < LEARNS_EVERY_US) {
            return Ok(());
        }
        let timelines = app
            .store
            .read(|tx| asked::recent(tx, provider, LEARNED_FROM).map_err(AppError::from))?;
        self.silences = Silences::default();
        timelines.iter().for_each(|timeline| self.silences.learn(timeline));
        for state in self.silences.states() {
            metric::usual(provider, state.as_str(), self.silences.usual_us(state));
        }
        self.unheard = app.store.read(|tx| {
            asked::unheard(tx, provider, now.0, LOOKED_AT_ONCE).map_err(AppError::from)
        })?;
        self.learned_at = Some(now);
        let name = provider.to_owned();
        app.store.lane(&LaneId::new(LANE)?, move |tx| {
            asked::forget(tx, &name).map(drop).map_err(AppError::from)
        })
    }

    fn is_due(&self, row: &SilentRow, api: &Api, now: Micros) -> bool {
        let last_us = row.heard_at_us.max(row.asked_at_us);
        let was_away = self.away_until.is_some_and(|away_until| last_us < away_until.0);
        if was_away && row.in_vain == 0 {
            return true;
        }
        let state = row.status.as_deref().and_then(|status| status.parse().ok());
        let usual_us = self.silences.usual_us(state.unwrap_or(State::Created));
        // Who did not know it is asked ever more rarely.
        let in_vain = if row.heard_at_us > row.asked_at_us { 0 } else { row.in_vain };
        let silence_us = scaled(api.silent_factor, usual_us) << in_vain.clamp(0, ASKED_IN_VAIN_MAX);
        let spread_us = spread(&row.reference, silence_us.unsigned_abs() / SPREAD);
        now.0 - last_us > silence_us.saturating_add(spread_us)
    }

    /// Asks for one; how long to rest where they fail.
    fn ask(
        &mut self,
        app: &App,
        provider: &str,
        api: &Api,
        row: &SilentRow,
    ) -> Result<Option<i64>, AppError> {
        let (name, reference) = (provider.to_owned(), row.reference.clone());
        let (before_us, now_us) = (row.asked_at_us, app.clock.now().0);
        let is_ours = app.store.lane(&LaneId::new(LANE)?, move |tx| {
            asked::claim(tx, &name, (&reference, before_us), now_us).map_err(AppError::from)
        })?;
        if !is_ours {
            return Ok(None);
        }
        let names = Names { delivery: &row.delivery, reference: &row.reference };
        match api.outbound.fetch(names) {
            Ok(answers) => {
                self.failures = 0;
                metric::asked(provider, "fetch", answers.as_ref().map_or("unknown", |_| "ok"));
                let Some(answers) = answers else {
                    says_unknown(app, provider, &row.reference)?;
                    return Ok(None);
                };
                polled::append(app, provider, answers)?;
                if row.in_vain > 0 {
                    says_known(app, provider, &row.reference)?;
                }
                Ok(None)
            }
            Err(error) => {
                metric::asked(provider, "fetch", error.outcome());
                self.rest_us(app, provider, row, &error)
            }
        }
    }

    /// What was never sent is asked for again as soon as there is room.
    fn rest_us(
        &mut self,
        app: &App,
        provider: &str,
        row: &SilentRow,
        error: &CallError,
    ) -> Result<Option<i64>, AppError> {
        let told_us = match error {
            CallError::Limited { retry_after_us } | CallError::Open { retry_after_us } => {
                *retry_after_us
            }
            CallError::Full => REST_US,
            error => {
                tracing::warn!(provider, row.reference, %error, "it does not say how that stands");
                if !error.is_theirs() {
                    return Ok(None);
                }
                self.failures += 1;
                let doubled_us = FAILED_REST_US << (self.failures - 1).min(5);
                return Ok(Some(doubled_us.min(FAILED_REST_US_MAX)));
            }
        };
        let (name, reference) = (provider.to_owned(), row.reference.clone());
        let before_us = row.asked_at_us;
        app.store.lane(&LaneId::new(LANE)?, move |tx| {
            asked::note(tx, &name, &reference, before_us).map_err(AppError::from)
        })?;
        Ok(Some(told_us.clamp(REST_US, FAILED_REST_US_MAX)))
    }
}

fn says_unknown(app: &App, provider: &str, reference: &str) -> Result<(), AppError> {
    let (name, of) = (provider.to_owned(), reference.to_owned());
    let times = app.store.lane(&LaneId::new(LANE)?, move |tx| {
        asked::note_unknown(tx, &name, &of).map_err(AppError::from)
    })?;
    if times == ASKED_IN_VAIN_MAX {
        tracing::warn!(provider, reference, times, "they do not know it: it is asked for no more");
    }
    Ok(())
}

/// It is asked for as if it had always been known.
fn says_known(app: &App, provider: &str, reference: &str) -> Result<(), AppError> {
    let (name, reference) = (provider.to_owned(), reference.to_owned());
    app.store.lane(&LaneId::new(LANE)?, move |tx| {
        asked::note_known(tx, &name, &reference).map_err(AppError::from)
    })
}

/// A length times a factor, in microseconds.
fn scaled(factor: f64, us: i64) -> i64 {
    (us as f64 * factor).round() as i64
}

/// A number in `[0, end]` that those who fell silent together do not share (FNV-1a).
fn spread(reference: &str, end: u64) -> i64 {
    let hash = reference.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    let scaled = u128::from(hash) * (u128::from(end) + 1);
    i64::try_from(scaled >> 64).unwrap_or(0)
}
