//! One commit for many commands, and yet each stands or falls alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use doorstep_store::{Store, StoreError, Tx, TxExt, outbox, timer};

use crate::engines::{ON_PURPOSE, Place, Step, in_one_batch, lane, on_each_engine, run};

/// A command that sets a timer and announces it, and then does what `end` does.
fn noting(
    name: &'static str,
    end: impl Fn(&mut doorstep_store::LaneTx<'_>) -> Result<(), StoreError> + Send + 'static,
) -> Step {
    Box::new(move |tx| {
        timer::set(tx, name, 1, "note", b"")?;
        let seq = tx.announce("noted", name, b"", 1)?;
        end(tx)?;
        Ok(seq)
    })
}

fn fine(name: &'static str) -> Step {
    noting(name, |_| Ok(()))
}

/// What is kept: the names of the timers, and those in the outbox by number.
fn kept(store: &Store) -> (Vec<String>, Vec<(i64, String)>) {
    assert_eq!(store.check(), Ok(vec![]));
    let read = |tx: &mut dyn Tx| {
        let timers = timer::due(tx, i64::MAX, None, 100)?;
        let announced = outbox::read(tx, &lane("batch"), 0, 100)?;
        let mut names: Vec<_> = timers.into_iter().map(|timer| timer.timer_id).collect();
        names.sort();
        Ok((names, announced.into_iter().map(|row| (row.seq, row.subject)).collect()))
    };
    store.read::<_, StoreError>(read).unwrap()
}

fn expect_kept(store: &Store, names: &[&str]) {
    let numbered: Vec<_> = (1..).zip(names.iter().map(|name| (*name).to_owned())).collect();
    let mut sorted: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    sorted.sort();
    assert_eq!(kept(store), (sorted, numbered), "on {}", store.engine());
}

/// A batch error never undoes its neighbours.
#[test]
fn a_failing_command_undoes_itself_and_no_neighbour() {
    on_each_engine(|place| {
        let store = place.open();
        let steps = vec![
            fine("a"),
            noting("b", |_| Err(StoreError::NoRow)),
            fine("c"),
            noting("d", |tx| tx.execute("insert into nothing values (1)", &[]).map(|_| ())),
            fine("e"),
            noting("f", |_| panic!("{ON_PURPOSE}")),
            fine("g"),
        ];
        let outcomes = in_one_batch(&store, &lane("batch"), steps);
        let numbers: Vec<_> = outcomes.iter().map(|outcome| outcome.clone().ok()).collect();
        assert_eq!(numbers, [Some(1), None, Some(2), None, Some(3), None, Some(4)]);
        assert_eq!(outcomes[1], Err(StoreError::NoRow));
        assert!(matches!(outcomes[3], Err(StoreError::Statement { .. })), "{:?}", outcomes[3]);
        assert_eq!(outcomes[5], Err(StoreError::Panicked { detail: ON_PURPOSE.to_owned() }));
        expect_kept(&store, &["a", "c", "e", "g"]);
    });
}

/// A refusal that has written nothing costs its neighbours nothing; one that has, or that only may
/// have, makes all of them run again.
#[test]
fn a_refusal_that_wrote_nothing_makes_nobody_run_again() {
    const TAKE: &str = "update lane set last_seq = last_seq returning last_seq";
    type Refusing = fn(&mut doorstep_store::LaneTx<'_>) -> Result<i64, StoreError>;
    let cases: [(Refusing, u32); 4] = [
        (|tx| tx.query_one("select last_seq from lane", &[], |row| row.int(0)), 1),
        (|tx| tx.announce("noted", "x", b"", 1), 2),
        (|tx| timer::set(tx, "x", 1, "note", b"").map(|_| 0), 2),
        (|tx| tx.query_one(TAKE, &[], |row| row.int(0)), 2),
    ];
    on_each_engine(|place| {
        for (work, expected) in cases {
            let store = place.open();
            let runs = Arc::new(AtomicU32::new(0));
            let counting = Arc::clone(&runs);
            let neighbour: Step = Box::new(move |_| {
                counting.fetch_add(1, Ordering::Relaxed);
                Ok(7)
            });
            let refused: Step = Box::new(move |tx| {
                work(tx)?;
                Err(StoreError::NoRow)
            });
            let outcomes = in_one_batch(&store, &lane("refusing"), vec![neighbour, refused]);
            assert_eq!(outcomes, [Ok(7), Err(StoreError::NoRow)]);
            assert_eq!(runs.load(Ordering::Relaxed), expected);
        }
    });
}

#[test]
fn a_command_alone_is_undone_too() {
    on_each_engine(|place| {
        let store = place.open();
        let lane = lane("batch");
        assert!(store.lane(&lane, noting("a", |_| Err(StoreError::NoRow))).is_err());
        assert!(store.lane(&lane, noting("b", |_| panic!("{ON_PURPOSE}"))).is_err());
        assert_eq!(store.lane(&lane, fine("c")), Ok(1));
        expect_kept(&store, &["c"]);
    });
}

#[test]
fn a_failed_statement_fails_its_command_even_when_swallowed() {
    on_each_engine(|place| {
        let store = place.open();
        let swallowing = |name| {
            noting(name, |tx| {
                assert!(tx.execute("insert into nothing values (1)", &[]).is_err());
                assert!(timer::set(tx, "later", 1, "note", b"").is_err());
                Ok(())
            })
        };
        let steps = vec![fine("a"), swallowing("b"), fine("c")];
        let outcomes = in_one_batch(&store, &lane("batch"), steps);
        assert!(matches!(outcomes[1], Err(StoreError::Statement { .. })), "{:?}", outcomes[1]);
        assert!(store.lane(&lane("batch"), swallowing("d")).is_err());
        expect_kept(&store, &["a", "c"]);
    });
}

#[test]
fn a_command_refused_only_at_the_commit_spares_its_neighbours() {
    on_each_engine(|place| {
        let store = place.open();
        let int = if store.engine() == "sqlite" { "integer" } else { "bigint" };
        run(&store, &format!("create table parent (id {int} not null primary key)"));
        run(
            &store,
            &format!(
                "create table child (id {int} not null references parent (id) \
                 deferrable initially deferred)"
            ),
        );
        let orphan =
            noting("b", |tx| tx.execute("insert into child (id) values (1)", &[]).map(|_| ()));
        let outcomes = in_one_batch(&store, &lane("batch"), vec![fine("a"), orphan, fine("c")]);
        assert!(matches!(outcomes[1], Err(StoreError::Constraint { .. })), "{:?}", outcomes[1]);
        assert_eq!((&outcomes[0], &outcomes[2]), (&Ok(1), &Ok(2)));
        expect_kept(&store, &["a", "c"]);
    });
}

#[test]
fn when_sqlite_ends_the_whole_transaction_each_command_gets_its_own() {
    let place = Place::sqlite();
    let store = place.open();
    run(&store, "create table taken (id integer not null primary key) strict");
    run(&store, "insert into taken values (1)");
    let spoiling =
        noting("b", |tx| tx.execute("insert or rollback into taken values (1)", &[]).map(|_| ()));
    let outcomes = in_one_batch(&store, &lane("batch"), vec![fine("a"), spoiling, fine("c")]);
    assert!(matches!(outcomes[1], Err(StoreError::Constraint { .. })), "{:?}", outcomes[1]);
    expect_kept(&store, &["a", "c"]);
}

#[test]
fn a_lost_connection_runs_the_batch_again() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let store = place.open();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let hanging_up = noting("b", move |tx| {
        if counted.fetch_add(1, Ordering::Relaxed) == 0 {
            let hang_up = "select pg_terminate_backend(pg_backend_pid())";
            tx.query_one(hang_up, &[], |row| row.int(0))?;
        }
        Ok(())
    });
    let outcomes = in_one_batch(&store, &lane("batch"), vec![fine("a"), hanging_up, fine("c")]);
    assert_eq!(outcomes, [Ok(1), Ok(2), Ok(3)]);
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    expect_kept(&store, &["a", "b", "c"]);
}

#[test]
fn a_connection_lost_during_the_commit_is_told_as_unknown() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let store = place.open();
    let trigger = [
        "create function hang_up() returns trigger language plpgsql as \
         'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'",
        "create constraint trigger hang_up_at_commit after insert on timer \
         deferrable initially deferred for each row when (new.kind = 'hang up') \
         execute function hang_up()",
    ];
    trigger.iter().for_each(|statement| run(&store, statement));
    let hanging_up = noting("b", |tx| timer::set(tx, "at the commit", 1, "hang up", b""));
    let outcomes = in_one_batch(&store, &lane("batch"), vec![fine("a"), hanging_up, fine("c")]);
    for outcome in outcomes {
        assert!(matches!(outcome, Err(StoreError::Unknown { .. })), "{outcome:?}");
    }
    assert_eq!(store.lane(&lane("batch"), fine("d")), Ok(1));
    expect_kept(&store, &["d"]);
}
