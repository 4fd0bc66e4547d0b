//! From a payload to events.

use super::super::event::{Courier, Event, Origin};
use super::super::path::Path;
use super::key::{Said, key};
use super::{Adapter, text};
use crate::id::{IdError, checked};
use crate::limits::{EVENT_AHEAD_MAX_US, EVENT_TIME_MIN, PROVIDER_WORD_BYTES_MAX, WORDS_BYTES_MAX};
use crate::time::{Micros, SECOND_US};
use crate::tracking::Position;
use serde_json::Value;
use std::borrow::Cow;

/// Who told a payload, and how and when it came.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Which provider, by its name in the configuration.
    pub provider: &'a str,
    /// How we came to know of it.
    pub origin: Origin,
    /// When it came.
    pub received_at: Micros,
}

/// What a payload says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Something of this name that no timeline is made of.
    Ignored(Box<str>),
    /// Events: one, or one for each element.
    Told(Vec<Told>),
}

/// One event, and of which delivery it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The provider's name of the delivery.
    pub reference: Box<str>,
    /// Our name of it, where the provider tells it.
    pub ours: Option<Box<str>>,
    /// What was told.
    pub event: Event,
}

/// Why a payload cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing says which delivery it is of.
    #[error("{0} is not there: it does not say which delivery it is of")]
    NoReference(String),
    /// What says it is no identifier.
    #[error("its name of the delivery {0}")]
    Reference(IdError),
}

impl Adapter {
    /// Reads a payload. Errors: [`ReadError`] where it does not say of which delivery it is.
    pub fn read(&self, source: Source<'_>, payload: &Value) -> Result<Reading, ReadError> {
        let fields = &self.file().read;
        let name = first(&fields.name, payload, None).map(|name| word(&text(name)));
        let name = name.unwrap_or_default();
        if self.ignores(&name) {
            return Ok(Reading::Ignored(name));
        }
        let read = |element| Element { adapter: self, source, payload, element }.told();
        let elements = fields.all().find_map(|path| path.array(payload)).map_or(0, Vec::len);
        let mut told = (0..elements).map(|e| read(Some(e))).collect::<Result<Vec<_>, _>>()?;
        if told.is_empty() || self.file().whole {
            told.push(read(None)?);
        }
        Ok(Reading::Told(told))
    }
}

/// A payload, or one element of an array in it.
struct Element<'a> {
    adapter: &'a Adapter,
    source: Source<'a>,
    payload: &'a Value,
    element: Option<usize>,
}

impl<'a> Element<'a> {
    fn told(&self) -> Result<Told, ReadError> {
        let fields = &self.adapter.file().read;
        let reference = self.reference()?;
        let name = self.text(&fields.name).map(|name| word(&name)).unwrap_or_default();
        let status = self.text(&fields.status).map(|status| word(&status)).unwrap_or_default();
        let at = self.at();
        let (meaning, opens_after) = self.adapter.meaning(&status, self.payload, self.element);
        let said = Said {
            provider: self.source.provider,
            reference: &reference,
            name: &name,
            status: &status,
            at,
        };
        let event = Event {
            key: self.key(&said),
            at: at.unwrap_or(self.source.received_at),
            meaning,
            name,
            status,
            opens_after,
            opens_with_courier: self.adapter.file().courier_opens_attempt,
            booking: self.words(&fields.attempt, PROVIDER_WORD_BYTES_MAX),
            courier: Courier {
                id: self.words(&fields.courier_id, PROVIDER_WORD_BYTES_MAX),
                name: self.words(&fields.courier_name, PROVIDER_WORD_BYTES_MAX),
                phone: self.words(&fields.courier_phone, PROVIDER_WORD_BYTES_MAX),
            },
            position_e7: self.position_e7(),
            tracking_url: self.words(&fields.tracking_url, WORDS_BYTES_MAX),
            reason: self.words(&fields.reason, WORDS_BYTES_MAX),
            origin: self.source.origin,
            received_at: self.source.received_at,
        };
        let ours = self.text(&fields.ours).filter(|ours| checked(ours).is_ok());
        Ok(Told { reference, ours: ours.map(|ours| ours.as_ref().into()), event })
    }

    fn reference(&self) -> Result<Box<str>, ReadError> {
        let paths = &self.adapter.file().read.reference;
        let Some(reference) = self.text(paths) else {
            let paths: Vec<String> = paths.iter().map(Path::to_string).collect();
            return Err(ReadError::NoReference(paths.join("|")));
        };
        checked(&reference).map(Box::from).map_err(ReadError::Reference)
    }

    /// Elements of one payload share its event's name: they are told apart by what they say.
    fn key(&self, said: &Said<'_>) -> Box<str> {
        let paths = &self.adapter.file().read.event;
        let (own, about) = match self.element {
            None => (first(paths, self.payload, None), self.payload),
            Some(element) => {
                let own = paths.iter().find_map(|path| path.of_element(self.payload, element));
                let arrays = self.adapter.file().read.all();
                let array = arrays.filter_map(|path| path.array(self.payload)).next();
                (own, array.and_then(|array| array.get(element)).unwrap_or(self.payload))
            }
        };
        let own = own.map(text).filter(|own| checked(own).is_ok());
        own.map_or_else(|| key(said, about), |own| own.as_ref().into())
    }

    /// The first time that can be read and believed.
    fn at(&self) -> Option<Micros> {
        let latest = self.source.received_at.plus(EVENT_AHEAD_MAX_US);
        let paths = &self.adapter.file().read.at;
        let told = paths.iter().flat_map(|path| path.ways(self.payload, self.element));
        told.filter_map(instant).find(|at| (EVENT_TIME_MIN..=latest).contains(at))
    }

    fn position_e7(&self) -> Option<(i32, i32)> {
        let fields = &self.adapter.file().read;
        let degrees = |paths: &[Path]| -> Option<f64> { self.text(paths)?.parse().ok() };
        let position = Position::from_degrees(degrees(&fields.lat)?, degrees(&fields.lng)?)?;
        Some((position.lat_e7, position.lng_e7))
    }

    fn text(&self, paths: &[Path]) -> Option<Cow<'a, str>> {
        first(paths, self.payload, self.element).map(text)
    }

    fn words(&self, paths: &[Path], bytes_max: usize) -> Option<Box<str>> {
        self.text(paths).map(|text| plain(cut(&text, bytes_max)).into())
    }
}

fn first<'v>(paths: &[Path], payload: &'v Value, element: Option<usize>) -> Option<&'v Value> {
    paths.iter().find_map(|path| path.within(payload, element))
}

/// A name or status as it is compared.
fn word(text: &str) -> Box<str> {
    plain(cut(text, PROVIDER_WORD_BYTES_MAX)).to_lowercase().into()
}

/// Without control characters: not every engine keeps them.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// Numbers up to here are seconds since 1970, larger ones milliseconds: in seconds it is the year
/// 5138, in milliseconds 1973.
const SECONDS_MAX: f64 = 1e11;

/// RFC 3339, or seconds or milliseconds since 1970.
fn instant(value: &Value) -> Option<Micros> {
    let text = text(value);
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    if let Ok(whole) = text.parse::<i64>() {
        let unit_us = if whole < SECONDS_MAX as i64 { SECOND_US } else { SECOND_US / 1_000 };
        return whole.checked_mul(unit_us).map(Micros);
    }
    let seconds =
        text.parse::<f64>().ok().filter(|seconds| (0.0..SECONDS_MAX).contains(seconds))?;
    Some(Micros((seconds * SECOND_US as f64).round() as i64))
}
