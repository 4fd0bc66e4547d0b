//! The commands, one file for each noun.

pub(crate) mod backup;
pub(crate) mod conflicts;
pub(crate) mod dead_letters;
pub(crate) mod deliveries;
pub(crate) mod demo;
pub(crate) mod eta;
pub(crate) mod export;
pub(crate) mod geocode;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod orders;
pub(crate) mod pay;
pub(crate) mod plan;
pub(crate) mod providers;
pub(crate) mod reconcile;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod settlement;
pub(crate) mod simulate;
pub(crate) mod status;
pub(crate) mod stock;
pub(crate) mod subscriptions;
pub(crate) mod tasks;

use crate::failure::Failure;
use crate::output;
use serde_json::Value;
use std::process::ExitCode;

/// Prints an answer: as it is where JSON is asked for, and otherwise as `told`.
fn answer(
    json: bool,
    answer: &Value,
    told: impl FnOnce(&Value) -> String,
) -> Result<ExitCode, Failure> {
    if json {
        output::json(answer)?;
    } else {
        output::print(&told(answer))?;
    }
    Ok(ExitCode::SUCCESS)
}
