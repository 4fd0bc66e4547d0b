//! A copy of a store that may be in use.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::{StoreError, url};

/// Writes one state of the store into a new file while other processes write on; the file and its
/// name are durable when this returns. Errors: [`StoreError::Snapshot`] where the engine keeps no
/// file, or the new one is there already or cannot be made.
///
/// Writers are not held up, but SQLite cannot shorten its write-ahead log meanwhile.
pub fn snapshot(url: &str, into: &Path) -> Result<(), StoreError> {
    let failed =
        |detail: String| StoreError::Snapshot { detail: format!("{}: {detail}", into.display()) };
    let copied = url::engine(url)?.copy_into(into);
    copied.map_err(|error| match error {
        StoreError::Statement { detail } => failed(detail),
        other => other,
    })?;
    sync(into).map_err(|error| failed(error.to_string()))
}

/// A file is durable once it is synced, and its name once the directory is.
fn sync(file: &Path) -> io::Result<()> {
    File::open(file)?.sync_all()?;
    match file.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => File::open(directory)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
