//! A release server on a data directory of its own, and the loads that `doorstep simulate` makes.

use super::{Bench, answer, finish, machine, told};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The key of the measurements; the server listens on loopback for minutes.
pub(super) const KEY: &str = "dsk_measured0measured0measured0measured0";

/// The markets of most measurements.
const CONFIGURATION: &str = "scripts/bench/doorstep.toml";

/// Between two looks whether a server is ready, and how many there are at most: ten minutes.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);
const READY_LOOKS_MAX: u32 = 3_000;

/// A data directory in which couriers are registered, and nothing has happened.
pub(super) struct Template {
    root: PathBuf,
    binary: PathBuf,
    directory: PathBuf,
    pub(super) couriers: u32,
}

/// The release binary, built now; or another one that `DOORSTEP_BENCH_BINARY` names.
pub(super) fn binary(bench: &Bench) -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("DOORSTEP_BENCH_BINARY") {
        return Ok(named.into());
    }
    let build = ["build", "--release", "--quiet", "--package", "doorstep-cli"];
    finish(bench.cargo().args(build))?;
    Ok(bench.root.join("target/release/doorstep"))
}

/// A running server; it is killed, and what it kept removed, where it is dropped.
pub(super) struct Server {
    child: Child,
    binary: PathBuf,
    directory: PathBuf,
    url: String,
}

impl Template {
    /// Registers the couriers, or takes what an earlier measurement left.
    pub(super) fn new(root: &Path, binary: &Path, couriers: u32) -> Result<Template, String> {
        let load = ["couriers", "--every", "1h", "--for", "1ms"];
        Template::prepared(root, binary, ("couriers", couriers), &load)
    }

    /// A directory of this name and so many couriers in which a load has run, now or for an earlier
    /// measurement.
    pub(super) fn prepared(
        root: &Path,
        binary: &Path,
        (name, couriers): (&str, u32),
        load: &[&str],
    ) -> Result<Template, String> {
        let directory = root.join(format!("target/bench/{name}-{couriers}"));
        let (root, binary) = (root.to_owned(), binary.to_owned());
        let template = Template { root, binary, directory, couriers };
        if template.directory.join("whole").exists() {
            return Ok(template);
        }
        remove(&template.directory)?;
        let server = template.start(&template.directory)?;
        let couriers = template.couriers.to_string();
        server.simulates(&[load, &["--couriers", &couriers]].concat())?;
        server.stops()?;
        fs::write(template.directory.join("whole"), "").map_err(|error| error.to_string())?;
        Ok(template)
    }

    /// A server on a copy, which has its couriers in memory: the first ping lets it read them.
    pub(super) fn serve(&self) -> Result<Server, String> {
        let server = self.serve_cold()?;
        let couriers = self.couriers.to_string();
        let load = ["couriers", "--registered", "--couriers", &couriers, "--every", "1h"];
        server.simulates(&[&load[..], &["--for", "1ms"]].concat())?;
        Ok(server)
    }

    /// A server on a copy.
    pub(super) fn serve_cold(&self) -> Result<Server, String> {
        let directory = self.root.join("target/bench/pings");
        remove(&directory)?;
        finish(Command::new("cp").arg("-r").arg(&self.directory).arg(&directory))?;
        self.start(&directory)
    }

    /// A server with nobody registered.
    pub(super) fn serve_nobody(&self) -> Result<Server, String> {
        let directory = self.root.join("target/bench/pings");
        remove(&directory)?;
        self.start(&directory)
    }

    /// Kills a server without a word, and starts it again on what it left.
    pub(super) fn start_after_kill(&self, mut server: Server) -> Result<Server, String> {
        server.end()?;
        let directory = std::mem::take(&mut server.directory);
        self.start(&directory)
    }

    /// Starts on a directory and waits until it listens.
    fn start(&self, directory: &Path) -> Result<Server, String> {
        Server::start(&self.root, &self.binary, directory, Path::new(CONFIGURATION))
    }
}

impl Server {
    /// A server on an empty directory, as this configuration says.
    pub(super) fn empty(
        root: &Path,
        binary: &Path,
        configuration: Option<&Path>,
    ) -> Result<Server, String> {
        let directory = root.join("target/bench/empty");
        remove(&directory)?;
        let configuration = configuration.unwrap_or(Path::new(CONFIGURATION));
        Server::start(root, binary, &directory, configuration)
    }

