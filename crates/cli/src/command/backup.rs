//! `doorstep backup` and `doorstep restore`: the directory's own files, whoever has it open.

use super::answer;
use crate::arguments::{Backup, Place, Restore};
use crate::failure::Failure;
use crate::table::{Column, Show, card, rows, table};
use doorstep_domain::time::Clock;
use doorstep_server::backup::{Manifest, Scope, backup as copy_out, restore as copy_in};
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How often the progress is drawn while nothing is heard, as while SQLite copies a file.
const DRAWN_EVERY: Duration = Duration::from_millis(100);

const SUMMARY: &[Column] = &[
    Column("taken", "/taken_at", Show::Text),
    Column("by version", "/doorstep_version", Show::Text),
    Column("store", "/store", Show::Text),
    Column("files", "/files_count", Show::Count),
    Column("bytes", "/bytes", Show::Count),
];

const PARTITIONS: &[Column] = &[
    Column("topic", "/topic", Show::Text),
    Column("partition", "/partition", Show::Count),
    Column("from", "/start_offset", Show::Count),
    Column("to", "/end_offset", Show::Count),
];

/// Copies the data directory, which a server may hold.
pub(crate) fn backup(place: &Place, asked: &Backup) -> Result<ExitCode, Failure> {
    refuse_server(place)?;
    let config = Config::read(&place.config)?;
    let scope = if asked.log_only { Scope::LogOnly } else { Scope::Everything };
    let manifest = watched(|hear| {
        let into = (asked.to.as_path(), scope);
        copy_out(&config, &place.data_dir, into, SystemClock.now(), hear)
    })?;
    tell(asked.json, &manifest, &asked.to)
}

/// Makes a data directory of a backup.
pub(crate) fn restore(place: &Place, asked: &Restore) -> Result<ExitCode, Failure> {
    refuse_server(place)?;
    let config = Config::read(&place.config)?;
    let manifest = watched(|hear| copy_in(&config, &asked.from, &place.data_dir, hear))?;
    tell(asked.json, &manifest, &place.data_dir)
}

fn refuse_server(place: &Place) -> Result<(), Failure> {
    match place.server {
        None => Ok(()),
        Some(_) => Err(Failure::Refused(
            "backups are taken and restored where the data is: leave --server out, and name the \
             directory with --data-dir; a running server does not mind"
                .to_owned(),
        )),
    }
}

/// Runs a copy with its progress on stderr, where that is a terminal.
fn watched<E>(
    copy: impl FnOnce(&dyn Fn(&Path, u64)) -> Result<Manifest, E>,
) -> Result<Manifest, E> {
    let progress = ProgressBar::new_spinner().with_style(copying());
    progress.enable_steady_tick(DRAWN_EVERY);
    let outcome = copy(&|file, bytes| {
        progress.set_message(file.display().to_string());
        progress.inc(bytes);
    });
    progress.finish_and_clear();
    outcome
}

fn copying() -> ProgressStyle {
    let style = "{spinner} {binary_bytes}, {binary_bytes_per_sec}  {wide_msg}";
    // The template is ours and fixed: what it falls back to is only plainer.
    ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn tell(json: bool, manifest: &Manifest, directory: &Path) -> Result<ExitCode, Failure> {
    let mut told = json!(manifest);
    if json {
        return answer(true, &told, |_| String::new());
    }
    let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    told["bytes"] = json!(bytes);
    told["files_count"] = json!(manifest.files.len());
    answer(false, &told, |told| {
        let partitions = table(PARTITIONS, rows(told, "partitions"), None);
        let whole = card(SUMMARY, told, None);
        format!("{partitions}{whole}{:10}  {}\n", "in", directory.display())
    })
}
