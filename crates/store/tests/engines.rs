//! Fresh databases on each engine, and commands held back until a batch is full.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once, mpsc};

use doorstep_store::{LaneId, LaneTx, Store, StoreError, Tx};

/// What a deliberate panic says, so that its message can be kept out of the test's output.
pub(crate) const ON_PURPOSE: &str = "a panic on purpose";

/// A database of its own, gone when dropped.
pub(crate) struct Place {
    pub(crate) url: String,
    kind: Kind,
}

enum Kind {
    Sqlite { _folder: tempfile::TempDir },
    Postgres { schema: String },
}

impl Place {
    pub(crate) fn open(&self) -> Store {
        Store::open(&self.url).expect("the store opens")
    }

    pub(crate) fn sqlite() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.sqlite").display());
        Place { url, kind: Kind::Sqlite { _folder: folder } }
    }

    /// A schema of its own, created when first opened, in the server that
    /// `DOORSTEP_TEST_POSTGRES` names, if it does.
    pub(crate) fn postgres() -> Option<Place> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Ok(base) = std::env::var("DOORSTEP_TEST_POSTGRES") else {
            let required = std::env::var("DOORSTEP_ENGINES_REQUIRED").as_deref() == Ok("1");
            assert!(!required, "engines are required, but DOORSTEP_TEST_POSTGRES is not set");
            println!("skipped: DOORSTEP_TEST_POSTGRES is not set");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let schema = format!("store_test_{}_{number}", std::process::id());
        administer(&format!("drop schema if exists {schema} cascade; create schema {schema}"));
        let joint = if base.contains('?') { '&' } else { '?' };
        let url = format!("{base}{joint}options=-csearch_path%3D{schema}");
        Some(Place { url, kind: Kind::Postgres { schema } })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Kind::Postgres { schema } = &self.kind {
            administer(&format!("drop schema {schema} cascade"));
        }
    }
}

/// Runs the test on every engine there is.
pub(crate) fn on_each_engine(test: impl Fn(&Place)) {
    silence_panics_on_purpose();
    test(&Place::sqlite());
    if let Some(place) = Place::postgres() {
        test(&place);
    }
}

/// Straight to the server: a store cannot be opened before its schema is there.
fn administer(statement: &str) {
    let url = std::env::var("DOORSTEP_TEST_POSTGRES").expect("it was set a moment ago");
    let server = postgres::Client::connect(&url, postgres::NoTls);
    let mut server = server.expect("the server that DOORSTEP_TEST_POSTGRES names answers");
    server.batch_execute(statement).unwrap();
}

pub(crate) fn silence_panics_on_purpose() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload_as_str() != Some(ON_PURPOSE) {
                report(panic);
            }
        }));
    });
}

pub(crate) fn lane(name: &str) -> LaneId {
    LaneId::new(name).unwrap()
}

/// Runs a statement in a lane of its own.
pub(crate) fn run(store: &Store, statement: &str) {
    let statement = statement.to_owned();
    store.lane(&lane("set-up"), move |tx| tx.execute(&statement, &[])).unwrap();
}

/// A command of a batch.
pub(crate) type Step = Box<dyn Fn(&mut LaneTx<'_>) -> Result<i64, StoreError> + Send>;

/// Has the lane busy until all commands wait, so that they share one commit; their outcomes.
pub(crate) fn in_one_batch(
    store: &Store,
    lane: &LaneId,
    steps: Vec<Step>,
) -> Vec<Result<i64, StoreError>> {
    let gate = Gate::close(store, lane);
    let outcomes: Vec<_> = steps.into_iter().map(|step| submitted(store, lane, step)).collect();
    gate.open();
    outcomes.into_iter().map(|outcome| outcome.recv().unwrap()).collect()
}

/// Queues a command; its outcome comes through the channel.
pub(crate) fn submitted(
    store: &Store,
    lane: &LaneId,
    step: Step,
) -> mpsc::Receiver<Result<i64, StoreError>> {
    let (sender, receiver) = mpsc::channel();
    let answer = move |outcome| sender.send(outcome).unwrap();
    store.submit(std::slice::from_ref(lane), step, answer).unwrap();
    receiver
}

/// A command that keeps its lane busy until the gate is opened.
pub(crate) struct Gate {
    opened: mpsc::Sender<()>,
}

impl Gate {
    pub(crate) fn close(store: &Store, lane: &LaneId) -> Gate {
        let (entered, inside) = mpsc::channel();
        let (opened, open) = mpsc::channel();
        let open = Mutex::new(open);
        let wait = move |_: &mut LaneTx<'_>| {
            entered.send(()).unwrap();
            open.lock().unwrap().recv().unwrap();
            Ok::<_, StoreError>(())
        };
        store.submit(std::slice::from_ref(lane), wait, |outcome| outcome.unwrap()).unwrap();
        inside.recv().unwrap();
        Gate { opened }
    }

    pub(crate) fn open(self) {
        self.opened.send(()).unwrap();
    }
}
