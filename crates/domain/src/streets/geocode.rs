//! Addresses to places: by the house numbers at the ends of each stretch.
//!
//! What is not known is answered with the nearest that is, and said so.

mod closest;
mod corner;
mod numbering;

use super::address::{Address, Name};
use super::line::along;
use super::{Numbers, Stretch, words};
use crate::tracking::Position;
use numbering::Spot;
use std::collections::BTreeMap;

/// Most words of an address that may be a street's name.
const NAME_WORDS_MAX: usize = 6;

/// Below this an answer is a guess, and a courier sent on a guess is lost.
const CONFIDENCE_MIN: f64 = 0.3;

/// How a place was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The house number lies within a stretch's numbers.
    Number,
    /// The street has no such number; the nearest that it has.
    NearestNumber,
    /// Where two streets meet.
    Corner,
    /// No number was given, or the street has none: its middle.
    Street,
}

impl How {
    /// As the interface names it.
    pub fn as_str(self) -> &'static str {
        match self {
            How::Number => "number",
            How::NearestNumber => "nearest_number",
            How::Corner => "corner",
            How::Street => "street",
        }
    }
}

/// A place for an address.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Where: beside the street, at the house.
    pub position: Position,
    /// The street as its sign says.
    pub street: String,
    /// The house number that was taken; the nearest where there is no such number.
    pub number: Option<i64>,
    /// Postal code of the stretch.
    pub zip: Option<String>,
    /// How it was found.
    pub how: How,
    /// Letters by which the street's name differs from what was asked.
    pub letters_off: usize,
    /// From 0 to 1: 1 where everything asked for was found as it was asked.
    pub confidence: f64,
}

/// The addresses of a market.
#[derive(Debug, Clone, Default)]
pub struct Geocoder {
    stretches: Vec<Numbered>,
    streets: Vec<Street>,
    by_base: BTreeMap<Box<str>, Vec<usize>>,
}

#[derive(Debug, Clone)]
struct Numbered {
    left: Option<Numbers>,
    right: Option<Numbers>,
    zip: Option<String>,
    line: Vec<Position>,
}

#[derive(Debug, Clone)]
struct Street {
    sign: String,
    name: Name,
    stretches: Vec<usize>,
}

/// A street that may be meant.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    street: usize,
    words: usize,
    letters_off: usize,
    confidence: f64,
}

impl Geocoder {
    /// Learns the streets; those without a name are not found.
    pub fn new(stretches: &[Stretch]) -> Geocoder {
        let mut geocoder = Geocoder::default();
        let mut by_sign: BTreeMap<&str, usize> = BTreeMap::new();
        for stretch in stretches.iter().filter(|stretch| !stretch.name.is_empty()) {
            let next = geocoder.streets.len();
            let street = *by_sign.entry(&stretch.name).or_insert(next);
            if street == next {
                let name = Name::of(&super::address::split(&stretch.name));
                let known = geocoder.by_base.entry(name.base.as_str().into()).or_default();
                known.push(street);
                let (sign, stretches) = (stretch.name.clone(), Vec::new());
                geocoder.streets.push(Street { sign, name, stretches });
            }
            geocoder.streets[street].stretches.push(geocoder.stretches.len());
            geocoder.stretches.push(Numbered {
                left: stretch.left,
                right: stretch.right,
                zip: stretch.zip.clone(),
                line: stretch.line.clone(),
            });
        }
        geocoder
    }

    /// Whether there is no street to be found.
    pub fn is_empty(&self) -> bool {
        self.streets.is_empty()
    }

    /// The place of an address as somebody wrote it: house number, street, whatever follows, and
    /// a postal code; or two streets that meet. `None` where nothing is near to it.
    pub fn find(&self, address: &str) -> Option<Found> {
        let address = Address::read(address);
        if !address.corner.is_empty()
            && let Some(found) = self.corner(&address)
        {
            return Some(found);
        }
        let exact = self.named(&address.words);
        let candidates = if exact.is_empty() { self.closest(&address.words) } else { exact };
        let found = candidates.iter().filter_map(|candidate| self.place(&address, candidate));
        let found = found.filter(|found| found.confidence >= CONFIDENCE_MIN);
        found.max_by(|one, other| one.confidence.total_cmp(&other.confidence))
    }

