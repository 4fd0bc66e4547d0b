//! The door of a server that is out now and then: connections are refused, and those that are
//! there end. One of them can also be cut before its answer is written.

use super::super::now;
use super::outage::{Outages, between};
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

/// How long until it is tried again to listen, or to let somebody in.
const AGAIN: Duration = Duration::from_millis(20);

/// Longest that one waits without looking at the clock.
const LOOK: Duration = Duration::from_secs(3_600);

/// Where connections come in.
pub(super) struct Door {
    address: SocketAddr,
    listener: Option<TcpListener>,
    outages: Arc<Outages>,
}

/// A connection.
pub(super) struct Wire {
    stream: TcpStream,
    cut: Cut,
    outages: Arc<Outages>,
}

/// What ends a connection without another word.
#[derive(Debug, Clone, Default)]
pub(super) struct Cut(Arc<AtomicBool>);

impl Cut {
    /// Nothing is written to it from now on.
    pub(super) fn cut(&self) {
        self.0.store(true, Relaxed);
    }
}

impl Door {
    pub(super) fn at(listener: TcpListener, address: SocketAddr, outages: Arc<Outages>) -> Door {
        Door { address, listener: Some(listener), outages }
    }
}

impl Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            let at = now();
            if let Some(until) = self.outages.until(at) {
                // A socket that nobody listens at refuses.
                self.listener = None;
                sleep(between(at, until)).await;
                continue;
            }
            let Some(listener) = &self.listener else {
                match TcpListener::bind(self.address).await {
                    Ok(listener) => self.listener = Some(listener),
                    Err(_) => sleep(AGAIN).await,
                }
                continue;
            };
            let until_out = self.outages.next_in(at).unwrap_or(LOOK);
            match timeout(until_out, listener.accept()).await {
                Ok(Ok((stream, from))) => {
                    let outages = Arc::clone(&self.outages);
                    return (Wire { stream, cut: Cut::default(), outages }, from);
                }
                Ok(Err(_)) => sleep(AGAIN).await,
                Err(_) => {}
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

impl Connected<IncomingStream<'_, Door>> for Cut {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Cut {
        stream.io().cut.clone()
    }
}

impl Wire {
    fn whole(&self) -> io::Result<()> {
        match self.cut.0.load(Relaxed) || self.outages.until(now()).is_some() {
            true => Err(io::ErrorKind::ConnectionReset.into()),
            false => Ok(()),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        read: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.whole()?;
        Pin::new(&mut self.stream).poll_read(context, read)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.whole()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
