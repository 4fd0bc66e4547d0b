//! Exports of a day, streamed: neither side holds more than a few chunks.

use super::Api;
use super::extract::{Asked, Named};
use super::openapi::Reading;
use super::problem::Problem;
use crate::error::AppError;
use crate::export::{self, Form, What};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Day;
use http_body::Frame;
use serde::Deserialize;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc;
use utoipa::IntoParams;

/// Bytes of a chunk, and how many wait for a slow reader.
const CHUNK_BYTES: usize = 64 << 10;
const CHUNKS_WAITING_MAX: usize = 8;

/// What of the day, and how.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportAsked {
    /// `statements` of a closed day, or `postings`.
    of: String,
    /// `csv` (if left out) or `parquet`.
    format: Option<String>,
}

/// A day's statements or postings as a file.
#[utoipa::path(
    get, path = "/v1/settlements/{market}/{day}/export", operation_id = "export_settlement",
    tag = "settlement",
    params(
        ("market" = String, Path, description = "Where"),
        ("day" = String, Path, format = Date, description = "The local day"),
        ExportAsked,
    ),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/csv"), (Vec<u8> = "application/vnd.apache.parquet"),
        )),
        Reading,
    )
)]
pub(super) async fn export(
    State(api): State<Api>,
    Named((market, day)): Named<(MarketId, Day)>,
    Asked(asked): Asked<ExportAsked>,
) -> Result<Response, Problem> {
    let what: What = asked.of.parse()?;
    let format = asked.format.unwrap_or_else(|| "csv".to_owned());
    let form: Form = format.parse()?;
    let content_type = match form {
        Form::Csv => "text/csv; charset=utf-8",
        Form::Parquet => "application/vnd.apache.parquet",
    };
    let name = format!("attachment; filename=\"{market}-{day}-{}.{format}\"", asked.of);
    let name = HeaderValue::from_str(&name).map_err(Problem::internal)?;
    let body = stream(&api, move |app, out| {
        export::export(app, market.as_str(), day, (what, form), out).map(|_| ())
    })
    .await?;
    let content_type = HeaderValue::from_static(content_type);
    Ok(([(header::CONTENT_TYPE, content_type), (header::CONTENT_DISPOSITION, name)], body)
        .into_response())
}

/// Runs an operation that writes, and answers with its first chunk: what fails before that is an
/// answer of its own, what fails later breaks the connection off.
async fn stream(
    api: &Api,
    work: impl FnOnce(&crate::app::App, &mut Pipe) -> Result<(), AppError> + Send + 'static,
) -> Result<Body, Problem> {
    let (sender, mut chunks) = mpsc::channel(CHUNKS_WAITING_MAX);
    let (app, slot) = (Arc::clone(&api.app), api.slot()?);
    tokio::task::spawn_blocking(move || {
        let mut pipe = Pipe { sender, waiting: Vec::with_capacity(CHUNK_BYTES) };
        let written = work(&app, &mut pipe);
        let sent = match written {
            Ok(()) => pipe.flush(),
            Err(error) => pipe.send(Err(error)),
        };
        // Whoever asked may have gone; there is nobody left to tell.
        drop((sent, app, slot));
    });
    let first = chunks.recv().await.transpose().map_err(Problem::from)?;
    Ok(Body::new(Chunks { first, chunks }))
}

/// Takes what is written and sends it on in chunks.
struct Pipe {
    sender: mpsc::Sender<Result<Bytes, AppError>>,
    waiting: Vec<u8>,
}

impl Pipe {
    fn send(&self, chunk: Result<Bytes, AppError>) -> io::Result<()> {
        self.sender.blocking_send(chunk).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK_BYTES));
        self.send(Ok(full.into()))
    }
}

/// The chunks as a body.
struct Chunks {
    first: Option<Bytes>,
    chunks: mpsc::Receiver<Result<Bytes, AppError>>,
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = AppError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AppError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.chunks.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}
