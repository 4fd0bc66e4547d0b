//! The same stories on Postgres, and what only several processes on one store can do.
//!
//! They need the server that `DOORSTEP_TEST_POSTGRES` names. Without it they say so and pass,
//! unless `DOORSTEP_ENGINES_REQUIRED=1`.

mod dispatch;
mod orders;
mod osrm;
mod stock;

use crate::owed::{differences, owed, owed_by};
use crate::world::{SF, World, day, delivery};
use doorstep_server::accounting::intake;
use doorstep_server::app::App;
use doorstep_server::check::check;
use doorstep_server::settlement;
use doorstep_server::workers::{self, Counts};
use doorstep_sim::book::{Book, BookTerms};
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::dirt::{Faults, soil};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::{env, fs};
use tempfile::TempDir;

/// Where the stories of this process keep their stores; in SQLite where it is not set.
const STORIES_ON: &str = "DOORSTEP_STORIES_ON";

/// A Postgres schema of its own, gone when dropped.
pub(crate) struct Database {
    pub(crate) url: String,
    server: String,
    schema: String,
}

impl Database {
    /// Where a story is told on Postgres: a fresh schema for it.
    pub(crate) fn of_a_story() -> Option<Database> {
        env::var(STORIES_ON).ok().map(|server| Database::on(&server))
    }

    fn on(server: &str) -> Database {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Relaxed);
        let schema = format!("story_{}_{number}", std::process::id());
        let joint = if server.contains('?') { '&' } else { '?' };
        let database = Database {
            url: format!("{server}{joint}options=-csearch_path%3D{schema}"),
            server: server.to_owned(),
            schema,
        };
        // Left behind by a process of the same number that was killed.
        database.drops();
        database
    }

    fn drops(&self) {
        let mut server = postgres::Client::connect(&self.server, postgres::NoTls).unwrap();
        let statement = format!("drop schema if exists {} cascade", self.schema);
        server.batch_execute(&statement).unwrap();
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.drops();
    }
}

/// The server to test on, if there is one.
fn server() -> Option<String> {
    let server = env::var("DOORSTEP_TEST_POSTGRES").ok();
    if server.is_none() {
        let required = env::var("DOORSTEP_ENGINES_REQUIRED").as_deref() == Ok("1");
        assert!(!required, "DOORSTEP_TEST_POSTGRES is not set");
        println!("skipped: DOORSTEP_TEST_POSTGRES is not set");
    }
    server
}

/// F1: every story of this binary, told once more on Postgres.
#[test]
fn every_story_is_as_true_on_postgres() {
    let Some(server) = server() else { return };
    let mut stories = Command::new(env::current_exe().unwrap());
    stories.args(["--skip", "engines::"]).env(STORIES_ON, server);
    let told = stories.output().unwrap();
    let said = String::from_utf8_lossy(&told.stdout);
    assert!(told.status.success(), "{said}");
    assert!(said.contains("test accounting::"), "no story was told");
}

/// A world on Postgres whose log holds a soiled city of two days that nobody has counted, what it
/// comes to, and how many lines it was told in.
fn uncounted(server: &str, seed: u64) -> (World, Book, u64) {
    let zone: doorstep_domain::time::Zone = "America/Los_Angeles".parse().unwrap();
    let now = "2008-05-25T19:00:00Z".parse().unwrap();
    let terms = BookTerms::example("sf", zone.clone(), now);
    let plan = CityPlan {
        seed,
        couriers: 10,
        deliveries_per_courier: 10,
        days: 2,
        first_day: day("2008-05-19"),
        zone,
        market: "sf".to_owned(),
        currency: "USD".to_owned(),
    };
    let lines: Vec<Vec<u8>> = soil(city(plan), Faults::bad_day(seed)).collect();
    let world = World::on(Some(Database::on(server)), &terms.to_toml());
    intake::take(&world.app, (1..).zip(lines.iter().map(Vec::as_slice))).unwrap();
    (world, Book::of(&lines, &terms), lines.len() as u64)
}

/// Another process's view: its own data directory with a log of the same records, as one shared
/// log would hold them, and the same store.
fn beside(world: &World) -> (Arc<App>, TempDir) {
    let directory = TempDir::new().unwrap();
    copy(&world.directory.path().join("log"), &directory.path().join("log"));
    let app = App::open(world.config.clone(), directory.path(), world.clock.clone());
    (Arc::new(app.unwrap()), directory)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().unwrap().is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(from, to).unwrap()),
        }
    }
}

fn is_told_once(world: &World, book: &Book) {
    let different = differences(&owed(world), &owed_by(book));
    assert!(different.is_empty(), "{different:#?}");
    let lags = workers::lag(&world.app).unwrap();
    assert_eq!(lags.iter().sum::<u64>(), 0);
    workers::tell_waiting(&world.app).unwrap();
    let report = check(&world.app);
    assert_eq!(report.violations, 0, "{report:#?}");
}

