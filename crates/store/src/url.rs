//! Engines are chosen by URL.

use std::path::PathBuf;

use crate::StoreError;
use crate::engine::Engine;
use crate::postgres::PostgresEngine;
use crate::sqlite::SqliteEngine;

/// The engine a URL names. Nothing is opened yet.
pub(crate) fn engine(url: &str) -> Result<Box<dyn Engine>, StoreError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return Ok(Box::new(SqliteEngine::new(sqlite_path(path)?)));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Box::new(PostgresEngine::new(url)?));
    }
    Err(StoreError::Url { detail: "it starts with neither sqlite: nor postgres://".to_owned() })
}

fn sqlite_path(path: &str) -> Result<PathBuf, StoreError> {
    let path = path.strip_prefix("//").unwrap_or(path);
    let refused = match path {
        "" => Some("the path is missing"),
        ":memory:" => Some("a store in memory would not be durable"),
        _ if path.contains('\0') => Some("the path has a zero byte"),
        _ => None,
    };
    match refused {
        Some(detail) => Err(StoreError::Url { detail: detail.to_owned() }),
        None => Ok(PathBuf::from(path)),
    }
}
