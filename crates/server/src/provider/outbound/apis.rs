//! The APIs that are configured.

use super::{Access, Allowance, Outbound, open};
use crate::config::{Config, ProviderConfig};
use crate::error::AppError;
use crate::provider::Providers;
use doorstep_domain::time::{Clock, SECOND_US};
use doorstep_store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Threads that ask providers, for each of them.
const WORKERS_EACH: usize = 2;

/// Threads that ask providers at most.
const WORKERS_MAX: usize = 8;

/// Calls a minute where neither the configuration nor the documentation says.
const CALLS_PER_MINUTE: f64 = 60.0;

/// A provider that can be asked.
#[derive(Clone)]
pub struct Api {
    /// How.
    pub outbound: Arc<dyn Outbound>,
    /// The number that its couriers call at the pickup.
    pub pickup_phone: String,
    /// How many times its usual gap it may be silent.
    pub silent_factor: f64,
    /// The calls that polls may make of those that are allowed: the others are for bookings, which
    /// somebody waits for.
    pub polls: Arc<Allowance>,
}

/// All of them, by the provider's name.
#[derive(Clone, Default)]
pub struct Apis(BTreeMap<String, Api>);

impl Apis {
    /// As configured. Errors: [`AppError::Invalid`] where one cannot be asked like that.
    pub fn open(
        config: &Config,
        providers: &Providers,
        store: &Store,
        clock: &Arc<dyn Clock>,
    ) -> Result<Apis, AppError> {
        let mut apis = BTreeMap::new();
        for (name, provider) in &config.providers {
            if let Some(url) = &provider.url {
                let documented = providers.find(name)?.adapter.file().requests_per_minute;
                apis.insert(name.clone(), api(name, (provider, documented), url, (store, clock))?);
            }
        }
        let named = config.markets.iter().flat_map(|(market, configured)| {
            configured.dispatch.hand_over.iter().map(move |provider| (market, provider))
        });
        for (market, provider) in named {
            if !apis.contains_key(provider) {
                let key = format!("markets.{market}.dispatch.hand_over");
                let reason = format!("there is no [providers.{provider}] with a url");
                return Err(AppError::invalid(key, reason));
            }
        }
        Ok(Apis(apis))
    }

    /// One of them.
    pub fn get(&self, provider: &str) -> Option<&Api> {
        self.0.get(provider)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Api)> {
        self.0.iter().map(|(name, api)| (name.as_str(), api))
    }

    /// Threads that ask them.
    pub fn workers(&self) -> usize {
        (self.0.len() * WORKERS_EACH).min(WORKERS_MAX)
    }
}

fn api(
    name: &str,
    (provider, documented): (&ProviderConfig, Option<u32>),
    url: &str,
    (store, clock): (&Store, &Arc<dyn Clock>),
) -> Result<Api, AppError> {
    let wrong = |field: &str, reason: String| {
        AppError::invalid(format!("providers.{name}.{field}"), reason)
    };
    let file = provider.credential_file.as_ref();
    let file = file.ok_or_else(|| wrong("credential_file", "is missing".to_owned()))?;
    let credential = std::fs::read_to_string(file)
        .map_err(|error| wrong("credential_file", format!("{}: {error}", file.display())))?;
    let configured = provider.per_second.map(|calls| calls * 60.0);
    let per_minute = configured.or(documented.map(f64::from)).unwrap_or(CALLS_PER_MINUTE);
    let interval_us = interval_us(per_minute);
    let allowance = |what: &str, interval_us| {
        Arc::new(Allowance::new(store, format!("{name}{what}"), interval_us))
    };
    let access = Access {
        url: url.to_owned(),
        credential: credential.trim().to_owned(),
        account: provider.account.clone().unwrap_or_default(),
        token_url: provider.token_url.clone(),
        allowance: allowance("", interval_us),
        at_once: provider.at_once,
    };
    let outbound = open(&provider.adapter, access, Arc::clone(clock))
        .map_err(|reason| wrong("url", reason))?;
    let phone = provider.pickup_phone.as_ref();
    Ok(Api {
        outbound,
        pickup_phone: phone.map_or_else(String::new, |phone| phone.as_str().to_owned()),
        silent_factor: provider.silent_factor,
        polls: allowance("/polls", interval_us.saturating_mul(2)),
    })
}

/// How far calls are apart, in microseconds, so that no minute has more than are allowed in one,
/// wherever it begins: a turn lasts until the next one, and one call may come at its end.
fn interval_us(per_minute: f64) -> i64 {
    let gaps = if per_minute >= 2.0 { per_minute - 1.0 } else { per_minute };
    (60.0 * SECOND_US as f64 / gaps).ceil() as i64
}
