//! How a command fails: one line that says what to do, and an exit code.

use doorstep_server::config::ConfigError;
use doorstep_server::error::AppError;
use std::io;
use std::process::ExitCode;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was asked wrongly: exit code 2.
    Usage(String),
    /// It could not be done, or found what should not be: exit code 1.
    Refused(String),
    /// Nobody reads the output any more, as after `| head`: there is nothing to say.
    Unread,
}

impl Failure {
    /// Says why on stderr.
    pub(crate) fn report(self) -> ExitCode {
        let (line, code) = match self {
            Failure::Usage(line) => (line, 2),
            Failure::Refused(line) => (line, 1),
            Failure::Unread => return ExitCode::SUCCESS,
        };
        eprintln!("doorstep: {}", line.trim_end().replace('\n', "\n  "));
        ExitCode::from(code)
    }

    /// A file could not be read or written.
    pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(io::Error) -> Failure + '_ {
        move |error| Failure::Refused(format!("{}: {error}", path.display()))
    }

    /// The output could not be written.
    pub(crate) fn output(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Unread,
            _ => Failure::Refused(format!("output: {error}")),
        }
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Failure {
        match error {
            AppError::Invalid { .. } => Failure::Usage(error.to_string()),
            other => Failure::Refused(other.to_string()),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::Usage(match &error {
            ConfigError::Unreadable { path, .. } if !path.exists() => format!(
                "there is no {}; `doorstep init` writes one, --config names another",
                path.display()
            ),
            _ => error.to_string(),
        })
    }
}
