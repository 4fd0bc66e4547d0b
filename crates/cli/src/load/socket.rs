//! The reading side of a WebSocket (RFC 6455): a watcher says nothing but that it is still there.

use super::connection::Connection;
use super::target::Target;
use std::io;

/// Longest message, in bytes: a million couriers in one frame.
const MESSAGE_BYTES_MAX: u64 = 32 << 20;

/// A key must be sent, and its answer proves only that a server knows the protocol.
const KEY: &str = "ZG9vcnN0ZXAgc2ltdWxhdA==";

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;

/// A pong without content, masked with zeros.
const PONG: [u8; 6] = [0x8A, 0x80, 0, 0, 0, 0];

/// What a server says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Closed,
}

/// A connection that has become a WebSocket.
pub(super) struct Socket(Connection);

/// The two to ten bytes before a frame's content.
struct FrameHead {
    is_last: bool,
    code: u8,
    head_bytes: usize,
    content_bytes: usize,
}

impl Socket {
    /// Opens a path as a WebSocket. Errors: the server refuses, by its status; where it only asks
    /// to come again, the kind is [`io::ErrorKind::WouldBlock`].
    pub(super) async fn open(target: &Target, path: &str) -> io::Result<Socket> {
        let mut connection = Connection::open(target).await?;
        let head = format!(
            "{}connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: {KEY}\r\n",
            target.head("GET", path)
        );
        match connection.upgrade(&head).await? {
            101 => Ok(Socket(connection)),
            status @ (429 | 503) => {
                let told = format!("asked to wait with {status}");
                Err(io::Error::new(io::ErrorKind::WouldBlock, told))
            }
            status => Err(io::Error::other(format!("refused with {status}"))),
        }
    }

    /// The next message; pings of the server are answered on the way.
    pub(super) async fn next(&mut self) -> io::Result<Message> {
        let (mut begun, mut whole) = (None, Vec::new());
        loop {
            let (is_last, code) = self.frame(&mut whole).await?;
            match code {
                TEXT | BINARY => begun = Some(code),
                CONTINUATION => {}
                CLOSE => return Ok(Message::Closed),
                PING => {
                    self.0.write(&PONG).await?;
                    continue;
                }
                _ => continue,
            }
            match begun {
                Some(BINARY) if is_last => return Ok(Message::Binary(whole)),
                Some(_) if is_last => return Ok(Message::Text(whole)),
                Some(_) => {}
                None => return Err(broken("a message goes on that was not begun")),
            }
        }
    }

    /// Reads one frame; the content of one that is part of a message is added to it.
    async fn frame(&mut self, message: &mut Vec<u8>) -> io::Result<(bool, u8)> {
        self.0.at_least(2).await?;
        let head = loop {
            let read = self.0.at_least(2).await?;
            match FrameHead::read(read)? {
                Some(head) => break head,
                None => {
                    let more = read.len() + 1;
                    self.0.at_least(more).await?;
                }
            }
        };
        let end = head.head_bytes + head.content_bytes;
        let read = self.0.at_least(end).await?;
        if matches!(head.code, CONTINUATION | TEXT | BINARY) {
            message.extend_from_slice(&read[head.head_bytes..end]);
        }
        self.0.consume(end);
        Ok((head.is_last, head.code))
    }
}

impl FrameHead {
    /// Reads a head; `None` where more of it has to come.
    fn read(bytes: &[u8]) -> io::Result<Option<FrameHead>> {
        let [first, second, rest @ ..] = bytes else { return Ok(None) };
        if second & 0x80 != 0 {
            return Err(broken("a server does not mask"));
        }
        let (length, length_bytes) = match second & 0x7F {
            126 => (rest.first_chunk().map(|bytes| u64::from(u16::from_be_bytes(*bytes))), 2),
            127 => (rest.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)), 8),
            short => (Some(u64::from(short)), 0),
        };
        let Some(length) = length else { return Ok(None) };
        let content_bytes = usize::try_from(length).ok().filter(|_| length <= MESSAGE_BYTES_MAX);
        Ok(Some(FrameHead {
            is_last: first & 0x80 != 0,
            code: first & 0x0F,
            head_bytes: 2 + length_bytes,
            content_bytes: content_bytes.ok_or_else(|| broken("a frame is far too long"))?,
        }))
    }
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_of_frames_are_read_once_they_are_whole() {
        let read = |bytes: &[u8]| {
            let head = FrameHead::read(bytes).unwrap();
            head.map(|head| (head.is_last, head.code, head.head_bytes, head.content_bytes))
        };
        /// Whether it is the last, its code, and the bytes of head and content.
        type Read = (bool, u8, usize, usize);
        let cases: [(&[u8], Option<Read>); 6] = [
            (&[0x82], None),
            (&[0x82, 5], Some((true, BINARY, 2, 5))),
            (&[0x01, 126, 1], None),
            (&[0x01, 126, 1, 0], Some((false, TEXT, 4, 256))),
            (&[0x80, 127, 0, 0, 0, 0, 0, 1, 0], None),
            (&[0x80, 127, 0, 0, 0, 0, 0, 1, 0, 0], Some((true, CONTINUATION, 10, 65_536))),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn frames_that_no_server_sends_are_refused() {
        let masked = [0x82, 0x85, 1, 2, 3, 4];
        let endless = [0x82, 127, 255, 255, 255, 255, 255, 255, 255, 255];
        assert!(FrameHead::read(&masked).is_err() && FrameHead::read(&endless).is_err());
    }
}
