//! Backups: taken while the world goes on, restored elsewhere, refused where they are not whole.

use crate::world::{SF, World, at, day, delivery};
use doorstep_domain::time::Clock;
use doorstep_server::accounting::intake;
use doorstep_server::app::App;
use doorstep_server::backup::{Manifest, Scope, StoreCopy, backup, restore};
use doorstep_server::check::check;
use doorstep_server::config::Config;
use doorstep_server::error::AppError;
use doorstep_server::settlement::{self, SettlementView};
use doorstep_server::wire::{
    EVENTS, EVENTS_DEAD_LETTERS, PINGS, PINGS_DEAD_LETTERS, PROVIDER_EVENTS,
    PROVIDER_EVENTS_DEAD_LETTERS, STOCK_IMPORTS_DEAD_LETTERS,
};
use doorstep_server::workers;
use doorstep_store::{LaneId, LaneTx, Tx};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use tempfile::TempDir;

const MONDAY: &str = "2008-05-19";
const TUESDAY: &str = "2008-05-20";

/// A Monday that is closed, a Tuesday that is not and a dead letter. Its store is a
/// file, which is what is backed up here.
fn world() -> World {
    let world = World::on(None, SF);
    world.is_told(&of_monday("d1", "anna"));
    world.is_told(&of_monday("d2", "ben"));
    world.is_told(&of_tuesday(0));
    world.is_told_lines([b"no event".as_slice()]);
    world.closes(MONDAY);
    world
}

fn of_monday(id: &str, courier: &str) -> Vec<Value> {
    delivery(id, courier, "2008-05-19T19:00:00Z", "2008-05-19T20:00:00Z")
}

fn of_tuesday(number: usize) -> Vec<Value> {
    let (id, courier) = (format!("t{number}"), format!("courier-{}", number % 7));
    delivery(&id, &courier, "2008-05-20T19:00:00Z", "2008-05-20T20:00:00Z")
}

/// Tells events, which are durable when this returns, and leaves counting them to others.
fn tells(app: &App, events: &[Value]) {
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    intake::take(app, (1..).zip(lines.iter().map(String::as_bytes))).unwrap();
}

fn backs_up(world: &World, into: &Path) -> Result<Manifest, AppError> {
    let (from, now) = (world.directory.path(), at("2008-05-25T19:00:00Z"));
    let into = (into, Scope::Everything);
    backup(&world.config, from, into, now, &|_, _| {})
}

fn restores(world: &World, from: &Path, to: &Path) -> Result<Manifest, AppError> {
    restore(&world.config, from, to, &|_, _| {})
}

fn opens(world: &World, directory: &Path) -> App {
    let app = App::open(world.config.clone(), directory, world.clock.clone()).unwrap();
    workers::catch_up(&app, &|_| {}).unwrap();
    app
}

fn settled(app: &App, on: &str) -> SettlementView {
    settlement::view(app, "sf", day(on)).unwrap()
}

/// F6, B10: a backup is taken while events are told and counted; restored elsewhere it holds the
/// closed day to the byte and breaks no invariant, and whatever came later is counted exactly once
/// when everything is told again.
#[test]
fn a_backup_of_a_busy_directory_is_restored_elsewhere() {
    let (world, scratch) = (world(), TempDir::new().unwrap());
    let (copy, elsewhere) = (scratch.path().join("copy"), scratch.path().join("elsewhere"));
    let running = workers::start(&world.app, false).unwrap();
    let done = AtomicBool::new(false);
    let told = std::thread::scope(|scope| {
        let teller = scope.spawn(|| {
            let mut told = 1;
            while !done.load(Relaxed) || told < 50 {
                tells(&world.app, &of_tuesday(told));
                told += 1;
            }
            told
        });
        let manifest = backs_up(&world, &copy).unwrap();
        assert_eq!(manifest.store, StoreCopy::Sqlite);
        done.store(true, Relaxed);
        teller.join().unwrap()
    });
    running.stop();
    workers::catch_up(&world.app, &|_| {}).unwrap();

    restores(&world, &copy, &elsewhere).unwrap();
    let restored = opens(&world, &elsewhere);
    assert_eq!(check(&restored).violations, 0, "{:#?}", check(&restored));
    let monday = settled(&restored, MONDAY);
    assert_eq!(monday, world.settlement(MONDAY));
    for number in 0..told {
        tells(&restored, &of_tuesday(number));
    }
    workers::catch_up(&restored, &|_| {}).unwrap();
    let closes = |app: &App| settlement::close(app, "sf", day(TUESDAY), "test").unwrap();
    assert_eq!(closes(&restored).digest, closes(&world.app).digest);
    assert_eq!(settled(&restored, TUESDAY), world.settlement(TUESDAY));
    assert_eq!(check(&restored).violations, 0);
}

