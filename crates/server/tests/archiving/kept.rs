//! The archive in a backup, and what goes on from there.

use super::road::Road;
use super::{archives, tracked};
use crate::world::{SF, World};
use doorstep_archive::Hour;
use doorstep_domain::time::Clock;
use doorstep_server::app::App;
use doorstep_server::archiving;
use doorstep_server::backup::{Scope, backup, restore};
use doorstep_server::check::check;
use doorstep_server::config::Config;
use doorstep_server::wire::PINGS;
use std::fs;
use std::ops::Range;
use tempfile::TempDir;

/// Drives in each of these hours.
fn drives(world: &World, hours: Range<u32>) {
    for hour in hours {
        world.clock.set(&format!("2008-05-25T{hour}:30:00Z"));
        world.drives("sf", &["cab-1"], 20);
    }
}

/// Everything is archived, and the log forgets seven of ten hours; the partition in question.
fn forgets(world: &World) -> u32 {
    archives(world);
    let partition = world.app.log.partition_of(PINGS, b"cab-1").unwrap();
    tracked(world, partition, 0, 10);
    archiving::forget(&world.app).unwrap();
    assert_eq!(world.app.log.bounds(PINGS, partition).unwrap(), 7..10);
    partition
}

/// Ten hours of which the log has forgotten the first seven.
fn archived_world() -> (World, u32) {
    let world = World::on(None, SF);
    drives(&world, 10..20);
    let partition = forgets(&world);
    (world, partition)
}

/// F6, B10: what only the archive has is in the backup, byte for byte; whoever goes on from there
/// archives what comes then under offsets of its own.
#[test]
fn a_backup_has_the_archive() {
    let ((world, partition), scratch) = (archived_world(), TempDir::new().unwrap());
    let (copy, elsewhere) = (scratch.path().join("copy"), scratch.path().join("elsewhere"));
    let (from, now) = (world.directory.path(), world.clock.now());
    let manifest =
        backup(&world.config, from, (&copy, Scope::Everything), now, &|_, _| {}).unwrap();
    let places = world.app.archive.list(PINGS, None, Hour::EVER).unwrap();
    for place in &places {
        let path = format!("archive/{}", place.path().unwrap());
        assert!(manifest.files.iter().any(|file| file.path == path), "{path}");
    }
    let file = copy.join("archive").join(places[0].path().unwrap());
    let whole = fs::read(&file).unwrap();
    let mut changed = whole.clone();
    changed[100] ^= 1;
    fs::write(&file, changed).unwrap();
    let said = restore(&world.config, &copy, &elsewhere, &|_, _| {}).unwrap_err().to_string();
    assert!(said.contains("is damaged") && !elsewhere.exists(), "{said}");
    fs::write(&file, whole).unwrap();
    restore(&world.config, &copy, &elsewhere, &|_, _| {}).unwrap();
    for place in &places {
        let path = format!("archive/{}", place.path().unwrap());
        let [was, is] = [from, &elsewhere].map(|root| fs::read(root.join(&path)).unwrap());
        assert!(was == is, "{path}");
    }
    let restored = App::open(world.config.clone(), &elsewhere, world.clock.clone()).unwrap();
    assert_eq!(archiving::next_offset(&restored, PINGS, partition).unwrap(), 9);
    assert_eq!(check(&restored).violations, 0, "{:#?}", check(&restored));
    world.clock.set("2008-05-26T12:00:00Z");
    while archiving::step(&restored).unwrap() > 0 {}
    assert_eq!(archiving::next_offset(&restored, PINGS, partition).unwrap(), 10);
    assert_eq!(check(&restored).violations, 0, "{:#?}", check(&restored));
}

/// What was appended and archived after the log was copied belongs to another history.
#[test]
fn a_backup_leaves_out_what_its_log_does_not_have() {
    let ((world, _), scratch) = (archived_world(), TempDir::new().unwrap());
    let beyond = world.app.archive.list(PINGS, None, Hour::EVER).unwrap().pop().unwrap();
    let file = world.directory.path().join("archive").join(beyond.path().unwrap());
    let later = file.to_str().unwrap().replace("-00000000000000000009.", "-00000000000000000099.");
    fs::copy(&file, &later).unwrap();
    let (from, now) = (world.directory.path(), world.clock.now());
    let into = (scratch.path().join("copy"), Scope::Everything);
    let manifest = backup(&world.config, from, (&into.0, into.1), now, &|_, _| {}).unwrap();
    let archived: Vec<_> =
        manifest.files.iter().filter(|file| file.path.starts_with("archive/")).collect();
    assert_eq!(archived.len(), 9);
    assert!(archived.iter().all(|file| !file.path.contains("00099")), "{archived:?}");
}

/// An archive outside of the data directory is left to those who keep it there.
#[test]
fn an_archive_elsewhere_is_not_in_the_backup() {
    let ((world, _), scratch) = (archived_world(), TempDir::new().unwrap());
    let (from, now) = (world.directory.path(), world.clock.now());
    let outside = format!("file:{}", scratch.path().join("kept").display());
    let config = Config { archive: outside, ..world.config.clone() };
    let take = |config: &Config, name: &str| {
        let into = scratch.path().join(name);
        backup(config, from, (&into, Scope::Everything), now, &|_, _| {}).unwrap()
    };
    let (with, without) = (take(&world.config, "with"), take(&config, "without"));
    assert!(with.files.iter().any(|file| file.path.starts_with("archive/")));
    assert!(!without.files.iter().any(|file| file.path.starts_with("archive/")));
    let gives_back = |name: &str| {
        let (from, to) = (scratch.path().join(name), scratch.path().join("restored"));
        restore(&config, &from, &to, &|_, _| {})
    };
    let said = gives_back("with").unwrap_err().to_string();
    assert!(said.contains("not below the data directory"), "{said}");
    gives_back("without").unwrap();
}

/// B10: the store is copied before the log, which may forget meanwhile what the archiver has done
/// meanwhile: from such a backup the archiver goes on along the files.
#[test]
fn an_archiver_that_is_behind_the_log_follows_its_files() {
    let (world, scratch) = (World::on(None, SF), TempDir::new().unwrap());
    let takes = |name: &str| {
        let into = scratch.path().join(name);
        let from = (world.directory.path(), world.clock.now());
        backup(&world.config, from.0, (&into, Scope::Everything), from.1, &|_, _| {}).unwrap();
        into
    };
    drives(&world, 10..13);
    archives(&world);
    let early = takes("early");
    drives(&world, 13..20);
    let partition = forgets(&world);
    let (late, elsewhere) = (takes("late"), scratch.path().join("elsewhere"));
    restore(&world.config, &late, &elsewhere, &|_, _| {}).unwrap();
    fs::copy(early.join("store.sqlite"), elsewhere.join("store.sqlite")).unwrap();

    let restored = App::open(world.config.clone(), &elsewhere, world.clock.clone()).unwrap();
    let next = || archiving::next_offset(&restored, PINGS, partition).unwrap();
    assert_eq!((next(), restored.log.bounds(PINGS, partition).unwrap().start), (2, 7));
    while archiving::step(&restored).unwrap() > 0 {}
    assert_eq!(next(), 9);
    assert_eq!(check(&restored).violations, 0, "{:#?}", check(&restored));
}