    /// A server on a directory that is there, once it is ready. Unless it is told to stop, the
    /// directory goes with it.
    pub(super) fn on(root: &Path, binary: &Path, directory: &Path) -> Result<Server, String> {
        let server = Server::start(root, binary, directory, Path::new(CONFIGURATION))?;
        let mut looks = 0;
        while let Err(why) = server.asks("/readyz") {
            looks += 1;
            if looks == READY_LOOKS_MAX {
                return Err(why);
            }
            #[expect(clippy::disallowed_methods, reason = "the server reads what it has")]
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Ok(server)
    }

    fn start(
        root: &Path,
        binary: &Path,
        directory: &Path,
        configuration: &Path,
    ) -> Result<Server, String> {
        let mut command = Command::new(binary);
        command
            .current_dir(root)
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(configuration)
            .arg("--data-dir")
            .arg(directory)
            // A line for each request is written to a file elsewhere; here it would be read by us.
            .env("DOORSTEP_LOG", "warn")
            .env("DOORSTEP_ADMIN_KEY", KEY)
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| told(&command, error))?;
        let mut said = BufReader::new(child.stderr.take().ok_or("no stderr")?);
        let (mut url, mut all) = (None, String::new());
        while url.is_none() {
            let mut line = String::new();
            match said.read_line(&mut line) {
                Ok(bytes) if bytes > 0 => {}
                _ => return Err(format!("the server ended:\n{all}")),
            }
            url = line.trim().strip_prefix("doorstep: listening on ").map(str::to_owned);
            all += &line;
        }
        std::thread::spawn(move || {
            said.lines().map_while(Result::ok).for_each(|line| eprintln!("server: {line}"));
        });
        let (directory, binary) = (directory.to_owned(), binary.to_owned());
        let url = url.unwrap_or_default();
        Ok(Server { child, binary, directory, url })
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where a path of it is.
    pub(super) fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Kills it without a word, and starts it again on what it left, after a while.
    pub(super) fn away(
        mut self,
        root: &Path,
        configuration: &Path,
        length: Duration,
    ) -> Result<Server, String> {
        self.end()?;
        super::catch_up::rest(length);
        let directory = std::mem::take(&mut self.directory);
        Server::start(root, &self.binary, &directory, configuration)
    }

    /// Runs a load to its end: its figures.
    pub(super) fn simulates(&self, words: &[&str]) -> Result<Value, String> {
        answer(&mut self.simulating(words))
    }

    /// The command of a load.
    pub(super) fn simulating(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("simulate").args(words).args(["--json", "--server", &self.url, "--key", KEY]);
        command
    }

    /// Asks, with curl: the status is a failure where it is not 2xx.
    pub(super) fn asks(&self, path: &str) -> Result<String, String> {
        let mut command = Command::new("curl");
        let authorization = format!("authorization: Bearer {KEY}");
        command.args(["--silent", "--fail", "--header", &authorization]);
        command.arg(format!("{}{path}", self.url));
        let output = command.output().map_err(|error| told(&command, error))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() { Ok(said) } else { Err(told(&command, output.status)) }
    }

    /// The sum of the samples of its metrics whose line begins like this; `None` without any.
    pub(super) fn figure(&self, beginning: &str) -> Result<Option<f64>, String> {
        Ok(sum_of(&self.asks("/metrics")?, beginning))
    }

    /// Bytes that its log of pings takes on the disk.
    pub(super) fn ping_log_bytes(&self) -> u64 {
        machine::bytes_of(&self.directory.join("log"))
    }

    /// Tells it to stop and waits; what it kept stays.
    pub(super) fn stops(mut self) -> Result<(), String> {
        let pid = self.child.id().to_string();
        finish(Command::new("kill").args(["-TERM", &pid]))?;
        self.child.wait().map_err(|error| error.to_string())?;
        self.directory = PathBuf::new();
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        self.child.kill().map_err(|error| error.to_string())?;
        self.child.wait().map_err(|error| error.to_string())?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to kill and nothing to say.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !self.directory.as_os_str().is_empty() {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// The sum of the samples whose line begins like this; `None` without any.
pub(super) fn sum_of(metrics: &str, beginning: &str) -> Option<f64> {
    let samples = metrics.lines().filter(|line| line.starts_with(beginning));
    let values = samples.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
    values.reduce(|sum, value| sum + value)
}

/// Removes a directory, where it is there.
pub(super) fn remove(directory: &Path) -> Result<(), String> {
    match fs::remove_dir_all(directory) {
        Err(error) if directory.exists() => Err(format!("{}: {error}", directory.display())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_a_metric_are_added_up() {
        let metrics = "# HELP a b\na{p=\"0\"} 1\na{p=\"1\"} 2.5\nab 7\n";
        let cases = [("a{", Some(3.5)), ("ab", Some(7.0)), ("c", None)];
        for (beginning, expected) in cases {
            assert_eq!(sum_of(metrics, beginning), expected, "{beginning}");
        }
    }
}
