//! Stories of exports: what was settled leaves as a table that others can read.

use crate::world::{World, day, delivery};
use doorstep_server::error::AppError;
use doorstep_server::export::{Form, What, export};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

const MONDAY: &str = "2008-05-19";

fn settled_world() -> World {
    let world = World::new();
    world.is_told(&delivery("d1", "anna", "2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z"));
    world.is_told(&delivery(
        "d2",
        "ben, the \"2nd\"",
        "2008-05-19T19:00:00Z",
        "2008-05-19T19:30:00Z",
    ));
    world.closes(MONDAY);
    world
}

fn exported(world: &World, what: What, form: Form) -> Vec<u8> {
    let mut out = Vec::new();
    let rows = export(&world.app, "sf", day(MONDAY), (what, form), &mut out).unwrap();
    assert_eq!(rows, if what == What::Statements { 3 } else { 7 });
    out
}

/// F6: statements and postings as CSV, quoted where they must be.
#[test]
fn csv_has_a_header_and_a_line_for_each_row() {
    let world = settled_world();
    let text = String::from_utf8(exported(&world, What::Statements, Form::Csv)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let header = "market,day,currency,party_kind,party_id,deliveries,worked_seconds,peak_seconds,\
                  pay_minor,tip_minor,sales_minor,fee_minor,cost_minor,unpriced,adjustment_minor,\
                  payout_minor,digest";
    assert_eq!(lines[0], header);
    let anna = "sf,2008-05-19,USD,courier,anna,1,3600,0,2000,400,,,,,0,2400,";
    assert!(lines[1].starts_with(anna), "{}", lines[1]);
    let ben = "sf,2008-05-19,USD,courier,\"ben, the \"\"2nd\"\"\",1,1800,0,1000,400,,,,,0,1400,";
    assert!(lines[2].starts_with(ben), "{}", lines[2]);
    let merchant = "sf,2008-05-19,USD,merchant,m8,2,,,,,5000,1350,,,0,3650,";
    assert!(lines[3].starts_with(merchant), "{}", lines[3]);

    let text = String::from_utf8(exported(&world, What::Postings, Form::Csv)).unwrap();
    let sale = "sf,2008-05-19,USD,d1,sale,merchant:m8,0,customers,merchant:m8,2500";
    assert!(text.lines().any(|line| line == sale), "{text}");
}

/// F6: the same as Parquet, with types that say what the numbers are.
#[test]
fn parquet_reads_back_with_its_types() {
    let world = settled_world();
    let bytes = exported(&world, What::Statements, Form::Parquet);
    let file = world.directory.path().join("statements.parquet");
    std::fs::write(&file, bytes).unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(&file).unwrap()).unwrap();
    let rows: Vec<Vec<(String, Field)>> =
        reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()).collect();
    let field = |row: usize, name: &str| {
        rows[row].iter().find(|(column, _)| column == name).map(|(_, field)| field.clone())
    };
    assert_eq!(rows.len(), 3);
    let number = day(MONDAY).number();
    assert_eq!(field(0, "day"), Some(Field::Date(i32::try_from(number).unwrap())));
    assert_eq!(field(0, "party_id"), Some(Field::Str("anna".to_owned())));
    assert_eq!(field(0, "payout_minor"), Some(Field::Long(2400)));
    assert_eq!(field(0, "sales_minor"), Some(Field::Null));
    assert_eq!(field(2, "pay_minor"), Some(Field::Null));
    assert_eq!(field(2, "sales_minor"), Some(Field::Long(5000)));
    assert_eq!(field(2, "fee_minor"), Some(Field::Long(1350)));
}

#[test]
fn a_day_that_is_not_closed_has_no_statements() {
    let world = settled_world();
    let tuesday = day("2008-05-20");
    let mut out = Vec::new();
    let asked = (What::Statements, Form::Csv);
    let outcome = export(&world.app, "sf", tuesday, asked, &mut out);
    assert!(matches!(outcome, Err(AppError::Refused { code: "day_open", .. })), "{outcome:?}");
    assert!(out.is_empty());
    let asked = (What::Postings, Form::Csv);
    assert_eq!(export(&world.app, "sf", tuesday, asked, &mut out).unwrap(), 0);
}

#[test]
fn a_writer_that_fails_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let world = settled_world();
    for form in [Form::Csv, Form::Parquet] {
        let outcome = export(&world.app, "sf", day(MONDAY), (What::Statements, form), &mut Full);
        assert!(matches!(outcome, Err(AppError::Machine { .. })), "{form:?}: {outcome:?}");
    }
}
