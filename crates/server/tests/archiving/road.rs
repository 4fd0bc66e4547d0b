//! Couriers drive: their pings are in the log as the door would have put them there.

use crate::world::World;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, Position, batch};
use doorstep_log::Record;
use doorstep_server::wire::PINGS;

pub(crate) trait Road {
    /// Each courier drives for so many seconds up to now, and sends a ping each second, in a block
    /// of its own.
    fn drives(&self, market: &str, couriers: &[&str], pings: u32);

    /// These pings of a courier come in now, as one block.
    fn sends(&self, market: &str, courier: &str, pings: &[Ping]);
}

impl Road for World {
    fn drives(&self, market: &str, couriers: &[&str], pings: u32) {
        for courier in couriers {
            let first = self.app.clock.now().plus(-i64::from(pings - 1) * 1_000_000);
            let pings: Vec<Ping> =
                pings_at(first, courier, pings).into_iter().map(|(_, ping)| ping).collect();
            self.sends(market, courier, &pings);
        }
    }

    fn sends(&self, market: &str, courier: &str, pings: &[Ping]) {
        let named: Vec<(&str, Ping)> = pings.iter().map(|ping| (courier, *ping)).collect();
        let partition = self.app.log.partition_of(PINGS, courier.as_bytes()).unwrap();
        let record = key_of(market, &named);
        let now = self.app.clock.now().0;
        self.app.log.append_to(PINGS, partition, vec![record], now).unwrap();
    }
}

/// So many pings, one each second, ten metres apart.
pub(crate) fn pings_at(first: Micros, courier: &str, pings: u32) -> Vec<(&str, Ping)> {
    let ping = |number: u32| (courier, ping(first.plus(i64::from(number) * 1_000_000)));
    (0..pings).map(ping).collect()
}

/// A ping of somebody who drives ten metres north each second, and begins anew each day.
pub(crate) fn ping(at: Micros) -> Ping {
    let second = i32::try_from(at.0 / 1_000_000 % 86_400).unwrap();
    Ping {
        at,
        position: Position { lat_e7: 377_700_000 + second * 900, lng_e7: -1_224_200_000 },
        accuracy_dm: None,
        speed_cm_s: Some(1_000),
        heading_cdeg: None,
        battery_percent: None,
    }
}

/// A block under its market's name.
pub(crate) fn key_of(market: &str, pings: &[(&str, Ping)]) -> Record {
    let mut block = batch::Writer::new();
    for (courier, ping) in pings {
        block.push(courier, ping);
    }
    Record { key: market.as_bytes().to_vec(), value: block.finish() }
}
