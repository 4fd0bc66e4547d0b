//! Commands of one kind that a commit decides together, and yet each stands or falls alone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use doorstep_store::{Decide, LaneId, LaneTx, Store, StoreError, Tx, outbox, timer};

use crate::engines::{Gate, ON_PURPOSE, lane, on_each_engine};

/// Sets a timer and announces it, unless something comes between.
struct Note {
    name: &'static str,
    lane: LaneId,
    end: End,
    /// How many were decided at once, run by run.
    runs: Arc<Runs>,
}

#[derive(Default)]
struct Runs {
    count: AtomicUsize,
    most: AtomicUsize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Fine,
    /// It is refused, having written nothing.
    Refused,
    /// A statement of it fails.
    Fails,
    Panics,
    /// It finds, with others, that they cannot be decided together; alone it is refused, having
    /// written something.
    Spoils,
}

impl Decide for Note {
    type Outcome = i64;
    type Error = StoreError;

    fn decide(
        notes: &[&Note],
        tx: &mut LaneTx<'_>,
    ) -> Result<Vec<Result<i64, StoreError>>, StoreError> {
        let runs = &notes[0].runs;
        runs.count.fetch_add(1, Ordering::SeqCst);
        runs.most.fetch_max(notes.len(), Ordering::SeqCst);
        notes.iter().map(|note| note.decided(tx, notes.len() == 1)).collect()
    }
}

impl Note {
    fn decided(
        &self,
        tx: &mut LaneTx<'_>,
        is_alone: bool,
    ) -> Result<Result<i64, StoreError>, StoreError> {
        if self.end == End::Refused {
            return Ok(Err(StoreError::NoRow));
        }
        timer::set(tx, self.name, 1, "note", b"")?;
        let seq = tx.announce_in(&self.lane, "noted", self.name, b"", 1)?;
        match self.end {
            End::Fails => tx.execute("insert into nothing values (1)", &[]).map(|_| ())?,
            End::Panics => panic!("{ON_PURPOSE}"),
            End::Spoils if is_alone => return Ok(Err(StoreError::NoRow)),
            End::Spoils => return Err(StoreError::NoRow),
            End::Fine | End::Refused => {}
        }
        Ok(Ok(seq))
    }
}

/// Notes in one commit: their outcomes, and how they were run.
fn noted(
    store: &Store,
    notes: &[(&'static str, &str, End)],
) -> (Vec<Result<i64, StoreError>>, Arc<Runs>) {
    let runs = Arc::new(Runs::default());
    let gate = Gate::close(store, &lane("notes"));
    let waiting: Vec<_> = notes
        .iter()
        .map(|(name, of, end)| {
            let (sender, receiver) = mpsc::channel();
            let runs = Arc::clone(&runs);
            let note = Note { name, lane: lane(of), end: *end, runs };
            let lanes = [lane("notes"), lane(of)];
            store.submit_together(&lanes, note, move |it| sender.send(it).unwrap()).unwrap();
            receiver
        })
        .collect();
    gate.open();
    (waiting.into_iter().map(|receiver| receiver.recv().unwrap()).collect(), runs)
}

/// What is kept: the timers, and what a lane announced.
fn kept(store: &Store, of: &str) -> (Vec<String>, Vec<(i64, String)>) {
    assert_eq!(store.check(), Ok(vec![]));
    let read = |tx: &mut dyn Tx| {
        let mut names: Vec<_> =
            timer::due(tx, i64::MAX, None, 100)?.into_iter().map(|row| row.timer_id).collect();
        names.sort();
        let announced = outbox::read(tx, &lane(of), 0, 100)?;
        Ok((names, announced.into_iter().map(|row| (row.seq, row.subject)).collect()))
    };
    store.read::<_, StoreError>(read).unwrap()
}

fn numbered(names: &[&str]) -> Vec<(i64, String)> {
    (1..).zip(names.iter().map(|name| (*name).to_owned())).collect()
}

/// One run decides all that a commit holds of a kind, and who is refused hinders nobody.
#[test]
fn those_of_a_kind_are_decided_in_one_run() {
    on_each_engine(|place| {
        let store = place.open();
        let all = [
            ("a", "notes", End::Fine),
            ("b", "notes", End::Refused),
            ("c", "notes", End::Fine),
            ("d", "notes", End::Fine),
        ];
        let (outcomes, runs) = noted(&store, &all);
        assert_eq!(outcomes, [Ok(1), Err(StoreError::NoRow), Ok(2), Ok(3)]);
        let ran = (runs.count.load(Ordering::SeqCst), runs.most.load(Ordering::SeqCst));
        assert_eq!(ran, (1, 4), "on {}", store.engine());
        let (timers, announced) = kept(&store, "notes");
        assert_eq!(timers, ["a", "c", "d"]);
        assert_eq!(announced, numbered(&["a", "c", "d"]));
    });
}

/// Whoever spoils it for all is found and undone, and the others are done; nothing is done twice.
#[test]
fn one_that_spoils_it_for_all_is_undone_alone() {
    for end in [End::Fails, End::Panics, End::Spoils] {
        on_each_engine(|place| {
            let store = place.open();
            let all = [("a", "notes", End::Fine), ("b", "notes", end), ("c", "notes", End::Fine)];
            let (outcomes, runs) = noted(&store, &all);
            assert_eq!((&outcomes[0], &outcomes[2]), (&Ok(1), &Ok(2)), "on {}", store.engine());
            assert!(outcomes[1].is_err());
            assert_eq!(runs.count.load(Ordering::SeqCst), 4, "together, then each alone");
            let (timers, announced) = kept(&store, "notes");
            assert_eq!(timers, ["a", "c"]);
            assert_eq!(announced, numbered(&["a", "c"]));
        });
    }
}

/// A command alone that is refused after it has written is undone too.
#[test]
fn one_alone_is_undone_too() {
    for end in [End::Fails, End::Panics, End::Spoils] {
        on_each_engine(|place| {
            let store = place.open();
            let (outcomes, _) = noted(&store, &[("a", "notes", end)]);
            assert!(outcomes[0].is_err(), "on {}", store.engine());
            assert_eq!(kept(&store, "notes"), (Vec::new(), Vec::new()));
        });
    }
}

/// Lanes that may share commits are all held by what is decided together, and each is numbered for
/// itself.
#[test]
fn what_is_decided_together_holds_the_lanes_of_all() {
    on_each_engine(|place| {
        let store = place.open();
        let runs = Arc::new(Runs::default());
        let lanes: Vec<LaneId> = (0..4).map(|n| lane(&format!("stock/sf/0{n}"))).collect();
        std::thread::scope(|scope| {
            for turn in 0..40 {
                let (store, of, runs) = (&store, &lanes[turn % 4], Arc::clone(&runs));
                scope.spawn(move || {
                    let name: &'static str = String::leak(format!("{turn:02}"));
                    let note = Note { name, lane: of.clone(), end: End::Fine, runs };
                    store.together(std::slice::from_ref(of), note).unwrap()
                });
            }
        });
        for of in &lanes {
            let (timers, announced) = kept(&store, of.as_str());
            assert_eq!((timers.len(), announced.len()), (40, 10));
            assert_eq!(announced.last().map(|row| row.0), Some(10), "without a gap");
        }
    });
}
