//! Uber Direct (developer.uber.com/docs/deliveries/direct/api): a token for an hour's calls, and
//! bookings that carry a key of ours.

use super::line::{Line, Told, unsettled};
use super::{Access, Booked, Fee, Names, Outbound, Wanted, address, degrees, rfc3339};
use crate::calls::{CallError, Request, query};
use doorstep_domain::dispatch::PackageSize;
use doorstep_domain::time::{Clock, Micros, SECOND_US};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use ureq::http::Method;

/// Where the token of the real one is had.
const TOKEN_URL: &str = "https://auth.uber.com/oauth/v2/token";

/// The host of the real one.
const API: &str = "https://api.uber.com";

/// How long before its end a token is had anew, in microseconds.
const TOKEN_MARGIN_US: i64 = 60 * SECOND_US;

/// Longest note, in characters.
const NOTES_CHARS_MAX: usize = 280;

/// Uber Direct.
pub struct UberDirect {
    line: Line,
    client: (String, String),
    account: String,
    token_url: String,
    token: Mutex<Option<(String, Micros)>>,
    clock: Arc<dyn Clock>,
}

impl UberDirect {
    /// Errors: the credential is not `CLIENT_ID:CLIENT_SECRET`, or no account is named.
    pub fn new(access: Access, clock: Arc<dyn Clock>) -> Result<UberDirect, String> {
        let client = access.credential.trim().split_once(':');
        let client = client.ok_or("the credential is not CLIENT_ID:CLIENT_SECRET")?;
        if access.account.is_empty() {
            return Err("account is missing: its paths name one".to_owned());
        }
        let here = || match access.url.trim_end_matches('/') {
            API => TOKEN_URL.to_owned(),
            url => format!("{url}/oauth/v2/token"),
        };
        Ok(UberDirect {
            line: Line::new("uber_direct", &access),
            client: (client.0.to_owned(), client.1.to_owned()),
            token_url: access.token_url.clone().unwrap_or_else(here),
            account: access.account,
            token: Mutex::new(None),
            clock,
        })
    }

    fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Told, CallError> {
        let authorization = format!("Bearer {}", self.token()?);
        let path = format!("/v1/customers/{}/{path}", self.account);
        let told = self.line.ask(method, &path, &authorization, body);
        let is_unknown = |error: &CallError| error.to_string().starts_with("status 401");
        if told.as_ref().is_err_and(is_unknown) {
            // It may have been taken back: the next call has another.
            *self.kept() = None;
        }
        told
    }

    fn token(&self) -> Result<String, CallError> {
        let now = self.clock.now();
        if let Some((token, until)) = &*self.kept()
            && now < *until
        {
            return Ok(token.clone());
        }
        let form = query(&[
            ("client_id", &self.client.0),
            ("client_secret", &self.client.1),
            ("grant_type", "client_credentials"),
            ("scope", "eats.deliveries"),
        ]);
        let request = Request::post(&self.token_url, form)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = self.line.send(&request)?.yes().map_err(unsettled)?;
        let (Some(token), Some(seconds)) =
            (answer["access_token"].as_str(), answer["expires_in"].as_i64())
        else {
            let reason = "the answer has no token".to_owned();
            return Err(CallError::Failed { reason, retry_after_us: None });
        };
        let until = now.plus(seconds.saturating_mul(SECOND_US) - TOKEN_MARGIN_US);
        *self.kept() = Some((token.to_owned(), until));
        Ok(token.to_owned())
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<(String, Micros)>> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self, reference: &str) -> Result<Value, CallError> {
        self.ask(Method::GET, &format!("deliveries/{reference}"), None)?.yes()
    }
}

impl Outbound for UberDirect {
    /// The key makes a second wish the first one: it is answered with what was booked.
    fn book(&self, wanted: &Wanted<'_>, _is_repeated: bool) -> Result<Booked, CallError> {
        let wish = body(wanted, self.clock.now());
        let told = match self.ask(Method::POST, "deliveries", Some(&wish))? {
            Told::Repeated(error) => {
                let before = error["metadata"]["delivery_id"].as_str();
                let unnamed = || CallError::Failed {
                    reason: format!("it is there, unnamed: {error}"),
                    retry_after_us: None,
                };
                self.shown(before.ok_or_else(unnamed)?).map_err(unsettled)?
            }
            told => told.yes()?,
        };
        match told["id"].as_str() {
            Some(reference) => {
                let reference = reference.to_owned();
                let fee = Fee::of(&told);
                Ok(Booked { reference, told: vec![wrapped(told)], fee })
            }
            None => {
                let reason = "the answer does not name what was booked".to_owned();
                Err(CallError::Failed { reason, retry_after_us: None })
            }
        }
    }

    fn cancel(&self, names: Names<'_>) -> Result<(), CallError> {
        let path = format!("deliveries/{}/cancel", names.reference);
        match self.ask(Method::POST, &path, Some(&json!({})))? {
            Told::Yes(_) => Ok(()),
            refused => match self.shown(names.reference)?["status"].as_str() {
                Some("canceled") => Ok(()),
                _ => refused.yes().map(drop),
            },
        }
    }

    fn fetch(&self, names: Names<'_>) -> Result<Option<Vec<Value>>, CallError> {
        let path = format!("deliveries/{}", names.reference);
        let told = self.ask(Method::GET, &path, None)?.known()?;
        Ok(told.map(|told| vec![wrapped(told)]))
    }
}

/// As an event has it: the object's own `id` is no name of an event.
fn wrapped(told: Value) -> Value {
    json!({ "kind": "poll", "data": told })
}

fn body(wanted: &Wanted<'_>, now: Micros) -> Value {
    let package = wanted.package;
    let structured = |address: String| json!({ "street_address": [address] }).to_string();
    let (from, to) = (package.origin.position, package.destination.position);
    let called = package.reference.as_deref().unwrap_or(&package.delivery);
    let mut body = json!({
        "pickup_name": package.merchant,
        "pickup_address": structured(address(&package.origin)),
        "pickup_latitude": degrees(from.lat_e7), "pickup_longitude": degrees(from.lng_e7),
        "pickup_phone_number": wanted.pickup_phone,
        "dropoff_name": called,
        "dropoff_address": structured(address(&package.destination)),
        "dropoff_latitude": degrees(to.lat_e7), "dropoff_longitude": degrees(to.lng_e7),
        "dropoff_phone_number": package.phone,
        "manifest_items": [{ "name": called, "quantity": 1, "size": size(package.size) }],
        "manifest_total_value": package.order_minor, "tip": package.tip_minor,
        "pickup_ready_dt": rfc3339(package.ready_at_us.max(now.0)),
        "external_id": package.delivery, "idempotency_key": package.delivery,
        // They forget a key after an hour; two of these names together they never take twice.
        "manifest_reference": package.delivery,
    });
    if let Some(words) = &package.instructions {
        body["dropoff_notes"] = words.chars().take(NOTES_CHARS_MAX).collect::<String>().into();
    }
    body
}

fn size(size: PackageSize) -> &'static str {
    match size {
        PackageSize::Small => "small",
        PackageSize::Medium => "medium",
        PackageSize::Large => "large",
        PackageSize::ExtraLarge => "xlarge",
    }
}
