//! What is kept outside the books: the engines' files, cursors, dead letters, timers.

use super::Tally;
use crate::app::App;
use crate::dead_letters::{self, About, Letter};
use crate::error::AppError;
use crate::provider::normalizer::NORMALIZER;
use crate::wire::{
    EVENTS, EVENTS_DEAD_LETTERS, PINGS, PINGS_DEAD_LETTERS, PROVIDER_EVENTS,
    PROVIDER_EVENTS_DEAD_LETTERS, STOCK_IMPORTS_DEAD_LETTERS,
};
use crate::workers::accountant::ACCOUNTANT;
use doorstep_domain::time::{HOUR_US, Micros};
use doorstep_store::cursor::{self, CursorId};
use doorstep_store::timer;

/// How long a timer may be overdue while somebody is there to serve it, in microseconds.
const OVERDUE_US_MAX: i64 = HOUR_US;

/// Overdue timers looked at.
const TIMERS_MAX: u32 = 1_000;

pub(super) fn store(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    tally.look();
    for violation in app.store.check()? {
        tally.broken(format!("{}: {}", violation.invariant, violation.detail));
    }
    Ok(())
}

pub(super) fn log(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    let topics = [
        EVENTS,
        EVENTS_DEAD_LETTERS,
        PINGS,
        PINGS_DEAD_LETTERS,
        PROVIDER_EVENTS,
        PROVIDER_EVENTS_DEAD_LETTERS,
        STOCK_IMPORTS_DEAD_LETTERS,
    ];
    for topic in topics {
        for partition in 0..app.log.partitions(topic)? {
            match app.log.verify(topic, partition) {
                Ok(verified) => tally.checked += verified.batches,
                Err(error) => tally.broken(error.to_string()),
            }
        }
    }
    Ok(())
}

pub(super) fn cursors(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    for (consumer, topic) in [(ACCOUNTANT, EVENTS), (NORMALIZER, PROVIDER_EVENTS)] {
        for partition in 0..app.log.partitions(topic)? {
            tally.look();
            let id = CursorId { consumer, topic, partition };
            // The cursor is read first: the log only grows meanwhile.
            let next = app.store.read(|tx| cursor::load(tx, id))?.next_offset;
            let end = app.log.bounds(topic, partition)?.end;
            if u64::try_from(next).map_or(true, |next| next > end) {
                let partition = format!("{consumer} {topic}/{partition}");
                tally.broken(format!("{partition} reads {next} next, the log ends at {end}"));
            }
        }
    }
    Ok(())
}

pub(super) fn dead_letters(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    for about in About::ALL {
        let topic = about.topic();
        dead_letters::each_record(&app.log, about, |entry| {
            tally.look();
            match Letter::decode(&entry.value) {
                Ok(letter) if letter.header.letter_id.as_bytes() == entry.key => {}
                Ok(letter) => tally.broken(format!(
                    "{topic} offset {}: {} stands under another name",
                    entry.offset, letter.header.letter_id
                )),
                Err(error) => tally.broken(format!("{topic} offset {}: {error}", entry.offset)),
            }
            Ok(true)
        })?;
    }
    Ok(())
}

pub(super) fn timers(app: &App, tally: &mut Tally) -> Result<(), AppError> {
    // A timer that fell due while nothing ran has been waiting only since the process started.
    let late = app.clock.now().plus(-OVERDUE_US_MAX);
    tally.look();
    if app.started > late {
        return Ok(());
    }
    for timer in app.store.read(|tx| timer::due(tx, late.0, None, TIMERS_MAX))? {
        tally.broken(format!(
            "{} {} was due at {}",
            timer.kind,
            timer.timer_id,
            Micros(timer.due_at_us)
        ));
    }
    Ok(())
}
