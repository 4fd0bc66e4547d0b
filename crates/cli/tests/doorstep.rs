//! The binary as a person meets it: a directory with a configuration, and commands run in it.

use doorstep_domain::time::Day;
use serde_json::Value;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A directory with a configuration and, after the first command, data.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    /// A place with this `doorstep.toml`.
    pub(crate) fn with(config: &str) -> Place {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join("doorstep.toml"), config).unwrap();
        Place { directory }
    }

    /// A file in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes lines to a file in it.
    pub(crate) fn file(&self, name: &str, lines: impl IntoIterator<Item = Vec<u8>>) -> PathBuf {
        let path = self.path(name);
        let mut out = BufWriter::new(File::create(&path).unwrap());
        doorstep_sim::event::write_lines(&mut out, lines).unwrap();
        path
    }

    /// A command that is about to run here, alone: nothing comes in, nothing is inherited.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep"));
        command
            .current_dir(self.directory.path())
            .args(arguments)
            .stdin(Stdio::null());
        for inherited in ["DOORSTEP_ADMIN_KEY", "DOORSTEP_KEY", "DOORSTEP_LOG"] {
            command.env_remove(inherited);
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn runs(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed; what it printed.
    pub(crate) fn prints(&self, arguments: &[&str]) -> Vec<u8> {
        let output = self.runs(arguments);
        assert!(
            output.status.success(),
            "doorstep {arguments:?} ended with {}:\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        output.stdout
    }

    /// Runs a command that must succeed and print JSON.
    pub(crate) fn answers(&self, arguments: &[&str]) -> Value {
        serde_json::from_slice(&self.prints(arguments)).unwrap()
    }

    /// Imports a file of this place; the counts.
    pub(crate) fn imports(&self, name: &str) -> Value {
        self.answers(&["import", "events", name, "--json"])
    }

    /// Couriers' pay on a day.
    pub(crate) fn pay(&self, market: &str, day: Day) -> Value {
        let day = day.to_string();
        self.answers(&["pay", "--market", market, "--day", &day, "--json"])
    }

    /// The settlement of a day.
    pub(crate) fn settles(&self, market: &str, day: Day) -> Value {
        let day = day.to_string();
        self.answers(&["settle", "--market", market, "--day", &day, "--json"])
    }

    /// The log says the same as the store about these days, and every invariant holds.
    pub(crate) fn is_sound(&self, market: &str, days: &[Day]) {
        for day in days {
            let day = day.to_string();
            let found = self.answers(&["reconcile", "--market", market, "--day", &day, "--json"]);
            assert_eq!(found["differences_found"], 0, "{found}");
            assert_eq!(found["lag_records"], 0, "{found}");
        }
        assert_eq!(self.answers(&["check", "--json"])["violations"], 0);
    }
}
