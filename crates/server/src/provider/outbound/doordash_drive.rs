//! DoorDash Drive (developer.doordash.com/en-US/docs/drive): bookings go by our name, and a second
//! one of that name is refused.

use super::line::{Line, Told, unsettled};
use super::{Access, Booked, Fee, Names, Outbound, Wanted, address, rfc3339};
use crate::calls::CallError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorstep_domain::time::{Clock, Micros, SECOND_US};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;
use ureq::http::Method;

/// How long a token is good, in seconds: they take half an hour at most.
const TOKEN_S: i64 = 300;

/// DoorDash Drive.
pub struct DoordashDrive {
    line: Line,
    developer: String,
    key: String,
    secret: Vec<u8>,
    clock: Arc<dyn Clock>,
}

impl DoordashDrive {
    /// Errors: the credential is not `DEVELOPER_ID:KEY_ID:SIGNING_SECRET`, the secret in base64url.
    pub fn new(access: Access, clock: Arc<dyn Clock>) -> Result<DoordashDrive, String> {
        let parts: Vec<&str> = access.credential.trim().splitn(3, ':').collect();
        let [developer, key, secret] = parts.as_slice() else {
            return Err("the credential is not DEVELOPER_ID:KEY_ID:SIGNING_SECRET".to_owned());
        };
        let secret = URL_SAFE_NO_PAD.decode(secret.trim_end_matches('='));
        Ok(DoordashDrive {
            line: Line::new("doordash_drive", &access),
            developer: (*developer).to_owned(),
            key: (*key).to_owned(),
            secret: secret.map_err(|error| format!("the signing secret: {error}"))?,
            clock,
        })
    }

    fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Told, CallError> {
        let authorization = format!("Bearer {}", self.token());
        self.line.ask(method, &format!("/drive/v2/{path}"), &authorization, body)
    }

    /// A JSON Web Token (RFC 7519) of this moment.
    fn token(&self) -> String {
        let now_s = self.clock.now().0 / SECOND_US;
        let header = json!({ "alg": "HS256", "typ": "JWT", "dd-ver": "DD-JWT-V1" });
        let claims = json!({
            "aud": "doordash", "iss": self.developer, "kid": self.key,
            "iat": now_s, "exp": now_s + TOKEN_S,
        });
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(&header), encoded(&claims));
        // Any length of key will do (RFC 2104).
        let signature = Hmac::<Sha256>::new_from_slice(&self.secret)
            .map(|mac| mac.chain_update(signed.as_bytes()).finalize().into_bytes().to_vec());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.unwrap_or_default()))
    }

    fn shown(&self, reference: &str) -> Result<Value, CallError> {
        self.ask(Method::GET, &format!("deliveries/{reference}"), None)?.yes()
    }
}

impl Outbound for DoordashDrive {
    fn book(&self, wanted: &Wanted<'_>, _is_repeated: bool) -> Result<Booked, CallError> {
        let name = &wanted.package.delivery;
        let wish = body(wanted, self.clock.now());
        let told = match self.ask(Method::POST, "deliveries", Some(&wish))? {
            Told::Repeated(_) => self.shown(name).map_err(unsettled)?,
            told => told.yes()?,
        };
        let fee = Fee::of(&told);
        Ok(Booked { reference: name.clone(), told: vec![told], fee })
    }

    fn cancel(&self, names: Names<'_>) -> Result<(), CallError> {
        let path = format!("deliveries/{}/cancel", names.reference);
        match self.ask(Method::PUT, &path, None)? {
            Told::Yes(_) => Ok(()),
            refused => match self.shown(names.reference)?["delivery_status"].as_str() {
                Some("cancelled") => Ok(()),
                _ => refused.yes().map(drop),
            },
        }
    }

    fn fetch(&self, names: Names<'_>) -> Result<Option<Vec<Value>>, CallError> {
        let path = format!("deliveries/{}", names.reference);
        let told = self.ask(Method::GET, &path, None)?.known()?;
        Ok(told.map(|told| vec![told]))
    }
}

fn body(wanted: &Wanted<'_>, now: Micros) -> Value {
    let package = wanted.package;
    let mut body = json!({
        "external_delivery_id": package.delivery,
        "pickup_address": address(&package.origin),
        "pickup_business_name": package.merchant,
        "pickup_phone_number": wanted.pickup_phone,
        "dropoff_address": address(&package.destination),
        "dropoff_phone_number": package.phone,
        "order_value": package.order_minor, "tip": package.tip_minor,
        "currency": wanted.currency,
        "pickup_time": rfc3339(package.ready_at_us.max(now.0)),
    });
    if let Some(words) = &package.instructions {
        body["dropoff_instructions"] = words.as_str().into();
    }
    if let Some(reference) = &package.reference {
        body["pickup_reference_tag"] = reference.as_str().into();
    }
    body
}
