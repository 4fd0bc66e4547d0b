//! Why a call has no answer.

/// Why a call has no answer; each is one outcome of `doorstep_calls_total`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// As many are under way as may be; nothing was sent.
    #[error("too many calls are under way")]
    Full,
    /// As many were made lately as may be; nothing was sent.
    #[error("too many calls were made; again in {retry_after_us} µs")]
    Limited {
        /// Microseconds.
        retry_after_us: i64,
    },
    /// Too many failed lately; nothing was sent.
    #[error("too many calls failed; again in {retry_after_us} µs")]
    Open {
        /// Microseconds.
        retry_after_us: i64,
    },
    /// The target is not one that may be called; nothing was sent.
    #[error("{0}")]
    Forbidden(String),
    /// No answer in time.
    #[error("no answer in time")]
    TimedOut,
    /// No connection, or one that broke.
    #[error("{0}")]
    Unreachable(String),
    /// An answer that is an error of theirs, or makes no sense.
    #[error("{reason}")]
    Failed {
        /// What was wrong with it.
        reason: String,
        /// When they say it is worth trying again, in microseconds from now.
        retry_after_us: Option<i64>,
    },
    /// A proper answer, and it is no.
    #[error("{0}")]
    Refused(String),
}

impl CallError {
    /// As metrics call it.
    pub fn outcome(&self) -> &'static str {
        match self {
            CallError::Full => "full",
            CallError::Limited { .. } => "limited",
            CallError::Open { .. } => "open",
            CallError::Forbidden(_) => "forbidden",
            CallError::TimedOut => "timed_out",
            CallError::Unreachable(_) => "unreachable",
            CallError::Failed { .. } => "failed",
            CallError::Refused(_) => "refused",
        }
    }

    /// Whether they failed, which counts against them and is worth another attempt.
    pub fn is_theirs(&self) -> bool {
        matches!(self, CallError::TimedOut | CallError::Unreachable(_) | CallError::Failed { .. })
    }
}

/// What whoever reads an answer finds wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// They failed: tried again where that is safe, and counted against them.
    Theirs {
        /// Why.
        reason: String,
        /// When they say it is worth trying again, in microseconds from now.
        retry_after_us: Option<i64>,
    },
    /// They work, and the answer is no.
    Refused(String),
}

impl Fault {
    /// An answer that makes no sense.
    pub fn nonsense(reason: impl Into<String>) -> Fault {
        Fault::Theirs { reason: reason.into(), retry_after_us: None }
    }
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> CallError {
        match fault {
            Fault::Theirs { reason, retry_after_us } => {
                CallError::Failed { reason, retry_after_us }
            }
            Fault::Refused(reason) => CallError::Refused(reason),
        }
    }
}
