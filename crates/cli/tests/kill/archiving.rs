//! Kills while closed hours go to the archive.

use super::{MARKET, lines, sleep, terms};
use crate::desk::Desk;
use crate::second_book::is_sound;
use doorstep_domain::time::{Clock, HOUR_US, Micros};
use doorstep_server::accounting::intake;
use doorstep_server::app::App;
use doorstep_server::archiving::{self, ListAsked};
use doorstep_server::check::check;
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use doorstep_sim::chance::Chance;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

/// Servers that are killed.
const KILLED: u32 = 12;

/// Hours over which the events come in, long ago.
const HOURS: i64 = 60;

/// A clock that stands where it is put.
struct Past(AtomicI64);

impl Clock for Past {
    fn now(&self) -> Micros {
        Micros(self.0.load(Relaxed))
    }
}

fn opened(desk: &Desk, clock: Arc<dyn Clock>) -> App {
    let config = Config::read(&desk.path("doorstep.toml")).unwrap();
    App::open(config, &desk.path("doorstep-data"), clock).unwrap()
}

/// Events came in hour by hour, and nothing was archived; how many were taken.
fn told(desk: &Desk, lines: &[Vec<u8>]) -> u64 {
    let first: Micros = "2008-06-01T00:00:00Z".parse().unwrap();
    let clock = Arc::new(Past(AtomicI64::new(first.0)));
    let app = opened(desk, Arc::<Past>::clone(&clock));
    let of_an_hour = lines.len().div_ceil(usize::try_from(HOURS).unwrap());
    let mut taken = 0;
    for lines in lines.chunks(of_an_hour) {
        let lines = lines.iter().map(Vec::as_slice);
        taken += intake::take(&app, (1..).zip(lines)).unwrap().accepted;
        clock.0.fetch_add(HOUR_US, Relaxed);
    }
    taken
}

/// How many records are archived, and that none of them is missing or there twice.
fn archived(app: &App) -> u64 {
    let report = check(app);
    let archive = report.invariants.iter().find(|one| one.name == "archive_is_complete").unwrap();
    assert_eq!(archive.details, Vec::<String>::new());
    let partitions = 0..app.config.event_partitions;
    partitions.map(|number| archiving::next_offset(app, "events", number).unwrap()).sum()
}

/// B10, A6: an archiver that is killed at random moments, over and over, goes on where it stood:
/// every record is archived, none twice, and what was told is still there to be counted.
#[test]
fn a_killed_archiver_neither_loses_nor_doubles() {
    let desk = Desk::with(&terms().to_toml());
    let told = told(&desk, &lines(3));
    let (mut chance, mut in_between) = (Chance::new(3), 0);
    for _ in 0..KILLED {
        let server = desk.serves();
        sleep(Duration::from_micros(chance.below(300_000)));
        // Servers of stories go by SIGKILL.
        drop(server);
        let archived = archived(&opened(&desk, Arc::new(SystemClock)));
        in_between += u32::from(0 < archived && archived < told);
    }
    assert!(in_between > 0, "no kill met the archiver at work");
    let app = opened(&desk, Arc::new(SystemClock));
    while archiving::step(&app).unwrap() > 0 {}
    assert_eq!(archived(&app), told);
    let files = archiving::list(&app, &ListAsked::default(), None, usize::MAX).unwrap();
    assert_eq!(files.iter().map(|file| file.records).sum::<u64>(), told);
    let hours: std::collections::BTreeSet<Micros> = files.iter().map(|file| file.hour).collect();
    assert!(hours.len() > 50, "{}", hours.len());

    drop(app);
    let asked = "replay --topic events --from 2008-06-01T00:00:00Z --to 2008-06-04T00:00:00Z";
    let fed_back = desk.types(&format!("{asked} --json")).json();
    assert_eq!((&fed_back["records"], &fed_back["hours"]), (&told.into(), &hours.len().into()));
    is_sound(&desk, MARKET, None);
}
