//! From a body to an answer: sorted, kept, made durable. Nothing here holds a thread while it
//! waits for the disk.

use super::super::Api;
use super::super::problem::{Problem, unavailable};
use super::form::Content;
use crate::app::App;
use crate::dead_letters::{self, About};
use crate::tracking::door::{Form, NotTaken, NothingTaken, Sender, Sorted, Why, sort};
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What became of pings. Everything is durable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::api) struct PingsTaken {
    /// Pings appended to the log.
    pub accepted: u64,
    /// What was refused, in the order of the lines.
    pub rejected: Vec<RefusedPing>,
    /// After how many milliseconds what came too fast may be sent again: all of it, but of no
    /// device more than it ever may send at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// One refused ping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(in crate::api) struct RefusedPing {
    /// Line, or place in the batch, counted from 1.
    pub line: u64,
    /// Machine-readable kind.
    pub code: String,
    /// JSON pointer to the field; empty for the whole ping.
    pub pointer: String,
    /// What is wrong with it.
    pub reason: String,
    /// The dead letter under which it is kept; null where it is not, and may be sent again.
    pub dead_letter: Option<String>,
    /// After how many milliseconds it may be sent again, with everything in front of it that its
    /// device sent too fast as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Api {
    /// Reads and sorts a body: here where it is small, else on a thread where it may take a while.
    pub(in crate::api) async fn sorted(
        &self,
        content: Content,
        sender: Sender,
    ) -> Result<(Form, Sorted), Problem> {
        self.open_for_pings().await?;
        let (limits, small) = (self.limits, content.is_small());
        let read = move |app: &App| {
            let (form, body) = content.opened(&limits)?;
            let sorted = sort(app, form, &body, &sender)?;
            Ok((form, sorted))
        };
        if small { read(&self.app) } else { self.answer(read).await }
    }

    /// Whether pings may come in; couriers are in memory then.
    pub(in crate::api) async fn open_for_pings(&self) -> Result<(), Problem> {
        let open = self.app.door.is_open();
        open.map_err(|error| Problem::from(error).with_code("lagging"))?;
        if !self.app.couriers.is_loaded() {
            self.patiently(|app| app.couriers.load(&app.store)).await?;
        }
        Ok(())
    }

    /// Takes what was sorted: the answer is true once it is given.
    pub(in crate::api) async fn take(&self, mut sorted: Sorted) -> Result<PingsTaken, Problem> {
        if sorted.must_look(&self.app) {
            sorted = self
                .patiently(move |app| {
                    sorted.look(app)?;
                    Ok(sorted)
                })
                .await?;
        }
        sorted.decide(&self.app)?;
        let retry_after_ms = sorted.wait_us().map(milliseconds);
        if let Some(wait_ms) = retry_after_ms.filter(|_| is_only_too_fast(&sorted)) {
            let detail = "this device sends too fast; nothing was taken, send it later";
            return Err(Problem::busy("too_many_pings", detail, wait_ms));
        }
        let rejected = self.keep(&sorted).await?;
        let accepted = sorted.accepted();
        if let Some(durable) = self.app.door.offer(&self.app, &mut sorted)? {
            let appended =
                durable.await.map_err(|_| unavailable("the flusher ended".to_owned()))?;
            appended.map_err(|error| unavailable(error.to_string()))?;
        }
        sorted.counted();
        Ok(PingsTaken { accepted, rejected, retry_after_ms })
    }

    /// Keeps what is wrong as dead letters, and says what was refused.
    async fn keep(&self, sorted: &Sorted) -> Result<Vec<RefusedPing>, Problem> {
        if sorted.not_taken().is_empty() {
            return Ok(Vec::new());
        }
        let (places, letters): (Vec<usize>, Vec<_>) = sorted.letters(&self.app).into_iter().unzip();
        let names: HashMap<usize, String> = places
            .into_iter()
            .zip(letters.iter().map(|letter| letter.header.letter_id.clone()))
            .collect();
        if !letters.is_empty() {
            self.patiently(move |app| {
                let now = app.clock.now();
                Ok(dead_letters::append_about(&app.log, About::Pings, letters, now)?)
            })
            .await?;
        }
        let numbered = sorted.not_taken().iter().enumerate();
        Ok(numbered.map(|(place, refused)| told(refused, names.get(&place).cloned())).collect())
    }
}

fn told(refused: &NotTaken, dead_letter: Option<String>) -> RefusedPing {
    let code = refused.why.code().to_owned();
    let (pointer, reason, retry_after_ms) = match &refused.why {
        Why::Wrong(rejection) => (rejection.pointer.clone(), rejection.reason.clone(), None),
        Why::TooMany { wait_us } => {
            let reason = "its device sends too fast; send it again later".to_owned();
            ("/courier_id".to_owned(), reason, Some(milliseconds(*wait_us)))
        }
    };
    RefusedPing { line: refused.line, code, pointer, reason, dead_letter, retry_after_ms }
}

/// Rounded up: who comes as told is not early.
fn milliseconds(us: i64) -> u64 {
    u64::try_from(us).unwrap_or(0).div_ceil(1_000)
}

/// Whether nothing was wrong with what came but that there is too much of it.
fn is_only_too_fast(sorted: &Sorted) -> bool {
    let too_fast = |refused: &NotTaken| matches!(refused.why, Why::TooMany { .. });
    sorted.accepted() == 0 && sorted.not_taken().iter().all(too_fast)
}

impl From<NothingTaken> for Problem {
    fn from(nothing: NothingTaken) -> Problem {
        match nothing {
            NothingTaken::Wrong(rejection) => {
                let code = rejection.code.as_str();
                Problem::field(rejection.pointer, rejection.reason).with_code(code)
            }
            NothingTaken::TooFast { wait_us } => {
                let detail = "far too many of its pings come too fast; nothing was taken, \
                              send it in parts";
                Problem::busy("too_many_pings", detail, milliseconds(wait_us))
            }
        }
    }
}
