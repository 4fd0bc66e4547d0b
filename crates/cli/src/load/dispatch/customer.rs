//! Customers: what they ask for, from where to where.

use super::super::client::{told, why};
use super::{City, Wanted};
use doorstep_domain::tracking::Position;
use doorstep_sim::chance::Chance;
use doorstep_sim::fleet::Fleet;
use serde_json::{Value, json};
use std::time::Duration;

/// How far from a courier packages wait where everybody listens, in 10⁻⁷ degrees: some 300 m.
const AROUND_E7: i64 = 30_000;

/// How far away customers live in each axis, in 10⁻⁷ degrees: some 3 km.
const AWAY_E7: i64 = 300_000;

/// How long a courier for whom a package was laid out is not counted on for another one.
const EXPECTED: Duration = Duration::from_secs(10);

/// How old a position must be for it to be certain that the server knows it, and how long it must
/// be before the next one is told, so that the package is asked for in between.
const KNOWN_AFTER_US: i64 = 500_000;
const STAYS_FOR_US: i64 = 300_000;

impl City {
    /// Asks for one delivery, which is due now, until it is answered.
    pub(super) async fn asks_for(&self, number: usize) {
        self.told().asked += 1;
        let key = format!("{}-{number}", self.run);
        let (path, order) = self.wants(number);
        let call = self.client.sending("POST", path, Some(&key), &order);
        let outcome = self.client.ask(&call).await;
        let since_us = self.since_due_us(number);
        let mut told_so_far = self.told();
        let answer = match outcome {
            Ok(answer) => answer,
            Err(error) => return told_so_far.fails(error),
        };
        let answered = told(&answer);
        let delivery = match &self.load.wanted {
            Wanted::Deliveries => &answered["delivery_id"],
            Wanted::Orders(_) => &answered["parts"][0]["delivery_id"],
        };
        let delivery = delivery.as_str().map(str::to_owned);
        match (answer.status, delivery, told_so_far.orders.get_mut(number)) {
            (409, ..) if answered["code"] == "shortage" => told_so_far.short += 1,
            (201, Some(delivery), Some(order)) => {
                order.delivery = Some(delivery);
                let has_missing = answered["missing"].as_array().is_some_and(|all| !all.is_empty());
                told_so_far.in_part += u64::from(has_missing);
                told_so_far.answered += 1;
                told_so_far.request.add(since_us);
            }
            (status, ..) => {
                told_so_far
                    .fails(format!("a request was answered with {status}: {}", why(&answer)));
            }
        }
    }

    /// Whose deliveries these are: this run's, so that they can be told from all others.
    pub(super) fn merchant(&self) -> &str {
        &self.run
    }

    /// The number of the request that an offer belongs to, by the words that go with it.
    pub(super) fn number_of(&self, instructions: &str) -> Option<usize> {
        let number = instructions.strip_prefix(&self.run)?.strip_prefix(" order ")?;
        number.parse().ok()
    }

    /// What is asked for, and where.
    fn wants(&self, number: usize) -> (&'static str, Value) {
        let Wanted::Orders(orders) = &self.load.wanted else {
            return ("/v1/deliveries", self.delivery(number));
        };
        let mut order = orders.get(number).cloned().unwrap_or_default();
        order["instructions"] = self.words(number).into();
        ("/v1/orders", order)
    }

    /// What goes with a package, so that its courier is counted for the request.
    fn words(&self, number: usize) -> String {
        format!("{} order {number}", self.run)
    }

    fn delivery(&self, number: usize) -> Value {
        let mut chance = Chance::of(self.load.seed, &[number as u64, 11]);
        let from = self.origin(&mut chance);
        let to = beside(from, AWAY_E7, &mut chance);
        json!({
            "market": self.load.market, "merchant_id": self.merchant(),
            "origin_address": place(from), "destination_address": place(to),
            "phone": "+14155550123", "order_minor": chance.between(800, 6_000),
            "tip_minor": chance.between(0, 800), "reference": number.to_string(),
            "instructions": self.words(number),
        })
    }

    /// Where a package waits: near to somebody, since there are couriers where people are. Where
    /// only some of them listen, right where one of these was last, who is free: that one is the
    /// nearest then, and somebody will answer.
    fn origin(&self, chance: &mut Chance) -> Position {
        let (streams, couriers) = (self.load.streams, self.load.fleet.plan().couriers);
        if streams >= couriers {
            let courier = u32::try_from(chance.below(couriers.into())).unwrap_or(0);
            let near = self.load.fleet.ping(courier, super::super::now()).position;
            return beside(near, AROUND_E7, chance);
        }
        let first = u32::try_from(chance.below(streams.into())).unwrap_or(0);
        let listening = self.somebody_free(first).unwrap_or(first);
        self.last_told(self.who(listening))
    }

