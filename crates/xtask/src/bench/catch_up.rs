//! After an outage of ours: providers that send again all that was not answered, and one that does
//! not and is asked instead, within its limit. Server and providers share this machine.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock, and waits")]

use super::machine;
use super::server::{KEY, Server, binary};
use super::table::{Column, Unit, print_table};
use super::{Bench, COUNT, SECONDS, told};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SECRET_FILE: &str = "scripts/bench/provider-secret";

const CONFIGURATION: &str = "scripts/bench/providers.toml";

/// Events a second of the outage, and how long it is, in seconds.
const EVENTS_PER_S: f64 = 2_000.0;
const OUTAGE_S: f64 = 3_600.0;

/// Deliveries of which all is sent again, each told of five times: fifty seconds of the outage;
/// with `--full` five minutes of it.
const DELIVERIES: u32 = 20_000;
const DELIVERIES_FULL: u32 = 120_000;

/// Deliveries that are open when the server goes, calls a second that their provider takes, and how
/// long the server is away: a while that counts as an outage.
const OPEN: u32 = 300;
const CALLS_PER_S: u32 = 50;
const AWAY: Duration = Duration::from_secs(40);

/// How many times as fast as in the world they are brought: none takes two thirds of the outage,
/// so that whatever is asked for after it has been delivered.
const SPEED: &str = "120";

/// Between two bookings: fewer calls a second than the server makes later, so that the most in a
/// second are the server's.
const BETWEEN_BOOKINGS: Duration = Duration::from_millis(60);

/// What the server counts: answers to its asking, and what was read of them.
const ASKED: &str =
    "doorstep_provider_asked_total{provider=\"uber\",what=\"fetch\",outcome=\"ok\"}";
const READ: &str = "doorstep_provider_events_total{provider=\"uber\",disposition=\"applied\"}";

/// Between two looks how far it is, and how many there are at most: a minute, where the limit alone
/// is twelve seconds.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
const LOOKS_MAX: u32 = 600;

/// Measures both, and prints them.
pub(super) fn measure(bench: &Bench) -> Result<(), String> {
    let binary = binary(bench)?;
    println!("{}\n\n### All of it is sent again\n", machine::told());
    let columns = [
        Column("events", "/taken", COUNT),
        Column("seconds of the outage", "/of_the_outage_s", COUNT),
        Column("answered/s", "/answered_per_s", COUNT),
        Column("every status right", "/seconds", SECONDS),
        Column("events/s", "/read_per_s", COUNT),
        Column("an hour's, alone", "/hour_s", COUNT),
        Column("beside 2,000 a second more", "/hour_beside_s", COUNT),
    ];
    print_table(&columns, &[sent_again(bench, &binary)?]);
    println!("\n### All that is open is asked for\n");
    let columns = [
        Column("open", "/open", COUNT),
        Column("calls a second", "/limit_per_s", COUNT),
        Column("polls of them", "/polls_per_s", COUNT),
        Column("the limit alone", "/limit_s", SECONDS),
        Column("all asked for", "/asked_s", SECONDS),
        Column("every status right", "/right_s", SECONDS),
        Column("most calls in a second", "/most_in_a_second", COUNT),
        Column("told to wait", "/told_to_wait", COUNT),
        Column("calls each", "/calls_each", Unit("", 1.0, 2)),
    ];
    print_table(&columns, &[asked_for(bench, &binary)?]);
    Ok(())
}

/// Messages as fast as they are answered; scaled to an hour's, also beside those of that hour.
fn sent_again(bench: &Bench, binary: &Path) -> Result<Value, String> {
    let server = Server::empty(&bench.root, binary, Some(Path::new(CONFIGURATION)))?;
    let secret = bench.root.join(SECRET_FILE).to_string_lossy().into_owned();
    let deliveries = if bench.full { DELIVERIES_FULL } else { DELIVERIES }.to_string();
    let load = ["providers", "--secret-file", &secret, "--deliveries", &deliveries];
    let mut row = server.simulates(&load)?;
    let events = row["taken"].as_f64().unwrap_or(f64::NAN);
    let per_s = row["read_per_s"].as_f64().unwrap_or(f64::NAN);
    row["of_the_outage_s"] = (events / EVENTS_PER_S).into();
    row["hour_s"] = (EVENTS_PER_S * OUTAGE_S / per_s).into();
    row["hour_beside_s"] = (EVENTS_PER_S * OUTAGE_S / (per_s - EVENTS_PER_S).max(0.0)).into();
    Ok(row)
}

/// A server that is killed while deliveries of a provider that says nothing are open, and what it
/// takes to know of all of them how they stand.
fn asked_for(bench: &Bench, binary: &Path) -> Result<Value, String> {
    let other = Other::starts(binary)?;
    let configuration = bench.root.join("target/bench/catch-up.toml");
    fs::create_dir_all(bench.root.join("target/bench")).map_err(|error| error.to_string())?;
    fs::write(&configuration, other.configured(&bench.root)?).map_err(|error| error.to_string())?;
    let mut server = Server::empty(&bench.root, binary, Some(&configuration))?;
    let names = other.follows_its_own(&server)?;
    let before = other.truth()?;
    server = server.away(&bench.root, &configuration, AWAY)?;
    let began = Instant::now();
    let mut row = json!({
        "open": OPEN, "limit_per_s": CALLS_PER_S, "polls_per_s": CALLS_PER_S / 2,
        "limit_s": f64::from(OPEN) / f64::from(CALLS_PER_S / 2),
    });
    waits(&server, ASKED)?;
    row["asked_s"] = began.elapsed().as_secs_f64().into();
    waits(&server, READ)?;
    row["right_s"] = began.elapsed().as_secs_f64().into();
    for name in names {
        let shown = server.asks(&format!("/v1/deliveries/{name}"))?;
        let shown: Value = serde_json::from_str(&shown).map_err(|error| error.to_string())?;
        if shown["status"] != "delivered" {
            return Err(format!("it was delivered, and is told as {shown}"));
        }
    }
    let after = other.truth()?;
    let more = |call: &str| {
        let number = |truth: &Value| truth["calls"][call].as_f64().unwrap_or(f64::NAN);
        number(&after) - number(&before)
    };
    row["calls_each"] = (more("all") / f64::from(OPEN)).into();
    row["most_in_a_second"] = after["calls"]["most_in_a_second"].clone();
    row["told_to_wait"] = more("told_to_wait").into();
    Ok(row)
}

