//! What is done about letters: replayed or discarded, each once, by somebody.

use super::acceptable::{Acceptable, acceptable};
use super::letter::About;
use super::shelf::{each_letter_once, find};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::time::Micros;
use doorstep_store::dead_letter::{self, Handled};
use doorstep_store::{LaneId, LaneTx, audit};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Letters replayed in one commit by [`replay_all`].
const REPLAYED_AT_ONCE: usize = 256;

/// Something was done about a letter before.
const ALREADY_HANDLED: &str = "already_handled";

/// What became of a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LetterHandled {
    /// Its name.
    pub letter_id: String,
    /// `replayed` or `discarded`.
    pub state: String,
    /// When, RFC 3339.
    pub handled_at: String,
    /// By whom.
    pub handled_by: String,
}

/// What became of all letters of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct AllReplayed {
    /// How many were taken now.
    pub replayed: u64,
    /// How many still cannot be, by the code of the refusal now.
    pub still_refused: BTreeMap<String, u64>,
}

/// Reads a letter again, as it came or repaired, and puts it among the events or pings, or moves
/// the stock it says.
///
/// Errors: [`AppError::Refused`] with the reason where it still cannot be taken, or where
/// something was done about it before.
pub fn replay(
    app: &App,
    letter_id: &str,
    repaired: Option<Vec<u8>>,
    actor: &str,
) -> Result<LetterHandled, AppError> {
    let (about, letter) = find(&app.log, letter_id)?;
    let repaired = repaired.filter(|repaired| *repaired != letter.raw);
    let acceptable = acceptable(app, about, &letter, repaired.as_deref(), actor)??;
    take(app, letter_id, acceptable, actor)
}

/// Takes a letter and notes it.
fn take(
    app: &App,
    letter_id: &str,
    acceptable: Acceptable,
    actor: &str,
) -> Result<LetterHandled, AppError> {
    let (log, deed) = (app.log.clone(), Deed::new(app, letter_id, "replayed", actor));
    if let Some(first) = app.store.read(|tx| dead_letter::load(tx, letter_id))? {
        return Err(deed.done_before(&first));
    }
    acceptable.take_elsewhere(app)?;
    let lanes: Vec<LaneId> = [lane()?].into_iter().chain(acceptable.lane().cloned()).collect();
    let handled = app.store.lanes(&lanes, move |tx| {
        deed.refuse_if_done(tx)?;
        acceptable.take(tx)?;
        // Appended before the commit: after a crash in between the letter is still open, and an
        // event or ping that is told twice counts once.
        acceptable.append(&log, deed.now)?;
        deed.mark(tx, acceptable.told())
    });
    app.stock.ring();
    handled
}

/// Replays every open letter of a code, as after an upgrade that knows a new type.
pub fn replay_all(
    app: &App,
    about: About,
    code: &str,
    actor: &str,
) -> Result<AllReplayed, AppError> {
    let handled = app.store.read(dead_letter::handled)?;
    let mut outcome = AllReplayed::default();
    let mut waiting: Vec<(String, Acceptable)> = Vec::new();
    each_letter_once(&app.log, about, |_, letter| {
        let header = &letter.header;
        if header.code != code || handled.contains_key(&header.letter_id) {
            return Ok(true);
        }
        match acceptable(app, about, &letter, None, actor)? {
            Ok(acceptable) if about == About::StockImports => {
                outcome.count(take(app, &letter.header.letter_id, acceptable, actor))?;
            }
            Ok(acceptable) => waiting.push((letter.header.letter_id, acceptable)),
            Err(refused) => outcome.refuse(refused.code),
        }
        if waiting.len() == REPLAYED_AT_ONCE {
            outcome.replayed += replay_together(app, std::mem::take(&mut waiting), code, actor)?;
        }
        Ok(true)
    })?;
    outcome.replayed += replay_together(app, waiting, code, actor)?;
    Ok(outcome)
}

