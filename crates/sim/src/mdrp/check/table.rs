//! Rows parted by tabs below a line that is ignored.

use std::fs;
use std::path::{Path, PathBuf};

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct TableError {
    path: PathBuf,
    reason: String,
}

pub(super) struct Table {
    path: PathBuf,
    text: String,
}

pub(super) struct Row<'a> {
    table: &'a Table,
    number: usize,
    cells: Vec<&'a str>,
}

impl Table {
    pub(super) fn read(directory: &Path, name: &str) -> Result<Table, TableError> {
        let path = directory.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Table { path, text }),
            Err(error) => Err(TableError { path, reason: error.to_string() }),
        }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.text.lines().enumerate().skip(1).filter(|(_, line)| !line.is_empty()).map(
            |(index, line)| Row {
                table: self,
                number: index + 1,
                cells: line.split('\t').collect(),
            },
        )
    }

    pub(super) fn is_empty(&self) -> TableError {
        TableError { path: self.path.clone(), reason: "has no row".to_owned() }
    }
}

impl Row<'_> {
    pub(super) fn text(&self, at: usize) -> Result<&str, TableError> {
        self.cells.get(at).copied().ok_or_else(|| self.wrong(at, "is missing"))
    }

    pub(super) fn texts_from(&self, at: usize) -> Vec<String> {
        self.cells.iter().skip(at).map(|cell| (*cell).to_owned()).collect()
    }

    pub(super) fn number(&self, at: usize) -> Result<i64, TableError> {
        self.text(at)?.parse().map_err(|_| self.wrong(at, "is no whole number"))
    }

    pub(super) fn place(&self, at: usize) -> Result<(f64, f64), TableError> {
        Ok((self.number(at)? as f64, self.number(at + 1)? as f64))
    }

    fn wrong(&self, at: usize, what: &str) -> TableError {
        let reason = format!("line {}, column {}: {what}", self.number, at + 1);
        TableError { path: self.table.path.clone(), reason }
    }
}
