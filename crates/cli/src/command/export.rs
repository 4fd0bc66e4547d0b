//! `doorstep export`.

use crate::arguments::{Export, Place};
use crate::failure::Failure;
use crate::transport::{Request, Transport, segment};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// Writes a day's statements or postings, to a file or to stdout.
pub(crate) fn export(place: &Place, asked: &Export) -> Result<ExitCode, Failure> {
    let market = segment(asked.market.as_str());
    let request = Request::get(format!("/v1/settlements/{market}/{}/export", asked.day))
        .with("of", Some(asked.of.as_str()))
        .with("format", Some(asked.format.as_str()));
    let transport = Transport::open(place)?;
    match &asked.out {
        Some(path) => {
            // Beside it first, so that a file of that name is always a whole one.
            let partial = path.with_added_extension("partial");
            let file = File::create(&partial).map_err(Failure::file(&partial))?;
            let mut out = BufWriter::new(file);
            let written = transport.download(request, &mut out).and_then(|()| {
                let file = out.into_inner().map_err(|error| Failure::output(error.into_error()))?;
                file.sync_all().map_err(Failure::file(&partial))?;
                std::fs::rename(&partial, path).map_err(Failure::file(path))
            });
            if written.is_err() {
                // It failed already, and that is what is told.
                let _ = std::fs::remove_file(&partial);
            }
            written?;
        }
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            transport.download(request, &mut out)?;
            out.flush().map_err(Failure::output)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
