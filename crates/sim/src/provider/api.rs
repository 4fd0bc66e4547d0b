//! What an API is asked, and what it answers; each provider routes and words it its own way.

use super::bookings::Bookings;
use super::telling::Telling;
use super::{Kind, Plan, doordash_drive, onfleet, uber_direct};
use crate::chance::Chance;
use doorstep_domain::time::Micros;
use serde_json::{Value, json};

/// A call.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path, without what comes after `?`.
    pub path: &'a str,
    /// What comes after `?`.
    pub query: &'a str,
    /// The header `Authorization`.
    pub authorization: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status of HTTP.
    pub status: u16,
    /// The body.
    pub body: Value,
    /// After how many seconds to ask again.
    pub retry_after_s: Option<u64>,
    /// Messages that follow.
    pub tellings: Vec<Telling>,
    /// Which delivery was booked by it.
    pub booked: Option<usize>,
    /// Whether it never arrives.
    pub is_lost: bool,
}

/// How a booking is refused, drawn by how many there were.
const REFUSAL: u64 = 5;

impl Answered {
    pub(super) fn of(status: u16, body: Value) -> Answered {
        Answered {
            status,
            body,
            retry_after_s: None,
            tellings: Vec::new(),
            booked: None,
            is_lost: false,
        }
    }
}

/// Answers a call.
pub(super) fn answer(
    plan: &Plan,
    bookings: &mut Bookings,
    asked: &Asked<'_>,
    now: Micros,
) -> Answered {
    let path: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
    match plan.kind {
        Kind::UberDirect => uber_direct::answer(plan, bookings, asked, &path, now),
        Kind::DoordashDrive => doordash_drive::answer(plan, bookings, asked, &path, now),
        Kind::Onfleet => onfleet::answer(plan, bookings, asked, &path, now),
    }
}

/// What is answered above the limit.
pub(super) fn told_to_wait(kind: Kind) -> Answered {
    let body = match kind {
        Kind::UberDirect => uber_direct::error("customer_limited", "You have asked too often."),
        Kind::DoordashDrive => doordash_drive::error("rate_limit_exceeded", "Too many requests"),
        Kind::Onfleet => onfleet::error("RateLimitExceeded", "Too many requests"),
    };
    Answered { retry_after_s: Some(1), ..Answered::of(429, body) }
}

/// Whether a booking under this name is refused, whenever it is asked for.
pub(super) fn is_refused(plan: &Plan, ours: &str) -> bool {
    let key = ours.bytes().fold(0_u64, |key, byte| key.rotate_left(8) ^ u64::from(byte));
    Chance::of(plan.seed, &[key, REFUSAL]).happens(plan.odds.refused_bp)
}

/// A body of JSON; an empty object where it is none.
pub(super) fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| json!({}))
}

/// The first of these fields that is no text, or empty text.
pub(super) fn missing<'a>(body: &Value, fields: &[&'a str]) -> Option<&'a str> {
    let is_missing = |field: &&&str| body[**field].as_str().is_none_or(str::is_empty);
    fields.iter().find(is_missing).copied()
}

/// RFC 3339 with milliseconds, as they write it.
pub(super) fn rfc3339(at: Micros) -> String {
    let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{at:.3}")
}
