//! From a body to an answer: sorted, kept, made durable. Nothing here holds a thread while it
//! waits for the disk.

use super::super::Api;
use super::super::problem::{Problem, unavailable};
use super::form::Content;
use crate::app::App;
use crate::dead_letters::{self, About};
use crate::tracking::door::{Form, NotTaken, Sender, Sorted, Why, sort};
use doorstep_domain::event::Rejection;
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
            let sorted = sort(app, form, &body, &sender).map_err(whole)?;
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
        sorted.decide(&self.app);
        if let Some(wait_us) = wait_of_the_too_many(&sorted) {
            let detail = "this device sends too fast; nothing was taken, send it later";
            let wait_ms = u64::try_from(wait_us / 1_000).unwrap_or(0);
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
        Ok(PingsTaken { accepted, rejected })
    }

    /// Keeps what is wrong as dead letters, and says what was refused.
    async fn keep(&self, sorted: &Sorted) -> Result<Vec<RefusedPing>, Problem> {
        let (places, letters): (Vec<usize>, Vec<_>) = sorted.letters().into_iter().unzip();
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
    let (pointer, reason) = match &refused.why {
        Why::Wrong(rejection) => (rejection.pointer.clone(), rejection.reason.clone()),
        Why::TooMany { wait_us } => {
            let reason =
                format!("its device sends too fast; send it again in {} s", seconds(*wait_us));
            ("/courier_id".to_owned(), reason)
        }
    };
    let code = refused.why.code().to_owned();
    RefusedPing { line: refused.line, code, pointer, reason, dead_letter }
}

fn seconds(us: i64) -> i64 {
    us / 1_000_000 + i64::from(us % 1_000_000 > 0)
}

/// How long to wait, where nothing was wrong with what came but that there is too much of it.
fn wait_of_the_too_many(sorted: &Sorted) -> Option<i64> {
    let waits = sorted.not_taken().iter().map(|refused| match refused.why {
        Why::TooMany { wait_us } => Some(wait_us),
        Why::Wrong(_) => None,
    });
    let waits: Vec<i64> = waits.collect::<Option<_>>()?;
    waits.into_iter().max().filter(|_| sorted.accepted() == 0)
}

/// A body that cannot be read as pings at all.
fn whole(rejection: Rejection) -> Problem {
    Problem::field(rejection.pointer, rejection.reason).with_code(rejection.code.as_str())
}