/// F6: the store is copied before the log, so what its copy has counted can always be read again.
#[test]
fn a_backup_says_what_it_holds() {
    let (world, scratch) = (world(), TempDir::new().unwrap());
    let copy = scratch.path().join("not/yet/there");
    let heard = std::cell::RefCell::new(Vec::new());
    let into = (copy.as_path(), Scope::Everything);
    let hear = |file: &Path, bytes: u64| heard.borrow_mut().push((file.to_owned(), bytes));
    let now = world.clock.now();
    let manifest = backup(&world.config, world.directory.path(), into, now, &hear).unwrap();
    assert_eq!(manifest.taken_at, now);
    assert_eq!(heard.borrow()[0], (copy.join("store.sqlite"), 0));
    let passed: u64 = heard.borrow().iter().map(|(_, bytes)| bytes).sum();
    let held: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    assert_eq!(passed, held);
    for partition in &manifest.partitions {
        let (topic, number) = (partition.topic.as_str(), partition.partition);
        let offsets = partition.start_offset..partition.end_offset;
        assert_eq!(world.app.log.bounds(topic, number).unwrap(), offsets);
    }
    let topics = [
        EVENTS,
        EVENTS_DEAD_LETTERS,
        PINGS,
        PINGS_DEAD_LETTERS,
        PROVIDER_EVENTS,
        PROVIDER_EVENTS_DEAD_LETTERS,
        STOCK_IMPORTS_DEAD_LETTERS,
    ];
    let partitions: u32 = topics.iter().map(|topic| world.app.log.partitions(topic).unwrap()).sum();
    assert_eq!(manifest.partitions.len(), partitions as usize);
    let kept = fs::read(copy.join("manifest.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Manifest>(&kept).unwrap(), manifest);
    // One of the store, and of each topic its partitions and how many there are.
    assert_eq!(manifest.files.len(), 1 + partitions as usize + topics.len());
}

/// F6: whatever is damaged is named, and nothing is restored.
#[test]
fn a_damaged_backup_is_refused() {
    let (world, scratch) = (world(), TempDir::new().unwrap());
    let copy = scratch.path().join("copy");
    let files = backs_up(&world, &copy).unwrap().files;
    let refused = |named: &str| {
        let elsewhere = scratch.path().join("elsewhere");
        let said = restores(&world, &copy, &elsewhere).unwrap_err().to_string();
        assert!(said.contains(named), "{named}: {said}");
        let left: Vec<PathBuf> =
            fs::read_dir(scratch.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(left, std::slice::from_ref(&copy), "something was left");
    };
    for file in &files {
        let path = copy.join(&file.path);
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 1;
        for damaged in [&flipped[..], &whole[..whole.len() - 1]] {
            fs::write(&path, damaged).unwrap();
            refused(&format!("{} is damaged", path.display()));
        }
        fs::remove_file(&path).unwrap();
        refused(&format!("{}: No such file", path.display()));
        fs::write(&path, &whole).unwrap();
    }
    restores(&world, &copy, &scratch.path().join("whole")).unwrap();
}

/// F6: a manifest that is missing, from a newer program or made up is refused.
#[test]
fn a_backup_with_a_wrong_manifest_is_refused() {
    let (world, scratch) = (world(), TempDir::new().unwrap());
    let copy = scratch.path().join("copy");
    backs_up(&world, &copy).unwrap();
    let path = copy.join("manifest.json");
    let whole = fs::read_to_string(&path).unwrap();
    let cases = [
        // (what stands there, what stands there instead, what is said)
        ("{", "", "manifest.json is damaged"),
        ("\"format\": 2", "\"format\": 3", "use a newer doorstep"),
        ("\"store.sqlite\"", "\"../other.sqlite\"", "a foreign file"),
        ("\"log/events/", "\"/log/events/", "a foreign file"),
        ("\"log/events/", "\"log/../../events/", "a foreign file"),
    ];
    for (was, becomes, told) in cases {
        assert!(whole.contains(was), "{was}");
        fs::write(&path, whole.replacen(was, becomes, 1)).unwrap();
        let elsewhere = scratch.path().join("elsewhere");
        let said = restores(&world, &copy, &elsewhere).unwrap_err().to_string();
        assert!(said.contains(told) && !elsewhere.exists(), "{said}");
    }
    fs::remove_file(&path).unwrap();
    let said = restores(&world, &copy, &scratch.path().join("elsewhere")).unwrap_err();
    assert!(said.to_string().contains("was not finished"), "{said}");
}

/// F6: neither a backup nor a restore writes over anything.
#[test]
fn a_directory_that_is_not_empty_is_left_alone() {
    let (world, scratch) = (world(), TempDir::new().unwrap());
    let (copy, taken) = (scratch.path().join("copy"), scratch.path().join("taken"));
    // One that is there and empty is taken, as a mounted disk is.
    fs::create_dir(&copy).unwrap();
    backs_up(&world, &copy).unwrap();
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("mine"), "mine").unwrap();
    for refused in [
        backs_up(&world, &copy),
        backs_up(&world, &taken),
        restores(&world, &copy, &taken),
        restores(&world, &copy, world.directory.path()),
    ] {
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("is not empty"), "{said}");
    }
    assert_eq!(fs::read_dir(&taken).unwrap().count(), 1);
    fs::remove_file(taken.join("mine")).unwrap();
    restores(&world, &copy, &taken).unwrap();
}

/// F6: a store that is a server is dumped by its own tools, and the log is backed up beside it.
#[test]
fn a_store_that_is_a_server_is_not_in_the_backup() {
    let (world, scratch) = (world(), TempDir::new().unwrap());
    let (from, now) = (world.directory.path(), at("2008-05-25T19:00:00Z"));
    let file = world.config.clone();
    let server = configured("postgres://anna@127.0.0.1:1/doorstep", "sqlite:log");
    let take = |config: &Config, name: &str, scope| {
        let into = scratch.path().join(name);
        backup(config, from, (&into, scope), now, &|_, _| {})
    };
    let everything = take(&server, "never", Scope::Everything).unwrap_err();
    assert!(everything.to_string().contains("pg_dump"), "{everything}");
    let log_only = take(&file, "never", Scope::LogOnly).unwrap_err();
    assert!(log_only.to_string().contains("--log-only"), "{log_only}");
    take(&file, "whole", Scope::Everything).unwrap();
    let log = take(&server, "log", Scope::LogOnly).unwrap();
    assert_eq!(log.store, StoreCopy::Elsewhere);
    assert!(log.files.iter().all(|file| file.path.starts_with("log/")));

    let outside = configured("sqlite:/elsewhere/store.sqlite", "sqlite:log");
    let above = configured("sqlite:store.sqlite", "sqlite:../log");
    let cases = [
        // (backup, configuration, what is said)
        ("whole", &server, "the configuration names a server"),
        ("log", &file, "has the log only"),
        ("whole", &outside, "not below the data directory"),
        ("whole", &above, "not below the data directory"),
    ];
    for (name, config, told) in cases {
        let (from, to) = (scratch.path().join(name), scratch.path().join("restored"));
        let said = restore(config, &from, &to, &|_, _| {}).unwrap_err().to_string();
        assert!(said.contains(told) && !to.exists(), "{name}: {said}");
    }
    let to = scratch.path().join("restored");
    restore(&server, &scratch.path().join("log"), &to, &|_, _| {}).unwrap();
    assert!(to.join("log/events/000.sqlite").exists() && !to.join("store.sqlite").exists());
}

fn configured(store: &str, log: &str) -> Config {
    let config = Config::parse(SF).unwrap();
    Config { store: store.to_owned(), log: log.to_owned(), ..config }
}

/// F6: files go where the configuration will look for them, whatever they are called there.
#[test]
fn a_restored_directory_is_laid_out_as_configured() {
    let (world, scratch) = (world(), TempDir::new().unwrap());
    let (copy, elsewhere) = (scratch.path().join("copy"), scratch.path().join("a/b"));
    backs_up(&world, &copy).unwrap();
    let config = configured("sqlite:./books/kept.sqlite", "sqlite:flows/log");
    restore(&config, &copy, &elsewhere, &|_, _| {}).unwrap();
    let app = App::open(config, &elsewhere, world.clock.clone()).unwrap();
    assert_eq!(settled(&app, MONDAY), world.settlement(MONDAY));
    assert!(elsewhere.join("books/kept.sqlite").exists());
}

/// F6: a market's own store in the data directory is in the backup, and restored to its place.
#[test]
fn a_store_of_a_market_is_backed_up_too() {
    let own = "[markets.sf]\nstore = \"sqlite:shops/sf.sqlite\"\n";
    let (scratch, directory) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (copy, elsewhere) = (scratch.path().join("copy"), scratch.path().join("elsewhere"));
    fs::create_dir(directory.path().join("shops")).unwrap();
    let config = Config::parse(&SF.replacen("[markets.sf]\n", own, 1)).unwrap();
    let clock = world().clock.clone();
    let app = App::open(config.clone(), directory.path(), clock.clone()).unwrap();
    let (lane, sf) = (LaneId::new("story").unwrap(), "sf".parse().unwrap());
    let kept = |app: &App| {
        let store = app.stock.store_of(app, &sf);
        store.read(|tx| doorstep_store::outbox::last_seq(tx, &LaneId::new("story")?)).unwrap()
    };
    let announce = |tx: &mut LaneTx<'_>| {
        let sql = "update lane set last_seq = 7 where lane_id = 'story'";
        tx.execute(sql, &[])
    };
    assert_eq!(app.stock.store_of(&app, &sf).lane(&lane, announce).unwrap(), 1);
    let now = at("2008-05-25T19:00:00Z");
    let into = (copy.as_path(), Scope::Everything);
    backup(&config, directory.path(), into, now, &|_, _| {}).unwrap();
    let common = configured("sqlite:store.sqlite", "sqlite:log");
    let said = restore(&common, &copy, &elsewhere, &|_, _| {}).unwrap_err().to_string();
    assert!(said.contains("stores/sf.sqlite") && !elsewhere.exists(), "{said}");
    restore(&config, &copy, &elsewhere, &|_, _| {}).unwrap();
    assert_eq!(kept(&App::open(config, &elsewhere, clock).unwrap()), 7);
}