    /// The streets whose name the first words are, the most words first.
    fn named(&self, words: &[String]) -> Vec<Candidate> {
        let mut found = Vec::new();
        for count in (1..=words.len().min(NAME_WORDS_MAX)).rev() {
            let name = Name::of(&words[..count]);
            let asked = kind_of(&name, words.get(count));
            let streets = self.by_base.get(name.base.as_str()).map_or(&[][..], Vec::as_slice);
            found.extend(streets.iter().filter_map(|street| {
                let confidence = by_kind(self.streets[*street].name.kind, asked)?;
                // Of `3rd Street Plaza` two words say more than one.
                let confidence = confidence - 0.02 * (NAME_WORDS_MAX - count) as f64 / 6.0;
                Some(Candidate { street: *street, words: count, letters_off: 0, confidence })
            }));
        }
        found
    }

    fn place(&self, address: &Address, candidate: &Candidate) -> Option<Found> {
        let street = &self.streets[candidate.street];
        let number = address.number.or_else(|| address.number_behind(candidate.words));
        let spot = number.and_then(|number| self.spot(street, number, address.zip.as_deref()));
        let (at, how, numbering) = match (spot, number) {
            (Some(Spot { stretch, gap: 0, fit, .. }), _) => (stretch, How::Number, fit),
            (Some(Spot { stretch, gap, fit, .. }), _) => {
                (stretch, How::NearestNumber, fit * (0.75 / (1.0 + gap as f64 / 100.0)).max(0.35))
            }
            (None, _) => (self.middle(street)?, How::Street, 0.4),
        };
        let stretch = &self.stretches[at];
        let position = match spot {
            Some(spot) => spot.position(stretch)?,
            None => along(&stretch.line, 0.5, 0.0)?,
        };
        let zips = (address.zip.as_deref(), stretch.zip.as_deref());
        let zip_fits = !matches!(zips, (Some(asked), Some(known)) if asked != known);
        let by_zip = if zip_fits { 1.0 } else { 0.8 };
        Some(Found {
            position,
            street: street.sign.clone(),
            number: spot.map(|spot| spot.number),
            zip: stretch.zip.clone(),
            how,
            letters_off: candidate.letters_off,
            confidence: candidate.confidence * numbering * by_zip,
        })
    }

    /// The stretch in the middle of a street.
    fn middle(&self, street: &Street) -> Option<usize> {
        let of = |place: fn(Position) -> f64| {
            let all = street.stretches.iter().flat_map(|at| &self.stretches[*at].line);
            let (sum, count) = all.fold((0.0, 0.0), |(s, n), at| (s + place(*at), n + 1.0));
            sum / count
        };
        let centre = Position::from_degrees(of(Position::lat), of(Position::lng))?;
        let off = |at: &usize| {
            let middle = along(&self.stretches[*at].line, 0.5, 0.0);
            middle.map_or(f64::INFINITY, |middle| middle.distance_m(centre))
        };
        street.stretches.iter().copied().min_by(|one, other| off(one).total_cmp(&off(other)))
    }
}

/// The type asked for; it may stand behind: `1 Embarcadero Center` is not on the Embarcadero.
fn kind_of(name: &Name, next: Option<&String>) -> Option<&'static str> {
    name.kind.or_else(|| words::kind(next?))
}

/// How well the type of street fits. A centre or a square of that name is another place.
fn by_kind(known: Option<&str>, asked: Option<&str>) -> Option<f64> {
    match (known, asked) {
        (known, asked) if known == asked => Some(1.0),
        (_, None) => Some(0.9),
        (_, Some("BLDG")) | (None, Some("CTR" | "PLZ" | "SQ")) => None,
        (None, Some(_)) => Some(0.85),
        (Some(_), Some(_)) => Some(0.6),
    }
}
