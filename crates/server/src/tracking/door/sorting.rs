//! A request's pings, one by one: who is taken, who is refused and why, who is not known here.

use super::limits::{TOO_FAST_MAX, WRONG_MAX};
use super::packed::Packed;
use crate::couriers::{Entry, FULL_AGAIN_US, Known, Rate};
use crate::dead_letters::Said;
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::id::CourierId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, admit};
use std::collections::HashMap;

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
        /// After how many microseconds, where what the device sent before it comes first.
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
    /// Whom it names, as far as that was read.
    pub courier: Option<Box<str>>,
    /// What came, where it is wrong.
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
    pub(super) said: Said,
    pub(super) packed: Packed,
    pub(super) accepted: u64,
    refused: Vec<NotTaken>,
    wrong: usize,
    /// How many pings of each courier came too fast.
    too_fast: HashMap<Box<str>, i64>,
    unsure: Vec<Unsure>,
}

/// A request of which so much is refused that nothing of it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NothingTaken {
    /// It cannot be taken apart, or is wrong in too many places.
    Wrong(Rejection),
    /// Too much of it comes too fast; in parts, and after so many microseconds, it is taken.
    TooFast {
        /// Until devices may send as much at once as they ever may.
        wait_us: i64,
    },
}

impl From<Rejection> for NothingTaken {
    fn from(rejection: Rejection) -> NothingTaken {
        NothingTaken::Wrong(rejection)
    }
}

impl Sorted {
    pub(super) fn new(rules: Rules, said: Said) -> Sorted {
        Sorted {
            rules,
            said,
            packed: Packed::default(),
            accepted: 0,
            refused: Vec::new(),
            wrong: 0,
            too_fast: HashMap::new(),
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
    ) -> Result<(), NothingTaken> {
        let named = || Some(Box::from(courier));
        if !sender.may_speak_for(courier) {
            let reason = format!("{courier:?} is not the courier whose key this is");
            let code = RejectionCode::WrongCourier;
            let rejection = Rejection::new(code, "/courier_id", reason);
            return self.refuse(line, Why::Wrong(rejection), named(), raw());
        }
        if let Err(rejection) = admit(ping, self.rules.now, self.rules.max_age_us) {
            return self.refuse(line, Why::Wrong(rejection), named(), raw());
        }
        match known.find(courier) {
            Some(entry) => match self.take(entry, courier, ping) {
                Ok(()) => Ok(()),
                // It may be sent again, so that nobody needs its bytes.
                Err(why) => self.refuse(line, why, None, Vec::new()),
            },
            // Not counted: whether they are wrong the store knows.
            None => {
                let (courier, ping, raw) = (courier.into(), *ping, raw());
                self.unsure.push(Unsure { line, courier, ping, raw });
                Ok(())
            }
        }
    }

    /// Refuses one.
    pub(super) fn refuse(
        &mut self,
        line: u64,
        why: Why,
        courier: Option<Box<str>>,
        raw: Vec<u8>,
    ) -> Result<(), NothingTaken> {
        self.wrong += usize::from(matches!(why, Why::Wrong(_)));
        self.refused.push(NotTaken { line, why, courier, raw });
        self.bounded()
    }

    /// Couriers who must be looked for in the store before [`Sorted::settle`].
    pub(super) fn unsure(&self) -> impl Iterator<Item = &str> {
        self.unsure.iter().map(|unsure| &*unsure.courier)
    }

    /// Decides about those who were not known: whoever is not now is refused.
    pub(super) fn settle(&mut self, known: &Known<'_>) -> Result<(), NothingTaken> {
        for Unsure { line, courier, ping, raw } in std::mem::take(&mut self.unsure) {
            let taken = match known.find(&courier) {
                Some(entry) => self.take(entry, &courier, &ping),
                None => Err(Why::Wrong(unknown(&courier))),
            };
            if let Err(why) = taken {
                self.refuse(line, why, Some(courier), raw)?;
            }
        }
        self.refused.sort_by_key(|refused| refused.line);
        Ok(())
    }

    /// After how many microseconds what came too fast may be sent again: all of it, but of no
    /// device more than it ever may at once. `None` where nothing did.
    pub fn wait_us(&self) -> Option<i64> {
        let waits = self.refused.iter().filter_map(|refused| match refused.why {
            Why::TooMany { wait_us } => Some(wait_us),
            Why::Wrong(_) => None,
        });
        waits.max().map(|wait_us| wait_us.min(FULL_AGAIN_US))
    }

    /// What was refused, in the order of the lines.
    pub(super) fn refused(&self) -> &[NotTaken] {
        &self.refused
    }

    fn take(&mut self, entry: &Entry, courier: &str, ping: &Ping) -> Result<(), Why> {
        let Rules { now, rate, .. } = self.rules;
        if let Err(first_us) = entry.allowance.take(now, rate) {
            let others = match self.too_fast.get_mut(courier) {
                Some(others) => others,
                None => self.too_fast.entry(courier.into()).or_default(),
            };
            let wait_us = rate.behind(first_us, *others);
            *others += 1;
            return Err(Why::TooMany { wait_us });
        }
        self.packed.push((entry.partition, entry.market), courier, ping);
        self.accepted += 1;
        Ok(())
    }

    fn bounded(&self) -> Result<(), NothingTaken> {
        if self.wrong > WRONG_MAX {
            let reason = format!("more than {WRONG_MAX} of its pings are wrong; nothing was taken");
            return Err(Rejection::new(RejectionCode::Malformed, "", reason).into());
        }
        if self.refused.len() - self.wrong > TOO_FAST_MAX {
            return Err(NothingTaken::TooFast { wait_us: FULL_AGAIN_US });
        }
        Ok(())
    }
}

fn unknown(courier: &str) -> Rejection {
    let reason = format!("{courier:?} is not registered in any configured market");
    Rejection::new(RejectionCode::UnknownCourier, "/courier_id", reason)
}
