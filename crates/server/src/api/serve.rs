//! Serving over TCP, and stopping without dropping what is under way.

use super::Api;
use super::front::Front;
use super::limits::DRAIN_SECONDS;
use super::once;
use crate::metric;
use axum::ServiceExt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How often histograms are folded, so that figures nobody asks for do not pile up.
const FOLD_EVERY: Duration = Duration::from_secs(5);

/// How often answers that were kept long enough are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(600);

/// A server that was told where to listen.
#[derive(Debug)]
pub struct Serving {
    listener: TcpListener,
}

impl Serving {
    /// Takes the address. Errors: it is not ours to take.
    pub async fn bind(address: &str) -> io::Result<Serving> {
        Ok(Serving { listener: TcpListener::bind(address).await? })
    }

    /// Where it listens; the port that was chosen, if it was left open.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Serves until `stop` is done. Then it is no longer ready, takes no new connections, and gives
/// requests under way [`DRAIN_SECONDS`] to be answered.
pub async fn serve(
    serving: Serving,
    api: Api,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let service = Front::of(&api).into_make_service_with_connect_info::<SocketAddr>();
    let housed = api.clone();
    let (stopping, mut stopped) = watch::channel(false);
    let drained = async move {
        stop.await;
        api.drain();
        let _ = stopping.send(true);
    };
    let server = axum::serve(serving.listener, service).with_graceful_shutdown(drained);
    let overdue = async move {
        // The sender goes only with the server, and then this is not polled again.
        let _ = stopped.wait_for(|stopped| *stopped).await;
        tokio::time::sleep(Duration::from_secs(DRAIN_SECONDS)).await;
    };
    tokio::select! {
        served = server.into_future() => served,
        () = overdue => {
            tracing::warn!("some requests were not answered within {DRAIN_SECONDS} s of stopping");
            Ok(())
        }
        () = fold_figures() => Ok(()),
        () = forget_answers(housed) => Ok(()),
    }
}

async fn fold_figures() {
    let mut due = tokio::time::interval(FOLD_EVERY);
    loop {
        due.tick().await;
        metric::upkeep();
    }
}

async fn forget_answers(api: Api) {
    let mut due = tokio::time::interval(FORGET_EVERY);
    loop {
        due.tick().await;
        if api.run(once::forget_expired).await.is_err() {
            tracing::warn!("expired answers are still kept; it is tried again");
        }
    }
}
