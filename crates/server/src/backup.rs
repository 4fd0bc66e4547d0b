//! Backup and restore of a data directory (F6), whether or not a server holds it.
//!
//! A backup is a directory: `store.sqlite`, `stores/MARKET.sqlite`, `log/TOPIC/…`,
//! `archive/TOPIC/…`, and `manifest.json`, which is written last and without which it is no backup.

mod checksum;
mod manifest;
mod restore;

pub use manifest::{CopiedFile, CopiedOffsets, Manifest, StoreCopy};
pub use restore::restore;

use crate::config::Config;
use crate::error::AppError;
use crate::wire;
use doorstep_archive::Place;
use doorstep_domain::time::Micros;
use doorstep_log::CopiedPartition;
use std::cell::Cell;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The store's copy, in a backup.
const STORE: &str = "store.sqlite";

/// Copies of markets' own stores, in a backup.
const STORES: &str = "stores";

/// The log's copy, in a backup.
const LOG: &str = "log";

/// The archive's copy, in a backup.
const ARCHIVE: &str = "archive";

/// What of a data directory to back up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The store, the log and the archive, all of which are files.
    Everything,
    /// The log and the archive, beside a store that is a server and was dumped by its own tools
    /// before.
    LogOnly,
}

/// Hears how far it is: the file, and the bytes of it that went by since it was last told.
pub type Hear<'a> = &'a dyn Fn(&Path, u64);

/// Copies a data directory into the directory `into`, while a server may go on using it.
///
/// The store is copied first: the log then has at least what the store has counted, and after a
/// restore the accountant reads the rest. The other way round it would have counted what nobody
/// can read again. The archive is last: it has at least what the log had forgotten. Files of what
/// was appended after the log was copied stay out, for the restored log will go on otherwise.
///
/// Errors: [`AppError::Refused`] where `into` is not empty, or `scope` does not fit the store;
/// where it fails midway there is no manifest, and what was written can be removed.
pub fn backup(
    config: &Config,
    data_dir: &Path,
    (into, scope): (&Path, Scope),
    now: Micros,
    hear: Hear<'_>,
) -> Result<Manifest, AppError> {
    refuse_unless_fitting(config, scope)?;
    if !data_dir.is_dir() {
        return Err(AppError::NotFound {
            what: "data directory",
            id: data_dir.display().to_string(),
        });
    }
    make_empty(into)?;
    let store = match scope {
        Scope::Everything => {
            let file = into.join(STORE);
            hear(&file, 0);
            wire::copy_store(config, data_dir, &file)?;
            StoreCopy::Sqlite
        }
        Scope::LogOnly => StoreCopy::Elsewhere,
    };
    copy_market_stores(config, data_dir, into, hear)?;
    let log = into.join(LOG);
    let copied = wire::copy_log(config, data_dir, &log, &|file| hear(file, 0))?;
    let archive = into.join(ARCHIVE);
    let is_of_log = |place: &Place| copied.iter().any(|partition| holds(partition, place));
    wire::copy_archive(config, data_dir, (&archive, &is_of_log), &|file| hear(file, 0))?;
    let manifest = Manifest::new(now, store, offsets(copied), sums(into, hear)?);
    manifest.write(into)?;
    Ok(manifest)
}

/// Copies the stores that markets have of their own in the data directory.
fn copy_market_stores(
    config: &Config,
    data_dir: &Path,
    into: &Path,
    hear: Hear<'_>,
) -> Result<(), AppError> {
    for (market, path) in wire::market_stores_inside(config) {
        let stores = into.join(STORES);
        fs::create_dir_all(&stores).map_err(machine(&stores))?;
        let file = stores.join(format!("{market}.sqlite"));
        hear(&file, 0);
        wire::copy_market_store(data_dir, &path, &file)?;
    }
    Ok(())
}

fn refuse_unless_fitting(config: &Config, scope: Scope) -> Result<(), AppError> {
    let reason = match (scope, wire::store_is_a_file(config)) {
        (Scope::Everything, false) => {
            "the store is a server: dump it with its own tools (pg_dump) first, then back up the \
             log with --log-only"
        }
        (Scope::LogOnly, true) => {
            "the store is a file in the data directory: back it up with the log, without --log-only"
        }
        _ => return Ok(()),
    };
    Err(refused("store_elsewhere", reason))
}

/// Makes a directory, or takes one that is empty.
fn make_empty(directory: &Path) -> Result<(), AppError> {
    refuse_unless_empty(directory)?;
    fs::create_dir_all(directory).map_err(machine(directory))
}

fn refuse_unless_empty(directory: &Path) -> Result<(), AppError> {
    match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(machine(directory)(error)),
        Ok(mut entries) => entries.next().map_or(Ok(()), |_| {
            let reason = format!("{} is not empty; name a new directory", directory.display());
            Err(refused("not_empty", reason))
        }),
    }
}

/// Whether the range of an archived file had ended when a partition of the log was copied.
fn holds(copied: &CopiedPartition, place: &Place) -> bool {
    let is_of_partition = copied.topic == place.topic && copied.partition == place.partition;
    is_of_partition && place.offsets.end <= copied.offsets.end
}

fn offsets(copied: Vec<CopiedPartition>) -> Vec<CopiedOffsets> {
    let offsets = copied.into_iter().map(|copied| CopiedOffsets {
        topic: copied.topic,
        partition: copied.partition,
        start_offset: copied.offsets.start,
        end_offset: copied.offsets.end,
    });
    offsets.collect()
}

/// Size and checksum of every file in a directory, by path.
fn sums(directory: &Path, hear: Hear<'_>) -> Result<Vec<CopiedFile>, AppError> {
    let mut sums = Vec::new();
    for path in files_below(directory)? {
        let passed = Cell::new(0);
        let sha256 = File::open(&path)
            .and_then(|mut file| {
                checksum::copy(&mut file, &mut io::sink(), &|bytes| {
                    passed.set(passed.get() + bytes);
                    hear(&path, bytes);
                })
            })
            .map_err(machine(&path))?;
        let relative = path.strip_prefix(directory).unwrap_or(&path);
        sums.push(CopiedFile { path: relative.display().to_string(), bytes: passed.get(), sha256 });
    }
    Ok(sums)
}

fn files_below(directory: &Path) -> Result<Vec<PathBuf>, AppError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(machine(directory))? {
        let path = entry.map_err(machine(directory))?.path();
        if path.is_dir() {
            files.append(&mut files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The directory that holds a path.
fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => ".".into(),
    }
}

/// A name is durable once the directory that holds it is.
fn sync_directory(directory: &Path) -> Result<(), AppError> {
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(machine(directory))
}

fn refused(code: &'static str, reason: impl Into<String>) -> AppError {
    AppError::Refused { code, reason: reason.into() }
}

fn machine(path: &Path) -> impl FnOnce(io::Error) -> AppError + '_ {
    move |error| AppError::machine(path.display().to_string(), error)
}
