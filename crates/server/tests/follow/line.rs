//! The line to a node: it can be cut.

use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A line that leads to a node, or nowhere while it is cut.
pub(super) struct Line {
    pub(super) url: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    to: String,
    is_cut: bool,
    open: Vec<TcpStream>,
}

impl Line {
    pub(super) fn new() -> Arc<Line> {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let line = Arc::new(Line { url, state: Mutex::default() });
        let weak = Arc::downgrade(&line);
        std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                let Some(line) = weak.upgrade() else { return };
                line.carries(stream);
            }
        });
        line
    }

    /// From now on it leads there: `HOST:PORT`.
    pub(super) fn leads_to(&self, address: &str) {
        address.clone_into(&mut self.state.lock().unwrap().to);
    }

    /// What is under way breaks off, and nothing comes through.
    pub(super) fn is_cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.is_cut = true;
        for stream in state.open.drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    pub(super) fn is_mended(&self) {
        self.state.lock().unwrap().is_cut = false;
    }

    /// Carries a connection both ways; one that nobody takes is closed.
    fn carries(&self, here: TcpStream) {
        let mut state = self.state.lock().unwrap();
        if state.is_cut {
            return;
        }
        let Ok(there) = TcpStream::connect(&state.to) else { return };
        for (from, to) in [(&here, &there), (&there, &here)] {
            let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            std::thread::spawn(move || {
                // Whichever end breaks off, the other is told.
                let _ = copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
        }
        state.open.extend([here, there]);
    }
}
