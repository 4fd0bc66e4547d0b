//! Export: statements and postings of a market's day as CSV or Parquet, row by row (F6).
//!
//! Whatever the size of the day, memory holds one row (CSV) or one row group (Parquet).

mod csv_form;
mod parquet_form;
mod table;

use crate::app::App;
use crate::error::AppError;
use csv_form::CsvForm;
use doorstep_domain::market::Market;
use doorstep_domain::time::Day;
use doorstep_store::posting::{self, PostingRow};
use doorstep_store::statement::{self, StatementRow};
use doorstep_store::{StoreError, Tx, day};
use parquet_form::ParquetForm;
use std::io::Write;
use std::str::FromStr;
use table::{Cell, Column, Table};

/// What to export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// What a closed day came to for each courier, merchant and provider.
    Statements,
    /// The double entries of a day.
    Postings,
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// RFC 4180, with a header line.
    Csv,
    /// Apache Parquet, zstd, typed columns.
    Parquet,
}

impl FromStr for What {
    type Err = AppError;
    fn from_str(text: &str) -> Result<What, AppError> {
        match text {
            "statements" => Ok(What::Statements),
            "postings" => Ok(What::Postings),
            other => Err(AppError::invalid(
                "what",
                format!("{other:?} is neither statements nor postings"),
            )),
        }
    }
}

impl FromStr for Form {
    type Err = AppError;
    fn from_str(text: &str) -> Result<Form, AppError> {
        match text {
            "csv" => Ok(Form::Csv),
            "parquet" => Ok(Form::Parquet),
            other => {
                Err(AppError::invalid("format", format!("{other:?} is neither csv nor parquet")))
            }
        }
    }
}

const STATEMENTS: &[Column] = &[
    Column::text("market"),
    Column::day("day"),
    Column::text("currency"),
    Column::text("party_kind"),
    Column::text("party_id"),
    Column::int("deliveries"),
    Column::int("worked_seconds").or_null(),
    Column::int("peak_seconds").or_null(),
    Column::int("pay_minor").or_null(),
    Column::int("tip_minor").or_null(),
    Column::int("sales_minor").or_null(),
    Column::int("fee_minor").or_null(),
    Column::int("cost_minor").or_null(),
    Column::int("unpriced").or_null(),
    Column::int("adjustment_minor"),
    Column::int("payout_minor"),
    Column::text("digest"),
];

const POSTINGS: &[Column] = &[
    Column::text("market"),
    Column::day("day"),
    Column::text("currency"),
    Column::text("subject"),
    Column::text("kind"),
    Column::text("party"),
    Column::int("revision"),
    Column::text("debit"),
    Column::text("credit"),
    Column::int("amount_minor"),
];

/// Writes a day's rows to `out` and answers how many there were.
///
/// Errors: [`AppError::Refused`] `day_open` for statements of a day that is not closed.
pub fn export(
    app: &App,
    market: &str,
    day: Day,
    (what, form): (What, Form),
    out: &mut (dyn Write + Send),
) -> Result<u64, AppError> {
    let market = app.market(market)?;
    let columns = match what {
        What::Statements => STATEMENTS,
        What::Postings => POSTINGS,
    };
    app.store.read(|tx| {
        if what == What::Statements {
            refuse_unless_closed(tx, market, day)?;
        }
        let mut table: Box<dyn Table + '_> = match form {
            Form::Csv => Box::new(CsvForm::begin(columns, out)?),
            Form::Parquet => Box::new(ParquetForm::begin(columns, out)?),
        };
        let rows = match what {
            What::Statements => statements(tx, market, day, table.as_mut()),
            What::Postings => postings(tx, market, day, table.as_mut()),
        }?;
        table.finish()?;
        Ok(rows)
    })
}

fn refuse_unless_closed(tx: &mut dyn Tx, market: &Market, day: Day) -> Result<(), AppError> {
    let kept = day::load(tx, market.id.as_str(), day.number())?;
    if kept.is_some_and(|day| day.closed.is_some()) {
        return Ok(());
    }
    let reason = format!("{day} of {} is not closed: it has no statements yet", market.id);
    Err(AppError::Refused { code: "day_open", reason })
}

fn statements(
    tx: &mut dyn Tx,
    market: &Market,
    day: Day,
    table: &mut dyn Table,
) -> Result<u64, AppError> {
    let currency = market.currency.to_string();
    let place = [Cell::Text(market.id.as_str()), Cell::Day(day), Cell::Text(&currency)];
    let mut rows = Counted::default();
    let read = statement::of_day(tx, market.id.as_str(), day.number(), &mut |row| {
        rows.add(statement_cells(&row).and_then(|cells| {
            let party = [Cell::Text(row.party_kind), Cell::Text(&row.party_id)];
            let digest = [Cell::Text(&row.digest)];
            table.row(&[&place[..], &party, &cells, &digest].concat())
        }))
    });
    rows.outcome(read)
}

/// The figures, from `deliveries` to `payout_minor`: each party has some of them.
fn statement_cells(row: &StatementRow) -> Result<Vec<Cell<'static>>, AppError> {
    let unreadable = |error| AppError::machine(format!("statement of {}", row.party_id), error);
    let totals: serde_json::Value = serde_json::from_str(&row.totals).map_err(unreadable)?;
    let figures = STATEMENTS.iter().skip_while(|column| column.name != "deliveries");
    let cells = figures.take_while(|column| column.name != "digest");
    Ok(cells.map(|column| totals[column.name].as_i64().map_or(Cell::Null, Cell::Int)).collect())
}

fn postings(
    tx: &mut dyn Tx,
    market: &Market,
    day: Day,
    table: &mut dyn Table,
) -> Result<u64, AppError> {
    let currency = market.currency.to_string();
    let place = [Cell::Text(market.id.as_str()), Cell::Day(day), Cell::Text(&currency)];
    let mut rows = Counted::default();
    let read = posting::of_day(tx, market.id.as_str(), day.number(), &mut |row| {
        rows.add(table.row(&[&place[..], &posting_cells(&row)].concat()))
    });
    rows.outcome(read)
}

fn posting_cells(row: &PostingRow) -> [Cell<'_>; 7] {
    [
        Cell::Text(&row.subject),
        Cell::Text(&row.kind),
        Cell::Text(&row.party),
        Cell::Int(row.revision),
        Cell::Text(&row.debit),
        Cell::Text(&row.credit),
        Cell::Int(row.amount_minor),
    ]
}

/// Counts rows handed out by a query; the first that cannot be written ends it.
#[derive(Default)]
struct Counted {
    rows: u64,
    failed: Option<AppError>,
}

impl Counted {
    fn add(&mut self, written: Result<(), AppError>) -> Result<(), StoreError> {
        match written {
            Ok(()) => {
                self.rows += 1;
                Ok(())
            }
            Err(error) => {
                self.failed = Some(error);
                // Only ends the query: what is answered is the error kept here.
                Err(StoreError::Closed)
            }
        }
    }

    fn outcome(self, read: Result<(), StoreError>) -> Result<u64, AppError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(read.map(|()| self.rows)?),
        }
    }
}
