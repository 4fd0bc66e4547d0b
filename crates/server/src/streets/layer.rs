//! The streets of a market as the map draws them: written once for each change, kept in memory.

use crate::app::App;
use crate::error::AppError;
use crate::keys::hex;
use doorstep_domain::id::MarketId;
use doorstep_domain::tracking::Position;
use doorstep_store::street::{self, StreetRow};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
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
    let (revision, json) = app.store.read(|tx| {
        // Read again with the streets: both are of one instant.
        let revision = revision(street::map(tx, market.as_str())?);
        let mut writing = Writing::new();
        street::each(tx, market.as_str(), &mut |street| {
            writing.add(&street);
            Ok(())
        })?;
        Ok::<_, AppError>((revision, writing.finish()))
    })?;
    let layer = Arc::new(packed(revision, json)?);
    app.streets.keep(market, &layer);
    Ok(layer)
}

fn packed(revision: i64, json: Vec<u8>) -> Result<Layer, AppError> {
    let machine = |error| AppError::machine("packing streets", error);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&json).map_err(machine)?;
    let gzip = encoder.finish().map_err(machine)?;
    let tag = format!("\"{}\"", hex(&Sha256::digest(&json)[..16]));
    Ok(Layer { revision, tag, json, gzip })
}

/// Writes a feature collection.
struct Writing {
    text: String,
    is_first: bool,
}

impl Writing {
    fn new() -> Writing {
        let text = r#"{"type":"FeatureCollection","features":["#.to_owned();
        Writing { text, is_first: true }
    }

    fn add(&mut self, street: &StreetRow) {
        if !std::mem::take(&mut self.is_first) {
            self.text.push(',');
        }
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

    fn finish(mut self) -> Vec<u8> {
        self.text.push_str("]}");
        self.text.into_bytes()
    }
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
            let mut writing = Writing { text: String::new(), is_first: true };
            writing.degrees(e7);
            assert_eq!(writing.text, expected, "{e7}");
        }
    }
}
