//! One long-lived connection of a device: a message holds pings, and is answered once they are
//! durable. Nothing is read ahead: what the device sends too fast waits in its own network.

use super::super::Api;
use super::super::access::bearer;
use super::super::openapi::Reading;
use super::super::problem::{Brief, Problem};
use super::{Content, PingsTaken, sender_of};
use crate::keys::{Principal, Secret};
use crate::tracking::door::Sender;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use utoipa::ToSchema;

/// After how long of silence the device is asked whether it is still there.
const SILENCE: Duration = Duration::from_secs(25);

/// Bytes of a message: thousands of pings.
const MESSAGE_BYTES_MAX: usize = 256 << 10;

/// How long a connection stays that was told why it ends.
const LINGER: Duration = Duration::from_secs(2);

/// Bytes read at once. The library's own 128 KiB would be held by each of thousands of sockets.
const READ_BYTES: usize = 4 << 10;

/// What a message is answered with.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Answered {
    /// As for `POST /v1/pings`.
    #[serde(flatten)]
    taken: PingsTaken,
    /// Why nothing of the message was taken, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Brief>,
}

/// Pings over a WebSocket.
///
/// A text message is one ping or an array of them, a binary one a binary batch; each is answered,
/// in their order, by `{"accepted", "rejected"}` once everything is durable. Where nothing could
/// be taken `problem` says why, and after how long to send it again. A message of more than 256 KiB
/// ends the connection with 1009.
#[utoipa::path(
    get, path = "/v1/pings/socket", operation_id = "stream_pings",
    tag = "tracking",
    responses(
        (status = 101, description = "Speak; each message is answered so", body = Answered),
        Reading,
    )
)]
pub(in crate::api) async fn open(
    State(api): State<Api>,
    Extension(principal): Extension<Principal>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    let sender = sender_of(&principal)?;
    let place = Arc::clone(&api.sockets)
        .try_acquire_owned()
        .map_err(|_| Problem::busy("busy", "too many devices are connected; try again", 30_000))?;
    let device = Device { api, sender, secret: bearer(&headers) };
    let upgrade = upgrade
        .protocols(["doorstep"])
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(MESSAGE_BYTES_MAX)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| async move {
        // Whatever ends it, the device comes again.
        let _ = device.listen(socket).await;
        drop(place);
    }))
}

fn is_too_long(error: &axum::Error) -> bool {
    use tungstenite::Error::Capacity;
    let cause = std::error::Error::source(error);
    cause.and_then(|cause| cause.downcast_ref()).is_some_and(|e| matches!(e, Capacity(_)))
}

/// Says so. The rest of the message is not read: the connection stays long enough for the device
/// to read why, for closed at once it would be reset, and what was said last lost.
async fn refuse_as_too_long(mut socket: WebSocket) -> Result<(), axum::Error> {
    let reason = format!("a message may have {} KiB", MESSAGE_BYTES_MAX >> 10);
    let close = CloseFrame { code: close_code::SIZE, reason: reason.into() };
    socket.send(Message::Close(Some(close))).await?;
    tokio::time::sleep(LINGER).await;
    Ok(())
}

/// Whoever is connected.
struct Device {
    api: Api,
    sender: Sender,
    /// None for whoever opened the data directory.
    secret: Option<Secret>,
}

impl Device {
    async fn listen(self, mut socket: WebSocket) -> Result<(), axum::Error> {
        let mut asked = false;
        loop {
            let message = match timeout(SILENCE, socket.recv()).await {
                Ok(Some(Ok(message))) => message,
                Ok(Some(Err(error))) if is_too_long(&error) => {
                    return refuse_as_too_long(socket).await;
                }
                Ok(Some(Err(error))) => return Err(error),
                Ok(None) => return Ok(()),
                Err(_) if asked => return Ok(()),
                Err(_) => {
                    asked = true;
                    socket.send(Message::Ping(Bytes::new())).await?;
                    continue;
                }
            };
            asked = false;
            let content = match message {
                Message::Text(text) => Content::message(text.into(), false),
                Message::Binary(batch) => Content::message(batch, true),
                Message::Close(_) => return Ok(()),
                Message::Ping(_) | Message::Pong(_) => continue,
            };
            if !self.may_go_on().await {
                let reason = "this key was revoked".into();
                let close = CloseFrame { code: close_code::POLICY, reason };
                return socket.send(Message::Close(Some(close))).await;
            }
            socket.send(Message::Text(self.answer(content).await.into())).await?;
        }
    }

    /// A key that was revoked since opens nothing more.
    async fn may_go_on(&self) -> bool {
        match &self.secret {
            None => true,
            Some(secret) => self.api.whose(secret.clone()).await.is_ok(),
        }
    }

    async fn answer(&self, content: Content) -> String {
        let taken = match self.api.sorted(content, self.sender.clone()).await {
            Ok((_, sorted)) => self.api.take(sorted).await,
            Err(problem) => Err(problem),
        };
        let answered = match taken {
            Ok(taken) => Answered { taken, problem: None },
            Err(problem) => {
                Answered { taken: PingsTaken::default(), problem: Some(problem.brief()) }
            }
        };
        serde_json::to_string(&answered).unwrap_or_default()
    }
}