    /// The first listening courier from here on who has nothing to do, on whom nobody else counts.
    fn somebody_free(&self, first: u32) -> Option<u32> {
        let (streams, fleet) = (self.load.streams, &self.load.fleet);
        let since_us = super::super::now().0 - self.pings_began().0;
        let takes = |index: u32| {
            self.courier(index).is_some_and(|mut courier| courier.can_be_counted_on(EXPECTED))
        };
        let mut from_there = (0..streams).map(|step| (first + step) % streams);
        from_there
            .find(|index| is_between_pings(fleet, self.who(*index), since_us) && takes(*index))
    }

    /// Where a courier was by the last ping that the server knows for certain.
    fn last_told(&self, courier: u32) -> Position {
        let fleet = &self.load.fleet;
        let began = self.pings_began();
        let known_us = (super::super::now().0 - began.0 - KNOWN_AFTER_US).max(0);
        let told_us = last_due_us(fleet, courier, known_us);
        fleet.ping(courier, began.plus(told_us)).position
    }
}

/// When the last ping of a courier was due that was so by then, after the first ping of all.
fn last_due_us(fleet: &Fleet, courier: u32, by_us: i64) -> i64 {
    let couriers = u64::from(fleet.plan().couriers);
    let due_us = |round: i64| {
        let round = u64::try_from(round).unwrap_or(0);
        fleet.due_us(round * couriers + u64::from(courier))
    };
    let round = by_us / fleet.plan().every_us.max(1);
    if due_us(round) <= by_us { due_us(round) } else { due_us(round - 1) }
}

/// Whether the server surely knows a courier's last position, and for a moment no other one.
fn is_between_pings(fleet: &Fleet, courier: u32, since_us: i64) -> bool {
    let known = last_due_us(fleet, courier, since_us - KNOWN_AFTER_US);
    known == last_due_us(fleet, courier, since_us + STAYS_FOR_US)
}

/// A place not far from another one, on the globe.
fn beside(place: Position, by_e7: i64, chance: &mut Chance) -> Position {
    let mut aside = |e7: i32, most: i64| {
        let moved = i64::from(e7) + chance.between(-by_e7, by_e7);
        i32::try_from(moved.clamp(-most, most)).unwrap_or(e7)
    };
    Position {
        lat_e7: aside(place.lat_e7, 900_000_000),
        lng_e7: aside(place.lng_e7, 1_800_000_000),
    }
}

fn place(position: Position) -> Value {
    json!({ "lat": position.lat(), "lng": position.lng() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_sim::fleet::{FleetPlan, fleet};

    #[test]
    fn the_last_ping_is_never_one_to_come() {
        let center = Position { lat_e7: 377_700_000, lng_e7: -1_224_300_000 };
        let every_us = 5_000_000;
        let fleet = fleet(FleetPlan { seed: 1, couriers: 4, center, every_us, dirt_bp: 0 });
        let cases = [
            // (courier, by, the last ping was due)
            (0, 0, 0),
            (0, 4_999_999, 0),
            (0, 5_000_000, 5_000_000),
            (3, 3_750_000, 3_750_000),
            (3, 8_749_999, 3_750_000),
            (3, 8_750_000, 8_750_000),
        ];
        for (courier, by_us, expected) in cases {
            assert_eq!(last_due_us(&fleet, courier, by_us), expected, "{courier} by {by_us}");
        }
        // Pings of the second courier are due at 6.25 s and 11.25 s.
        let sure = [(6_700_000, false), (6_800_000, true), (10_900_000, true), (11_000_000, false)];
        for (since_us, expected) in sure {
            assert_eq!(is_between_pings(&fleet, 1, since_us), expected, "{since_us}");
        }
    }

    #[test]
    fn places_stay_on_the_globe() {
        let mut chance = Chance::new(1);
        let pole = Position { lat_e7: 899_999_999, lng_e7: 1_799_999_999 };
        for _ in 0..100 {
            let moved = beside(pole, AWAY_E7, &mut chance);
            assert!(Position::from_degrees(moved.lat(), moved.lng()).is_some(), "{moved:?}");
        }
    }
}
