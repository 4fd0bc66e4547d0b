use parquet::errors::ParquetError;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the archive refused or failed; each text is one line that names what it speaks of.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ArchiveError {
    /// The URL names an engine this archive does not have, or no directory.
    #[error("archive {url:?} is not known: write file:DIRECTORY")]
    Url {
        /// The URL up to its scheme; what follows may hold a secret.
        url: String,
    },
    /// A file or directory could not be made, read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: Arc<io::Error>,
    },
    /// The file is not what its name says.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// A file of that name is there and holds something else.
    #[error("{}: is there already, with {there} where {come} were to be written", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// What it holds.
        there: String,
        /// What it was to hold.
        come: String,
    },
    /// The market's name is too long for a path once it is encoded.
    #[error("market {market:?} has too long a name for a path")]
    MarketName {
        /// The market.
        market: String,
    },
}

impl ArchiveError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> ArchiveError + '_ {
        |source| ArchiveError::Io { path: path.to_owned(), source: Arc::new(source) }
    }

    pub(crate) fn damaged(path: &Path, reason: impl ToString) -> ArchiveError {
        ArchiveError::Damaged { path: path.to_owned(), reason: reason.to_string() }
    }

    pub(crate) fn parquet(path: &Path) -> impl Fn(ParquetError) -> ArchiveError + '_ {
        |error| ArchiveError::damaged(path, error)
    }
}
