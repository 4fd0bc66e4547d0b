//! As much of NATS' client protocol as publishing to a stream and waiting for its word needs.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// Where answers come.
const INBOX: &str = "_INBOX.measured";

/// A connection to a NATS.
pub(super) struct Nats {
    writing: TcpStream,
    reading: BufReader<TcpStream>,
}

impl Nats {
    /// Connects and listens for answers.
    pub(super) fn connect(address: &str) -> io::Result<Nats> {
        let writing = TcpStream::connect(address)?;
        writing.set_nodelay(true)?;
        let reading = BufReader::new(writing.try_clone()?);
        let mut nats = Nats { writing, reading };
        let hello = "CONNECT {\"verbose\":false,\"pedantic\":false}";
        nats.writing.write_all(format!("{hello}\r\nSUB {INBOX} 1\r\n").as_bytes())?;
        Ok(nats)
    }

    /// Publishes a message for which one answer comes.
    pub(super) fn publish(&mut self, subject: &str, content: &[u8]) -> io::Result<()> {
        let mut message = format!("PUB {subject} {INBOX} {}\r\n", content.len()).into_bytes();
        message.extend_from_slice(content);
        message.extend_from_slice(b"\r\n");
        self.writing.write_all(&message)
    }

    /// Waits for the next answer. Errors: it is one.
    pub(super) fn answer(&mut self) -> io::Result<String> {
        loop {
            let mut line = String::new();
            if self.reading.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line.starts_with("PING") {
                self.writing.write_all(b"PONG\r\n")?;
            } else if line.starts_with("-ERR") {
                return Err(io::Error::other(line));
            } else if line.starts_with("MSG") {
                let bytes = line.split_whitespace().last().and_then(|word| word.parse().ok());
                let mut content = vec![0; bytes.unwrap_or(0_usize) + 2];
                self.reading.read_exact(&mut content)?;
                let content = String::from_utf8_lossy(&content).trim_end().to_owned();
                let refused = content.contains("\"error\"");
                return if refused { Err(io::Error::other(content)) } else { Ok(content) };
            }
        }
    }
}
