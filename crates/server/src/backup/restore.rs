//! Restore: a backup becomes a data directory, whole or not at all.

use super::manifest::{CopiedFile, Manifest, StoreCopy};
use super::{
    ARCHIVE, Hear, LOG, STORE, STORES, checksum, machine, parent, refuse_unless_empty, refused,
};
use super::{files_below, sync_directory};
use crate::config::Config;
use crate::error::AppError;
use crate::wire;
use doorstep_domain::id::MarketId;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};
use tempfile::TempDir;

/// Makes the data directory `data_dir` of the backup `from`, where `config` will look for it.
///
/// Everything is copied beside it first, and compared with the manifest as it is copied; only then
/// does it get its name. A server that starts meanwhile finds nothing, or everything.
///
/// Errors: [`AppError::Refused`] where `data_dir` is not empty, the backup is damaged (which file)
/// or unfinished, or the configuration names another kind of store.
pub fn restore(
    config: &Config,
    from: &Path,
    data_dir: &Path,
    hear: Hear<'_>,
) -> Result<Manifest, AppError> {
    let manifest = Manifest::read(from)?;
    let places = Places::of(config, manifest.store)?;
    refuse_unless_empty(data_dir)?;
    let beside = parent(data_dir);
    fs::create_dir_all(&beside).map_err(machine(&beside))?;
    let staged =
        TempDir::with_prefix_in(".doorstep-restore-", &beside).map_err(machine(&beside))?;
    for file in &manifest.files {
        let to = staged.path().join(places.place(from, file)?);
        copy(from, file, &to, hear)?;
    }
    for directory in directories_of(staged.path())? {
        sync_directory(&directory)?;
    }
    fs::rename(staged.path(), data_dir).map_err(machine(data_dir))?;
    // It has another name now: there is nothing left to remove under the first.
    let _renamed = staged.keep();
    sync_directory(&beside)?;
    Ok(manifest)
}

/// Where the configuration keeps things, below the data directory.
struct Places<'c> {
    store: Option<PathBuf>,
    /// By the names of their copies.
    market_stores: BTreeMap<PathBuf, PathBuf>,
    log: PathBuf,
    /// Its URL: where it leads matters only if the backup has files of it.
    archive: &'c str,
}

/// Where a URL leads below the data directory. Errors: it leads elsewhere.
fn inside(url: &str) -> Result<PathBuf, AppError> {
    wire::path_inside(url).ok_or_else(|| {
        let reason = format!(
            "{url} is not below the data directory: restore with a configuration that keeps \
             everything there, then move the files"
        );
        refused("not_in_data_dir", reason)
    })
}

impl Places<'_> {
    fn of(config: &Config, store: StoreCopy) -> Result<Places<'_>, AppError> {
        let store = match (store, wire::store_is_a_file(config)) {
            (StoreCopy::Sqlite, true) => Some(inside(&config.store)?),
            (StoreCopy::Elsewhere, false) => None,
            (StoreCopy::Sqlite, false) => {
                let reason = "the backup has a SQLite store, the configuration names a server";
                return Err(refused("store_elsewhere", reason));
            }
            (StoreCopy::Elsewhere, true) => {
                let reason = "the backup has the log only: its store was a server, which the \
                              configuration must name; restore that with its own tools first";
                return Err(refused("store_elsewhere", reason));
            }
        };
        let copied = |market: &MarketId| Path::new(STORES).join(format!("{market}.sqlite"));
        let market_stores = wire::market_stores_inside(config).into_iter();
        Ok(Places {
            store,
            market_stores: market_stores.map(|(market, path)| (copied(&market), path)).collect(),
            log: inside(&config.log)?,
            archive: &config.archive,
        })
    }

    /// Where a file of a backup belongs. Errors: its path leads elsewhere.
    fn place(&self, from: &Path, file: &CopiedFile) -> Result<PathBuf, AppError> {
        let path = Path::new(&file.path);
        let is_plain = path.components().all(|component| matches!(component, Component::Normal(_)));
        if let Some(place) = self.market_stores.get(path) {
            return Ok(place.clone());
        }
        if is_plain && path.starts_with(STORES) {
            let reason = format!("{} is of a market that has no store there now", path.display());
            return Err(refused("store_elsewhere", reason));
        }
        let place = match (&self.store, path.strip_prefix(LOG), path.strip_prefix(ARCHIVE)) {
            (Some(store), ..) if path == Path::new(STORE) => Some(store.clone()),
            (_, Ok(rest), _) if is_plain => Some(self.log.join(rest)),
            (_, _, Ok(rest)) if is_plain => Some(inside(self.archive)?.join(rest)),
            _ => None,
        };
        place.ok_or_else(|| {
            let reason = format!("{} names a foreign file {path:?}", from.display());
            refused("backup_damaged", reason)
        })
    }
}

/// Copies a file durably. Errors: it is not the one that was backed up.
fn copy(from: &Path, file: &CopiedFile, to: &Path, hear: Hear<'_>) -> Result<(), AppError> {
    let source = from.join(&file.path);
    let directory = parent(to);
    fs::create_dir_all(&directory).map_err(machine(&directory))?;
    let mut original = File::open(&source).map_err(machine(&source))?;
    let mut copy = File::create_new(to).map_err(machine(to))?;
    let passed = |bytes| hear(&source, bytes);
    let sha256 = checksum::copy(&mut original, &mut copy, &passed).map_err(machine(&source))?;
    if sha256 != file.sha256 {
        let reason =
            format!("{} is damaged: it is not the file that was backed up", source.display());
        return Err(refused("backup_damaged", reason));
    }
    copy.sync_all().map_err(machine(to))
}

/// A directory and those below it that hold a file.
fn directories_of(top: &Path) -> Result<Vec<PathBuf>, AppError> {
    let mut directories = vec![top.to_owned()];
    for file in files_below(top)? {
        let above = file.ancestors().skip(1).take_while(|above| *above != top);
        directories.extend(above.map(Path::to_owned));
    }
    directories.sort();
    directories.dedup();
    Ok(directories)
}
