//! A hot standby of Postgres: read instead of the store, and while the store is not there.

use super::{Database, server};
use crate::stock::{Shops, available, had, receives};
use crate::world::{SF, World};
use doorstep_server::stock::follow;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// How often it is looked whether a standby has come to what takes it milliseconds, at most.
const LOOKS_MAX: usize = 1_000;

/// A server and its standby, both stopped when this is dropped.
struct Servers {
    directory: TempDir,
    primary: String,
    standby: String,
}

impl Servers {
    fn start() -> Servers {
        let directory = TempDir::new().unwrap();
        // The server runs as another user, who has to be able to enter.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let mut servers = Servers { directory, primary: String::new(), standby: String::new() };
        servers.primary = servers.says("start");
        servers.standby = servers.says("start-replica");
        servers
    }

    /// What `scripts/services/postgres.sh` answers to a verb.
    fn says(&self, verb: &str) -> String {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/services/postgres.sh");
        let mut command = Command::new(script);
        command.arg(verb).env("DOORSTEP_SERVICES_DIR", self.directory.path());
        let said = command.output().unwrap();
        assert!(said.status.success(), "{verb}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.says("stop");
    }
}

/// Follows until that many units of milk can be had; the standby is a moment behind.
fn follows_to(shops: &Shops, units: i64) {
    let mut found = Value::Null;
    for _ in 0..LOOKS_MAX {
        follow::step(shops.app()).unwrap();
        found = shops.has("items=milk");
        if available(&found) == had(&[("milk", units)]) && found["age_ms"] == 0 {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "another server copies what it is sent")]
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{found}");
}

/// D9: what can be had is read from a standby, also while the store is not there; who shows a token
/// that the standby has not come to is told so.
#[test]
fn what_can_be_had_is_read_from_a_standby() {
    if server().is_none() {
        return;
    }
    let servers = Servers::start();
    let database = Database::on(&servers.primary);
    let copy = database.url.replacen(&servers.primary, &servers.standby, 1);
    let config = format!("store_replica = \"{copy}\"\n{SF}");
    let shops = Shops::of(World::on(Some(database), &config));
    receives(shops.app(), "near", "milk", 9);
    follows_to(&shops, 9);
    let token = receives(shops.app(), "near", "milk", 1);
    let after = format!("items=milk&after={token}");
    assert_eq!(available(&shops.has(&after)), had(&[("milk", 10)]), "the store knows it at once");
    follows_to(&shops, 10);

    servers.says("pause");
    shops.passes(30);
    let found = shops.has("items=milk");
    assert_eq!((available(&found), &found["age_ms"]), (had(&[("milk", 10)]), &30_000.into()));
    shops.passes(31);
    follow::step(shops.app()).unwrap();
    let found = shops.has("items=milk");
    assert_eq!((available(&found), &found["age_ms"]), (had(&[("milk", 10)]), &61_000.into()));
    assert_eq!(available(&shops.has("category=DAIRY")), had(&[("milk", 10)]));
    assert_eq!(available(&shops.has(&after)), had(&[("milk", 10)]), "the standby has come to it");
    let (lane_no, seq) = token.split_once('.').unwrap();
    let newer = format!("items=milk&after={lane_no}.{}", seq.parse::<i64>().unwrap() + 1);
    let behind = shops.asks(&newer);
    assert_eq!((behind.status, &behind.problem()["code"]), (503, &"behind".into()));

    servers.says("resume");
    receives(shops.app(), "near", "milk", 5);
    follows_to(&shops, 15);
}
