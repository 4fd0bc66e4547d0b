//! `doorstep demo`: a whole day, from raw events to a settlement that reconciles, by the same
//! commands a person would type; then a shop that sells, and the map of that day as it happens.

mod day;
mod map;
mod shop;
mod tables;

use crate::arguments::{DayOfMarket, Demo, Import, Listing, Place, Reconcile};
use crate::command::{import, reconcile, settlement};
use crate::failure::Failure;
use crate::output::line;
use crate::transport::{Request, Transport};
use day::Material;
use doorstep_domain::time::Day;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const CONFIGURATION: &str = include_str!("demo/doorstep.toml");

/// Marks a directory as ours to replace.
const MARK: &str = "made-by-doorstep-demo";

/// Runs the demonstration in a directory of its own.
pub(crate) fn run(asked: &Demo) -> Result<ExitCode, Failure> {
    let place = prepare(&asked.directory)?;
    let material = Material::find(&asked.directory)?;
    line(&material.told)?;

    heading(&place, &format!("import events {}", material.on_time.display()))?;
    import_file(&place, &material.on_time)?;
    heading(&place, &format!("close --market sf --day {}", material.day))?;
    settlement::close(&place, &of(material.day))?;
    line(format!("\n{} deliveries are told of only now, after the close.", material.late_count))?;
    heading(&place, &format!("import events {}", material.late.display()))?;
    import_file(&place, &material.late)?;

    line(format!("\n{}, as it was closed:", material.day))?;
    let transport = Transport::open(&place)?;
    let settled = transport.ask(Request::get(settlement::path_of(&of(material.day))))?;
    let next = transport.ask(Request::get(settlement::path_of(&of(material.day.next()))))?;
    drop(transport);
    line(tables::settled(&settled))?;
    line(tables::adjustments(&next))?;

    heading(&place, &format!("reconcile --market sf --day {}", material.day))?;
    let reconciled = reconcile::reconcile(&place, &compared(material.day))?;
    heading(&place, "check")?;
    let checked = reconcile::check(&place, &Listing { json: false })?;
    line(tables::where_to_look_next(&settled, &command(&place)))?;
    let sold = shop::show(asked)?;
    map::show(asked)?;
    let sound = sold && [reconciled, checked].into_iter().all(|code| code == ExitCode::SUCCESS);
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// An empty directory with a configuration. What an earlier demonstration left is replaced;
/// anything else is refused.
fn prepare(directory: &Path) -> Result<Place, Failure> {
    let ours = directory.join(MARK);
    if directory.exists() && !ours.exists() {
        return Err(Failure::Refused(format!(
            "{} exists and was not made by `doorstep demo`; name another with --directory",
            directory.display()
        )));
    }
    if directory.exists() {
        fs::remove_dir_all(directory).map_err(Failure::file(directory))?;
    }
    fs::create_dir_all(directory).map_err(Failure::file(directory))?;
    fs::write(&ours, "").map_err(Failure::file(&ours))?;
    let config = directory.join("doorstep.toml");
    fs::write(&config, CONFIGURATION).map_err(Failure::file(&config))?;
    Ok(Place {
        config,
        data_dir: directory.join("data"),
        server: None,
        key: None,
        log_format: None,
    })
}

fn import_file(place: &Place, file: &Path) -> Result<(), Failure> {
    let import = Import::Events { file: file.to_owned(), json: false };
    import::import(place, &import).map(|_| ())
}

fn heading(place: &Place, arguments: &str) -> Result<(), Failure> {
    line(format!("\n$ {} {arguments}", command(place)))
}

/// How a person would type a command here.
fn command(place: &Place) -> String {
    format!("doorstep --config {} --data-dir {}", place.config.display(), place.data_dir.display())
}

fn of(day: Day) -> DayOfMarket {
    DayOfMarket { market: day::market(), day, json: false }
}

fn compared(day: Day) -> Reconcile {
    Reconcile { day: of(day), repair: false }
}
