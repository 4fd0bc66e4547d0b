//! Several processes on one database, and processes that are killed. The test binary starts
//! itself; the ignored tests are what its children do.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;

use doorstep_store::{Store, StoreError, Tx, TxExt, outbox, timer};

use crate::engines::{lane, on_each_engine, run};

const URL: &str = "DOORSTEP_TEST_CHILD_URL";
const PROCESSES: i64 = 8;
const COMMANDS: i64 = 60;
const UNITS: i64 = 100;

fn start(child: &str, url: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([child, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(URL, url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn url_of_child() -> String {
    std::env::var(URL).expect("started by another test")
}

/// Eight processes race on one lane: no gap, no double, and nothing is sold twice.
#[test]
fn eight_processes_on_one_lane_leave_no_gap_and_sell_nothing_twice() {
    on_each_engine(|place| {
        let store = place.open();
        let int = if store.engine() == "sqlite" { "integer" } else { "bigint" };
        run(&store, &format!("create table tin (quantity {int} not null)"));
        run(&store, &format!("insert into tin values ({UNITS})"));
        let children: Vec<_> =
            (0..PROCESSES).map(|_| start("processes::child_sells", &place.url)).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{said}");
        }
        let rows = store.read(|tx| outbox::read(tx, &lane("race"), 0, 10_000)).unwrap();
        let seqs: Vec<_> = rows.iter().map(|row| row.seq).collect();
        assert!(seqs.iter().copied().eq(1..=PROCESSES * COMMANDS), "{seqs:?}");
        let sold = rows.iter().filter(|row| row.kind == "sold").count();
        assert_eq!(sold, usize::try_from(UNITS).unwrap());
        assert_eq!(store.check(), Ok(vec![]));
    });
}

/// Reads, decides in the program, and writes what it computed: a race shows at once.
#[test]
#[ignore = "a child of the race"]
fn child_sells() {
    let store = Store::open(&url_of_child()).unwrap();
    let sell = || {
        store.lane(&lane("race"), |tx| {
            let read = "select quantity from tin";
            let quantity = tx.query_one(read, &[], |row| row.int(0))?;
            if quantity > 0 {
                tx.execute("update tin set quantity = $1", &[(quantity - 1).into()])?;
            }
            let kind = if quantity > 0 { "sold" } else { "refused" };
            tx.announce(kind, "unit", b"", 1)
        })
    };
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..COMMANDS / 3).for_each(|_| assert!(sell().unwrap() > 0)));
        }
    });
}

/// B10: after `kill -9` everything that was answered is there, and nothing is there by half.
#[test]
fn a_killed_process_leaves_everything_it_answered_and_nothing_by_half() {
    on_each_engine(|place| {
        let mut answered: Vec<String> = Vec::new();
        for answers_before_the_kill in [1, 2, 7, 30, 90] {
            let mut child = start("processes::child_notes", &place.url);
            let output = BufReader::new(child.stdout.take().unwrap());
            let mut names = output
                .lines()
                .map_while(Result::ok)
                .filter_map(|line| Some(line.strip_prefix("answered ")?.to_owned()));
            answered.extend(names.by_ref().take(answers_before_the_kill));
            child.kill().unwrap();
            answered.extend(names);
            child.wait().unwrap();

            let store = place.open();
            assert_eq!(store.check(), Ok(vec![]));
            let (timers, announced) = store.read(kept).unwrap();
            assert_eq!(timers, announced, "both effects of a command, or neither");
            let lost: Vec<_> = answered.iter().filter(|name| !timers.contains(name)).collect();
            assert!(lost.is_empty(), "{lost:?}");
        }
        assert!(answered.len() >= 130);
    });
}

fn kept(tx: &mut dyn Tx) -> Result<(Vec<String>, Vec<String>), StoreError> {
    let timers = timer::due(tx, i64::MAX, None, 100_000)?;
    let announced = outbox::read(tx, &lane("notes"), 0, 100_000)?;
    let mut timers: Vec<_> = timers.into_iter().map(|timer| timer.timer_id).collect();
    let mut announced: Vec<_> = announced.into_iter().map(|row| row.subject).collect();
    timers.sort();
    announced.sort();
    Ok((timers, announced))
}

#[test]
#[ignore = "a child of the kills"]
fn child_notes() {
    let store = Store::open(&url_of_child()).unwrap();
    let output = Mutex::new(std::io::stdout());
    // The test harness has begun a line of its own.
    writeln!(output.lock().unwrap()).unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let (store, output) = (&store, &output);
            scope.spawn(move || {
                for turn in 0.. {
                    let name = format!("{}-{thread}-{turn}", std::process::id());
                    let noted = name.clone();
                    let outcome = store.lane(&lane("notes"), move |tx| {
                        timer::set(tx, &noted, 1, "note", b"")?;
                        tx.announce("noted", &noted, b"", 1)
                    });
                    outcome.unwrap();
                    let mut output = output.lock().unwrap();
                    // Once the parent no longer listens there is nobody to tell.
                    if writeln!(output, "answered {name}").and_then(|()| output.flush()).is_err() {
                        return;
                    }
                }
            });
        }
    });
}
