//! `doorstep import streets`: a city's street file onto the map.

use super::source::Source;
use crate::arguments::Place;
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows};
use crate::transport::{Request, Transport};
use doorstep_domain::id::MarketId;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// Bytes of features sent in one request.
const CHUNK_BYTES: usize = 2 << 20;

/// Refused streets named on stderr; the counts are of all of them.
const REJECTED_NAMED_MAX: u64 = 10;

const COUNTS: &[Column] = &[
    Column("streets in the file", "/features", Show::Count),
    Column("put in place", "/accepted", Show::Count),
    Column("refused", "/rejected", Show::Count),
    Column("of the market now", "/streets", Show::Count),
];

/// What to import, and how.
pub(super) struct Asked<'a> {
    /// GeoJSON, plain, gzip or zstd.
    pub file: &'a Path,
    /// Whose streets they are; the only market if left out.
    pub market: Option<&'a MarketId>,
    /// Whether what the market has is removed first.
    pub replace: bool,
    /// Print the counts as JSON.
    pub json: bool,
}

/// Sends the streets of a file.
pub(super) fn import(place: &Place, asked: &Asked<'_>) -> Result<ExitCode, Failure> {
    let source = Source::open(asked.file)?;
    let progress = source.progress();
    let text = source.read_whole()?;
    let transport = Transport::open(place)?;
    let market = match asked.market {
        Some(market) => market.to_string(),
        None => only_market(&transport)?,
    };
    progress.set_length(text.len() as u64);
    let features = features(&text)?;
    let mut counts = Counts { features: features.len() as u64, ..Counts::default() };
    let mut replace = asked.replace;
    for chunk in chunks(&features) {
        let request = Request::post("/v1/streets")
            .with("market", Some(&market))
            .with("replace", Some(replace))
            .sending("application/x-ndjson", joined(chunk));
        counts.add(&transport.ask(request)?);
        progress.inc(bytes(chunk));
        replace = false;
    }
    progress.finish_and_clear();
    counts.tell(asked.json)?;
    Ok(ExitCode::SUCCESS)
}

/// The market of a place that has only one.
pub(in crate::command) fn only_market(transport: &Transport) -> Result<String, Failure> {
    let markets = transport.ask(Request::get("/v1/map/markets"))?;
    match rows(&markets, "data") {
        [only] => Ok(only["market"].as_str().unwrap_or_default().to_owned()),
        several => Err(Failure::Refused(format!(
            "there are {} markets; name one with --market",
            several.len()
        ))),
    }
}

#[derive(Default)]
struct Counts {
    features: u64,
    sent: u64,
    accepted: u64,
    rejected: u64,
    streets: u64,
}

impl Counts {
    /// Adds the answer to a chunk, and names what was refused in it.
    fn add(&mut self, taken: &Value) {
        let rejected = rows(taken, "rejected");
        for refused in rejected {
            self.rejected += 1;
            if self.rejected <= REJECTED_NAMED_MAX {
                let number = refused["line"].as_u64().unwrap_or(0) + self.sent;
                let text = |name: &str| refused[name].as_str().unwrap_or_default().to_owned();
                eprintln!("doorstep: street {number}: {} {}", text("pointer"), text("reason"));
            }
        }
        let accepted = taken["accepted"].as_u64().unwrap_or(0);
        self.accepted += accepted;
        self.sent += accepted + rejected.len() as u64;
        self.streets = taken["streets"].as_u64().unwrap_or(0);
    }

    fn tell(&self, as_json: bool) -> Result<(), Failure> {
        let counts = json!({
            "features": self.features, "accepted": self.accepted, "rejected": self.rejected,
            "streets": self.streets,
        });
        if as_json {
            output::line(counts.to_string())
        } else {
            output::print(&card(COUNTS, &counts, None))
        }
    }
}

/// The features of a collection, or one a line; each as one line.
fn features(text: &[u8]) -> Result<Vec<Cow<'_, [u8]>>, Failure> {
    let wrong = |error: serde_json::Error| Failure::Refused(format!("the file: {error}"));
    let whole = serde_json::from_slice::<BTreeMap<String, &RawValue>>(text);
    let found = whole.ok().and_then(|members| members.get("features").copied());
    match found {
        Some(features) => {
            let features: Vec<&RawValue> = serde_json::from_str(features.get()).map_err(wrong)?;
            Ok(features.into_iter().map(|feature| on_one_line(feature.get())).collect())
        }
        None => {
            let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
            Ok(lines.filter(|line| !line.is_empty()).map(Cow::Borrowed).collect())
        }
    }
}

/// In JSON a line feed is never part of a text, only space between.
fn on_one_line(feature: &str) -> Cow<'_, [u8]> {
    if feature.contains(['\n', '\r']) {
        Cow::Owned(feature.replace(['\n', '\r'], " ").into_bytes())
    } else {
        Cow::Borrowed(feature.as_bytes())
    }
}

/// Runs of features of at most [`CHUNK_BYTES`], or of one that is larger.
fn chunks<'a>(features: &'a [Cow<'a, [u8]>]) -> impl Iterator<Item = &'a [Cow<'a, [u8]>]> {
    let mut rest = features;
    std::iter::from_fn(move || {
        let mut held = 0;
        let fits = rest.iter().take_while(|feature| {
            held += feature.len() + 1;
            held <= CHUNK_BYTES
        });
        let (chunk, after) = rest.split_at(fits.count().max(1).min(rest.len()));
        rest = after;
        (!chunk.is_empty()).then_some(chunk)
    })
}

fn bytes(chunk: &[Cow<'_, [u8]>]) -> u64 {
    chunk.iter().map(|feature| feature.len() as u64 + 1).sum()
}

fn joined(chunk: &[Cow<'_, [u8]>]) -> Vec<u8> {
    let mut body = Vec::with_capacity(CHUNK_BYTES);
    for feature in chunk {
        body.extend_from_slice(feature);
        body.push(b'\n');
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_found_in_collections_and_lines() {
        let cases: [(&str, &str, &[&str]); 4] = [
            (
                "a collection",
                "{\"type\":\"FeatureCollection\",\"features\":[{\"a\":1},\n{\n\"b\": 2}]}",
                &["{\"a\":1}", "{ \"b\": 2}"],
            ),
            ("lines", "{\"a\":1}\n\n{\"b\":2}\n", &["{\"a\":1}", "{\"b\":2}"]),
            ("one feature", "{\"type\":\"Feature\"}", &["{\"type\":\"Feature\"}"]),
            ("nothing", "", &[]),
        ];
        for (form, text, expected) in cases {
            let found = features(text.as_bytes()).ok().unwrap();
            let found: Vec<_> = found.iter().map(|line| String::from_utf8_lossy(line)).collect();
            assert_eq!(found, expected, "{form}");
        }
    }

    #[test]
    fn chunks_hold_every_feature_once() {
        let feature = |bytes: usize| Cow::Owned(vec![b'x'; bytes]);
        let features: Vec<Cow<'_, [u8]>> =
            [10, CHUNK_BYTES, 20, CHUNK_BYTES - 22, 30].map(feature).to_vec();
        let sizes: Vec<usize> = chunks(&features).map(<[_]>::len).collect();
        assert_eq!(sizes, [1, 1, 2, 1]);
        assert_eq!(chunks(&[]).count(), 0);
    }
}
