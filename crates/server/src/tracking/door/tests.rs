//! The door when nobody takes what waits: a story that no clock can spoil.

use super::*;
use crate::config::Config;
use crate::couriers::{NewCourier, register};
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::batch::Writer;
use doorstep_domain::tracking::{Ping, Position};
use std::path::Path;

const MARKETS: &str = r#"
ping_partitions = 1
[tracking]
device_pings_per_second = 1
[markets.la]
time_zone = "America/Los_Angeles"
currency = "USD"
[markets.sf]
time_zone = "America/Los_Angeles"
currency = "USD"
"#;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Micros {
        Micros(1_211_742_000_000_000)
    }
}

/// An application whose door nobody empties.
fn stuck(directory: &Path, bytes_max: usize) -> App {
    let config = Config::parse(MARKETS).unwrap();
    let mut app = App::open(config, directory, Arc::new(Noon)).unwrap();
    let couriers: Vec<NewCourier> = [("anna", "sf"), ("bea", "sf"), ("carl", "la")]
        .map(|(courier, market)| NewCourier::new(courier.parse().unwrap(), market.parse().unwrap()))
        .into();
    register(&app, &couriers).unwrap();
    let collector = Arc::new(Collector::new(Held::new(2, bytes_max)));
    app.door = Door { log: app.log.clone(), collectors: vec![collector], flushers: Vec::new() };
    app
}

/// Offers so many pings of a courier; `None` where its device sends too fast.
fn offers(app: &App, courier: &str, pings: usize) -> Option<Result<Durable, AppError>> {
    let mut writer = Writer::new();
    for _ in 0..pings {
        let ping = Ping {
            at: Noon.now(),
            position: Position { lat_e7: 377_749_000, lng_e7: -1_224_194_000 },
            accuracy_dm: None,
            speed_cm_s: None,
            heading_cdeg: None,
            battery_percent: None,
        };
        writer.push(courier, &ping);
    }
    let mut sorted = sort(app, Form::Batch, &writer.finish(), &Sender::Anybody).unwrap();
    sorted.decide(app).unwrap();
    (sorted.accepted() == pings as u64)
        .then(|| app.door.offer(app, &mut sorted).map(Option::unwrap))
}

/// A2, A8: a market that has filled what anybody may is told to come back and nothing of it is
/// counted against its devices; another one is taken until its own share is full.
#[test]
fn a_busy_market_is_told_so_while_others_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    // 40 pings weigh 128 + 12 + 40 × 28 = 1,260 bytes: two such requests fill half.
    let app = stuck(directory.path(), 5_200);
    let mut waiting = vec![offers(&app, "anna", 40).unwrap().unwrap()];
    waiting.push(offers(&app, "bea", 40).unwrap().unwrap());
    for _ in 0..10 {
        let refused = offers(&app, "bea", 20).expect("what was refused is given back");
        assert!(matches!(refused, Err(AppError::Busy { retry_after_ms: 1_000 })));
    }
    waiting.push(offers(&app, "carl", 40).unwrap().unwrap());
    assert!(matches!(offers(&app, "carl", 10).unwrap(), Err(AppError::Busy { .. })));
    assert!(waiting.iter_mut().all(|durable| durable.try_recv().is_err()), "nothing is durable");

    // Whoever ends the door answers everybody.
    app.door.collectors[0].abandon();
    assert!(waiting.into_iter().all(|durable| durable.blocking_recv().is_err()));
    let closed = offers(&app, "carl", 1).unwrap();
    assert!(matches!(closed, Err(AppError::Log(LogError::Stopped { .. }))));
}

/// What can never fit is refused as too large, not as something to try again.
#[test]
fn a_request_that_can_never_fit_is_told_so() {
    let directory = tempfile::tempdir().unwrap();
    let app = stuck(directory.path(), 2_000);
    let refused = offers(&app, "anna", 40).unwrap();
    assert!(matches!(refused, Err(AppError::Log(LogError::TooLarge { .. }))));
    assert!(offers(&app, "anna", 10).unwrap().is_ok());
}
