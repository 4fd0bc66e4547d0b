//! The one way commands and queries speak to a database.

use crate::{Row, StoreError, Value, sql};

/// A transaction on either engine. Parameters are `$1`, `$2`, …, in any order, any number of times.
pub trait Tx {
    /// Runs a statement that returns no rows and answers how many rows it changed.
    fn execute(&mut self, sql: &str, params: &[Value<'_>]) -> Result<u64, StoreError>;

    /// Runs a statement and hands over its rows one at a time; they are never collected, and an
    /// error of `each` ends the query.
    fn query(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// Runs a statement for each row of `columns` parameters, one after another, and answers how
    /// many rows it changed in all.
    fn execute_each(
        &mut self,
        sql: &str,
        columns: usize,
        rows: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        rows.chunks_exact(columns.max(1)).try_fold(0, |sum, row| Ok(sum + self.execute(sql, row)?))
    }

    /// Rows that one insert takes at most, as is best on this engine.
    fn insert_rows_max(&self) -> usize;
}

/// What every [`Tx`] can do besides.
pub trait TxExt: Tx {
    /// The first row, mapped, or none.
    fn query_optional<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        map: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut first = None;
        self.query(sql, params, &mut |row| {
            if first.is_none() {
                first = Some(map(row)?);
            }
            Ok(())
        })?;
        Ok(first)
    }

    /// The first row, mapped; [`StoreError::NoRow`] when there is none.
    fn query_one<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        map: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.query_optional(sql, params, map)?.ok_or(StoreError::NoRow)
    }

    /// All rows, mapped. The statement bounds how many, with a `limit` or by its nature.
    fn query_all<T>(
        &mut self,
        sql: &str,
        params: &[Value<'_>],
        map: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        self.query(sql, params, &mut |row| {
            rows.push(map(row)?);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Inserts many rows with few statements: `head` is `insert into t (a, b)`, `tail` is empty
    /// or an `on conflict` clause. Answers how many rows were changed.
    ///
    /// Rows go in chunks of up to eight or of powers of two, so that few texts are ever prepared
    /// and a handful of rows, which is what most commands write, is one journey.
    fn insert_many<'v, const N: usize>(
        &mut self,
        head: &str,
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
        tail: &str,
    ) -> Result<u64, StoreError> {
        let (mut changed, rows_max) = (0, self.insert_rows_max());
        let insert = sql::insert_rows(head, rows_max, N, tail);
        let most = rows_max.max(ROWS_AT_ONCE / rows_max * rows_max) * N;
        let mut waiting: Vec<Value<'v>> = Vec::new();
        for row in rows {
            waiting.extend(row);
            if waiting.len() == most {
                changed += self.execute_each(&insert, rows_max * N, &waiting)?;
                waiting.clear();
            }
        }
        let (whole, mut rest) = waiting.split_at(waiting.len() / (rows_max * N) * (rows_max * N));
        if !whole.is_empty() {
            changed += self.execute_each(&insert, rows_max * N, whole)?;
        }
        while !rest.is_empty() {
            let left = rest.len() / N;
            let rows = if left <= 8 { left } else { 1 << left.ilog2() };
            let (chunk, later) = rest.split_at(rows * N);
            changed += self.execute(&sql::insert_rows(head, rows, N, tail), chunk)?;
            rest = later;
        }
        Ok(changed)
    }
}

/// Rows of an insert of many that are collected before they are handed over.
const ROWS_AT_ONCE: usize = 128;

impl<T: Tx + ?Sized> TxExt for T {}
