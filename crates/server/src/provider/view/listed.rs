//! Providers, adapters, and what still waits, in lists.

use crate::app::App;
use crate::error::AppError;
use doorstep_domain::provider::{Adapter, Meaning, Origin, Reading, Source, Verify};
use doorstep_domain::time::Micros;
use doorstep_store::StoreError;
use doorstep_store::provider::{self, TimelineLine, asked};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Payloads tried in one go.
const TESTED_MAX: usize = 10_000;

/// A provider, and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProviderLine {
    /// Its name in the configuration.
    pub provider: String,
    /// How what it says is read.
    pub adapter: String,
    /// What people call it.
    pub title: String,
    /// How its messages are signed.
    #[schema(value_type = String)]
    pub verify: Verify,
    /// Deliveries that have not ended.
    pub open: i64,
    /// Deliveries that ended in two ways.
    pub conflicts: i64,
    /// Deliveries of which something was told that nobody understands.
    pub flagged: i64,
    /// Deliveries that it is asked for no more, because it did not know them.
    pub given_up: i64,
    /// When anything was last heard, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub heard_at: Option<Micros>,
}

/// An adapter in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AdapterView {
    /// Its name.
    pub adapter: String,
    /// What people call the provider.
    pub title: String,
    /// How its messages are signed.
    #[schema(value_type = String)]
    pub verify: Verify,
    /// Whether it came with the program.
    pub shipped: bool,
}

/// A provider's delivery that is none of ours, yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnknownLine {
    /// The provider's name of it.
    pub reference: String,
    /// How it stands; null where nothing understood was told.
    pub status: Option<String>,
    /// Since when, by the provider's clock, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Micros>,
    /// When it was last heard of, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub heard_at: Micros,
    /// Events that nobody understands.
    pub flagged: i64,
}

/// A delivery of which its provider told two ends, for a person to decide about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DisputedLine {
    /// Ours.
    pub delivery_id: String,
    /// Where.
    pub market: String,
    /// Whose goods.
    pub merchant_id: String,
    /// The provider's name of it.
    pub reference: String,
    /// The end that counts until it is decided.
    pub status: Option<String>,
    /// Since when, by the provider's clock, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Micros>,
    /// When it was last heard of, RFC 3339.
    #[schema(value_type = String, format = DateTime)]
    pub heard_at: Micros,
}

/// What one payload would become.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tested {
    /// Which payload of the file, from 1.
    pub number: u64,
    /// The provider's name of what happened.
    pub name: String,
    /// Its name of the delivery.
    pub reference: Option<String>,
    /// The event's name.
    pub event: Option<String>,
    /// What its status means; null where it means nothing.
    pub status: Option<String>,
    /// When, RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Micros>,
    /// Who carries it.
    pub courier: Option<String>,
    /// What there is to say besides.
    pub note: Option<String>,
}

/// The providers, by name.
pub fn list(app: &App) -> Result<Vec<ProviderLine>, AppError> {
    let lines = app.providers.all().map(|provider| {
        let name = &provider.name;
        let (counted, given_up) = app.store.read(|tx| {
            Ok::<_, StoreError>((provider::count(tx, name)?, asked::given_up(tx, name)?))
        })?;
        Ok::<_, StoreError>(ProviderLine {
            provider: provider.name.clone(),
            adapter: provider.adapter.name().to_owned(),
            title: provider.adapter.file().title.clone(),
            verify: provider.verifier.how(),
            open: counted.open,
            conflicts: counted.conflicts,
            flagged: counted.flagged,
            given_up,
            heard_at: counted.heard_at_us.map(Micros),
        })
    });
    Ok(lines.collect::<Result<_, _>>()?)
}

/// The adapters, by name.
pub fn adapters(app: &App) -> Vec<AdapterView> {
    let view = |(adapter, shipped): (&Adapter, bool)| AdapterView {
        adapter: adapter.name().to_owned(),
        title: adapter.file().title.clone(),
        verify: adapter.file().verify,
        shipped,
    };
    app.providers.adapters.all().map(view).collect()
}

