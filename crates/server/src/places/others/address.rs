//! Addresses as geocoders of others find them, said in our own terms.

use super::{metric, nominatim, photon};
use crate::calls::{CallError, Guard, Request};
use crate::kept::Kept;
use crate::places::AddressView;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::{HOUR_US, Micros};
use doorstep_domain::tracking::Position;
use doorstep_store::street::Extent;

/// Addresses kept: some ten megabytes.
const ADDRESSES_KEPT: usize = 20_000;

/// How long an address that was found is kept, in microseconds.
const FOUND_KEPT_US: i64 = 24 * HOUR_US;

/// How long one that was not is, in microseconds: somebody may add it, or was wrong.
const UNKNOWN_KEPT_US: i64 = HOUR_US / 6;

/// How far beyond its streets a market may have addresses, in 10⁻⁷ degrees: two kilometres.
const MARGIN_E7: i32 = 200_000;

/// In which form a geocoder is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Komoot's Photon: `/api?q=`.
    Photon,
    /// OpenStreetMap's Nominatim: `/search?q=`.
    Nominatim,
}

/// Where addresses of a market are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::places) struct Area {
    pub(super) south_west: Position,
    pub(super) north_east: Position,
}

/// A place that was found, in whichever form.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hit {
    pub(super) at: Position,
    pub(super) street: Option<String>,
    /// As it is written there: `12a`.
    pub(super) house_number: Option<String>,
    pub(super) zip: Option<String>,
    /// Of a shop, a park, a station.
    pub(super) name: Option<String>,
}

/// A geocoder by its URL.
pub struct Geocoder {
    url: String,
    form: Form,
    guard: Guard,
    addresses: Kept<(MarketId, String), Option<AddressView>>,
}

impl Area {
    /// That of a market's streets, with a margin.
    pub(in crate::places) fn around(extent: Extent) -> Area {
        let moved = |place: Position, by: i32| Position {
            lat_e7: place.lat_e7.saturating_add(by).clamp(-900_000_000, 900_000_000),
            lng_e7: place.lng_e7.saturating_add(by).clamp(-1_800_000_000, 1_800_000_000),
        };
        Area {
            south_west: moved(extent.south_west, -MARGIN_E7),
            north_east: moved(extent.north_east, MARGIN_E7),
        }
    }

    fn holds(&self, place: Position) -> bool {
        let Area { south_west, north_east } = self;
        (south_west.lat_e7..=north_east.lat_e7).contains(&place.lat_e7)
            && (south_west.lng_e7..=north_east.lng_e7).contains(&place.lng_e7)
    }

    /// `west,south,east,north` in degrees.
    pub(super) fn bounds(&self) -> String {
        let Area { south_west, north_east } = self;
        let [west, south] = [south_west.lng(), south_west.lat()];
        format!("{west},{south},{},{}", north_east.lng(), north_east.lat())
    }
}

impl Form {
    /// As answers call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Form::Photon => "photon",
            Form::Nominatim => "nominatim",
        }
    }
}

impl Geocoder {
    /// At a URL such as `http://127.0.0.1:2322`.
    pub fn new(url: String, form: Form, guard: Guard) -> Geocoder {
        metric::describe(metric::ADDRESS);
        Geocoder { url, form, guard, addresses: Kept::new(ADDRESSES_KEPT) }
    }

    /// Whether it is left alone because it failed.
    pub fn is_left_alone(&self) -> bool {
        self.guard.is_open()
    }

    /// Where an address is; `None` where they know of none within the area.
    pub(in crate::places) fn find(
        &self,
        market: &MarketId,
        area: Option<Area>,
        address: &str,
    ) -> Result<Option<AddressView>, CallError> {
        let question = (market.clone(), normal(address));
        if let Some(kept) = self.addresses.find(&question, self.guard.now()) {
            metric::was_kept(metric::ADDRESS, 1);
            return Ok(kept);
        }
        let request = Request::get(self.asked(&question.1, area));
        let hit = self.guard.call(&request, |answer| match self.form {
            Form::Photon => photon::read(answer),
            Form::Nominatim => nominatim::read(answer),
        })?;
        let hit = hit.filter(|hit| area.is_none_or(|area| area.holds(hit.at)));
        let found = hit.map(|hit| view(&question.1, hit, self.form));
        self.addresses.keep(question, found.clone(), self.until(found.is_some()));
        Ok(found)
    }

    fn asked(&self, address: &str, area: Option<Area>) -> String {
        match self.form {
            Form::Photon => photon::url(&self.url, address, area),
            Form::Nominatim => nominatim::url(&self.url, address, area),
        }
    }

    fn until(&self, is_found: bool) -> Micros {
        self.guard.now().plus(if is_found { FOUND_KEPT_US } else { UNKNOWN_KEPT_US })
    }
}

/// What is the same address to whoever writes it: one case, one space.
fn normal(address: &str) -> String {
    address.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// They do not say how sure they are: what of the question is in the answer does.
fn view(asked: &str, hit: Hit, form: Form) -> AddressView {
    let number = hit.house_number.as_deref().and_then(number_in);
    let (how, certain) = match (number, number_in(asked)) {
        (Some(found), Some(asked)) if found == asked => ("number", 0.9),
        (Some(_), _) => ("nearest_number", 0.5),
        (None, _) if hit.name.is_some() => ("place", 0.7),
        (None, _) => ("street", 0.5),
    };
    let street = hit.street.clone().or_else(|| hit.name.clone()).unwrap_or_default();
    let names = [hit.street.as_deref(), hit.name.as_deref()];
    let is_alike = names.into_iter().flatten().any(|name| shares_a_word(asked, name));
    AddressView {
        lat: hit.at.lat(),
        lng: hit.at.lng(),
        street,
        number,
        zip: hit.zip,
        how,
        letters_off: 0,
        confidence: if is_alike { certain } else { certain / 2.0 },
        geocoder: form.as_str(),
    }
}

/// The first number of a text.
fn number_in(text: &str) -> Option<i64> {
    let begin = text.find(|letter: char| letter.is_ascii_digit())?;
    let digits = text[begin..].split(|letter: char| !letter.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok())
}

/// Whether a word of the name, three letters or an ordinal at least, is in what was asked.
fn shares_a_word(asked: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|letter: char| !letter.is_alphanumeric());
        parts.filter(|word| word.chars().count() >= 3).map(str::to_owned).collect()
    };
    let asked = words(asked);
    words(&name).iter().any(|word| asked.contains(word))
}

#[cfg(test)]
mod tests;
