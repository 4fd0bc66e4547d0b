//! One kept connection that speaks as much of HTTP/1.1 (RFC 9112) as our own server does.

use super::target::Target;
use std::io::{self, Write};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest head of an answer, in bytes: ours has some three hundred.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// Longest body of an answer, in bytes: each rejected line is named, and a batch has thousands.
const BODY_BYTES_MAX: usize = 16 << 20;

/// A connection, and what was read of it beyond the last answer.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
    request: Vec<u8>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// As the server says it.
    pub(crate) status: u16,
    /// How long to wait before the same is sent again.
    pub(crate) retry_after: Option<Duration>,
    /// The whole body.
    pub(crate) body: Vec<u8>,
}

/// What a head says of the answer that follows it.
struct Head {
    status: u16,
    length: usize,
    retry_after: Option<Duration>,
}

impl Connection {
    /// Connects; what is written is sent at once.
    pub(crate) async fn open(target: &Target) -> io::Result<Connection> {
        let stream = TcpStream::connect(&target.authority).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, read: Vec::new(), request: Vec::new() })
    }

    /// Sends `head`, which ends after its last header line, with a body, and reads the answer.
    pub(crate) async fn send(&mut self, head: &str, body: &[u8]) -> io::Result<Answer> {
        self.request.clear();
        self.request.extend_from_slice(head.as_bytes());
        // A vector takes whatever is written to it.
        let _ = write!(self.request, "content-length: {}\r\n\r\n", body.len());
        self.request.extend_from_slice(body);
        self.stream.write_all(&self.request).await?;
        self.answer().await
    }

    /// Sends a head that asks for another protocol; what follows the answer is of that protocol.
    pub(crate) async fn upgrade(&mut self, head: &str) -> io::Result<u16> {
        self.stream.write_all(head.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await?;
        let head_bytes = self.read_head().await?;
        let head = Head::read(&self.read[..head_bytes])?;
        self.read.drain(..head_bytes);
        Ok(head.status)
    }

    /// Bytes that have come, at least `count` of them; they stay until [`Connection::consume`].
    pub(crate) async fn at_least(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.read.len() < count {
            self.read_more(count - self.read.len()).await?;
        }
        Ok(&self.read)
    }

    /// Forgets bytes that were read; with nothing left, also the room they took.
    pub(crate) fn consume(&mut self, count: usize) {
        self.read.drain(..count.min(self.read.len()));
        if self.read.is_empty() {
            self.read = Vec::new();
        }
    }

    /// Writes bytes as they are.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    async fn answer(&mut self) -> io::Result<Answer> {
        let head_bytes = self.read_head().await?;
        let head = Head::read(&self.read[..head_bytes])?;
        self.at_least(head_bytes + head.length).await?;
        let body = self.read[head_bytes..head_bytes + head.length].to_vec();
        self.read.drain(..head_bytes + head.length);
        Ok(Answer { status: head.status, retry_after: head.retry_after, body })
    }

    /// Reads until a head is whole, and says how long it is.
    async fn read_head(&mut self) -> io::Result<usize> {
        let mut searched = 0;
        loop {
            if let Some(end) = find(&self.read[searched..], b"\r\n\r\n") {
                return Ok(searched + end + 4);
            }
            // Its end may be cut in two.
            searched = self.read.len().saturating_sub(3);
            if self.read.len() > HEAD_BYTES_MAX {
                return Err(strange("its head does not end"));
            }
            self.read_more(512).await?;
        }
    }

    async fn read_more(&mut self, room: usize) -> io::Result<()> {
        self.read.reserve(room);
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

impl Head {
    fn read(head: &[u8]) -> io::Result<Head> {
        let head = std::str::from_utf8(head).map_err(|_| strange("its head is not text"))?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or_else(|| strange("it has no status"))?;
        let mut read = Head { status, length: 0, retry_after: None };
        let headers = lines.filter_map(|line| line.split_once(':'));
        for (name, value) in headers.map(|(name, value)| (name, value.trim())) {
            if name.eq_ignore_ascii_case("content-length") {
                let length = value.parse().ok().filter(|length| *length <= BODY_BYTES_MAX);
                read.length = length.ok_or_else(|| strange("its length makes no sense"))?;
            } else if name.eq_ignore_ascii_case("retry-after") {
                read.retry_after = value.parse().ok().map(Duration::from_secs);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                return Err(strange("it comes in chunks"));
            }
        }
        Ok(read)
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let begins = |(place, byte): (usize, &u8)| {
        (*byte == what[0] && bytes[place..].starts_with(what)).then_some(place)
    };
    bytes.iter().enumerate().find_map(begins)
}

fn strange(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("an answer that is not understood: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_what_follows() {
        let head =
            b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 12\r\nretry-after: 3\r\n\r\n";
        let read = Head::read(head).unwrap();
        assert_eq!((read.status, read.length), (429, 12));
        assert_eq!(read.retry_after, Some(Duration::from_secs(3)));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let cases: [(&[u8], &str); 4] = [
            (b"hello\r\n\r\n", "no status"),
            (b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "length"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "chunks"),
            (b"HTTP/1.1 200 \xff\r\n\r\n", "not text"),
        ];
        for (head, why) in cases {
            let told = Head::read(head).err().unwrap().to_string();
            assert!(told.contains(why), "{told}");
        }
    }
}
