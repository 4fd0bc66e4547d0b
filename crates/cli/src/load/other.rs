//! A provider that does not exist, as a server: its API answers, its messages go out, and both are
//! out now and then.

mod door;
mod messages;
mod outage;

pub(crate) use outage::Outage;

use super::now;
use crate::failure::Failure;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use door::{Cut, Door};
use doorstep_sim::provider::{Asked, Provider};
use messages::Messages;
use outage::Outages;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

/// Longest request, in bytes.
const BODY_BYTES_MAX: usize = 1 << 20;

/// Where what is true is told to whoever tests; no provider has it.
const TRUTH: &str = "/_truth";

/// How one of them is served.
pub(crate) struct OtherLoad {
    /// It.
    pub(crate) provider: Provider,
    /// Where it listens.
    pub(crate) listen: SocketAddr,
    /// Where its messages go, `http://HOST:PORT/PATH`.
    pub(crate) events_to: String,
    /// When it is out, after its start.
    pub(crate) outages: Vec<Outage>,
}

/// What its API and its messages share.
struct Shared {
    provider: Mutex<Provider>,
    messages: Messages,
}

/// Serves it until `stop`; `listens` is told where. Errors: it cannot listen there, or has nowhere
/// to send messages.
pub(crate) async fn serve(
    load: OtherLoad,
    stop: impl Future<Output = ()> + Send + 'static,
    listens: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let refused = |error: std::io::Error| Failure::Refused(format!("{}: {error}", load.listen));
    let listener = TcpListener::bind(load.listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let outages = Arc::new(Outages::after(now(), load.outages));
    let messages = Messages::to(&load.events_to, Arc::clone(&outages))?;
    let shared = Arc::new(Shared { provider: Mutex::new(load.provider), messages });
    let sending = tokio::spawn(send(Arc::clone(&shared)));
    let door = Door::at(listener, address, outages);
    let router = Router::new().fallback(answer).with_state(shared);
    listens(address);
    let served = axum::serve(door, router.into_make_service_with_connect_info::<Cut>())
        .with_graceful_shutdown(stop)
        .await;
    sending.abort();
    served.map_err(refused)
}

/// Sends messages when they are due, for ever.
async fn send(shared: Arc<Shared>) {
    loop {
        let (telling, attempts) = shared.messages.next().await;
        let message = shared.provider().message(&telling);
        let Some(message) = message else { continue };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            if shared.messages.send(&telling, &message).await {
                return;
            }
            let attempts = attempts + 1;
            let rest_us = shared.provider().rest_us(attempts).filter(|_| !telling.is_forged);
            shared.messages.again(telling, attempts, rest_us);
        });
    }
}

/// Answers a call; of a booking whose answer is lost, by cutting the connection.
async fn answer(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if parts.uri.path() == TRUTH {
        let mut truth = shared.provider().truth(now());
        truth["messages"] = shared.messages.counts();
        return json_of(StatusCode::OK, &truth, None);
    }
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return json_of(StatusCode::PAYLOAD_TOO_LARGE, &json!({}), None);
    };
    let authorization = parts.headers.get(header::AUTHORIZATION);
    let asked = Asked {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        authorization: authorization.and_then(|value| value.to_str().ok()).unwrap_or_default(),
        body: &body,
    };
    let answered = shared.provider().ask(&asked, now());
    shared.messages.add(answered.tellings);
    if answered.is_lost {
        cut.cut();
    }
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
    json_of(status, &answered.body, answered.retry_after_s)
}

fn json_of(status: StatusCode, body: &Value, retry_after_s: Option<u64>) -> Response {
    let mut response =
        Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    if let Some(seconds) = retry_after_s {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    response.body(Body::from(body.to_string())).unwrap_or_default()
}

impl Shared {
    fn provider(&self) -> MutexGuard<'_, Provider> {
        self.provider.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
