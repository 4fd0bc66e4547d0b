//! `doorstep import`: a file of events into the log, counted while it is read; streets,
//! couriers, items, centres, stock.

mod count;
mod couriers;
mod shelf;
mod source;
mod streets;

use crate::arguments::{Import, Place};
use crate::failure::Failure;
use crate::output;
use crate::table::{card, rows};
use crate::transport::{Local, Opening, Remote, Request, Transport};
use count::{COUNTS, Imported};
use doorstep_server::status::Counted;
use doorstep_server::workers;
use indicatif::ProgressBar;
use serde_json::Value;
use shelf::About;
use source::Chunk;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

pub(super) use source::Source;
pub(super) use streets::only_market;

/// Chunks read ahead of what is being appended: enough to keep both sides busy, and with the
/// largest chunk the bound of memory.
const CHUNKS_AHEAD: usize = 2;

/// Time between two looks at what a server has counted.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// Rejected lines named on stderr; all of them are kept as dead letters.
const REJECTED_NAMED_MAX: u64 = 10;

/// Takes events, streets or couriers from a file.
pub(crate) fn import(place: &Place, asked: &Import) -> Result<ExitCode, Failure> {
    let (file, json) = match asked {
        Import::Events { file, json } => (file, json),
        Import::Streets { file, market, replace, json } => {
            let (market, replace, json) = (market.as_ref(), *replace, *json);
            return streets::import(place, &streets::Asked { file, market, replace, json });
        }
        Import::Couriers { file, json } => return couriers::import(place, file, *json),
        Import::Items { file, market, json } => {
            let about = About::Items(market.clone());
            return shelf::import(place, &shelf::Asked { file, about, json: *json });
        }
        Import::Centers { file, market, json } => {
            let about = About::Centers(market.clone());
            return shelf::import(place, &shelf::Asked { file, about, json: *json });
        }
        Import::Stock { file, count, json } => {
            let about = About::Stock { count: *count };
            return shelf::import(place, &shelf::Asked { file, about, json: *json });
        }
    };
    let source = Source::open(file)?;
    let imported = match &place.server {
        Some(url) => {
            let remote = Transport::Remote(Remote::new(url, place.key.clone())?);
            import_there(&remote, source)?
        }
        None => import_here(Local::open(place, Opening::Only)?, source)?,
    };
    tell_late(imported.late());
    if *json {
        output::line(imported.to_json().to_string())?;
    } else {
        output::print(&card(COUNTS, &imported.to_json(), None))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Appends and counts in this process, then closes the days that are due.
fn import_here(local: Local, source: Source) -> Result<Imported, Failure> {
    let app = std::sync::Arc::clone(local.app());
    let running = workers::start(&app, false)?;
    let transport = Transport::Local(Box::new(local));
    let sent = send_all(&transport, source);
    running.stop();
    let mut imported = sent?;
    crate::transport::count_everything(&app)?;
    workers::tell_waiting(&app)?;
    let closed = workers::close_due(&app)?;
    imported.counted(Counted::of(&app.counts), Some(closed.len() as u64));
    Ok(imported)
}

/// Sends to a server and waits until it has counted what was sent. What others tell it meanwhile
/// is in its counts as well.
fn import_there(remote: &Transport, source: Source) -> Result<Imported, Failure> {
    let (before, _) = counted_there(remote)?;
    let mut imported = send_all(remote, source)?;
    loop {
        let (counted, lag_records) = counted_there(remote)?;
        if lag_records == 0 {
            imported.counted(counted - before, None);
            return Ok(imported);
        }
        #[expect(clippy::disallowed_methods, reason = "the server counts by itself")]
        std::thread::sleep(BETWEEN_LOOKS);
    }
}

/// What a server has counted since it began, and how many records it has still to count.
fn counted_there(remote: &Transport) -> Result<(Counted, u64), Failure> {
    let status = remote.ask(Request::get("/v1/status"))?;
    let counted = serde_json::from_value(status["counted"].clone())
        .map_err(|error| Failure::Refused(format!("the server's status: {error}")))?;
    let lag = rows(&status, "partitions").iter().filter_map(|row| row["lag_records"].as_u64());
    Ok((counted, lag.sum()))
}

/// Sends a source chunk by chunk, while the next ones are being read and unpacked.
fn send_all(transport: &Transport, source: Source) -> Result<Imported, Failure> {
    let progress = source.progress();
    let (chunks, waiting) = mpsc::sync_channel::<Result<Chunk, Failure>>(CHUNKS_AHEAD);
    std::thread::scope(|scope| {
        scope.spawn(move || source.read_into(&chunks));
        let mut imported = Imported::default();
        for chunk in waiting {
            let chunk = chunk?;
            let taken = send(transport, "/v1/events", chunk.lines.clone())?;
            name_rejected(&mut imported, &chunk, &taken, &progress);
            imported.taken(&taken);
            progress.set_position(chunk.source_bytes_read);
        }
        progress.finish_and_clear();
        Ok(imported)
    })
}

/// Sends lines, and again as long as the interface asks to come back later.
fn send(transport: &Transport, path: &str, lines: Vec<u8>) -> Result<Value, Failure> {
    send_request(transport, Request::post(path).sending("application/x-ndjson", lines))
}

/// Sends a request, and again as long as the interface asks to come back later.
fn send_request(transport: &Transport, request: Request) -> Result<Value, Failure> {
    loop {
        let refusal = match transport.try_ask(request.clone())? {
            Ok(taken) => return Ok(taken),
            Err(refusal) => refusal,
        };
        match refusal.retry_after() {
            #[expect(clippy::disallowed_methods, reason = "the server has named the time to wait")]
            Some(wait) => std::thread::sleep(wait),
            None => return Err(refusal.into()),
        }
    }
}

/// Says what late events have become: whoever imports older history in pieces may expect open days.
fn tell_late(late: u64) {
    if late > 0 {
        eprintln!(
            "doorstep: {late} events are about days already closed: they became adjustments \
             (docs/how-to/settlement.md)"
        );
    }
}

fn name_rejected(imported: &mut Imported, chunk: &Chunk, taken: &Value, progress: &ProgressBar) {
    for refused in rows(taken, "rejected") {
        imported.named += 1;
        if imported.named > REJECTED_NAMED_MAX {
            continue;
        }
        let told = told_of_refused(refused, chunk);
        progress.suspend(|| eprintln!("{told}"));
        if imported.named == REJECTED_NAMED_MAX {
            progress.suspend(|| eprintln!("doorstep: more: `doorstep dead-letters list`"));
        }
    }
}

fn told_of_refused(refused: &Value, chunk: &Chunk) -> String {
    let text = |field: &str| refused[field].as_str().unwrap_or_default().to_owned();
    let in_chunk = refused["line"].as_u64().unwrap_or(0);
    let line = in_chunk + chunk.lines_before;
    let reason = match chunk.cut_from_bytes.get(&in_chunk) {
        Some(bytes) => {
            format!("has {bytes} bytes, far more than any event; its beginning was sent")
        }
        None => text("reason"),
    };
    let (pointer, letter) = (text("pointer"), text("dead_letter"));
    let at = if pointer.is_empty() { "" } else { " " };
    format!("doorstep: line {line}: {pointer}{at}{reason} (kept as {letter})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[test]
    fn a_refused_line_is_told_by_its_place_in_the_file() {
        let chunk = Chunk {
            lines_before: 100,
            cut_from_bytes: BTreeMap::from([(3, 5_000_000)]),
            ..Chunk::default()
        };
        let cases = [
            (1, "/time", "is no instant", "line 101: /time is no instant (kept as dl_1)"),
            (2, "", "is not JSON", "line 102: is not JSON (kept as dl_1)"),
            (
                3,
                "",
                "has 4194304 bytes, more than 65536",
                "line 103: has 5000000 bytes, far more than any event; its beginning was sent \
                 (kept as dl_1)",
            ),
        ];
        for (line, pointer, reason, told) in cases {
            let refused = json!({
                "line": line, "pointer": pointer, "reason": reason, "dead_letter": "dl_1",
            });
            assert_eq!(told_of_refused(&refused, &chunk), format!("doorstep: {told}"));
        }
    }
}
