//! A request's pings, one by one: who is taken, who is refused and why, who is not known here.

use super::limits::{TOO_FAST_MAX, WRONG_MAX};
use super::packed::Packed;
use super::read::{Raw, Read};
use crate::couriers::{Entry, FULL_AGAIN_US, Known, Rate};
use crate::dead_letters::Said;
use doorstep_domain::event::{Rejection, RejectionCode};
use doorstep_domain::id::CourierId;
use doorstep_domain::time::Micros;
use doorstep_domain::tracking::{Ping, admit};
use std::borrow::Cow;
use std::collections::HashMap;

/// Pings sorted together.
pub(super) const RUN: usize = 64;

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
    pub(super) fn new(rules: Rules, said: Said, packed: Packed) -> Sorted {
        Sorted {
            rules,
            said,
            packed,
            accepted: 0,
            refused: Vec::new(),
            wrong: 0,
            too_fast: HashMap::new(),
            unsure: Vec::new(),
        }
    }

    /// Sorts pings, at most [`RUN`] of them.
    pub(super) fn sort(
        &mut self,
        known: &Known<'_>,
        sender: &Sender,
        run: &[Read<'_>],
    ) -> Result<(), NothingTaken> {
        // All are looked up before anything is counted: so the processor fetches many of them from
        // memory at once, where a count would let it wait for each.
        let mut found = [None; RUN];
        for (found, read) in found.iter_mut().zip(run) {
            *found = known.find(&read.courier);
        }
        let mut found = found.into_iter().zip(run);
        found.try_for_each(|(found, read)| self.sort_one(found, sender, read))
    }

    fn sort_one(
        &mut self,
        found: Option<&Entry>,
        sender: &Sender,
        read: &Read<'_>,
    ) -> Result<(), NothingTaken> {
        let (line, courier) = (read.line, &*read.courier);
        let wrong = if sender.may_speak_for(courier) {
            admit(&read.ping, self.rules.now, self.rules.max_age_us).err()
        } else {
            Some(not_theirs(courier))
        };
        if let Some(rejection) = wrong {
            return self.refuse(line, Why::Wrong(rejection), Some(courier.into()), read.raw);
        }
        let Some(entry) = found else {
            // Not counted: whether they are wrong the store knows.
            let (courier, raw) = (courier.into(), read.raw.kept());
            self.unsure.push(Unsure { line, courier, ping: read.ping, raw });
            return Ok(());
        };
        match self.take(entry, read) {
            Ok(()) => Ok(()),
            // It may be sent again, so that nobody needs its bytes.
            Err(why) => self.push_refused(NotTaken { line, why, courier: None, raw: Vec::new() }),
        }
    }

    /// Refuses one.
    pub(super) fn refuse(
        &mut self,
        line: u64,
        why: Why,
        courier: Option<Box<str>>,
        raw: Raw<'_>,
    ) -> Result<(), NothingTaken> {
        self.push_refused(NotTaken { line, why, courier, raw: raw.kept() })
    }

    fn push_refused(&mut self, refused: NotTaken) -> Result<(), NothingTaken> {
        self.wrong += usize::from(matches!(refused.why, Why::Wrong(_)));
        self.refused.push(refused);
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
                Some(entry) => {
                    let (courier, raw) = (Cow::Borrowed(&*courier), Raw::Text(&raw));
                    self.take(entry, &Read { line, courier, ping, raw })
                }
                None => Err(Why::Wrong(unknown(&courier))),
            };
            if let Err(why) = taken {
                self.push_refused(NotTaken { line, why, courier: Some(courier), raw })?;
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

    fn take(&mut self, entry: &Entry, read: &Read<'_>) -> Result<(), Why> {
        let Rules { now, rate, .. } = self.rules;
        if let Err(first_us) = entry.allowance.take(now, rate) {
            let others = match self.too_fast.get_mut(&*read.courier) {
                Some(others) => others,
                None => self.too_fast.entry((*read.courier).into()).or_default(),
            };
            let wait_us = rate.behind(first_us, *others);
            *others += 1;
            return Err(Why::TooMany { wait_us });
        }
        self.packed.push((entry.partition, entry.market), read);
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

fn not_theirs(courier: &str) -> Rejection {
    let reason = format!("{courier:?} is not the courier whose key this is");
    Rejection::new(RejectionCode::WrongCourier, "/courier_id", reason)
}

fn unknown(courier: &str) -> Rejection {
    let reason = format!("{courier:?} is not registered in any configured market");
    Rejection::new(RejectionCode::UnknownCourier, "/courier_id", reason)
}
