//! What a backup says of itself, in `manifest.json`.

use super::{machine, refused, sync_directory};
use crate::error::AppError;
use doorstep_domain::time::Micros;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

const MANIFEST: &str = "manifest.json";

/// The form of a backup that this program writes, and the newest it reads. In the first one there
/// was no archive.
const FORMAT: u32 = 2;

/// What was backed up, when, and how to tell that it is whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the backup.
    pub format: u32,
    /// The version of the program that wrote it.
    pub doorstep_version: String,
    /// When it was begun, RFC 3339: it holds whatever was acknowledged before.
    pub taken_at: Micros,
    /// Whether the store is in it.
    pub store: StoreCopy,
    /// Which offsets of each partition are in it.
    pub partitions: Vec<CopiedOffsets>,
    /// Its files, by path.
    pub files: Vec<CopiedFile>,
}

/// Whether the store is in a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreCopy {
    /// It is, as a SQLite file.
    Sqlite,
    /// It is a server, which was dumped by its own tools.
    Elsewhere,
}

/// The offsets of a partition that are in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedOffsets {
    /// The topic.
    pub topic: String,
    /// Which partition of it.
    pub partition: u32,
    /// The first.
    pub start_offset: u64,
    /// The one after the last.
    pub end_offset: u64,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedFile {
    /// Below the backup's directory.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    pub(super) fn new(
        taken_at: Micros,
        store: StoreCopy,
        partitions: Vec<CopiedOffsets>,
        files: Vec<CopiedFile>,
    ) -> Manifest {
        Manifest {
            format: FORMAT,
            doorstep_version: env!("CARGO_PKG_VERSION").to_owned(),
            taken_at,
            store,
            partitions,
            files,
        }
    }

    /// Declares a backup complete, durably.
    pub(super) fn write(&self, backup: &Path) -> Result<(), AppError> {
        let (path, partial) = (backup.join(MANIFEST), backup.join("manifest.json.partial"));
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| machine(&path)(io::Error::from(error)))?;
        let written = File::create(&partial).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        written.map_err(machine(&partial))?;
        sync_directory(backup)?;
        fs::rename(&partial, &path).map_err(machine(&path))?;
        sync_directory(backup)?;
        sync_directory(&super::parent(backup))
    }

    /// Reads a backup's manifest. Errors: there is none, or it is not one that we can read.
    pub(super) fn read(backup: &Path) -> Result<Manifest, AppError> {
        let path = backup.join(MANIFEST);
        let text = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => refused(
                "backup_incomplete",
                format!(
                    "{} has no {MANIFEST}: it is not a backup, or was not finished",
                    backup.display()
                ),
            ),
            _ => machine(&path)(error),
        })?;
        // The form comes first: what a newer program wrote may have other fields.
        let form: Form = serde_json::from_slice(&text).map_err(damaged(&path))?;
        if form.format > FORMAT {
            let reason = format!(
                "{} has form {}, this program reads {FORMAT}: use a newer doorstep",
                path.display(),
                form.format
            );
            return Err(refused("backup_newer", reason));
        }
        serde_json::from_slice(&text).map_err(damaged(&path))
    }
}

/// The part of a manifest that every form has.
#[derive(Deserialize)]
struct Form {
    format: u32,
}

fn damaged(path: &Path) -> impl Fn(serde_json::Error) -> AppError + '_ {
    move |error| {
        let reason = format!("{} is damaged: {error}", path.display());
        refused("backup_damaged", reason)
    }
}
