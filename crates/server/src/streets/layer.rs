//! The streets of a market as the map draws them: written once for each change, kept in memory.

use crate::app::App;
use crate::error::AppError;
use crate::keys::hex;
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::Position;
use doorstep_store::street::{self, Extent, StreetRow};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// A market's streets, ready to be sent.
#[derive(Debug)]
pub struct Layer {
    /// Which revision of the streets it was made of.
    revision: i64,
    /// The entity tag, in its quotes: a digest of the text.
    pub tag: String,
    /// GeoJSON, coordinates to six decimals (11 cm).
    pub json: Vec<u8>,
    /// The same as gzip.
    pub gzip: Vec<u8>,
    /// Where each street is, and where within the text.
    places: Vec<(Extent, Range<usize>)>,
}

impl Layer {
    /// The streets of which something may be within a box, as GeoJSON: whoever looks at a few
    /// blocks needs not load a city.
    pub fn within(&self, asked: Extent) -> Vec<u8> {
        let mut text = BEGIN.as_bytes().to_vec();
        for (extent, range) in &self.places {
            if meets(*extent, asked) {
                if text.len() > BEGIN.len() {
                    text.push(b',');
                }
                text.extend_from_slice(&self.json[range.clone()]);
            }
        }
        text.extend_from_slice(END.as_bytes());
        text
    }
}

/// How a feature collection begins.
const BEGIN: &str = r#"{"type":"FeatureCollection","features":["#;
/// How it ends.
const END: &str = "]}";

/// Whether two boxes have a place in common.
fn meets(a: Extent, b: Extent) -> bool {
    let overlap = |of: fn(Position) -> i32| {
        of(a.south_west) <= of(b.north_east) && of(b.south_west) <= of(a.north_east)
    };
    overlap(|place| place.lat_e7) && overlap(|place| place.lng_e7)
}

/// The layers that have been asked for.
#[derive(Debug, Default)]
pub struct Layers(Mutex<BTreeMap<MarketId, Arc<Layer>>>);

impl Layers {
    fn kept(&self, market: &MarketId, revision: i64) -> Option<Arc<Layer>> {
        let layers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        layers.get(market).filter(|layer| layer.revision == revision).cloned()
    }

    fn keep(&self, market: &MarketId, layer: &Arc<Layer>) {
        let mut layers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        layers.insert(market.clone(), Arc::clone(layer));
    }
}

/// The streets of a market. Another process may have changed them: the revision is looked up each
/// time, the rest is at hand. Errors: no such market.
pub fn layer(app: &App, market: &MarketId) -> Result<Arc<Layer>, AppError> {
    app.market(market.as_str())?;
    let revision = |map: Option<street::StreetMap>| map.map_or(0, |map| map.revision);
    let current = revision(app.store.read(|tx| street::map(tx, market.as_str()))?);
    if let Some(kept) = app.streets.kept(market, current) {
        return Ok(kept);
    }
    let (revision, written) = app.store.read(|tx| {
        // Read again with the streets: both are of one instant.
        let revision = revision(street::map(tx, market.as_str())?);
        let mut writing = Writing::new();
        street::each(tx, market.as_str(), &mut |street| {
            writing.add(&street);
            Ok(())
        })?;
        Ok::<_, AppError>((revision, writing))
    })?;
    let layer = Arc::new(packed(revision, written)?);
    app.streets.keep(market, &layer);
    Ok(layer)
}

fn packed(revision: i64, written: Writing) -> Result<Layer, AppError> {
    let (json, places) = written.finish();
    let machine = |error| AppError::machine("packing streets", error);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&json).map_err(machine)?;
    let gzip = encoder.finish().map_err(machine)?;
    let tag = format!("\"{}\"", hex(&Sha256::digest(&json)[..16]));
    Ok(Layer { revision, tag, json, gzip, places })
}

/// Writes a feature collection.
struct Writing {
    text: String,
    places: Vec<(Extent, Range<usize>)>,
}

impl Writing {
    fn new() -> Writing {
        Writing { text: BEGIN.to_owned(), places: Vec::new() }
    }

