//! Opening: engines by URL, and a schema that is set up once.

use std::thread;

use doorstep_store::{Store, StoreError};

use crate::engines::{Place, on_each_engine, run};

#[test]
fn concurrent_openers_set_the_schema_up_once() {
    on_each_engine(|place| {
        thread::scope(|scope| {
            let openers: Vec<_> = (0..8).map(|_| scope.spawn(|| place.open())).collect();
            for opener in openers {
                assert_eq!(opener.join().unwrap().check(), Ok(vec![]));
            }
        });
        assert_eq!(place.open().check(), Ok(vec![]));
    });
}

#[test]
fn a_schema_newer_than_the_program_is_refused() {
    on_each_engine(|place| {
        let newer = "insert into schema_version (version, name, checksum) values (9999, 'n', 'c')";
        run(&place.open(), newer);
        let refused = Store::open(&place.url).err();
        assert!(
            matches!(refused, Some(StoreError::SchemaNewer { found: 9999, .. })),
            "{refused:?}"
        );
    });
}

#[test]
fn a_schema_file_that_was_changed_after_use_is_refused() {
    on_each_engine(|place| {
        run(&place.open(), "update schema_version set checksum = 'other' where version = 1");
        let refused = Store::open(&place.url).err();
        let expected = StoreError::SchemaChanged { name: "0001_core".to_owned() };
        assert_eq!(refused, Some(expected));
    });
}

#[test]
fn a_url_without_an_engine_is_refused_without_telling_its_password() {
    let urls = [
        "",
        "store.sqlite",
        "sqlite:",
        "sqlite::memory:",
        "mysql://me:secret@host/db",
        "postgres://me:secret@host:port/db",
        "postgres://me:secret@host/db?sslmode=perhaps",
    ];
    for url in urls {
        let error = Store::open(url).err();
        assert!(matches!(error, Some(StoreError::Url { .. })), "{url}: {error:?}");
        let told = error.unwrap().to_string();
        assert!(!told.contains("secret") && told.contains("sqlite:PATH"), "{told}");
    }
}

#[test]
fn an_engine_that_is_absent_is_one_clear_line() {
    let place = Place::sqlite();
    let missing = place.url.replace("store.sqlite", "no/such/folder/store.sqlite");
    for url in [missing.as_str(), "postgres://me:secret@127.0.0.1:1/db"] {
        let error = Store::open(url).err();
        assert!(matches!(error, Some(StoreError::Open { .. })), "{url}: {error:?}");
        let told = error.unwrap().to_string();
        assert!(!told.contains('\n') && !told.contains("secret"), "{told}");
    }
}
