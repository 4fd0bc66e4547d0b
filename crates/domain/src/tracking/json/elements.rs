//! An array of pings, taken apart while it is read.

use super::common::{self, without_space};
use super::{by_serde, malformed};
use crate::event::Rejection;
use crate::limits::PING_BYTES_MAX;
use crate::tracking::Named;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One element of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element<'a> {
    /// As it stands there.
    pub raw: &'a [u8],
    /// What it says, or what is wrong with it.
    pub read: Result<Named<'a>, Rejection>,
}

/// The elements of an array, in their order. They may be of no array after all: that is known
/// once [`Elements::finish`] has said so.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    body: &'a [u8],
    rest: &'a [u8],
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Within,
    After,
    /// Somewhere where no array goes on.
    Lost,
}

/// Takes a body apart; it is read as its elements are asked for.
pub fn elements(body: &[u8]) -> Elements<'_> {
    Elements { body, rest: body, place: Place::Before }
}

impl<'a> Elements<'a> {
    /// Whether all of the body is an array, however far it was read. Errors: it is not, and
    /// nothing of what was read is to be believed.
    pub fn finish(self) -> Result<(), Rejection> {
        if self.place == Place::After && without_space(self.rest).is_empty() {
            return Ok(());
        }
        match serde_json::from_slice::<Vec<&RawValue>>(self.body) {
            Err(error) => Err(malformed("", format!("is not a JSON array: {error}"))),
            // Whoever lost the way has not read all of it.
            Ok(_) if self.place == Place::Lost => Err(malformed("", "is not a JSON array")),
            Ok(_) => Ok(()),
        }
    }

    /// Where the next element begins; `None` where there is no other.
    fn begin(&mut self) -> Option<&'a [u8]> {
        let rest = without_space(self.rest);
        let (begins, place) = match (self.place, rest.split_first()) {
            (Place::Before, Some((b'[', rest))) => {
                let rest = without_space(rest);
                match rest.strip_prefix(b"]") {
                    Some(rest) => (Err(rest), Place::After),
                    None => (Ok(rest), Place::Within),
                }
            }
            (Place::Within, Some((b',', rest))) => (Ok(without_space(rest)), Place::Within),
            (Place::Within, Some((b']', rest))) => (Err(rest), Place::After),
            (Place::After, _) => (Err(rest), Place::After),
            _ => (Err(rest), Place::Lost),
        };
        self.place = place;
        begins.map_err(|rest| self.rest = rest).ok()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let begin = self.begin()?;
        let Some(element) = element(begin) else {
            self.place = Place::Lost;
            return None;
        };
        self.rest = &begin[element.raw.len()..];
        Some(element)
    }
}

/// Reads one element off the front.
fn element(rest: &[u8]) -> Option<Element<'_>> {
    if let Some((written, after)) = common::read(rest) {
        let raw = &rest[..rest.len() - after.len()];
        if raw.len() <= PING_BYTES_MAX {
            return Some(Element { raw, read: written.named() });
        }
    }
    let raw = <&RawValue>::deserialize(&mut serde_json::Deserializer::from_slice(rest)).ok()?;
    let raw = raw.get().as_bytes();
    Some(Element { raw, read: by_serde(raw) })
}