/// B10, A6: two accountants read the same partitions into one store; whoever is faster wins the
/// batch, the other's is undone, and every fact is counted once.
#[test]
fn two_accountants_on_one_store_count_every_fact_once() {
    let Some(server) = server() else { return };
    for seed in 0..3 {
        let (world, book, told) = uncounted(&server, seed);
        let (other, _directory) = beside(&world);
        std::thread::scope(|scope| {
            for app in [&world.app, &other, &world.app, &other] {
                scope.spawn(|| workers::catch_up(app, &|_| {}).unwrap());
            }
        });
        is_told_once(&world, &book);
        let counted = |app: &App| {
            let Counts { accepted, duplicate, .. } = &app.counts;
            (accepted.load(Relaxed), duplicate.load(Relaxed))
        };
        let (one, two) = (counted(&world.app), counted(&other));
        let facts = (one.0 + two.0, one.1 + two.1);
        assert_eq!(facts, (told - book.rejected - book.repeated, book.repeated));
    }
}

/// B6, B10: one process closes the days while two others still count facts of them: each is in
/// the statement or in an adjustment.
#[test]
fn a_close_in_another_process_splits_facts_cleanly() {
    let Some(server) = server() else { return };
    for seed in 10..13 {
        let (world, book, _) = uncounted(&server, seed);
        let (other, _directory) = beside(&world);
        std::thread::scope(|scope| {
            for app in [&world.app, &other] {
                scope.spawn(|| workers::catch_up(app, &|_| {}).unwrap());
            }
            scope.spawn(|| {
                for on in ["2008-05-19", "2008-05-20", "2008-05-21"] {
                    settlement::close(&other, "sf", day(on), "test").unwrap();
                }
            });
        });
        is_told_once(&world, &book);
    }
}

/// F1: two processes close the same day at once: it is closed once, and both are told the same.
#[test]
fn two_closers_agree() {
    let Some(server) = server() else { return };
    let (world, _, _) = uncounted(&server, 20);
    workers::catch_up(&world.app, &|_| {}).unwrap();
    let (other, _directory) = beside(&world);
    let close = |app: &App| settlement::close(app, "sf", day("2008-05-19"), "test").unwrap();
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| close(&world.app));
        let two = scope.spawn(|| close(&other));
        (one.join().unwrap(), two.join().unwrap())
    });
    assert_eq!(one.digest, two.digest);
    assert_ne!(one.repeated, two.repeated);
}

/// A database of its own whose texts sort as in a dictionary, as servers often have it.
struct Dictionary {
    server: String,
    name: String,
}

impl Dictionary {
    fn on(server: &str) -> Dictionary {
        let name = format!("dictionary_{}", std::process::id());
        let dictionary = Dictionary { server: server.to_owned(), name };
        dictionary.administer("drop database if exists");
        let kind = "template template0 locale_provider icu icu_locale 'en-US'";
        let statement = format!("create database {} {kind}", dictionary.name);
        let mut server = postgres::Client::connect(server, postgres::NoTls).unwrap();
        server.batch_execute(&statement).unwrap();
        dictionary
    }

    fn administer(&self, verb: &str) {
        let mut server = postgres::Client::connect(&self.server, postgres::NoTls).unwrap();
        server.batch_execute(&format!("{verb} {} with (force)", self.name)).unwrap();
    }

    fn url(&self) -> String {
        let (server, query) = self.server.split_once('?').unwrap_or((&self.server, ""));
        let (server, _) = server.rsplit_once('/').unwrap();
        format!("{server}/{}?{query}", self.name)
    }
}

impl Drop for Dictionary {
    fn drop(&mut self) {
        self.administer("drop database if exists");
    }
}

/// A6, B17: the order of identifiers is that of their bytes, whatever a database takes for the
/// alphabet: the same facts give the same digest, and nobody is passed over between two pages.
#[test]
fn the_alphabet_of_a_database_changes_nothing() {
    let Some(server) = server() else { return };
    let dictionary = Dictionary::on(&server);
    let anywhere = World::new();
    let store = format!("store = \"{}\"\n{SF}", dictionary.url());
    let there = World::on(None, &store);
    for world in [&anywhere, &there] {
        for courier in ["b", "A", "a", "B", "_c", "C-1", "c1", "Ä", "z", "Z"] {
            let (from, to) = ("2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z");
            world.is_told(&delivery(&format!("d-{courier}"), courier, from, to));
        }
    }
    let names = |world: &World| {
        let couriers = world.settlement("2008-05-19").couriers.into_iter();
        couriers.map(|courier| courier.courier_id.to_string()).collect::<Vec<_>>()
    };
    assert!(names(&anywhere).is_sorted());
    assert_eq!(names(&there), names(&anywhere));
    let digests = [&anywhere, &there].map(|world| world.closes("2008-05-19").digest);
    assert_eq!(digests[0], digests[1]);
    let report = check(&there.app);
    assert_eq!(report.violations, 0, "{report:#?}");
}

/// F1: a store that does not answer is one line that names it, with no password in it.
#[test]
fn a_store_that_is_not_there_is_told_of_in_one_line() {
    let mut config = doorstep_server::config::Config::parse(SF).unwrap();
    config.store = "postgres://anna:secret@127.0.0.1:1/doorstep".to_owned();
    let directory = TempDir::new().unwrap();
    let clock = Arc::new(crate::world::HandClock::default());
    let Err(refused) = App::open(config, directory.path(), clock) else {
        panic!("there is nothing at port 1");
    };
    let line = refused.to_string();
    assert!(!line.contains("secret") && !line.contains('\n'), "{line}");
}
