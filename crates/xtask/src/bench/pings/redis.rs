//! As much of Redis' protocol (RESP 2) as a pipeline of commands needs.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;

/// A connection to a Redis.
pub(super) struct Redis {
    writing: TcpStream,
    reading: BufReader<TcpStream>,
    waiting: Vec<u8>,
}

impl Redis {
    pub(super) fn connect(address: &str) -> io::Result<Redis> {
        let writing = TcpStream::connect(address)?;
        writing.set_nodelay(true)?;
        let reading = BufReader::new(writing.try_clone()?);
        Ok(Redis { writing, reading, waiting: Vec::new() })
    }

    /// Adds a command to what is sent next.
    pub(super) fn push(&mut self, words: &[&[u8]]) {
        self.waiting.extend(format!("*{}\r\n", words.len()).into_bytes());
        for word in words {
            self.waiting.extend(format!("${}\r\n", word.len()).into_bytes());
            self.waiting.extend_from_slice(word);
            self.waiting.extend_from_slice(b"\r\n");
        }
    }

    /// Sends what waits and reads so many answers. Errors: one of them is an error.
    pub(super) fn send(&mut self, answers: usize) -> io::Result<()> {
        self.writing.write_all(&self.waiting)?;
        self.waiting.clear();
        for _ in 0..answers {
            self.answer()?;
        }
        Ok(())
    }

    /// Reads one answer: a line, and for a string also its content.
    fn answer(&mut self) -> io::Result<()> {
        let mut line = String::new();
        self.reading.read_line(&mut line)?;
        match line.split_at_checked(1) {
            Some(("+" | ":", _)) => Ok(()),
            Some(("$", length)) => {
                let bytes: usize = length.trim().parse().unwrap_or(0);
                io::Read::read_exact(&mut self.reading, &mut vec![0; bytes + 2])
            }
            _ => Err(io::Error::other(format!("Redis said {line:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn commands_are_lengths_and_words() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut redis = Redis::connect(&listener.local_addr().unwrap().to_string()).unwrap();
        redis.push(&[b"XADD", b"p"]);
        assert_eq!(redis.waiting, b"*2\r\n$4\r\nXADD\r\n$1\r\np\r\n");
        let (mut server, _) = listener.accept().unwrap();
        server.write_all(b"$3\r\n1-0\r\n:7\r\n-ERR no\r\n").unwrap();
        redis.send(2).unwrap();
        assert!(redis.send(1).unwrap_err().to_string().contains("ERR no"));
    }
}
