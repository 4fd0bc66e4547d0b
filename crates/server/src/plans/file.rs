//! The plan file: the `pay` and `fees` of markets, as in the configuration, in TOML or JSON.

use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::MarketId;
use doorstep_domain::market::Market;
use doorstep_domain::pay::plan::PlanError;
use doorstep_domain::pay::{PayPlan, PlanForm, WindowForm};
use doorstep_domain::settlement::FeePlan;
use doorstep_domain::time::Micros;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Display;

/// Keys of a configuration that a plan file may have and that say nothing here. Any other key is
/// refused: a misspelt `effective_from` would re-price every open day.
const OF_THE_CONFIGURATION: &[&str] = &[
    "adapters_dir",
    "archive",
    "calls",
    "event_partitions",
    "follow",
    "follow_key_file",
    "geocoder",
    "idle_after",
    "listen",
    "live",
    "log",
    "notifications",
    "payments",
    "ping_partitions",
    "provider_partitions",
    "providers",
    "router",
    "store",
    "store_replica",
    "streams",
    "tracking",
];

/// The same, of one market. Its zone and currency are fixed, so they must say what it has.
const OF_THE_MARKET: &[&str] = &["dispatch", "notify", "settlement", "shop", "store"];

/// What a plan file asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFile {
    /// By market.
    pub markets: BTreeMap<MarketId, MarketPlan>,
}

/// What a plan file asks for in one market; what it leaves out stays as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketPlan {
    /// First instant that is to be governed; every open day where left out.
    pub effective_from: Option<Micros>,
    /// What couriers are paid.
    pub pay: Option<PayPlan>,
    /// What merchants are charged.
    pub fees: Option<FeePlan>,
}

impl PlanFile {
    /// Reads a file for the markets of an application.
    ///
    /// Errors: [`AppError::Invalid`] with the JSON pointer of the key at fault.
    pub fn read(text: &str, app: &App) -> Result<PlanFile, AppError> {
        let mut file = object("", parsed(text)?)?;
        let common = file.remove("effective_from").map(|at| instant("/effective_from", at));
        let common = common.transpose()?;
        let markets = file.remove("markets").ok_or_else(|| missing("/markets"))?;
        refuse_others("", &file, OF_THE_CONFIGURATION)?;
        let mut plans = BTreeMap::new();
        for (name, plan) in object("/markets", markets)? {
            let path = format!("/markets/{name}");
            let Ok(market) = app.market(&name) else {
                return Err(AppError::invalid(path, "is not a configured market"));
            };
            let plan = MarketPlan::read(&path, plan, common, market)?;
            plans.insert(market.id.clone(), plan);
        }
        if plans.is_empty() {
            return Err(missing("/markets"));
        }
        Ok(PlanFile { markets: plans })
    }
}

impl MarketPlan {
    fn read(
        path: &str,
        plan: Value,
        common: Option<Micros>,
        market: &Market,
    ) -> Result<MarketPlan, AppError> {
        let mut plan = object(path, plan)?;
        let at = |key: &str| format!("{path}/{key}");
        fixed(&at("time_zone"), plan.remove("time_zone"), &market.time_zone)?;
        fixed(&at("currency"), plan.remove("currency"), &market.currency)?;
        let own = plan.remove("effective_from").map(|own| instant(&at("effective_from"), own));
        let pay = plan.remove("pay").map(|pay| pay_plan(&at("pay"), pay)).transpose()?;
        let fees = plan.remove("fees").map(|fees| fee_plan(&at("fees"), fees)).transpose()?;
        refuse_others(path, &plan, OF_THE_MARKET)?;
        if pay.is_none() && fees.is_none() {
            return Err(AppError::invalid(path, "has neither pay nor fees"));
        }
        Ok(MarketPlan { effective_from: own.transpose()?.or(common), pay, fees })
    }
}

/// Refuses another value than the market has for good.
fn fixed<T>(path: &str, told: Option<Value>, has: &T) -> Result<(), AppError>
where
    T: DeserializeOwned + PartialEq + Display,
{
    match told.map(|told| typed::<T>(path, told)).transpose()? {
        Some(told) if told != *has => Err(AppError::invalid(
            path,
            format!("is {has} for this market, and no plan changes that"),
        )),
        _ => Ok(()),
    }
}

fn pay_plan(path: &str, value: Value) -> Result<PayPlan, AppError> {
    let fields = object(path, value)?;
    if let Some(Value::Array(windows)) = fields.get("windows") {
        for (index, window) in windows.iter().enumerate() {
            typed::<WindowForm>(&format!("{path}/windows/{index}"), window.clone())?;
        }
    }
    let form: PlanForm = by_field(path, fields)?;
    PayPlan::try_from(form).map_err(|faults| {
        let pointer = faults.0.first().map_or_else(String::new, PlanError::pointer);
        AppError::invalid(format!("{path}{pointer}"), faults)
    })
}

fn fee_plan(path: &str, value: Value) -> Result<FeePlan, AppError> {
    let fees: FeePlan = by_field(path, object(path, value)?)?;
    let checked = fees.validate();
    checked.map_err(|fault| AppError::invalid(format!("{path}/{}", fault.field), fault.reason))?;
    Ok(fees)
}

/// Reads a form whose fields all have defaults, so that each can first be read alone: serde names
/// no key where a value has the wrong type.
fn by_field<T: DeserializeOwned>(path: &str, fields: Map<String, Value>) -> Result<T, AppError> {
    for (key, value) in &fields {
        let alone = Map::from_iter([(key.clone(), value.clone())]);
        typed::<T>(&format!("{path}/{key}"), Value::Object(alone))?;
    }
    typed(path, Value::Object(fields))
}

fn typed<T: DeserializeOwned>(path: &str, value: Value) -> Result<T, AppError> {
    serde_json::from_value(value).map_err(|error| AppError::invalid(path, error))
}

fn instant(path: &str, value: Value) -> Result<Micros, AppError> {
    typed(path, value)
}

fn object(path: &str, value: Value) -> Result<Map<String, Value>, AppError> {
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(AppError::invalid(path, "is not a table")),
    }
}

fn missing(path: &str) -> AppError {
    AppError::invalid(path, "names no market")
}

fn refuse_others(path: &str, left: &Map<String, Value>, known: &[&str]) -> Result<(), AppError> {
    match left.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(AppError::invalid(format!("{path}/{key}"), "is not a key of a plan")),
        None => Ok(()),
    }
}

/// JSON where the text begins like an object, TOML otherwise.
fn parsed(text: &str) -> Result<Value, AppError> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| AppError::invalid("plan", error));
    }
    let table: toml::Table =
        toml::from_str(text).map_err(|error| AppError::invalid("plan", error))?;
    Ok(json_of(toml::Value::Table(table)))
}

/// TOML has instants of its own; here they are text, as in JSON.
fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::Datetime(instant) => Value::from(instant.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json_of).collect(),
        toml::Value::Table(fields) => {
            fields.into_iter().map(|(key, value)| (key, json_of(value))).collect()
        }
        toml::Value::String(text) => Value::from(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(truth) => Value::from(truth),
    }
}
