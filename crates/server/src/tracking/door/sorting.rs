//! A request's pings, one by one: who is taken, who is refused and why, who is not known here.

use super::limits::REFUSED_MAX;
use super::packed::Packed;
use crate::couriers::{Entry, Known, Rate};
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::id::CourierId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, admit};

/// For whom a sender may speak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// For every courier.
    Anybody,
    /// For one only.
    Courier(CourierId),
}

impl Sender {
    fn may_speak_for(&self, courier: &str) -> bool {
        match self {
            Sender::Anybody => true,
            Sender::Courier(own) => own.as_str() == courier,
        }
    }
}

/// What pings are held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) now: Micros,
    pub(super) max_age_us: i64,
    pub(super) rate: Rate,
}

/// Why a ping was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is wrong, and kept as a dead letter.
    Wrong(Rejection),
    /// Its device sends too fast; it is not kept, and may be sent again.
    TooMany {
        /// After how many microseconds.
        wait_us: i64,
    },
}

impl Why {
    /// Machine-readable kind.
    pub fn code(&self) -> &'static str {
        match self {
            Why::Wrong(rejection) => rejection.code.as_str(),
            Why::TooMany { .. } => "too_many_pings",
        }
    }
}

/// A ping that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTaken {
    /// Line, or place in the batch, counted from 1.
    pub line: u64,
    /// Why.
    pub why: Why,
    /// What came.
    pub raw: Vec<u8>,
}

/// A ping of a courier who is not known in memory.
#[derive(Debug, Clone)]
struct Unsure {
    line: u64,
    courier: Box<str>,
    ping: Ping,
    raw: Vec<u8>,
}

/// A request's pings, sorted. Nothing of it is durable yet.
#[derive(Debug)]
pub struct Sorted {
    pub(super) rules: Rules,
    pub(super) packed: Packed,
    pub(super) accepted: u64,
    refused: Vec<NotTaken>,
    unsure: Vec<Unsure>,
}

/// A request of which too much is wrong: nothing of it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMuchIsWrong;

impl Sorted {
    pub(super) fn new(rules: Rules) -> Sorted {
        Sorted {
            rules,
            packed: Packed::default(),
            accepted: 0,
            refused: Vec::new(),
            unsure: Vec::new(),
        }
    }

    /// Sorts one ping; `raw` is what came of it.
    pub(super) fn sort<'r>(
        &mut self,
        known: &Known<'_>,
        sender: &Sender,
        (line, raw): (u64, impl Fn() -> Vec<u8> + 'r),
        (courier, ping): (&str, &Ping),
    ) -> Result<(), TooMuchIsWrong> {
        if !sender.may_speak_for(courier) {
            let reason = format!("{courier:?} is not the courier whose key this is");
            let code = RejectionCode::WrongCourier;
            let rejection = Rejection::new(code, "/courier_id", reason);
            return self.refuse(line, Why::Wrong(rejection), raw());
        }
        if let Err(rejection) = admit(ping, self.rules.now, self.rules.max_age_us) {
            return self.refuse(line, Why::Wrong(rejection), raw());
        }
        match known.find(courier) {
            Some(entry) => match self.take(entry, courier, ping) {
                Ok(()) => Ok(()),
                Err(why) => self.refuse(line, why, raw()),
            },
            None => {
                let (courier, ping, raw) = (courier.into(), *ping, raw());
                self.unsure.push(Unsure { line, courier, ping, raw });
                self.bounded()
            }
        }
    }

    /// Refuses one.
    pub(super) fn refuse(
        &mut self,
        line: u64,
        why: Why,
        raw: Vec<u8>,
    ) -> Result<(), TooMuchIsWrong> {
        self.refused.push(NotTaken { line, why, raw });
        self.bounded()
    }

    /// Couriers who must be looked for in the store before [`Sorted::settle`].
    pub(super) fn unsure(&self) -> impl Iterator<Item = &str> {
        self.unsure.iter().map(|unsure| &*unsure.courier)
    }

    /// Decides about those who were not known: whoever is not now is refused.
    pub(super) fn settle(&mut self, known: &Known<'_>) {
        for Unsure { line, courier, ping, raw } in std::mem::take(&mut self.unsure) {
            let taken = match known.find(&courier) {
                Some(entry) => self.take(entry, &courier, &ping),
                None => Err(Why::Wrong(unknown(&courier))),
            };
            if let Err(why) = taken {
                self.refused.push(NotTaken { line, why, raw });
            }
        }
        self.refused.sort_by_key(|refused| refused.line);
    }

    /// What was refused, in the order of the lines.
    pub(super) fn refused(&self) -> &[NotTaken] {
        &self.refused
    }

    fn take(&mut self, entry: &Entry, courier: &str, ping: &Ping) -> Result<(), Why> {
        let taken = entry.allowance.take(self.rules.now, self.rules.rate);
        taken.map_err(|wait_us| Why::TooMany { wait_us })?;
        self.packed.push((entry.partition, entry.market), courier, ping);
        self.accepted += 1;
        Ok(())
    }

    fn bounded(&self) -> Result<(), TooMuchIsWrong> {
        let within = self.refused.len() + self.unsure.len() <= REFUSED_MAX;
        within.then_some(()).ok_or(TooMuchIsWrong)
    }
}

fn unknown(courier: &str) -> Rejection {
    let reason = format!("{courier:?} is not registered in any configured market");
    Rejection::new(RejectionCode::UnknownCourier, "/courier_id", reason)
}