/// What still waits, after `after` by the provider's names.
pub fn unknown(
    app: &App,
    provider: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<UnknownLine>, AppError> {
    let provider = app.providers.find(provider)?;
    let found = app.store.read(|tx| provider::unknown(tx, &provider.name, after, limit))?;
    let line = |line: TimelineLine| UnknownLine {
        reference: line.reference,
        status: line.status,
        at: line.status_at_us.map(Micros),
        heard_at: Micros(line.heard_at_us),
        flagged: line.flagged,
    };
    Ok(found.into_iter().map(line).collect())
}

/// What a person has to decide about, after `after` by the provider's names.
pub fn disputed(
    app: &App,
    provider: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<DisputedLine>, AppError> {
    let provider = app.providers.find(provider)?;
    let found = app.store.read(|tx| provider::disputed(tx, &provider.name, after, limit))?;
    let line = |line: provider::DisputedLine| DisputedLine {
        delivery_id: line.delivery,
        market: line.market,
        merchant_id: line.merchant,
        reference: line.timeline.reference,
        status: line.timeline.status,
        at: line.timeline.status_at_us.map(Micros),
        heard_at: Micros(line.timeline.heard_at_us),
    };
    Ok(found.into_iter().map(line).collect())
}

/// What each payload of a text would become: JSON values, one after the other or in an array.
/// Nothing is kept. Errors: there is no such adapter; the text is not JSON, with the place.
pub fn test(app: &App, adapter: &str, text: &[u8]) -> Result<Vec<Tested>, AppError> {
    let (adapter, now) = (app.providers.adapters.named(adapter)?, app.clock.now());
    let mut payloads: Vec<Value> = Vec::new();
    for value in serde_json::Deserializer::from_slice(text).into_iter() {
        match value.map_err(|error| AppError::invalid("", format!("is not JSON: {error}")))? {
            Value::Array(values) => payloads.extend(values),
            value => payloads.push(value),
        }
        if payloads.len() > TESTED_MAX {
            let reason = format!("has more than {TESTED_MAX} payloads");
            return Err(AppError::invalid("", reason));
        }
    }
    let numbered = (1..).zip(&payloads);
    Ok(numbered.flat_map(|(number, payload)| tested(&adapter, number, payload, now)).collect())
}

fn tested(adapter: &Adapter, number: u64, payload: &Value, now: Micros) -> Vec<Tested> {
    let source = Source { provider: adapter.name(), origin: Origin::Webhook, received_at: now };
    let line = Tested { number, ..Tested::default() };
    let told = match adapter.read(source, payload) {
        Ok(Reading::Told(told)) => told,
        Ok(Reading::Ignored(name)) => {
            let note = Some("kept, and no part of a timeline".to_owned());
            return vec![Tested { name: name.into(), note, ..line }];
        }
        Err(error) => return vec![Tested { note: Some(error.to_string()), ..line }],
    };
    let view = |told: doorstep_domain::provider::Told| {
        let event = told.event;
        let note = match event.meaning {
            Meaning::Unknown => Some(format!("unknown status {:?}", event.status)),
            Meaning::Ignored => Some(format!("{:?} says nothing of the state", event.status)),
            Meaning::State(_) if event.at == now => Some("it does not say when".to_owned()),
            Meaning::State(_) | Meaning::Decided { .. } => None,
        };
        let courier = event.courier.name.as_ref().or(event.courier.id.as_ref());
        Tested {
            name: event.name.clone().into(),
            reference: Some(told.reference.into()),
            event: Some(event.key.clone().into()),
            status: event.meaning.state().map(|state| state.to_string()),
            at: Some(event.at),
            courier: courier.map(|courier| courier.clone().into()),
            note,
            ..line.clone()
        }
    };
    told.into_iter().map(view).collect()
}
