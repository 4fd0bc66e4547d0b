//! The forms in which pings come.

use super::give_back;
use super::sorting::{NothingTaken, Rules, Sender, Sorted, Why};
use crate::app::App;
use crate::couriers::{Directory, Known, Rate};
use crate::dead_letters::{PingForm, Said};
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::id::CourierId;
use doorstep_domain::tracking::batch::{self, HEADER_BYTES, PING_BYTES, Writer};
use doorstep_domain::tracking::{Ping, json};
use serde_json::value::RawValue;

/// Pings sorted before the directory of couriers is let go of: some hundred microseconds.
const HELD_FOR_PINGS: u32 = 1_024;

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
/// Errors: nothing of the body is taken, and nothing counted against its devices.
pub fn sort(app: &App, form: Form, body: &[u8], sender: &Sender) -> Result<Sorted, NothingTaken> {
    let (device, spoken) = match (sender, form) {
        (Sender::Anybody, Form::Batch) => (None, PingForm::Binary),
        (Sender::Anybody, _) => (None, PingForm::Json),
        (Sender::Courier(courier), Form::Batch) => (Some(courier.clone()), PingForm::Binary),
        (Sender::Courier(courier), _) => (Some(courier.clone()), PingForm::Json),
    };
    let mut sorting = Sorting {
        sorted: Sorted::new(rules(app), Said { device, form: spoken }),
        couriers: &app.couriers,
        known: None,
        sorted_since: 0,
        sender,
    };
    let read = sorting.read(form, body);
    let Sorting { mut sorted, known, .. } = sorting;
    drop(known);
    match read {
        Ok(()) => Ok(sorted),
        Err(nothing) => {
            give_back(app, &mut sorted);
            Err(nothing)
        }
    }
}

/// Sorts one ping that the own form of a courier's device was read as, or could not be; `raw` is
/// what came.
pub fn sort_one(
    app: &App,
    courier: &CourierId,
    form: PingForm,
    read: Result<Ping, Rejection>,
    raw: &[u8],
) -> Sorted {
    let said = Said { device: Some(courier.clone()), form };
    let mut sorted = Sorted::new(rules(app), said);
    let named = courier.as_str();
    let one = match read {
        Ok(ping) => {
            let raw = (1, || raw.to_vec());
            sorted.sort(&app.couriers.known(), &Sender::Anybody, raw, (named, &ping))
        }
        Err(rejection) => sorted.refuse(1, Why::Wrong(rejection), Some(named.into()), raw.to_vec()),
    };
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
    sorted: Sorted,
    couriers: &'a Directory,
    known: Option<Known<'a>>,
    sorted_since: u32,
    sender: &'a Sender,
}

impl Sorting<'_> {
    fn read(&mut self, form: Form, body: &[u8]) -> Result<(), NothingTaken> {
        match form {
            Form::Single => self.json(1, body.trim_ascii()),
            Form::Lines => lines(body).try_for_each(|(line, raw)| self.json(line, raw)),
            Form::Array => {
                let pings: Vec<&RawValue> = serde_json::from_slice(body)
                    .map_err(|error| malformed(format!("is not a JSON array: {error}")))?;
                let mut numbered = (1..).zip(pings);
                numbered.try_for_each(|(line, ping)| self.json(line, ping.get().as_bytes()))
            }
            Form::Batch => self.batch(body),
        }
    }

    fn json(&mut self, line: u64, raw: &[u8]) -> Result<(), NothingTaken> {
        match json::parse(raw) {
            Ok(named) => self.sort(line, || raw.to_vec(), &named.courier, &named.ping),
            Err(rejection) => self.sorted.refuse(line, Why::Wrong(rejection), None, raw.to_vec()),
        }
    }

    /// Lets go of the directory now and then: whoever registers a courier waits for it, and
    /// everybody else's pings wait for them.
    fn sort(
        &mut self,
        line: u64,
        raw: impl Fn() -> Vec<u8>,
        courier: &str,
        ping: &Ping,
    ) -> Result<(), NothingTaken> {
        self.sorted_since += 1;
        if self.sorted_since == HELD_FOR_PINGS {
            (self.known, self.sorted_since) = (None, 0);
        }
        let known = self.known.get_or_insert_with(|| self.couriers.known());
        self.sorted.sort(known, self.sender, (line, raw), (courier, ping))
    }

    fn batch(&mut self, body: &[u8]) -> Result<(), NothingTaken> {
        let mut rest = body.get(HEADER_BYTES..).unwrap_or_default();
        for (line, read) in (1..).zip(batch::read(body).map_err(Rejection::from)?) {
            let raw = first_of(&mut rest);
            match read {
                Ok((courier, ping)) => self.sort(line, || alone(raw), courier, &ping)?,
                Err(error) if error.is_of_one_ping() => {
                    self.sorted.refuse(line, Why::Wrong(error.into()), None, alone(raw))?;
                }
                Err(error) => return Err(Rejection::from(error).into()),
            }
        }
        Ok(())
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
