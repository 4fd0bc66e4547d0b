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
    fn insert_many<'v, const N: usize>(
        &mut self,
        head: &str,
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
        tail: &str,
    ) -> Result<u64, StoreError> {
        self.many(rows, |rows| sql::insert_rows(head, rows, N, tail))
    }

    /// Updates many rows with few statements: `head` is `update t set a = given.column2`, where
    /// `given` is the rows, `types` says of what types their columns are, and `tail` which row is
    /// meant: `where t.id = given.column1`. Answers how many rows were changed; of rows that mean
    /// the same one, only one counts.
    fn update_many<'v, const N: usize>(
        &mut self,
        head: &str,
        types: [&str; N],
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
        tail: &str,
    ) -> Result<u64, StoreError> {
        let sql = |rows| match rows {
            // One row alone needs no table of what is given, which SQLite would make for each.
            1 => format!("{head} {tail}").replace("given.column", "$"),
            _ => format!("{head} from ({}) as given {tail}", sql::values(1, rows, &types)),
        };
        self.many(rows, sql)
    }

    /// Runs a statement for chunks of rows, as many at once as is best on this engine: a handful,
    /// which is what most commands write, is one journey.
    fn many<'v, const N: usize>(
        &mut self,
        rows: impl IntoIterator<Item = [Value<'v>; N]>,
        sql: impl Fn(usize) -> String,
    ) -> Result<u64, StoreError> {
        let (mut changed, rows_max) = (0, self.insert_rows_max());
        let most = rows_max.max(ROWS_AT_ONCE / rows_max * rows_max) * N;
        let (whole, mut whole_sql) = (rows_max * N, None);
        let mut flush = |waiting: &mut Vec<Value<'v>>| {
            let whole_values = waiting.len() / whole * whole;
            if whole_values > 0 {
                let whole_sql = whole_sql.get_or_insert_with(|| sql(rows_max));
                changed += self.execute_each(whole_sql, whole, &waiting[..whole_values])?;
            }
            let mut rest = &waiting[whole_values..];
            while !rest.is_empty() {
                let rows = sql::rows_at_once(rest.len() / N, rows_max);
                let (chunk, later) = rest.split_at(rows * N);
                changed += self.execute(&sql(rows), chunk)?;
                rest = later;
            }
            waiting.clear();
            Ok::<_, StoreError>(())
        };
        let mut waiting: Vec<Value<'v>> = Vec::new();
        for row in rows {
            waiting.extend(row);
            if waiting.len() == most {
                flush(&mut waiting)?;
            }
        }
        if !waiting.is_empty() {
            flush(&mut waiting)?;
        }
        Ok(changed)
    }
}

/// Rows of an insert of many that are collected before they are handed over.
const ROWS_AT_ONCE: usize = 128;

impl<T: Tx + ?Sized> TxExt for T {}
