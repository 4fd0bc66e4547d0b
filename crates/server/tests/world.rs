//! A small world to tell stories in: one market, a clock that is set by hand, a data directory
//! that goes when the story ends.

use crate::engines::Database;
use doorstep_domain::time::{Clock, Day, Micros};
use doorstep_server::accounting::intake::{self, Taken};
use doorstep_server::app::App;
use doorstep_server::config::Config;
use doorstep_server::pay::{self, PayView, Query};
use doorstep_server::settlement::{self, ClosedView, SettlementView};
use doorstep_server::workers;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use tempfile::TempDir;

/// The market of the stories: twenty dollars an hour from pickup to delivery, double from four to
/// seven, merchants pay a quarter and fifty cents.
pub(crate) const SF: &str = r#"
[markets.sf]
time_zone = "America/Los_Angeles"
currency = "USD"
[markets.sf.pay]
per_hour_minor = 2000
windows = [{ from = "16:00", to = "19:00", multiplier = "2" }]
[markets.sf.fees]
commission_bp = 2500
fixed_minor = 50
"#;

/// A clock that stands still until it is set.
#[derive(Default)]
pub(crate) struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Micros {
        Micros(self.0.load(Relaxed))
    }
}

impl HandClock {
    pub(crate) fn set(&self, to: &str) {
        self.0.store(at(to).0, Relaxed);
    }
}

pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) config: Config,
    pub(crate) directory: TempDir,
    /// Goes last: a store that is open needs it.
    pub(crate) database: Option<Database>,
}

pub(crate) fn at(text: &str) -> Micros {
    text.parse().unwrap()
}

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

impl World {
    /// A world in which it is noon of 25 May 2008, in San Francisco.
    pub(crate) fn new() -> World {
        World::with(SF)
    }

    pub(crate) fn with(config: &str) -> World {
        World::on(Database::of_a_story(), config)
    }

    /// A world whose store is this database, or a file where there is none.
    pub(crate) fn on(database: Option<Database>, config: &str) -> World {
        let mut config = Config::parse(config).unwrap();
        if let Some(database) = &database {
            config.store.clone_from(&database.url);
        }
        let clock = Arc::new(HandClock::default());
        clock.set("2008-05-25T19:00:00Z");
        let directory = TempDir::new().unwrap();
        let app = open(&config, &directory, &clock);
        World { app, clock, config, directory, database }
    }

    /// The same world after its process has ended and begun again.
    pub(crate) fn restarted(self) -> World {
        let World { app, clock, config, directory, database } = self;
        drop(app);
        let app = open(&config, &directory, &clock);
        World { app, clock, config, directory, database }
    }

    /// Somebody tells events; the accountant reads them.
    pub(crate) fn is_told(&self, events: &[Value]) -> Taken {
        let lines: Vec<String> = events.iter().map(Value::to_string).collect();
        self.is_told_lines(lines.iter().map(String::as_bytes))
    }

    pub(crate) fn is_told_lines<'a>(&self, lines: impl IntoIterator<Item = &'a [u8]>) -> Taken {
        let taken = intake::take(&self.app, (1..).zip(lines)).unwrap();
        workers::catch_up(&self.app, &|_| {}).unwrap();
        taken
    }

    pub(crate) fn pay_of(&self, courier: &str, on: &str) -> Option<PayView> {
        let query = Query {
            market: Some("sf".to_owned()),
            day: Some(day(on)),
            courier: Some(courier.to_owned()),
            explain: false,
        };
        pay::list(&self.app, &query).unwrap().pop()
    }

    pub(crate) fn settlement(&self, on: &str) -> SettlementView {
        settlement::view(&self.app, "sf", day(on)).unwrap()
    }

    pub(crate) fn closes(&self, on: &str) -> ClosedView {
        settlement::close(&self.app, "sf", day(on), "test").unwrap()
    }
}

fn open(config: &Config, directory: &TempDir, clock: &Arc<HandClock>) -> Arc<App> {
    let clock: Arc<dyn Clock> = Arc::<HandClock>::clone(clock);
    Arc::new(App::open(config.clone(), directory.path(), clock).unwrap())
}

/// One event of a delivery.
pub(crate) fn event(kind: &str, delivery: &str, time: &str, data: Value) -> Value {
    json!({
        "specversion": "1.0",
        "id": format!("{delivery}-{kind}"),
        "source": "/test",
        "type": format!("delivery.{kind}"),
        "subject": delivery,
        "time": time,
        "market": "sf",
        "data": data,
    })
}

/// A delivery by `courier` from pickup to completion: 25 dollars of goods, a tip of 4.
pub(crate) fn delivery(id: &str, courier: &str, picked_up: &str, delivered: &str) -> Vec<Value> {
    let done = json!({
        "courier_id": courier, "merchant_id": "m8", "order_minor": 2500, "tip_minor": 400,
        "currency": "USD", "distance_m": 3000,
    });
    vec![
        event("requested", id, picked_up, json!({})),
        event("assigned", id, picked_up, json!({ "courier_id": courier })),
        event("picked_up", id, picked_up, json!({ "courier_id": courier })),
        event("delivered", id, delivered, done),
    ]
}
