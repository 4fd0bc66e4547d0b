//! How telling somebody went.

use crate::calls::CallError;

/// How an attempt went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) end: End,
    /// For a person.
    pub(crate) detail: String,
}

/// What follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// They were told.
    Told,
    /// There is nobody to tell any more, or it is too late.
    Dropped,
    /// Not this time.
    Failed(Failed),
    /// There was no room to try it; worth trying in so many microseconds.
    Later(i64),
    /// They will not take this one, however often it is tried.
    Refused,
    /// Nobody listens there any more.
    Gone,
}

/// A failure that may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Failed {
    /// When they say it is worth trying again, in microseconds from now.
    pub(crate) retry_after_us: Option<i64>,
    /// Whether the others of this owner would fail as well.
    pub(crate) is_of_the_owner: bool,
    /// Whether they say it is too much at once.
    pub(crate) is_throttled: bool,
}

impl Report {
    pub(crate) fn new(end: End, detail: impl Into<String>) -> Report {
        Report { end, detail: detail.into() }
    }

    /// As metrics and the list of attempts call it.
    pub(crate) fn outcome(&self) -> &'static str {
        match self.end {
            End::Told => "done",
            End::Dropped => "dropped",
            End::Failed(failed) if failed.is_throttled => "throttled",
            End::Failed(_) => "failed",
            End::Later(_) => "later",
            End::Refused => "refused",
            End::Gone => "gone",
        }
    }
}

impl From<CallError> for Report {
    fn from(error: CallError) -> Report {
        let failed = match &error {
            // Ours, not theirs: a moment later there is room.
            CallError::Full | CallError::Limited { .. } | CallError::Open { .. } => {
                Failed { retry_after_us: Some(0), ..Failed::default() }
            }
            CallError::Failed { retry_after_us, .. } => Failed {
                retry_after_us: *retry_after_us,
                is_of_the_owner: true,
                ..Failed::default()
            },
            other => Failed { is_of_the_owner: other.is_theirs(), ..Failed::default() },
        };
        Report::new(End::Failed(failed), error.to_string())
    }
}
