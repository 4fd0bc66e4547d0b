//! A desk to work at: a directory with a configuration, where commands are typed.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// The first simulated day, and what every story is about.
pub(crate) const DAY: &str = "2008-05-19";

/// A directory of its own, in which `doorstep init` was typed.
pub(crate) struct Desk {
    directory: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let desk = Desk { directory: TempDir::new().unwrap() };
        assert_eq!(desk.types("init").code, 0);
        desk
    }

    /// A desk with this configuration.
    pub(crate) fn with(config: &str) -> Desk {
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("doorstep.toml"), config).unwrap();
        Desk { directory }
    }

    /// A desk where two days of a small city were imported.
    pub(crate) fn with_city() -> Desk {
        let desk = Desk::new();
        desk.holds("city.ndjson", desk.city().as_bytes());
        assert_eq!(desk.types("import events city.ndjson").code, 0);
        desk
    }

    /// The events of a small city.
    pub(crate) fn city(&self) -> String {
        self.types("simulate city --seed 7 --couriers 8 --deliveries 5 --days 2").out
    }

    pub(crate) fn holds(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn reads(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.directory.path().join(name)).unwrap()
    }

    /// Types a command; words are parted by spaces.
    pub(crate) fn types(&self, line: &str) -> Said {
        Said::of(self.command(line).stdin(Stdio::null()).output().unwrap())
    }

    /// Types a command and gives it something to read.
    pub(crate) fn pipes(&self, content: &[u8], line: &str) -> Said {
        let mut command = self.command(line);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || stdin.write_all(content).unwrap());
            Said::of(child.wait_with_output().unwrap())
        })
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep"));
        command.current_dir(self.directory.path()).args(line.split_whitespace());
        for name in ["DOORSTEP_KEY", "DOORSTEP_ADMIN_KEY", "DOORSTEP_LOG"] {
            command.env_remove(name);
        }
        command
    }

    /// Starts a server here, on a free port.
    pub(crate) fn serves(&self) -> Server {
        self.serves_at(0)
    }

    /// Starts a server here, on this port.
    pub(crate) fn serves_at(&self, port: u16) -> Server {
        self.starts(&format!("serve --listen 127.0.0.1:{port}"))
    }

    /// Starts a server here, on a free port, with more options.
    pub(crate) fn serves_with(&self, options: &str) -> Server {
        self.starts(&format!("serve --listen 127.0.0.1:0 {options}"))
    }

    fn starts(&self, line: &str) -> Server {
        let mut command = self.command(line);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let (mut admin_key, mut line) = (None, String::new());
        let url = loop {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "the server ended");
            if let Some(key) = line.trim().strip_prefix("doorstep: admin key, shown this once: ") {
                admin_key = Some(key.to_owned());
            }
            if let Some(url) = line.trim().strip_prefix("doorstep: listening on ") {
                break url.to_owned();
            }
        };
        // What it logs must go somewhere, or it would wait for a reader.
        let rest = std::thread::spawn(move || said.lines().map_while(Result::ok).collect());
        Server { child, url, admin_key, rest: Some(rest) }
    }
}

/// A running server; it is killed where a story forgets to stop it.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) admin_key: Option<String>,
    rest: Option<std::thread::JoinHandle<Vec<String>>>,
}

impl Server {
    /// Tells it to stop, and gives its exit code and what it logged.
    pub(crate) fn stops(mut self) -> (i32, Vec<String>) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        (code, self.rest.take().unwrap().join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended where it was stopped; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Said {
    pub(crate) fn of(output: Output) -> Said {
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What was printed, as JSON.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{self:?}");
        serde_json::from_str(&self.out).unwrap()
    }
}
