//! A table on its way out: named, typed columns, one row at a time.

use crate::error::AppError;
use doorstep_domain::time::Day;

/// A column and what its cells hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Int,
    Day,
}

/// One value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell<'a> {
    Text(&'a str),
    Int(i64),
    Day(Day),
    Null,
}

impl Column {
    pub(super) const fn text(name: &'static str) -> Column {
        Column { name, kind: Kind::Text, nullable: false }
    }

    pub(super) const fn int(name: &'static str) -> Column {
        Column { name, kind: Kind::Int, nullable: false }
    }

    pub(super) const fn day(name: &'static str) -> Column {
        Column { name, kind: Kind::Day, nullable: false }
    }

    pub(super) const fn or_null(self) -> Column {
        Column { nullable: true, ..self }
    }
}

/// A form that takes rows whose cells are those of its columns, in order.
pub(super) trait Table {
    /// Takes a row.
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), AppError>;

    /// Writes what is still held back.
    fn finish(self: Box<Self>) -> Result<(), AppError>;
}
