//! Onfleet (docs.onfleet.com): a delivery is a pickup and a drop-off that depends on it. It knows
//! no key: our name stands in their metadata, and is looked for before anything is created again.

use super::line::{Line, Told, unsettled};
use super::{Access, Booked, Names, Outbound, Wanted, address, degrees};
use crate::calls::CallError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_domain::time::Clock;
use doorstep_store::package::StopRow;
use serde_json::{Value, json};
use std::sync::Arc;
use ureq::http::Method;

/// The metadata under which our name stands, which its adapter reads.
const NAME: &str = "delivery_id";

/// Onfleet.
pub struct Onfleet {
    line: Line,
    authorization: String,
    clock: Arc<dyn Clock>,
}

impl Onfleet {
    /// Errors: there is no key.
    pub fn new(access: Access, clock: Arc<dyn Clock>) -> Result<Onfleet, String> {
        let key = access.credential.trim();
        if key.is_empty() {
            return Err("the credential is not an API key".to_owned());
        }
        let authorization = format!("Basic {}", STANDARD.encode(format!("{key}:")));
        Ok(Onfleet { line: Line::new("onfleet", &access), authorization, clock })
    }

    fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Told, CallError> {
        self.line.ask(method, &format!("/api/v2/tasks{path}"), &self.authorization, body)
    }

    /// The tasks that carry our name: pickup, and drop-off.
    fn tasks(&self, delivery: &str) -> Result<Vec<Value>, CallError> {
        let wanted = json!([{ "name": NAME, "type": "string", "value": delivery }]);
        match self.ask(Method::POST, "/metadata", Some(&wanted))?.yes()? {
            Value::Array(tasks) => Ok(tasks),
            other => {
                let reason = format!("no list of tasks: {other}");
                Err(CallError::Failed { reason, retry_after_us: None })
            }
        }
    }

    fn creates(&self, task: &Value) -> Result<Value, CallError> {
        self.ask(Method::POST, "", Some(task))?.yes()
    }

    /// A task that is gone is deleted.
    fn deletes(&self, task: &Value) -> Result<(), CallError> {
        let id = task["id"].as_str().unwrap_or_default();
        match self.ask(Method::DELETE, &format!("/{id}"), None)? {
            Told::Unknown(_) => Ok(()),
            told => told.yes().map(drop),
        }
    }
}

impl Outbound for Onfleet {
    fn book(&self, wanted: &Wanted<'_>, is_repeated: bool) -> Result<Booked, CallError> {
        let name = &wanted.package.delivery;
        let mut tasks = if is_repeated { self.tasks(name)? } else { Vec::new() };
        let pickup = match tasks.iter().position(is_pickup) {
            Some(place) => tasks.swap_remove(place),
            None => self.creates(&pickup(wanted))?,
        };
        let dropoff = match tasks.pop() {
            Some(task) => task,
            None => match self.creates(&dropoff(wanted, &pickup["id"])) {
                Err(CallError::Refused(reason)) => {
                    // Whoever refuses has nothing of it left: nobody would call that off.
                    self.deletes(&pickup).map_err(unsettled)?;
                    return Err(CallError::Refused(reason));
                }
                created => created?,
            },
        };
        // Whose fleet it is, Onfleet does not know what it costs.
        Ok(Booked { reference: name.clone(), told: vec![pickup, dropoff], fee: None })
    }

    fn cancel(&self, names: Names<'_>) -> Result<(), CallError> {
        // The drop-off first: without it the pickup brings nothing anywhere.
        let mut tasks = self.tasks(names.delivery)?;
        tasks.sort_by_key(is_pickup);
        tasks.iter().try_for_each(|task| self.deletes(task))
    }

    fn fetch(&self, names: Names<'_>) -> Result<Option<Vec<Value>>, CallError> {
        let tasks = self.tasks(names.delivery)?;
        if !tasks.is_empty() {
            return Ok(Some(tasks));
        }
        if names.reference != names.delivery {
            // It was booked elsewhere, and has no name of ours.
            match self.ask(Method::GET, &format!("/{}", names.reference), None)? {
                Told::Unknown(_) => {}
                told => return Ok(Some(vec![told.yes()?])),
            }
        }
        let time_ms = self.clock.now().0 / 1_000;
        Ok(Some(vec![deleted(names, time_ms)]))
    }
}

/// What their message of a deletion says: a task that is gone cannot be asked.
fn deleted(names: Names<'_>, time_ms: i64) -> Value {
    let mut message = json!({
        "triggerName": "taskDeleted", "time": time_ms, "taskId": names.reference,
    });
    if names.reference == names.delivery {
        message["data"]["task"]["metadata"] = metadata(names.delivery);
    }
    message
}

fn is_pickup(task: &Value) -> bool {
    task["pickupTask"] == true
}

fn pickup(wanted: &Wanted<'_>) -> Value {
    let package = wanted.package;
    let mut task = task(wanted, &package.origin);
    task["pickupTask"] = true.into();
    task["recipients"] = json!([{ "name": package.merchant, "phone": wanted.pickup_phone }]);
    task
}

fn dropoff(wanted: &Wanted<'_>, pickup: &Value) -> Value {
    let package = wanted.package;
    let called = package.reference.as_deref().unwrap_or(&package.delivery);
    let mut task = task(wanted, &package.destination);
    task["dependencies"] = json!([pickup]);
    task["recipients"] = json!([{ "name": called, "phone": package.phone }]);
    if let Some(words) = &package.instructions {
        task["notes"] = words.as_str().into();
    }
    task
}

fn task(wanted: &Wanted<'_>, stop: &StopRow) -> Value {
    let package = wanted.package;
    let mut task = json!({
        "destination": {
            "address": { "unparsed": address(stop) },
            "location": [degrees(stop.position.lng_e7), degrees(stop.position.lat_e7)],
        },
        "completeAfter": package.ready_at_us / 1_000, "quantity": 1,
        "autoAssign": { "mode": "distance" },
        "metadata": metadata(&package.delivery),
    });
    if let Some(by_us) = package.deliver_by_us {
        task["completeBefore"] = (by_us / 1_000).into();
    }
    task
}

fn metadata(delivery: &str) -> Value {
    json!([{ "name": NAME, "type": "string", "value": delivery, "visibility": ["api"] }])
}
