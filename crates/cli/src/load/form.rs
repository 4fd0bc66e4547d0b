//! In which form pings are sent.

use clap::ValueEnum;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::Ping;
use doorstep_domain::tracking::batch::{self, PING_BYTES};
use doorstep_sim::fleet::{Fleet, name};
use std::io::Write;
use std::ops::Range;

/// About what a ping takes in a binary batch.
const BINARY_BYTES: usize = PING_BYTES + 16;

/// About what a ping takes as a JSON object.
const OBJECT_BYTES: usize = 192;

/// The form of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Binary batches, as edge gateways send them.
    Binary,
    /// JSON arrays.
    Json,
    /// One JSON object a request, as devices send it.
    Single,
}

impl Form {
    /// As it is typed.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Form::Binary => "binary",
            Form::Json => "json",
            Form::Single => "single",
        }
    }

    /// Pings of one request, if nobody says otherwise.
    pub(crate) fn usual_batch(self) -> u64 {
        match self {
            Form::Binary => 1_000,
            Form::Json => 100,
            Form::Single => 1,
        }
    }

    /// Connections, if nobody says otherwise: enough that a sync of the disk is not waited for.
    pub(crate) fn usual_connections(self) -> u32 {
        match self {
            Form::Binary | Form::Json => 128,
            Form::Single => 512,
        }
    }

    /// The content type of the body.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Form::Binary => "application/vnd.doorstep.pings",
            Form::Json | Form::Single => "application/json",
        }
    }

    /// The body that tells these pings of a fleet which began at an instant, and how many they are
    /// once the fleet's dirt was added or held back.
    pub(crate) fn body(self, fleet: &Fleet, began: Micros, numbers: Range<u64>) -> (Vec<u8>, u64) {
        if self == Form::Binary {
            let pings = usize::try_from(numbers.end - numbers.start).unwrap_or(0);
            let mut batch = batch::Writer::with_room(pings * BINARY_BYTES);
            for number in numbers {
                fleet
                    .tell(began, number, |courier, ping| batch.push(name(courier).as_str(), &ping));
            }
            let pings = batch.len() as u64;
            return (batch.finish(), pings);
        }
        let objects = usize::try_from(numbers.end - numbers.start).unwrap_or(0);
        let (mut body, mut pings) = (Vec::with_capacity(objects * OBJECT_BYTES), 0);
        for number in numbers {
            fleet.tell(began, number, |courier, ping| {
                body.push(if pings == 0 { b'[' } else { b',' });
                write_object(&mut body, name(courier).as_str(), &ping);
                pings += 1;
            });
        }
        match (self, pings) {
            (_, 0) => body.extend_from_slice(b"[]"),
            (Form::Single, 1) => drop(body.remove(0)),
            _ => body.push(b']'),
        }
        (body, pings)
    }
}

/// A ping as a JSON object, written by hand: the load shares its machine with the server.
fn write_object(body: &mut Vec<u8>, courier: &str, ping: &Ping) {
    body.extend_from_slice(br#"{"courier_id":""#);
    body.extend_from_slice(courier.as_bytes());
    write_degrees(body, br#"","lat":"#, ping.position.lat_e7);
    write_degrees(body, br#","lng":"#, ping.position.lng_e7);
    // A vector takes whatever is written to it.
    let _ = write!(body, r#","at":"{}""#, ping.at);
    let mut optional = |name: &[u8], value: Option<u16>, per: u16| {
        if let Some(value) = value {
            body.extend_from_slice(name);
            write_number::<1>(body, u32::from(value / per));
            body.push(b'.');
            write_number::<2>(body, u32::from(value % per * (100 / per)));
        }
    };
    optional(br#","accuracy_m":"#, ping.accuracy_dm, 10);
    optional(br#","speed_mps":"#, ping.speed_cm_s, 100);
    optional(br#","heading_deg":"#, ping.heading_cdeg, 100);
    if let Some(percent) = ping.battery_percent {
        body.extend_from_slice(br#","battery":"#);
        write_number::<1>(body, percent.into());
    }
    body.push(b'}');
}

/// Ten-millionths of a degree, written exactly, behind the name of their field.
fn write_degrees(body: &mut Vec<u8>, name: &[u8], e7: i32) {
    body.extend_from_slice(name);
    if e7 < 0 {
        body.push(b'-');
    }
    let e7 = e7.unsigned_abs();
    write_number::<1>(body, e7 / 10_000_000);
    body.push(b'.');
    write_number::<7>(body, e7 % 10_000_000);
}

/// A number in decimal digits, at least so many.
fn write_number<const DIGITS_MIN: usize>(body: &mut Vec<u8>, mut number: u32) {
    let mut digits = [b'0'; 10];
    let mut begin = digits.len();
    while number > 0 || digits.len() - begin < DIGITS_MIN {
        begin -= 1;
        // A remainder of ten is a digit.
        digits[begin] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
    body.extend_from_slice(&digits[begin..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_domain::tracking::{Position, json};
    use doorstep_sim::fleet::{FleetPlan, fleet};

    fn dirty() -> Fleet {
        let center = Position { lat_e7: -3_000_000, lng_e7: 100 };
        fleet(FleetPlan { seed: 1, couriers: 5, center, every_us: 3_000_000, dirt_bp: 2_000 })
    }

    fn told(numbers: Range<u64>) -> Vec<(String, Ping)> {
        let mut told = Vec::new();
        for number in numbers {
            let mut each = |courier, ping| told.push((name(courier).as_str().to_owned(), ping));
            dirty().tell(Micros(1_700_000_000_000_000), number, &mut each);
        }
        told
    }

    #[test]
    fn a_binary_body_reads_as_what_the_fleet_tells() {
        let (body, pings) = Form::Binary.body(&dirty(), Micros(1_700_000_000_000_000), 0..200);
        let read: Vec<(String, Ping)> = batch::read(&body)
            .unwrap()
            .map(|ping| ping.map(|(courier, ping)| (courier.to_owned(), ping)).unwrap())
            .collect();
        assert_eq!((read.len() as u64, &read), (pings, &told(0..200)));
    }

    #[test]
    fn a_json_body_reads_as_what_the_fleet_tells() {
        let (body, pings) = Form::Json.body(&dirty(), Micros(1_700_000_000_000_000), 0..200);
        let objects: Vec<serde_json::Value> = serde_json::from_slice(&body).unwrap();
        let read = objects.iter().map(|object| {
            let raw = object.to_string();
            let named = json::parse(raw.as_bytes()).unwrap();
            (named.courier.into_owned(), named.ping)
        });
        let read: Vec<(String, Ping)> = read.collect();
        assert_eq!((read.len() as u64, read), (pings, told(0..200)));
    }

    #[test]
    fn a_single_ping_is_an_object_and_none_or_two_are_an_array() {
        let kinds = (0..200).map(|number| {
            let (body, pings) = Form::Single.body(&dirty(), Micros(0), number..number + 1);
            let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(value.as_array().map_or(1, Vec::len) as u64, pings, "{value}");
            (pings, value.is_object())
        });
        let kinds: std::collections::BTreeSet<(u64, bool)> = kinds.collect();
        assert!(kinds.is_superset(&[(0, false), (1, true), (2, false)].into()), "{kinds:?}");
    }
}
