//! The forms in which pings come.

use super::limits::REFUSED_MAX;
use super::sorting::{Rules, Sender, Sorted, TooMuchIsWrong, Why};
use crate::app::App;
use crate::couriers::{Known, Rate};
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::tracking::batch::{self, HEADER_BYTES, PING_BYTES, Writer};
use doorstep_domain::tracking::{Ping, json};
use serde_json::value::RawValue;

/// How the pings of a request stand in its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON object.
    Single,
    /// A JSON array of them.
    Array,
    /// One JSON object a line.
    Lines,
    /// A binary batch.
    Batch,
}

/// Reads a body and sorts its pings. It looks into memory only and waits for nobody.
///
/// Errors: the body as a whole cannot be read; nothing of it is taken.
pub fn sort(app: &App, form: Form, body: &[u8], sender: &Sender) -> Result<Sorted, Rejection> {
    let mut sorted = Sorted::new(rules(app));
    let known = app.couriers.known();
    let mut sorting = Sorting { sorted: &mut sorted, known: &known, sender };
    match form {
        Form::Single => sorting.json(1, body.trim_ascii()),
        Form::Lines => lines(body).try_for_each(|(line, raw)| sorting.json(line, raw)),
        Form::Array => {
            let pings: Vec<&RawValue> = serde_json::from_slice(body)
                .map_err(|error| malformed(format!("is not a JSON array: {error}")))?;
            let mut numbered = (1..).zip(pings);
            numbered.try_for_each(|(line, ping)| sorting.json(line, ping.get().as_bytes()))
        }
        Form::Batch => sorting.batch(body)?,
    }
    .map_err(|TooMuchIsWrong| {
        malformed(format!("more than {REFUSED_MAX} of its pings are wrong; nothing was taken"))
    })?;
    drop(known);
    Ok(sorted)
}

/// Sorts one ping that a device's own form was read as; `raw` is what came.
pub fn sort_one(app: &App, courier: &str, ping: &Ping, raw: &[u8]) -> Sorted {
    let mut sorted = Sorted::new(rules(app));
    let named = (courier, ping);
    let one = sorted.sort(&app.couriers.known(), &Sender::Anybody, (1, || raw.to_vec()), named);
    debug_assert!(one.is_ok(), "one ping is not too many");
    sorted
}

/// Notes one ping that a device's own form could not be read as.
pub fn refuse_one(app: &App, rejection: Rejection, raw: &[u8]) -> Sorted {
    let mut sorted = Sorted::new(rules(app));
    let one = sorted.refuse(1, Why::Wrong(rejection), raw.to_vec());
    debug_assert!(one.is_ok(), "one ping is not too many");
    sorted
}

pub(super) fn rules(app: &App) -> Rules {
    let tracking = &app.config.tracking;
    Rules {
        now: app.clock.now(),
        max_age_us: tracking.max_age.0,
        rate: Rate::per_second(tracking.device_pings_per_second),
    }
}

struct Sorting<'a> {
    sorted: &'a mut Sorted,
    known: &'a Known<'a>,
    sender: &'a Sender,
}

impl Sorting<'_> {
    fn json(&mut self, line: u64, raw: &[u8]) -> Result<(), TooMuchIsWrong> {
        match json::parse(raw) {
            Ok(named) => {
                let from = (line, || raw.to_vec());
                self.sorted.sort(self.known, self.sender, from, (&named.courier, &named.ping))
            }
            Err(rejection) => self.sorted.refuse(line, Why::Wrong(rejection), raw.to_vec()),
        }
    }

    /// The outer error: what is wrong concerns the batch and not one of its pings.
    fn batch(&mut self, body: &[u8]) -> Result<Result<(), TooMuchIsWrong>, Rejection> {
        let mut rest = body.get(HEADER_BYTES..).unwrap_or_default();
        for (line, read) in (1..).zip(batch::read(body)?) {
            let raw = first_of(&mut rest);
            let sorted = match read {
                Ok((courier, ping)) => {
                    let from = (line, || alone(raw));
                    self.sorted.sort(self.known, self.sender, from, (courier, &ping))
                }
                Err(error) if error.is_of_one_ping() => {
                    self.sorted.refuse(line, Why::Wrong(error.into()), alone(raw))
                }
                Err(error) => return Err(error.into()),
            };
            if sorted.is_err() {
                return Ok(sorted);
            }
        }
        Ok(Ok(()))
    }
}

/// Takes the first ping's bytes off the front; the reader has found them whole.
fn first_of<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let courier_bytes = rest.get(PING_BYTES - 1).copied().unwrap_or(0);
    let (first, after) = rest.split_at(rest.len().min(PING_BYTES + usize::from(courier_bytes)));
    *rest = after;
    first
}

/// One ping of a batch as a batch of its own, wrong as it is: so it is kept and can be read again.
fn alone(ping: &[u8]) -> Vec<u8> {
    let mut batch = Writer::new().finish();
    batch[HEADER_BYTES - 4..].copy_from_slice(&1_u32.to_le_bytes());
    batch.extend_from_slice(ping);
    batch
}

/// Lines that say something, with their numbers counted from 1.
fn lines(body: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let numbered = (1..).zip(body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii));
    numbered.filter(|(_, line)| !line.is_empty())
}

fn malformed(reason: String) -> Rejection {
    Rejection::new(RejectionCode::Malformed, "", reason)
}
