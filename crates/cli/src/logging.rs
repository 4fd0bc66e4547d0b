//! Logs go to stderr: text for a person, JSON for a machine.

use crate::arguments::{Arguments, Command, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Names what to log, such as `info` or `doorstep_server=debug`.
const LEVELS: &str = "DOORSTEP_LOG";

/// Begins to log. A server tells what it does, a command only what goes wrong.
pub(crate) fn start(arguments: &Arguments) {
    let quiet = !matches!(arguments.command, Command::Serve(_));
    let levels = EnvFilter::try_from_env(LEVELS)
        .unwrap_or_else(|_| EnvFilter::new(if quiet { "off" } else { "info" }));
    let json = match arguments.place.log_format {
        Some(format) => format == LogFormat::Json,
        None => !std::io::stderr().is_terminal(),
    };
    let logs = tracing_subscriber::fmt().with_env_filter(levels).with_writer(std::io::stderr);
    // It fails only where a log is kept already, and there is nobody before us.
    let _ = if json {
        logs.json().flatten_event(true).try_init()
    } else {
        logs.with_target(false).try_init()
    };
}
