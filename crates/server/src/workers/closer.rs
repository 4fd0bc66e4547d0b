//! The closer: closes days that the watermark has passed, and tells of completions that have
//! waited beyond the grace.

use super::watermark::watermark;
use crate::accounting::{WAITING, WaitingFor};
use crate::app::App;
use crate::dead_letters::{self, Letter};
use crate::error::AppError;
use crate::settlement::{self, ClosedView};
use crate::wire::EVENTS;
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::market::Market;
use doorstep_domain::time::{Day, Micros};
use doorstep_store::day::DayRow;
use doorstep_store::timer::Timer;
use doorstep_store::{LaneId, day, timer};

/// Who closes where no person does.
const CLOSER: &str = "closer";

/// Timers looked at in one go.
const TIMERS_AT_ONCE: u32 = 1_000;

/// Closes every day whose midnight and grace the watermark has passed, oldest first.
pub fn close_due(app: &App) -> Result<Vec<ClosedView>, AppError> {
    let Some(watermark) = watermark(app)? else {
        return Ok(Vec::new());
    };
    let mut closed = Vec::new();
    for market in app.markets.values() {
        for day in due_days(app, market, watermark)? {
            let view = settlement::close(app, market.id.as_str(), day, CLOSER)?;
            tracing::info!(market = %market.id, %day, digest = view.digest, "day closed");
            closed.push(view);
        }
    }
    Ok(closed)
}

/// The open days to be closed, with the days without a fact that lie between.
fn due_days(app: &App, market: &Market, watermark: Micros) -> Result<Vec<Day>, AppError> {
    let days: Vec<DayRow> = app.store.read(|tx| day::all(tx, market.id.as_str()))?;
    let passed = |row: &&DayRow| market.closes_at(Day::from_number(row.day)) <= watermark;
    let (Some(first), Some(last)) = (days.first(), days.iter().rfind(passed)) else {
        return Ok(Vec::new());
    };
    let closed = |number: i64| days.iter().any(|row| row.day == number && row.closed.is_some());
    let open = (first.day..=last.day).filter(|number| !closed(*number));
    Ok(open.map(Day::from_number).collect())
}

/// Writes the dead letters of completions that have waited for the rest of their lifecycle for
/// longer than the grace, and answers how many there were.
pub fn tell_waiting(app: &App) -> Result<u64, AppError> {
    let mut told = 0;
    loop {
        let now = app.clock.now();
        let due: Vec<Timer> =
            app.store.read(|tx| timer::due(tx, now.0, Some(WAITING), TIMERS_AT_ONCE))?;
        if due.is_empty() {
            return Ok(told);
        }
        let letters =
            due.iter().map(|timer| letter(app, timer, now)).collect::<Result<Vec<_>, _>>()?;
        dead_letters::append(&app.log, letters, now)?;
        let taken: u64 = app.store.lane(&LaneId::new("waiting")?, move |tx| {
            let mut taken = 0;
            for timer in &due {
                taken += u64::from(timer::take(tx, &timer.timer_id, timer.due_at_us)?);
            }
            Ok::<_, AppError>(taken)
        })?;
        told += taken;
        app.counts.dead_lettered.fetch_add(taken, std::sync::atomic::Ordering::Relaxed);
        metrics::counter!("doorstep_events_dead_lettered_total").increment(taken);
    }
}

fn letter(app: &App, timer: &Timer, now: Micros) -> Result<Letter, AppError> {
    let waiting: WaitingFor = serde_json::from_slice(&timer.payload)
        .map_err(|error| AppError::machine(format!("timer {}", timer.timer_id), error))?;
    let (partition, offset) = (waiting.origin.partition, waiting.origin.offset);
    let entries = app.log.read(EVENTS, partition, offset, 1, usize::MAX)?;
    let raw = entries.first().map_or(&[][..], |entry| &entry.value);
    let reason = format!(
        "delivery {:?} was delivered, but nothing else is known of it, or it began only later \
         than the grace allows",
        waiting.delivery
    );
    let code = RejectionCode::DeliveredBeforeItExists;
    let rejection = Rejection::new(code, "/subject", reason);
    let origin = Some((EVENTS.to_owned(), partition, offset));
    Ok(Letter::waiting(&waiting.key(), raw, &rejection, now, origin))
}
