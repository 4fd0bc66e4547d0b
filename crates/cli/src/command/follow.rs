//! `doorstep follow`: what another node was told is pulled, and counted.

use super::answer;
use crate::arguments::{Follow, Place};
use crate::failure::Failure;
use crate::table::{Column, Show, card};
use crate::transport::count_everything;
use doorstep_server::app::App;
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use doorstep_server::error::AppError;
use doorstep_server::follow::{Source, step};
use doorstep_server::status::Counted;
use indicatif::ProgressBar;
use serde_json::json;
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;

const PULLED: &[Column] = &[
    Column("records", "/records", Show::Count),
    Column("new facts", "/accepted", Show::Count),
    Column("known before", "/duplicate", Show::Count),
];

/// Pulls from another node until there is nothing more.
pub(crate) fn follow(place: &Place, asked: &Follow) -> Result<ExitCode, Failure> {
    if place.server.is_some() {
        let reason = "follow opens the data directory; a running server follows by serve --follow";
        return Err(Failure::Refused(reason.to_owned()));
    }
    let config = Config::read(&place.config)?;
    let path = asked.follow_key_file.as_ref().or(config.follow_key_file.as_ref());
    let path = path.ok_or_else(|| {
        Failure::Refused("give --follow-key-file, or configure follow_key_file".to_owned())
    })?;
    let unreadable = |error| AppError::machine(format!("reading {}", path.display()), error);
    let key = fs::read_to_string(path).map_err(unreadable)?;
    let source = Source::new(&asked.url, key.trim(), asked.everything)?;
    let app = Arc::new(App::open(config, &place.data_dir, Arc::new(SystemClock))?);
    count_everything(&app)?;
    let before = Counted::of(&app.counts);
    let progress = ProgressBar::new_spinner();
    let mut records = 0;
    loop {
        let pulled = step(&app, &source)?;
        if pulled == 0 {
            break;
        }
        records += pulled;
        progress.set_position(records);
    }
    progress.finish_and_clear();
    count_everything(&app)?;
    let counted = Counted::of(&app.counts) - before;
    let told = json!({
        "records": records, "accepted": counted.accepted, "duplicate": counted.duplicate,
        "dead_lettered": counted.dead_lettered,
    });
    answer(asked.json, &told, |told| card(PULLED, told, None))
}