    fn add(&mut self, street: &StreetRow) {
        let Some(extent) = extent_of(&street.line) else { return };
        if !self.places.is_empty() {
            self.text.push(',');
        }
        let start = self.text.len();
        self.text.push_str(r#"{"type":"Feature","properties":{"class":"#);
        self.quoted(&street.class);
        self.text.push_str(r#","name":"#);
        self.quoted(&street.name);
        self.text.push_str(r#"},"geometry":{"type":"LineString","coordinates":["#);
        for (index, place) in street.line.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.place(*place);
        }
        self.text.push_str("]}}");
        self.places.push((extent, start..self.text.len()));
    }

    fn place(&mut self, place: Position) {
        self.text.push('[');
        self.degrees(place.lng_e7);
        self.text.push(',');
        self.degrees(place.lat_e7);
        self.text.push(']');
    }

    /// Degrees of 10⁻⁷ to six decimals, without the zeros at the end.
    fn degrees(&mut self, e7: i32) {
        let rounded = (i64::from(e7).abs() + 5) / 10;
        let sign = if e7 < 0 && rounded > 0 { "-" } else { "" };
        let number = format!("{sign}{}.{:06}", rounded / 1_000_000, rounded % 1_000_000);
        self.text.push_str(number.trim_end_matches('0').trim_end_matches('.'));
    }

    fn quoted(&mut self, text: &str) {
        self.text.push_str(&serde_json::Value::from(text).to_string());
    }

    fn finish(mut self) -> (Vec<u8>, Vec<(Extent, Range<usize>)>) {
        self.text.push_str(END);
        (self.text.into_bytes(), self.places)
    }
}

/// The box around a line; `None` where it has no places, which no street that was taken has.
fn extent_of(line: &[Position]) -> Option<Extent> {
    let edge =
        |of: fn(&Position) -> i32, wanted: fn(i32, i32) -> i32| line.iter().map(of).reduce(wanted);
    let corner = |wanted: fn(i32, i32) -> i32| {
        let lat_e7 = edge(|place| place.lat_e7, wanted)?;
        Some(Position { lat_e7, lng_e7: edge(|place| place.lng_e7, wanted)? })
    };
    Some(Extent { south_west: corner(i32::min)?, north_east: corner(i32::max)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_written_short() {
        let cases = [
            (0, "0"),
            (4, "0"),
            (-4, "0"),
            (5, "0.000001"),
            (-5, "-0.000001"),
            (377_572_290, "37.757229"),
            (-1_224_469_420, "-122.446942"),
            (1_800_000_000, "180"),
            (9_999_996, "1"),
            (10_000_010, "1.000001"),
        ];
        for (e7, expected) in cases {
            let mut writing = Writing { text: String::new(), places: Vec::new() };
            writing.degrees(e7);
            assert_eq!(writing.text, expected, "{e7}");
        }
    }

    fn street(street: &str, line: &[(i32, i32)]) -> StreetRow {
        let line =
            line.iter().map(|(lat_e7, lng_e7)| Position { lat_e7: *lat_e7, lng_e7: *lng_e7 });
        StreetRow {
            street: street.to_owned(),
            name: street.to_owned(),
            class: "residential".to_owned(),
            left: None,
            right: None,
            zip: None,
            from_node: None,
            to_node: None,
            line: line.collect(),
        }
    }

    #[test]
    fn a_box_has_the_streets_that_meet_it() {
        let mut writing = Writing::new();
        writing.add(&street("south", &[(0, 0), (10, 30)]));
        writing.add(&street("north", &[(90, -20), (60, 20)]));
        writing.add(&street("far", &[(500, 500), (600, 400)]));
        let layer = packed(1, writing).unwrap();
        let cases: [([i32; 4], &[&str]); 6] = [
            ([-1, -1, 1000, 1000], &["south", "north", "far"]),
            ([10, 30, 20, 40], &["south"]),
            ([0, 0, 60, 10], &["south", "north"]),
            ([11, 0, 59, 10], &[]),
            ([0, 31, 90, 40], &[]),
            ([550, 450, 551, 451], &["far"]),
        ];
        for ([south, west, north, east], expected) in cases {
            let corner = |lat_e7, lng_e7| Position { lat_e7, lng_e7 };
            let asked = Extent { south_west: corner(south, west), north_east: corner(north, east) };
            let found: serde_json::Value = serde_json::from_slice(&layer.within(asked)).unwrap();
            let names = found["features"].as_array().unwrap().iter();
            let names: Vec<_> = names.map(|found| &found["properties"]["name"]).collect();
            assert_eq!(names, expected, "{asked:?}");
        }
    }
}
