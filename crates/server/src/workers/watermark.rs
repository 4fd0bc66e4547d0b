//! The watermark: how far event time has certainly been read (B6).

use super::accountant::ACCOUNTANT;
use crate::app::App;
use crate::error::AppError;
use crate::wire::EVENTS;
use doorstep_domain::time::Micros;
use doorstep_store::cursor::{self, Cursor, CursorId};
use std::sync::Mutex;

/// When each partition last grew, as this process saw it.
///
/// While anything is being appended no partition counts as idle until it has been passed over for
/// the whole of `idle_after`: the parts of one import reach their partitions one after another.
#[derive(Debug, Default)]
pub struct Activity(Mutex<Option<Seen>>);

#[derive(Debug)]
struct Seen {
    ends: Vec<u64>,
    grown: Vec<Micros>,
    /// When the topic woke from being idle as a whole.
    woken: Micros,
    newest: Micros,
}

impl Activity {
    /// Since when each partition is idle, given where the partitions end now.
    fn idle_since(&self, ends: &[u64], started: Micros, idle_us: i64, now: Micros) -> Vec<Micros> {
        let mut guard = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let seen = guard.get_or_insert_with(|| Seen {
            ends: ends.to_vec(),
            grown: vec![started; ends.len()],
            woken: started,
            newest: started,
        });
        let grew = seen.ends.iter().zip(ends).any(|(before, end)| before != end);
        if grew {
            if now.0.saturating_sub(seen.newest.0) >= idle_us {
                seen.woken = now;
            }
            seen.newest = now;
        }
        for ((before, end), grown) in seen.ends.iter_mut().zip(ends).zip(&mut seen.grown) {
            if before != end {
                (*before, *grown) = (*end, now);
            }
        }
        seen.grown.iter().map(|grown| (*grown).max(seen.woken)).collect()
    }
}

/// The least, over partitions, of the newest event time read; a partition that has been idle
/// follows the clock. `None` while a partition has been read no event and is not idle yet.
pub fn watermark(app: &App) -> Result<Option<Micros>, AppError> {
    let (now, idle_us) = (app.clock.now(), app.config.idle_after.0);
    let partitions = app.log.partitions(EVENTS)?;
    let ends = (0..partitions)
        .map(|partition| Ok(app.log.bounds(EVENTS, partition)?.end))
        .collect::<Result<Vec<u64>, AppError>>()?;
    let idle_since = app.activity.idle_since(&ends, app.started, idle_us, now);
    let mut least = Some(now);
    for (partition, (end, since)) in (0..partitions).zip(ends.iter().zip(idle_since)) {
        let id = CursorId { consumer: ACCOUNTANT, topic: EVENTS, partition };
        let cursor: Cursor = app.store.read(|tx| cursor::load(tx, id))?;
        let read_all = u64::try_from(cursor.next_offset).unwrap_or(0) >= *end;
        let idle = read_all && now.0.saturating_sub(since.0) >= idle_us;
        let newest = cursor.newest_event_time_us.map(Micros);
        least = least.min(if idle { Some(now) } else { newest });
    }
    Ok(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_idle_only_after_being_passed_over_for_long() {
        let activity = Activity::default();
        let since = |ends: &[u64], now| -> Vec<i64> {
            let idle = activity.idle_since(ends, Micros(0), 60, Micros(now));
            idle.into_iter().map(|at| at.0).collect()
        };
        assert_eq!(since(&[0, 0], 10), [0, 0], "nothing has come since the start");
        assert_eq!(since(&[0, 0], 100), [0, 0], "all idle");
        assert_eq!(since(&[5, 0], 200), [200, 200], "woken: the other may be about to grow");
        assert_eq!(since(&[9, 0], 230), [230, 200], "the other has been passed over since 200");
        assert_eq!(since(&[9, 0], 300), [230, 200]);
    }
}
