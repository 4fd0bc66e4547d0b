//! What can go wrong in a command, in terms of who can do something about it.

use doorstep_archive::ArchiveError;
use doorstep_log::LogError;
use doorstep_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

/// An error of a command; each has one HTTP status and one exit code.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppError {
    /// What was asked for does not exist.
    #[error("{what} {id:?} is not known")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// Its name as given.
        id: String,
    },
    /// The request is wrong: which field, and why.
    #[error("{pointer}: {reason}")]
    Invalid {
        /// JSON pointer or parameter name.
        pointer: String,
        /// Why.
        reason: String,
    },
    /// The request is right but cannot be granted in the present state.
    #[error("{reason}")]
    Refused {
        /// Machine-readable kind.
        code: &'static str,
        /// Why.
        reason: String,
    },
    /// What may be read has not come to what was asked for.
    #[error("what was asked for is not here yet; try again")]
    Behind,
    /// Not everything is there; nothing was taken.
    #[error("{}", shortage(.lines))]
    Shortage {
        /// Every line that was asked for.
        lines: Vec<ShortLine>,
    },
    /// Too much at once; nothing was taken.
    #[error("too much is waiting; try again in {retry_after_ms} ms")]
    Busy {
        /// Milliseconds.
        retry_after_ms: u64,
    },
    /// An engine failed.
    #[error("store: {0}")]
    Store(StoreError),
    /// An engine failed.
    #[error("log: {0}")]
    Log(LogError),
    /// The archive failed.
    #[error("archive: {0}")]
    Archive(ArchiveError),
    /// Something on this machine failed.
    #[error("{what}: {reason}")]
    Machine {
        /// What was tried.
        what: String,
        /// The system's reason.
        reason: String,
    },
}

/// A line of what was asked for, and what there is of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ShortLine {
    /// What.
    pub item_id: String,
    /// Units that were asked for.
    pub wanted: i64,
    /// Units there are.
    pub available: i64,
}

fn shortage(lines: &[ShortLine]) -> String {
    let short = lines.iter().filter(|line| line.available < line.wanted);
    let said: Vec<String> = short
        .take(3)
        .map(|line| format!("{} of {} wanted, {} left", line.item_id, line.wanted, line.available))
        .collect();
    match said.is_empty() {
        true => "no centre has all of it".to_owned(),
        false => said.join("; "),
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> AppError {
        match error {
            StoreError::Busy { retry_after_ms } => AppError::Busy { retry_after_ms },
            other => AppError::Store(other),
        }
    }
}

impl From<LogError> for AppError {
    fn from(error: LogError) -> AppError {
        match error {
            LogError::Busy { retry_after_ms, .. } => AppError::Busy { retry_after_ms },
            other => AppError::Log(other),
        }
    }
}

impl From<ArchiveError> for AppError {
    fn from(error: ArchiveError) -> AppError {
        AppError::Archive(error)
    }
}

impl AppError {
    /// A wrong field.
    pub fn invalid(pointer: impl Into<String>, reason: impl ToString) -> AppError {
        AppError::Invalid { pointer: pointer.into(), reason: reason.to_string() }
    }

    /// A failure of the machine.
    pub fn machine(what: impl Into<String>, reason: impl ToString) -> AppError {
        AppError::Machine { what: what.into(), reason: reason.to_string() }
    }
}
