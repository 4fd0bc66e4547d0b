//! The binary with its store on Postgres. These need the server that `DOORSTEP_TEST_POSTGRES`
//! names; without it they say so and pass, unless `DOORSTEP_ENGINES_REQUIRED=1`.

use crate::desk::Desk;
use crate::kill::{IMPORT, MARKET, kills, lines, seconds_of, terms};
use crate::real_day::joined;
use crate::second_book::{agrees, asked, days_of, is_sound};
use doorstep_sim::book::Book;
use doorstep_sim::chance::Chance;
use std::env;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// A Postgres schema of its own, gone when dropped.
struct Database {
    url: String,
    server: String,
    schema: String,
}

impl Database {
    /// A fresh one, where there is a server.
    fn new() -> Option<Database> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = env::var("DOORSTEP_TEST_POSTGRES") else {
            let required = env::var("DOORSTEP_ENGINES_REQUIRED").as_deref() == Ok("1");
            assert!(!required, "DOORSTEP_TEST_POSTGRES is not set");
            println!("skipped: DOORSTEP_TEST_POSTGRES is not set");
            return None;
        };
        let number = NUMBER.fetch_add(1, Relaxed);
        let schema = format!("binary_{}_{number}", std::process::id());
        let joint = if server.contains('?') { '&' } else { '?' };
        let database = Database {
            url: format!("{server}{joint}options=-csearch_path%3D{schema}"),
            server,
            schema,
        };
        // Left behind by a process of the same number that was killed.
        database.drops();
        Some(database)
    }

    fn drops(&self) {
        let server = postgres::Client::connect(&self.server, postgres::NoTls);
        let mut server = server.expect("the server that DOORSTEP_TEST_POSTGRES names answers");
        let statement = format!("drop schema if exists {} cascade", self.schema);
        server.batch_execute(&statement).unwrap();
    }

    /// A desk whose store this is.
    fn desk(&self) -> Desk {
        Desk::with(&format!("store = \"{}\"\n{}", self.url, terms().to_toml()))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.drops();
    }
}

/// F1, B10: on Postgres too a soiled city comes to the cent, whether its import was left alone or
/// killed twenty times; closed, it stays what it was.
#[test]
fn a_city_on_postgres_is_what_it_is_anywhere() {
    let (Some(calm), Some(stormy)) = (Database::new(), Database::new()) else {
        return;
    };
    let lines = lines(3);
    let book = Book::of(&lines, &terms());
    let (undisturbed, disturbed) = (calm.desk(), stormy.desk());
    undisturbed.holds("city.ndjson", &joined(&lines));
    disturbed.holds("city.ndjson", &joined(&lines));
    let import = format!("{IMPORT} --json");
    let took = seconds_of(|| drop(undisturbed.types(&import).json()));
    kills(&disturbed, IMPORT, Chance::new(3), 20, took);
    let imported = disturbed.types(&import).json();
    assert_eq!(imported["adjustments"], 0, "{imported}");
    for desk in [&undisturbed, &disturbed] {
        agrees(desk, &terms(), &book);
        is_sound(desk, MARKET, days_of(&book));
    }
    for day in days_of(&book) {
        let settled = |desk: &Desk| asked(desk, "settle", MARKET, day)["digest"].clone();
        let digest = settled(&disturbed);
        assert_eq!(digest, settled(&undisturbed));
        assert_eq!(digest, asked(&disturbed, "close", MARKET, day)["digest"]);
        assert_eq!(digest, settled(&disturbed));
    }
    is_sound(&disturbed, MARKET, days_of(&book));
}

/// F1: a store that does not answer is one clear line, without its password and without a trace.
#[test]
fn a_store_that_is_not_there_is_one_line() {
    let store = "store = \"postgres://anna:secret@127.0.0.1:1/doorstep\"\n";
    let said = Desk::with(&format!("{store}{}", terms().to_toml())).types("status");
    assert_eq!((said.code, said.err.lines().count()), (2, 1), "{said:?}");
    assert!(said.err.starts_with("doorstep: "), "{said:?}");
    assert!(!said.err.contains("secret"), "{said:?}");
}
