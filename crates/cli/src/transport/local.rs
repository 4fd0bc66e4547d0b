//! The interface in this process: the router is called, no socket is opened.

use super::{Refusal, Request};
use crate::arguments::Place;
use crate::failure::Failure;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{self, HeaderValue, header};
use doorstep_server::api::{Api, Limits};
use doorstep_server::app::App;
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use doorstep_server::keys::{Principal, Secret};
use doorstep_server::provider::normalizer;
use doorstep_server::workers;
use indicatif::{ProgressBar, ProgressStyle};
use std::future::poll_fn;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// The application, open in this process. Fields are dropped in this order: engines are closed
/// last, on this plain thread.
pub(crate) struct Local {
    router: Router,
    runtime: Runtime,
    app: Arc<App>,
    principal: Principal,
}

/// What to do when the data directory is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Count what a process that was killed has left in the log.
    CountingEverything,
    /// Leave that to workers that are about to start.
    Only,
}

impl Local {
    /// Opens the data directory. Errors: there is no configuration, or somebody else has it open.
    pub(crate) fn open(place: &Place, opening: Opening) -> Result<Local, Failure> {
        let config = Config::read(&place.config)?;
        let app = Arc::new(App::open(config, &place.data_dir, Arc::new(SystemClock))?);
        for notice in &app.notices {
            eprintln!("doorstep: {notice}");
        }
        if opening == Opening::CountingEverything {
            count_everything(&app)?;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
        let runtime = runtime.map_err(|error| Failure::Refused(error.to_string()))?;
        let router = Api::new(Arc::clone(&app), Limits::default()).router();
        let user = ["USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        let principal = Principal::local(user.as_deref().unwrap_or("unknown"));
        Ok(Local { router, runtime, app, principal })
    }

    /// The application itself, for what only workers do.
    pub(crate) fn app(&self) -> &Arc<App> {
        &self.app
    }

    pub(super) fn exchange(
        &self,
        request: Request,
        out: &mut dyn Write,
    ) -> Result<Result<(), Refusal>, Failure> {
        let request = self.prepared(request)?;
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut body = response.into_body();
            if status.is_success() {
                while let Some(chunk) = next(&mut body).await? {
                    out.write_all(&chunk).map_err(Failure::output)?;
                }
                return Ok(Ok(()));
            }
            let mut problem = Vec::new();
            while let Some(chunk) = next(&mut body).await? {
                problem.extend_from_slice(&chunk);
            }
            let retry_after =
                headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            Ok(Err(Refusal::new(status.as_u16(), &problem, retry_after)))
        })
    }

    fn prepared(&self, request: Request) -> Result<http::Request<Body>, Failure> {
        let unsendable = |error: http::Error| Failure::Refused(error.to_string());
        let once = Secret::random()?.key_id();
        let mut builder = http::Request::builder()
            .method(request.method)
            .uri(request.path_and_query())
            .header("idempotency-key", once);
        if let Some(content_type) = request.content_type {
            let content_type = HeaderValue::from_static(content_type);
            builder = builder.header(header::CONTENT_TYPE, content_type);
        }
        let mut prepared = builder.body(Body::from(request.body)).map_err(unsendable)?;
        prepared.extensions_mut().insert(self.principal.clone());
        Ok(prepared)
    }
}

/// The next piece of a body; none at its end.
async fn next(body: &mut Body) -> Result<Option<Bytes>, Failure> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
    let frame = frame.transpose().map_err(|error| Failure::Refused(error.to_string()))?;
    // A frame that is no data holds trailers, which we never send.
    Ok(frame.map(|frame| frame.into_data().unwrap_or_default()))
}

/// Counts what the log holds beyond what is counted; silent where that is nothing.
pub(crate) fn count_everything(app: &App) -> Result<(), Failure> {
    normalizer::catch_up(app)?;
    let behind: u64 = workers::lag(app)?.iter().sum();
    if behind == 0 {
        return Ok(());
    }
    let progress = ProgressBar::new(behind).with_style(counting());
    workers::catch_up(app, &|counted| progress.inc(counted))?;
    progress.finish_and_clear();
    Ok(())
}

fn counting() -> ProgressStyle {
    let style = "counting {wide_bar} {human_pos}/{human_len} events, {per_sec}, {eta} left";
    // The template is ours and fixed: what it falls back to is only plainer.
    ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar())
}