impl AllReplayed {
    /// Counts one that was taken alone. Errors: it was not refused; an engine failed.
    fn count(&mut self, taken: Result<LetterHandled, AppError>) -> Result<(), AppError> {
        match taken {
            Ok(_) => self.replayed += 1,
            // Somebody else was there meanwhile.
            Err(AppError::Refused { code: ALREADY_HANDLED, .. }) => {}
            Err(AppError::Refused { code, .. }) => self.refuse(code),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn refuse(&mut self, code: &str) {
        *self.still_refused.entry(code.to_owned()).or_default() += 1;
    }
}

/// Gives a letter up. Errors: as for [`replay`].
pub fn discard(app: &App, letter_id: &str, actor: &str) -> Result<LetterHandled, AppError> {
    let (_, letter) = find(&app.log, letter_id)?;
    let deed = Deed::new(app, letter_id, "discarded", actor);
    app.store.lane(&lane()?, move |tx| {
        deed.refuse_if_done(tx)?;
        deed.mark(tx, &letter.header.reason)
    })
}

/// One thing done about one letter.
struct Deed {
    letter_id: String,
    state: &'static str,
    actor: String,
    now: Micros,
}

impl Deed {
    fn new(app: &App, letter_id: &str, state: &'static str, actor: &str) -> Deed {
        let (letter_id, actor) = (letter_id.to_owned(), actor.to_owned());
        Deed { letter_id, state, actor, now: app.clock.now() }
    }

    fn refuse_if_done(&self, tx: &mut LaneTx<'_>) -> Result<(), AppError> {
        match dead_letter::load(tx, &self.letter_id)? {
            None => Ok(()),
            Some(first) => Err(self.done_before(&first)),
        }
    }

    fn done_before(&self, first: &Handled) -> AppError {
        let (at, by) = (Micros(first.changed_at_us), &first.changed_by);
        AppError::Refused {
            code: ALREADY_HANDLED,
            reason: format!("{} was {} at {at} by {by}", self.letter_id, first.state),
        }
    }

    /// Says what was done; `what` is the replayed event, or why it was refused.
    fn mark(&self, tx: &mut LaneTx<'_>, what: &str) -> Result<LetterHandled, AppError> {
        dead_letter::handle(tx, &self.letter_id, &self.handled())?;
        let action = format!("dead_letter.{}", self.state);
        audit::add(tx, self.now, &self.actor, &action, &self.letter_id, ("", what))?;
        tx.announce(&action, &self.letter_id, what.as_bytes(), self.now.0)?;
        Ok(LetterHandled {
            letter_id: self.letter_id.clone(),
            state: self.state.to_owned(),
            handled_at: self.now.to_string(),
            handled_by: self.actor.clone(),
        })
    }

    fn handled(&self) -> Handled {
        Handled {
            state: self.state.to_owned(),
            changed_at_us: self.now.0,
            changed_by: self.actor.clone(),
        }
    }
}

/// Replays letters in one commit, under one audit entry that names them; answers how many. Those
/// that somebody else handled meanwhile are left as they are.
fn replay_together(
    app: &App,
    letters: Vec<(String, Acceptable)>,
    code: &str,
    actor: &str,
) -> Result<u64, AppError> {
    if letters.is_empty() {
        return Ok(0);
    }
    let (log, deed) = (app.log.clone(), Deed::new(app, code, "replayed", actor));
    app.store.lane(&lane()?, move |tx| {
        let mut names = Vec::new();
        let mut together = Acceptable::default();
        for (letter_id, acceptable) in &letters {
            if dead_letter::handle(tx, letter_id, &deed.handled())? {
                names.push(letter_id.as_str());
                together.join(acceptable);
            }
        }
        if names.is_empty() {
            return Ok(0);
        }
        together.append(&log, deed.now)?;
        let (action, named) = ("dead_letter.replayed", serde_json::json!(names).to_string());
        audit::add(tx, deed.now, &deed.actor, action, &deed.letter_id, ("", &named))?;
        tx.announce(action, &deed.letter_id, named.as_bytes(), deed.now.0)?;
        Ok::<_, AppError>(names.len() as u64)
    })
}

/// Letters are handled one after another.
pub(crate) fn lane() -> Result<LaneId, AppError> {
    Ok(LaneId::new("dead-letters")?)
}
