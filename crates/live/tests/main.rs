//! What the engine of positions promises.
#![expect(clippy::expect_used, reason = "an expectation that fails is a test that fails")]

mod laws;
mod model;
mod stories;
mod watchers;

use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, Position};
use doorstep_live::Live;

fn live() -> Live {
    Live::open("memory:", 7).expect("an engine")
}

fn market(id: &str) -> MarketId {
    id.parse().expect("a market")
}

fn position(lat: f64, lng: f64) -> Position {
    Position::from_degrees(lat, lng).expect("on the globe")
}

/// A ping so many seconds after the epoch of the test.
fn ping(seconds: i64, position: Position) -> Ping {
    Ping {
        at: Micros(1_211_215_202_000_000).plus(seconds * 1_000_000),
        position,
        accuracy_dm: None,
        speed_cm_s: None,
        heading_cdeg: None,
        battery_percent: None,
    }
}
