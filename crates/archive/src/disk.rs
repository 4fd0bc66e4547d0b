//! The seam to where files lie: put if absent, list, open. A directory now.

use crate::error::ArchiveError;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Where files are written before they get their name; no topic is called so.
const UNFINISHED: &str = ".unfinished";

/// A directory that holds the files.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
}

/// What became of a file that was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// It is there now, durable.
    New,
    /// Another one was there before; it was left as it is.
    Exists,
}

impl Disk {
    /// Opens a directory, or makes it, and throws away what was never finished.
    pub(crate) fn open(root: &Path) -> Result<Disk, ArchiveError> {
        let disk = Disk::over(root);
        let unfinished = disk.root.join(UNFINISHED);
        fs::create_dir_all(&unfinished).map_err(ArchiveError::io(&unfinished))?;
        for entry in fs::read_dir(&unfinished).map_err(ArchiveError::io(&unfinished))? {
            let path = entry.map_err(ArchiveError::io(&unfinished))?.path();
            absent_is_fine(fs::remove_file(&path)).map_err(ArchiveError::io(&path))?;
        }
        Ok(disk)
    }

    /// A directory as it is.
    pub(crate) fn over(root: &Path) -> Disk {
        Disk { root: root.to_owned() }
    }

    /// The whole path of a file.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file under a passing name, makes it durable, and gives it its own name unless
    /// something is there: nobody ever sees half of it.
    pub(crate) fn put(
        &self,
        name: &str,
        write: impl FnOnce(&mut File) -> Result<(), ArchiveError>,
    ) -> Result<Put, ArchiveError> {
        let path = self.path(name);
        if path.exists() {
            return Ok(Put::Exists);
        }
        let passing = Passing::new(&self.root.join(UNFINISHED));
        let mut file = File::create_new(&passing.0).map_err(ArchiveError::io(&passing.0))?;
        write(&mut file)?;
        file.sync_all().map_err(ArchiveError::io(&passing.0))?;
        let Some(directory) = path.parent() else {
            return Ok(Put::Exists);
        };
        self.make(directory)?;
        match fs::hard_link(&passing.0, &path) {
            Ok(()) => {
                sync(directory)?;
                Ok(Put::New)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Put::Exists),
            Err(error) => Err(ArchiveError::io(&path)(error)),
        }
    }

    /// The names in a directory, sorted; empty where there is none.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<String>, ArchiveError> {
        let path = self.path(name);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(ArchiveError::io(&path)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(ArchiveError::io(&path))?;
            // A name that is not UTF-8 is none of ours.
            names.extend(entry.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Opens a file for reading.
    pub(crate) fn read(&self, name: &str) -> Result<File, ArchiveError> {
        let path = self.path(name);
        File::open(&path).map_err(ArchiveError::io(&path))
    }

    /// Makes a directory and those above it, each durable in the one above.
    fn make(&self, directory: &Path) -> Result<(), ArchiveError> {
        if directory.is_dir() {
            return Ok(());
        }
        if let Some(above) = directory.parent().filter(|above| above.starts_with(&self.root)) {
            self.make(above)?;
        }
        match fs::create_dir(directory) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(ArchiveError::io(directory)(error)),
        }
        directory.parent().map_or(Ok(()), sync)
    }
}

/// A file that goes with this value; by then it has its own name, or is of no use.
struct Passing(PathBuf);

impl Passing {
    fn new(directory: &Path) -> Passing {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        Passing(directory.join(format!("{process}-{number}")))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // What stays behind is thrown away when the archive is opened next.
        drop(fs::remove_file(&self.0));
    }
}

fn sync(directory: &Path) -> Result<(), ArchiveError> {
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(ArchiveError::io(directory))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn absent_is_fine(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if is_absent(&error) { Ok(()) } else { Err(error) })
}
