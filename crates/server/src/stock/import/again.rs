//! A line that was refused is taken after all: as it came, or mended.

use super::command::{Chunk, Done, Row, too_much};
use super::lines::read_one;
use super::{Lines, RefusedLine, Rows, chunk};
use crate::app::App;
use crate::error::AppError;
use crate::orders::is_common;
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::movement::EntryKind;
use doorstep_store::{LaneId, LaneTx};
use std::sync::Arc;

/// How long it is remembered that a letter was taken: longer than anybody keeps letters.
const REMEMBERED_US: i64 = 3_650 * 86_400 * SECOND_US;

/// A line that can be taken now, once for its letter.
#[derive(Debug, Clone)]
pub(crate) struct Again {
    chunk: Arc<Chunk>,
    is_common: bool,
}

/// Reads a line again. The inner error says why it still cannot be taken.
pub(crate) fn again(
    app: &App,
    (letter_id, is_count): (&str, bool),
    raw: &[u8],
    actor: &str,
) -> Result<Result<Again, RefusedLine>, AppError> {
    let kind = if is_count { EntryKind::Count } else { EntryKind::Receive };
    let line = match read_one(app, kind, raw.trim_ascii()) {
        Ok(line) => line,
        Err(refused) => return Ok(Err(refused)),
    };
    let lines = Lines {
        csv: raw,
        kind,
        actor,
        scope: "stock-imports dead-letters",
        key: letter_id,
        file: None,
        lines_before: 0,
        letters_max: 0,
    };
    let center = Arc::clone(&line.center);
    let is_common = is_common(app, &center.market);
    let rows = Row::of(kind, &[(0, &line)]).into_iter().collect();
    let mut chunk = chunk(app, &lines, Rows { center, block: 0, part: 0, rows, lines: 1 })?;
    // A letter is taken once wherever it says that it belongs.
    chunk.key = letter_id.to_owned();
    chunk.until = Micros(chunk.now.0.saturating_add(REMEMBERED_US));
    Ok(Ok(Again { chunk: Arc::new(chunk), is_common }))
}

impl Again {
    /// The lane in which it is taken together with what is noted of its letter; none where its
    /// market has a store of its own.
    pub(crate) fn lane(&self) -> Option<&LaneId> {
        self.is_common.then_some(&self.chunk.center.lane)
    }

    /// Takes it where its lane is held. Errors: [`AppError::Refused`] where it cannot be.
    pub(crate) fn take(&self, tx: &mut LaneTx<'_>) -> Result<(), AppError> {
        match self.chunk.write(tx)? {
            Done::Not { refused, .. } => Err(AppError::Refused {
                code: refused.code,
                reason: "it was taken before, as another line".to_owned(),
            }),
            Done::Taken { over, .. } if !over.is_empty() => {
                Err(AppError::Refused { code: "invalid", reason: too_much() })
            }
            Done::Taken { .. } => Ok(()),
        }
    }

    /// Takes it in the store of its market, where that is not the common one: once for its letter,
    /// so that a crash before that is noted does no harm. Errors: as of [`Again::take`].
    pub(crate) fn take_elsewhere(&self, app: &App) -> Result<(), AppError> {
        if self.is_common {
            return Ok(());
        }
        let (store, chunk) = (app.stock.store_of(app, &self.chunk.center.market), self.clone());
        store.lane(&self.chunk.center.lane, move |tx| chunk.take(tx))?;
        app.stock.ring();
        Ok(())
    }
}
