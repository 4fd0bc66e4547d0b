//! Others who deliver: they take bookings by their own API, live each delivery through, and tell
//! of it by messages signed their way, some of which come twice, late, never, or from a forger.
//!
//! All of it is a pure function of the seed, of what was asked of them, and of when: nothing ticks.

mod api;
mod bookings;
mod doordash_drive;
mod life;
mod onfleet;
mod signature;
mod telling;
mod uber_direct;

pub use api::{Answered, Asked};
pub use bookings::Delivery;
pub use life::{Odds, Stage, Step};
pub use telling::{Dirt, Telling};

use crate::chance::Chance;
use bookings::Bookings;
use doorstep_domain::time::{Micros, SECOND_US};
use serde_json::{Value, json};

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Uber Direct: OAuth, `idempotency_key`, messages signed with HMAC-SHA-256.
    UberDirect,
    /// DoorDash Drive: a JWT, `external_delivery_id`, messages that show a token.
    DoordashDrive,
    /// Onfleet: a key, two tasks for each delivery, messages signed with HMAC-SHA-512.
    Onfleet,
}

/// What provider to make.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which one.
    pub kind: Kind,
    /// The same seed lives the same lives.
    pub seed: u64,
    /// How many times as fast as in the world.
    pub speed: u32,
    /// What its messages are signed with.
    pub secret: String,
    /// What its API wants to be shown: `id:secret`, `developer:key:secret`, or a key.
    pub credential: String,
    /// The account that its API names; only Uber Direct has one.
    pub account: String,
    /// Calls that its API takes in a second; more of them are told to wait.
    pub calls_per_second: u32,
    /// Answers of bookings that are cut off, in basis points.
    pub lost_answers_bp: u32,
    /// What becomes of deliveries.
    pub odds: Odds,
    /// What becomes of messages.
    pub dirt: Dirt,
}

/// A message, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its headers, beside those of any JSON.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// One of them, and what it knows.
#[derive(Debug)]
pub struct Provider {
    plan: Plan,
    bookings: Bookings,
    calls: Calls,
}

/// How often its API was asked.
#[derive(Debug, Default)]
struct Calls {
    all: u64,
    second: i64,
    in_second: u32,
    most_in_a_second: u32,
    told_to_wait: u64,
    lost_answers: u64,
    looks: u64,
}

impl Provider {
    /// One that knows of nothing yet.
    pub fn new(plan: Plan) -> Provider {
        Provider { plan, bookings: Bookings::default(), calls: Calls::default() }
    }

    /// What it was made of.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Answers a call to its API.
    pub fn ask(&mut self, asked: &Asked<'_>, now: Micros) -> Answered {
        self.calls.all += 1;
        let second = now.0.div_euclid(SECOND_US);
        if second != self.calls.second {
            (self.calls.second, self.calls.in_second) = (second, 0);
        }
        self.calls.in_second += 1;
        self.calls.most_in_a_second = self.calls.most_in_a_second.max(self.calls.in_second);
        if self.calls.in_second > self.plan.calls_per_second {
            self.calls.told_to_wait += 1;
            return api::told_to_wait(self.plan.kind);
        }
        self.calls.looks += u64::from(asked.method == "GET");
        let mut answered = api::answer(&self.plan, &mut self.bookings, asked, now);
        if let Some(number) = answered.booked {
            let mut chance = Chance::of(self.plan.seed, &[number as u64, LOST_ANSWER]);
            answered.is_lost = chance.happens(self.plan.lost_answers_bp);
            self.calls.lost_answers += u64::from(answered.is_lost);
        }
        answered
    }

    /// The message of a telling.
    pub fn message(&self, telling: &Telling) -> Option<Message> {
        let delivery = self.bookings.get(telling.delivery)?;
        let step = *delivery.steps.get(telling.step)?;
        let step = match telling.is_forged {
            true => Step { stage: Stage::Delivered, at: step.at },
            false => step,
        };
        let body = match self.plan.kind {
            Kind::UberDirect => uber_direct::message(&self.plan, delivery, step),
            Kind::DoordashDrive => doordash_drive::message(delivery, step),
            Kind::Onfleet => onfleet::message(delivery, step),
        }?;
        let body = body.to_string().into_bytes();
        let headers = signature::headers(&self.plan, telling.is_forged, &body);
        Some(Message { headers, body })
    }

    /// How long after so many attempts a message that was not taken is sent again, in
    /// microseconds; `None` where it is given up.
    pub fn rest_us(&self, attempts: u32) -> Option<i64> {
        let rest_us = self.plan.kind.rest_s(attempts)? * SECOND_US;
        Some(rest_us / i64::from(self.plan.speed.max(1)))
    }

    /// What is true: each delivery with how it stands now, and how often each of the names that
    /// others gave was booked.
    pub fn truth(&self, now: Micros) -> Value {
        let deliveries: Vec<Value> = self
            .bookings
            .all()
            .iter()
            .map(|delivery| {
                let step = delivery.now(now);
                let told = self.plan.kind.told(delivery, now);
                json!({
                    "reference": delivery.reference, "ours": delivery.ours,
                    "status": told.stage.canonical(),
                    "is_over": step.stage.is_end(), "at_us": step.at.0,
                    "booked_at_us": delivery.booked_at.0,
                    "is_silent": delivery.silent_from.is_some(),
                })
            })
            .collect();
        json!({
            "deliveries": deliveries, "bookings": self.bookings.counts(),
            "calls": {
                "all": self.calls.all, "looks": self.calls.looks,
                "most_in_a_second": self.calls.most_in_a_second,
                "told_to_wait": self.calls.told_to_wait,
                "lost_answers": self.calls.lost_answers,
            },
        })
    }
}

/// What is drawn for a delivery, each by its own number.
const LOST_ANSWER: u64 = 1;
const LIFE: u64 = 2;
const TELLINGS: u64 = 3;
const COURIER: u64 = 4;

impl Kind {
    /// As adapters call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::UberDirect => "uber_direct",
            Kind::DoordashDrive => "doordash_drive",
            Kind::Onfleet => "onfleet",
        }
    }

    /// Whether it has a word for a stage, and so tells of it.
    fn has_word(self, stage: Stage) -> bool {
        match self {
            Kind::UberDirect => uber_direct::status(stage).is_some(),
            Kind::DoordashDrive => doordash_drive::words(stage).is_some(),
            Kind::Onfleet => onfleet::trigger(stage).is_some(),
        }
    }

    /// The newest step that whoever follows a delivery can know of.
    fn told(self, delivery: &Delivery, now: Micros) -> Step {
        let mut come = delivery.steps.iter().filter(|step| step.at <= now);
        let told = come.rfind(|step| self.has_word(step.stage));
        told.copied().unwrap_or(Step { stage: Stage::Created, at: delivery.booked_at })
    }

    /// The world's seconds until a message is sent again. Uber Direct: seven attempts in an hour;
    /// DoorDash: three, close together; Onfleet: every half hour of a day.
    fn rest_s(self, attempts: u32) -> Option<i64> {
        match self {
            Kind::UberDirect => (attempts < 7).then(|| 10 * 3_i64.pow(attempts.saturating_sub(1))),
            Kind::DoordashDrive => (attempts < 3).then_some(60),
            Kind::Onfleet => (attempts < 48).then_some(1_800),
        }
    }
}
