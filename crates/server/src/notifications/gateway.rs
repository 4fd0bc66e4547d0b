//! Text messages and messages on telephones: a gateway of whichever maker is asked by HTTP, with
//! the JSON that it wants.

use super::customers::CustomerWork;
use super::outside::Outside;
use super::report::{End, Failed, Report};
use crate::calls::{Answer, Request};
use crate::config::GatewayConfig;
use crate::error::AppError;
use doorstep_domain::notify::Channel;
use serde_json::Value;

/// A gateway, as configured.
pub(super) struct Gateway {
    url: String,
    body: Value,
    authorization: Option<String>,
}

impl Gateway {
    /// Errors: a file that cannot be read.
    pub(super) fn open(channel: Channel, config: &GatewayConfig) -> Result<Gateway, AppError> {
        let key = |field| format!("notifications.{channel}.{field}");
        let body = serde_json::from_str(&config.body)
            .map_err(|error| AppError::invalid(key("body"), error))?;
        let read = |path: &std::path::PathBuf| {
            let read = std::fs::read_to_string(path);
            let wrong = |error| AppError::machine(format!("reading {}", path.display()), error);
            read.map(|text| text.trim().to_owned()).map_err(wrong)
        };
        let authorization = config.authorization_file.as_ref().map(read).transpose()?;
        Ok(Gateway { url: config.url.clone(), body, authorization })
    }

    /// Sends once; the message's name is its `Idempotency-Key`.
    pub(super) fn send(&self, outside: &Outside, message_id: &str, work: &CustomerWork) -> Report {
        let body = filled(&self.body, &|text| {
            let words = text.replace("{id}", message_id).replace("{to}", &work.to);
            // Last, since what customers are told may have braces in it.
            words.replace("{text}", &work.text)
        });
        let request = Request::post(&self.url, body.to_string())
            .header("content-type", "application/json")
            .header("idempotency-key", message_id);
        let request = match &self.authorization {
            Some(authorization) => request.header("authorization", authorization),
            None => request,
        };
        outside.gateway(&request).map_or_else(Report::from, |answer| report(&answer))
    }
}

/// The same JSON, with every text in it filled in.
fn filled(form: &Value, fill: &dyn Fn(&str) -> String) -> Value {
    match form {
        Value::String(text) => Value::String(fill(text)),
        Value::Array(items) => items.iter().map(|item| filled(item, fill)).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), filled(value, fill)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// What a gateway refuses it will refuse again, but for keys that somebody may mend.
fn report(answer: &Answer) -> Report {
    let retry_after_us = answer.retry_after_us();
    let failed = Failed { retry_after_us, is_of_the_owner: true, is_throttled: false };
    let end = match answer.status {
        200..=299 => End::Told,
        429 => End::Failed(Failed { is_throttled: true, ..failed }),
        401 | 403 | 404 | 408 | 425 => End::Failed(failed),
        400..=499 => End::Refused,
        _ => End::Failed(failed),
    };
    Report::new(end, format!("status {}", answer.status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// C11: whatever customers are told stays one text in the gateway's JSON.
    #[test]
    fn the_form_is_filled_and_stays_what_it_is() {
        let form = json!({"to": ["{to}"], "m": {"b": "{text} ({id})"}, "n": 1, "{to}": null});
        let fill = |text: &str| text.replace("{to}", "+1").replace("{text}", "a\"}, \"x\": \"");
        let told = filled(&form, &fill).to_string();
        let read: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(read["m"]["b"], "a\"}, \"x\": \" ({id})");
        assert_eq!((&read["to"][0], &read["n"], read.get("x")), (&json!("+1"), &json!(1), None));
        assert!(read["{to}"].is_null());
    }
}