/// Waits until a figure of the server has counted all that is open.
fn waits(server: &Server, figure: &str) -> Result<(), String> {
    let mut counted = None;
    for _ in 0..LOOKS_MAX {
        counted = server.figure(figure)?;
        if counted.is_some_and(|counted| counted >= f64::from(OPEN)) {
            return Ok(());
        }
        rest(BETWEEN_LOOKS);
    }
    Err(format!("of {OPEN} it has come to {counted:?}: {figure}"))
}

pub(super) fn rest(length: Duration) {
    std::thread::sleep(length);
}

/// A provider that does not say anything by itself; it is killed where it is dropped.
struct Other {
    child: Child,
    url: String,
}

impl Other {
    fn starts(binary: &Path) -> Result<Other, String> {
        let mut command = Command::new(binary);
        let calls = CALLS_PER_S.to_string();
        command.args(["simulate", "provider", "--kind", "uber_direct", "--lost", "1"]);
        command.args(["--listen", "127.0.0.1:0", "--events-to", "http://127.0.0.1:9"]);
        command.args(["--speed", SPEED, "--calls-per-second", &calls]).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| told(&command, error))?;
        let mut said = BufReader::new(child.stderr.take().ok_or("no stderr")?);
        let mut line = String::new();
        said.read_line(&mut line).map_err(|error| told(&command, error))?;
        let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        Ok(Other { child, url })
    }

    /// The configuration of a server that asks it.
    fn configured(&self, root: &Path) -> Result<String, String> {
        let key: PathBuf = root.join("target/bench/catch-up-key");
        fs::write(&key, "client:secret").map_err(|error| error.to_string())?;
        let base =
            fs::read_to_string(root.join(CONFIGURATION)).map_err(|error| error.to_string())?;
        Ok(format!(
            "{base}url = {:?}\ncredential_file = {key:?}\naccount = \"cus_simulated\"\n\
             pickup_phone = \"+14155550100\"\nper_second = {CALLS_PER_S}\n",
            self.url,
        ))
    }

    /// Books all deliveries at the provider itself, and has the server follow them; their names
    /// there.
    fn follows_its_own(&self, server: &Server) -> Result<Vec<String>, String> {
        let token = self.token()?;
        let path = server.url_of("/v1/providers/uber/deliveries");
        let mut names = Vec::new();
        for number in 0..OPEN {
            let reference = self.books(&token, number)?;
            let new = json!({ "reference": reference, "merchant_id": "bench" });
            let followed = posts(&path, KEY, &new)?;
            names.push(followed["delivery_id"].as_str().ok_or("it has no name")?.to_owned());
            rest(BETWEEN_BOOKINGS);
        }
        Ok(names)
    }

    fn token(&self) -> Result<String, String> {
        let mut command = Command::new("curl");
        command.args(["--silent", "--fail", "--data", "client_id=client&client_secret=secret"]);
        command.args(["--data", "grant_type=client_credentials"]);
        let told = json_of(command.arg(format!("{}/oauth/v2/token", self.url)))?;
        Ok(told["access_token"].as_str().ok_or("there is no token")?.to_owned())
    }

    /// Books a delivery; its name there.
    fn books(&self, token: &str, number: u32) -> Result<String, String> {
        let name = format!("bench-{number}");
        let wish = json!({
            "pickup_name": "Bench", "pickup_address": "1 Market Street, San Francisco",
            "pickup_phone_number": "+14155550100", "dropoff_name": name,
            "dropoff_address": "2 Mission Street, San Francisco",
            "dropoff_phone_number": "+14155550101",
            "manifest_items": [{ "name": name, "quantity": 1 }],
            "external_id": name, "idempotency_key": name,
        });
        let url = format!("{}/v1/customers/cus_simulated/deliveries", self.url);
        let booked = posts(&url, token, &wish)?;
        Ok(booked["id"].as_str().ok_or("it has no name")?.to_owned())
    }

    fn truth(&self) -> Result<Value, String> {
        let mut command = Command::new("curl");
        json_of(command.args(["--silent", "--fail"]).arg(format!("{}/_truth", self.url)))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to kill and nothing to say.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Posts JSON and reads the answer.
fn posts(url: &str, token: &str, body: &Value) -> Result<Value, String> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--fail", "--data", &body.to_string()]);
    command.args(["--header", "content-type: application/json"]);
    command.args(["--header", &format!("authorization: Bearer {token}")]);
    command.args(["--header", &format!("idempotency-key: {}", body["reference"])]);
    json_of(command.arg(url))
}

fn json_of(command: &mut Command) -> Result<Value, String> {
    let output = command.output().map_err(|error| told(command, error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(told(command, format!("{}: {said}", output.status)));
    }
    serde_json::from_str(&said).map_err(|error| told(command, error))
}
