//! `doorstep import items|centers|stock`: CSV with a header, or Parquet.

mod columns;
mod parquet_form;

use super::source::{Chunk, Source};
use super::{send_request, streets};
use crate::arguments::Place;
use crate::failure::Failure;
use crate::output;
use crate::table::{Column, Show, card, rows};
use crate::transport::{Request, Transport};
use columns::Columns;
use doorstep_domain::id::MarketId;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError, mpsc};

/// Chunks read ahead of what is being sent.
const CHUNKS_AHEAD: usize = 2;

/// Chunks of stock that are sent side by side: lanes are decided side by side too.
const SENDERS: usize = 4;

/// Bytes of a chunk: what it has of one centre is changed together, so the more the better, and
/// with the longest line behind it stays below what the interface takes.
const CHUNK_BYTES: usize = 3 << 20;

/// Refused lines named on stderr.
const REFUSED_NAMED_MAX: u64 = 10;

/// Refused lines of a file that become dead letters: whoever mends it reads the first few. Senders
/// that send at the same time may each come so far.
const LETTERS_MAX: u64 = 1_000;

const COUNTS: &[Column] = &[
    Column("lines", "/lines", Show::Count),
    Column("taken", "/changed", Show::Count),
    Column("known", "/known", Show::Count),
    Column("refused", "/refused", Show::Count),
    Column("dead letters", "/dead_letters", Show::Count),
];

/// What a file is about.
#[derive(Debug, Clone)]
pub(super) enum About {
    /// What can be had, with prices of a market.
    Items(Option<MarketId>),
    /// Where things lie.
    Centers(Option<MarketId>),
    /// How much of what came where, or lies there.
    Stock {
        /// Whether it was counted.
        count: bool,
    },
}

/// A file, and how its counts are told.
pub(super) struct Asked<'a> {
    /// The file; `-` is stdin.
    pub file: &'a Path,
    /// What it is about.
    pub about: About,
    /// Print the counts as JSON.
    pub json: bool,
}

/// What became of the lines.
#[derive(Debug, Default)]
struct Counts {
    changed: u64,
    known: u64,
    refused: u64,
    /// Refused lines that were named on stderr.
    named: u64,
    /// Refused lines that are dead letters.
    letters: u64,
}

/// How the lines of a file are sent.
struct Sending<'a> {
    transport: &'a Transport,
    about: &'a About,
    market: String,
    columns: Columns,
    file: PathBuf,
}

/// Takes a file.
pub(super) fn import(place: &Place, asked: &Asked<'_>) -> Result<ExitCode, Failure> {
    let file = parquet_form::as_csv(asked.file, asked.about.columns())?;
    let source = Source::open(file.as_ref().map_or(asked.file, |file| file.path()))?;
    let source = source.in_chunks_of(CHUNK_BYTES);
    let transport = Transport::open(place)?;
    let market = match &asked.about {
        About::Items(Some(market)) | About::Centers(Some(market)) => market.to_string(),
        About::Items(None) | About::Centers(None) => streets::only_market(&transport)?,
        About::Stock { .. } => String::new(),
    };
    let counts = send_all(&transport, source, asked, market)?.to_json();
    if asked.json {
        output::line(counts.to_string())?;
    } else {
        output::print(&card(COUNTS, &counts, None))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Sends a source chunk by chunk, several at once where their order says nothing.
fn send_all(
    transport: &Transport,
    source: Source,
    asked: &Asked<'_>,
    market: String,
) -> Result<Counts, Failure> {
    let progress = source.progress();
    let (chunks, waiting) = mpsc::sync_channel::<Result<Chunk, Failure>>(CHUNKS_AHEAD);
    std::thread::scope(|scope| {
        scope.spawn(move || source.read_into(&chunks));
        let Some(first) = waiting.recv().ok().transpose()? else {
            return Ok(Counts::default());
        };
        let (columns, first) = Columns::of(first, asked.about.columns())?;
        let (about, file) = (&asked.about, asked.file.to_owned());
        let sending = Sending { transport, about, market, columns, file };
        let counts = Mutex::new(Counts::default());
        sending.send(first, &counts, &progress)?;
        // A count that comes later stands; of what came the order says nothing.
        let senders = if matches!(about, About::Stock { count: false }) { SENDERS } else { 1 };
        // Dropped with whoever sends: whoever reads may still wait to hand over a chunk.
        let waiting = Mutex::new(waiting);
        std::thread::scope(|scope| {
            let send_more = || {
                while let Some(chunk) = next(&waiting) {
                    sending.send(chunk?, &counts, &progress)?;
                }
                Ok::<_, Failure>(())
            };
            let threads: Vec<_> = (0..senders).map(|_| scope.spawn(send_more)).collect();
            threads.into_iter().try_for_each(|thread| {
                let panicked = |_| Err(Failure::Refused("an import's thread panicked".to_owned()));
                thread.join().unwrap_or_else(panicked)
            })
        })?;
        drop(waiting);
        progress.finish_and_clear();
        Ok(counts.into_inner().unwrap_or_else(PoisonError::into_inner))
    })
}

fn next(waiting: &Mutex<mpsc::Receiver<Result<Chunk, Failure>>>) -> Option<Result<Chunk, Failure>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl About {
    /// What a file must say, and may say, in the order in which it is sent.
    fn columns(&self) -> &'static [(&'static str, bool)] {
        match self {
            About::Items(_) => &[
                ("item_id", true),
                ("name", true),
                ("category", true),
                ("class", false),
                ("oversell_max", false),
                ("weight_grams", false),
                ("price_minor", false),
            ],
            About::Centers(_) => &[
                ("center_id", true),
                ("merchant_id", true),
                ("name", true),
                ("address", false),
                ("lat", true),
                ("lng", true),
                ("hours", false),
            ],
            About::Stock { .. } => &[("center_id", true), ("item_id", true), ("quantity", true)],
        }
    }
}

