//! How a command fails: one line that says what to do, and an exit code.

use doorstep_server::config::ConfigError;
use doorstep_server::error::AppError;
use std::io;
use std::process::ExitCode;

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was asked wrongly or could not be done: exit code 2, as clap has it. 1 is left to
    /// findings, so that a timer can tell money that differs from a question that failed.
    Refused(String),
    /// Nobody reads the output any more, as after `| head`: there is nothing to say.
    Unread,
}

impl Failure {
    /// Says why on stderr.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Failure::Refused(line) => {
                eprintln!("doorstep: {}", line.trim_end().replace('\n', "\n  "));
                ExitCode::from(2)
            }
            Failure::Unread => ExitCode::SUCCESS,
        }
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
        Failure::Refused(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Failure {
        Failure::Refused(match &error {
            ConfigError::Unreadable { path, .. } if !path.exists() => format!(
                "there is no {}; `doorstep init` writes one, --config names another",
                path.display()
            ),
            _ => error.to_string(),
        })
    }
}
