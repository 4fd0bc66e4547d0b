//! Watching over a WebSocket.

use super::super::problem::Problem;
use super::watcher::{Look, Watcher, sent};
use crate::error::AppError;
use crate::tracking::watch::frame;
use crate::tracking::watch::resume::EventId;
use crate::tracking::watch::scope::market_of;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::http::StatusCode;
use doorstep_domain::id::MarketId;
use doorstep_live::{Bbox, Scope};
use serde::Deserialize;
use std::str::FromStr;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, timeout};

/// The protocol that is spoken; beside it a browser's page offers its key.
const PROTOCOL: &str = "doorstep";

/// Bytes read at once: clients say little, and the room is held by each of ten thousand.
const READ_BUFFER_BYTES: usize = 512;

/// Bytes that may wait to be sent; each message is below it and sent before the next is made.
const WRITE_BUFFER_BYTES_MAX: usize = 128 << 10;

/// Bytes of a client's message.
const MESSAGE_BYTES_MAX: usize = 16 << 10;

/// How often a ping is sent. A client that has answered none of two is gone.
pub(in super::super) const PING_EVERY: Duration = Duration::from_secs(25);

/// How long one message may take to be sent.
const SENDING_MAX: Duration = Duration::from_secs(30);

/// How news is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Text messages in JSON.
    Json,
    /// Binary frames, version 1.
    Binary,
}

impl FromStr for Format {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Format, AppError> {
        match text {
            "json" => Ok(Format::Json),
            "binary" => Ok(Format::Binary),
            _ => Err(AppError::invalid("format", "is neither json nor binary")),
        }
    }
}

/// What a client may say: where to look, or where it left off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    #[serde(default)]
    bbox: Option<[f64; 4]>,
    #[serde(default)]
    market: Option<MarketId>,
    #[serde(default)]
    resume: Option<String>,
}

/// The upgrade that a request asks for. Errors: 400 `not_a_websocket` where it asks for none.
pub(in super::super) fn asked(
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<WebSocketUpgrade, Problem> {
    upgrade.map_err(|rejection| {
        Problem::new(StatusCode::BAD_REQUEST, "not_a_websocket", rejection.body_text())
    })
}

/// The upgrade with small buffers.
pub(in super::super) fn configured(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(MESSAGE_BYTES_MAX)
}

/// Serves a connection to its end.
pub(super) async fn serve(socket: WebSocket, watcher: Watcher, format: Format, may_turn: bool) {
    let mut pings = tokio::time::interval(PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut connection =
        Connection { socket, watcher, format, may_turn, pings, unanswered: 0, seq: 0 };
    let ended = connection.run().await;
    if let Some(reason) = ended {
        let code = close_code::POLICY;
        let close = CloseFrame { code, reason: reason.into() };
        // The client may be gone already.
        let _ = timeout(SENDING_MAX, connection.socket.send(Message::Close(Some(close)))).await;
    }
}

struct Connection {
    socket: WebSocket,
    watcher: Watcher,
    format: Format,
    /// Couriers see themselves and do not look around.
    may_turn: bool,
    pings: Interval,
    unanswered: u32,
    seq: u64,
}

/// The connection is over, and why, if the client should know.
struct Over(Option<String>);

impl Connection {
    async fn run(&mut self) -> Option<String> {
        let live = &self.watcher.app().live;
        let hello = format!("\"epoch\":\"{:x}\",\"version\":{}", live.epoch(), live.version());
        let mut outcome = self.send(Message::text(format!("{{{hello}}}"))).await;
        while outcome.is_ok() {
            outcome = tokio::select! {
                look = self.watcher.next() => self.tell(look).await,
                said = self.socket.recv() => self.hear(said),
                _ = self.pings.tick() => self.ping().await,
            };
        }
        outcome.err().and_then(|Over(reason)| reason)
    }

    async fn tell(&mut self, look: Look) -> Result<(), Over> {
        let news = match look {
            Look::News(news) | Look::Silence(news) => news,
            Look::Revoked => return Err(Over(Some("the key was revoked".to_owned()))),
            Look::Stopping => return Err(Over(Some("the server is stopping".to_owned()))),
        };
        match self.format {
            Format::Binary => {
                for frame in frame::frames(&news, self.watcher.app().clock.now()) {
                    self.send(Message::binary(frame)).await?;
                }
            }
            Format::Json => {
                let (events, id) = (news.events(), news.id());
                for event in &events {
                    let id =
                        if event.is_last { format!("\"id\":\"{id}\",") } else { String::new() };
                    self.send_json(event.name, &format!(",{id}{}", event.members)).await?;
                }
                if events.is_empty() {
                    self.send_json("alive", &format!(",\"id\":\"{id}\"")).await?;
                }
            }
        }
        Ok(())
    }

    fn hear(&mut self, said: Option<Result<Message, axum::Error>>) -> Result<(), Over> {
        self.unanswered = 0;
        match said {
            Some(Ok(Message::Text(text))) => self.obey(&text).map_err(|why| Over(Some(why))),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(_))) => Err(Over(Some("binary is not read here".to_owned()))),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Over(None)),
        }
    }

    /// Does what a client says, or answers why not.
    fn obey(&mut self, text: &str) -> Result<(), String> {
        let said: Said = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if let Some(resume) = said.resume {
            let app = std::sync::Arc::clone(self.watcher.app());
            self.watcher.watch().resume(&app, resume.parse::<EventId>().ok());
        } else {
            let scope = match (said.bbox, said.market) {
                _ if !self.may_turn => return Err("a courier watches only itself".to_owned()),
                (Some([west, south, east, north]), market) => {
                    let bbox = Bbox::from_degrees(west, south, east, north);
                    Scope::Box(bbox.ok_or("bbox is not on the globe")?, market)
                }
                (None, Some(market)) => Scope::Market(market),
                (None, None) => return Err("say bbox, market or resume".to_owned()),
            };
            if let Some(market) = market_of(&scope) {
                let known = self.watcher.app().market(market.as_str());
                known.map_err(|error| error.to_string())?;
            }
            self.watcher.watch().turn_to(scope);
        }
        self.watcher.hurry();
        Ok(())
    }

    async fn ping(&mut self) -> Result<(), Over> {
        if self.unanswered >= 2 {
            return Err(Over(Some("two pings were not answered".to_owned())));
        }
        self.unanswered += 1;
        self.send(Message::Ping(Default::default())).await
    }

    async fn send_json(&mut self, name: &str, members: &str) -> Result<(), Over> {
        let text = format!("{{\"seq\":{},\"type\":\"{name}\"{members}}}", self.seq);
        self.seq += 1;
        self.send(Message::text(text)).await
    }

    async fn send(&mut self, message: Message) -> Result<(), Over> {
        let bytes = match &message {
            Message::Text(text) => text.len(),
            Message::Binary(frame) => frame.len(),
            _ => 0,
        };
        match timeout(SENDING_MAX, self.socket.send(message)).await {
            Ok(Ok(())) => {
                sent(bytes);
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(Over(None)),
        }
    }
}