impl Sending<'_> {
    fn send(
        &self,
        chunk: Chunk,
        counts: &Mutex<Counts>,
        progress: &ProgressBar,
    ) -> Result<(), Failure> {
        let request = match self.about {
            About::Items(_) => {
                let lines = self.columns.as_json(&chunk.lines, |said| self.priced(said));
                Request::post("/v1/items").sending("application/x-ndjson", lines)
            }
            About::Centers(_) => {
                let lines = self.columns.as_json(&chunk.lines, |mut said| {
                    said["market"] = self.market.clone().into();
                    said
                });
                Request::post("/v1/centers").sending("application/x-ndjson", lines)
            }
            About::Stock { count } => Request::post("/v1/stock/import")
                .with("count", count.then_some("true"))
                .with("file", self.file.file_name().map(|name| name.to_string_lossy()))
                .with("lines_before", Some(chunk.lines_before))
                .with("dead_letters_max", Some(letters_left(counts)))
                .once(self.key_of(&chunk))
                .sending("text/csv", self.columns.in_order(&chunk.lines)),
        };
        let done = send_request(self.transport, request)?;
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        progress.suspend(|| counts.add(&done, chunk.lines_before));
        progress.set_position(progress.position().max(chunk.source_bytes_read));
        Ok(())
    }

    /// A price belongs to the market that was named.
    fn priced(&self, mut said: Value) -> Value {
        if let Some(price) = said.as_object_mut().and_then(|said| said.remove("price_minor")) {
            said["prices"] = json!({ &self.market: price });
        }
        said
    }

    /// The same lines at the same place of a file of the same name are the same request.
    fn key_of(&self, chunk: &Chunk) -> String {
        let name = self.file.display().to_string();
        let hash = [name.as_bytes(), b"\n", &chunk.lines].concat();
        format!("import-{:016x}-{}", fnv(&hash), chunk.lines_before)
    }
}

fn letters_left(counts: &Mutex<Counts>) -> u64 {
    LETTERS_MAX.saturating_sub(counts.lock().unwrap_or_else(PoisonError::into_inner).letters)
}

/// FNV-1a, the same in every process and release.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

impl Counts {
    /// Adds an answer, and names what was refused.
    fn add(&mut self, done: &Value, lines_before: u64) {
        self.changed += done["changed"].as_u64().unwrap_or(0);
        self.known += done["known"].as_u64().unwrap_or(0);
        let rejected = rows(done, "rejected");
        self.refused += done["refused"].as_u64().unwrap_or(rejected.len() as u64);
        self.letters += done["dead_letters"].as_u64().unwrap_or(0);
        for refused in rejected {
            self.named += 1;
            if self.named <= REFUSED_NAMED_MAX {
                let text = |field: &str| refused[field].as_str().unwrap_or_default();
                let line = refused["line"].as_u64().unwrap_or(0) + lines_before;
                eprintln!("doorstep: line {line}: {} {}", text("pointer"), text("reason"));
            } else if self.named == REFUSED_NAMED_MAX + 1 {
                eprintln!("doorstep: and more");
            }
        }
    }

    fn to_json(&self) -> Value {
        let lines = self.changed + self.known + self.refused;
        json!({
            "lines": lines, "changed": self.changed, "known": self.known, "refused": self.refused,
            "dead_letters": self.letters,
        })
    }
}
