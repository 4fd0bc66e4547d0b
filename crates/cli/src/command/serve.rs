//! `doorstep serve`.

use crate::arguments::{Place, Serve};
use crate::failure::Failure;
use doorstep_server::api::{Api, Limits, Serving, serve as serve_http};
use doorstep_server::app::App;
use doorstep_server::clock::SystemClock;
use doorstep_server::config::Config;
use doorstep_server::{keys, metric, workers};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Serves until it is told to stop: requests under way are answered, workers finish what they
/// hold, engines are closed.
pub(crate) fn serve(place: &Place, asked: &Serve) -> Result<ExitCode, Failure> {
    if place.server.is_some() {
        return Err(Failure::Refused("serve is a server; --server names another one".to_owned()));
    }
    let mut config = Config::read(&place.config)?;
    config.follow.extend(asked.follow.iter().cloned());
    if asked.follow_key_file.is_some() {
        config.follow_key_file.clone_from(&asked.follow_key_file);
    }
    let listen = asked.listen.clone().unwrap_or_else(|| config.listen.clone());
    metric::start();
    let app = Arc::new(App::open(config, &place.data_dir, Arc::new(SystemClock))?);
    for notice in &app.notices {
        tracing::warn!("{notice}");
    }
    let configured = std::env::var("DOORSTEP_ADMIN_KEY").ok().filter(|key| !key.is_empty());
    if let Some(secret) = keys::admin(&app, configured.as_deref())? {
        eprintln!("doorstep: admin key, shown this once: {}", secret.reveal());
    }
    let served = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::Refused(error.to_string()))
        .and_then(|runtime| runtime.block_on(listen_and_serve(&app, &listen)));
    // The runtime is gone, and with it every other reference: engines close on this thread.
    drop(app);
    served.map(|()| ExitCode::SUCCESS)
}

async fn listen_and_serve(app: &Arc<App>, listen: &str) -> Result<(), Failure> {
    let refused = |error: std::io::Error| Failure::Refused(format!("{listen}: {error}"));
    let serving = Serving::bind(listen).await.map_err(refused)?;
    let address = serving.address().map_err(refused)?;
    let stop = told_to_stop().map_err(refused)?;
    let running = workers::start(app, true)?;
    eprintln!("doorstep: listening on http://{address}");
    let served = serve_http(serving, Api::new(Arc::clone(app), Limits::default()), stop).await;
    // Workers are waited for, which an async thread may not do.
    let stopped = tokio::task::spawn_blocking(move || running.stop()).await;
    served.map_err(refused)?;
    stopped.map_err(|error| Failure::Refused(format!("stopping: {error}")))
}

/// Done when the process is told to stop, by a person or by what supervises it.
pub(crate) fn told_to_stop() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => tracing::info!("interrupted: stopping"),
            _ = terminate.recv() => tracing::info!("told to stop"),
        }
    })
}
