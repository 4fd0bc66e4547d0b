//! The forms in which pings come.

use super::give_back;
use super::packed::Packed;
use super::read::{Raw, Read};
use super::sorting::{NothingTaken, RUN, Rules, Sender, Sorted, Why};
use crate::app::App;
use crate::couriers::{Directory, Rate};
use crate::dead_letters::{PingForm, Said};
use doorstep_domain::event::Rejection;
use doorstep_domain::id::CourierId;
use doorstep_domain::tracking::json::{self, Element};
use doorstep_domain::tracking::{Ping, batch};
use std::slice::from_ref;

/// How many bytes of JSON become one of a batch.
const JSON_BYTES_TO_ONE: usize = 4;

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
    let pings_bytes = match form {
        Form::Batch => body.len(),
        _ => body.len() / JSON_BYTES_TO_ONE,
    };
    let packed = Packed::of(pings_bytes, app.door.partitions());
    let run = if form == Form::Single { 1 } else { RUN };
    let mut sorting = Sorting {
        sorted: Sorted::new(rules(app), Said { device, form: spoken }, packed),
        couriers: &app.couriers,
        sender,
        run: Vec::with_capacity(run),
    };
    let read = sorting.read(form, body);
    let mut sorted = sorting.sorted;
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
    let mut sorted = Sorted::new(rules(app), said, Packed::of(0, 1));
    let (named, raw) = (courier.as_str(), Raw::Text(raw));
    let one = match read {
        Ok(ping) => {
            let read = Read { line: 1, courier: named.into(), ping, raw };
            sorted.sort(&app.couriers.known(), &Sender::Anybody, from_ref(&read))
        }
        Err(rejection) => sorted.refuse(1, Why::Wrong(rejection), Some(named.into()), raw),
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
    sender: &'a Sender,
    /// Pings that are read and not yet sorted.
    run: Vec<Read<'a>>,
}

impl<'a> Sorting<'a> {
    fn read(&mut self, form: Form, body: &'a [u8]) -> Result<(), NothingTaken> {
        match form {
            Form::Single => {
                let raw = body.trim_ascii();
                self.json(1, Element { raw, read: json::parse(raw) })?;
            }
            Form::Lines => lines(body).try_for_each(|(line, raw)| {
                self.json(line, Element { raw, read: json::parse(raw) })
            })?,
            Form::Array => {
                let mut elements = json::elements(body);
                let mut numbered = (1..).zip(&mut elements);
                let read = numbered.try_for_each(|(line, element)| self.json(line, element));
                // Whatever else is wrong with it: what is no array is told so.
                elements.finish()?;
                read?;
            }
            Form::Batch => self.batch(body)?,
        }
        self.sort_run()
    }

    fn json(&mut self, line: u64, element: Element<'a>) -> Result<(), NothingTaken> {
        let raw = Raw::Text(element.raw);
        match element.read {
            Ok(named) => self.add(Read { line, courier: named.courier, ping: named.ping, raw }),
            Err(rejection) => self.sorted.refuse(line, Why::Wrong(rejection), None, raw),
        }
    }

    fn batch(&mut self, body: &'a [u8]) -> Result<(), NothingTaken> {
        let (mut pings, mut line) = (batch::read(body).map_err(Rejection::from)?, 0);
        while let Some((frame, read)) = pings.next_framed() {
            line += 1;
            let raw = Raw::Frame(frame);
            match read {
                Ok((courier, ping)) => {
                    self.add(Read { line, courier: courier.into(), ping, raw })?;
                }
                Err(error) if error.is_of_one_ping() => {
                    self.sorted.refuse(line, Why::Wrong(error.into()), None, raw)?;
                }
                Err(error) => return Err(Rejection::from(error).into()),
            }
        }
        Ok(())
    }

    fn add(&mut self, read: Read<'a>) -> Result<(), NothingTaken> {
        self.run.push(read);
        if self.run.len() < RUN { Ok(()) } else { self.sort_run() }
    }

    /// The directory is held for a run only: whoever registers a courier waits for it, and
    /// everybody else's pings wait for them.
    fn sort_run(&mut self) -> Result<(), NothingTaken> {
        let sorted = self.sorted.sort(&self.couriers.known(), self.sender, &self.run);
        self.run.clear();
        sorted
    }
}

/// Lines that say something, with their numbers counted from 1.
fn lines(body: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let numbered = (1..).zip(body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii));
    numbered.filter(|(_, line)| !line.is_empty())
}
