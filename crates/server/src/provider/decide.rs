//! A person decides how a delivery ended of which its provider told two ends.
//!
//! What is decided is a message in the log like those that providers send: it joins the timeline,
//! here and in every region that pulls it, and what follows from an end follows from it.

use super::apply::{Told, apply};
use super::envelope::Envelope;
use super::lane;
use super::view::{FollowedView, timeline_of};
use crate::app::App;
use crate::error::AppError;
use crate::keys::random_hex;
use crate::wire::PROVIDER_EVENTS;
use doorstep_domain::limits::WORDS_BYTES_MAX;
use doorstep_domain::provider::{self, Decision, Event, Ruling, Standing, State, Timeline, fold};
use doorstep_domain::time::Micros;
use doorstep_store::provider::booking::{self, BookingRow};
use doorstep_store::{LaneTx, Tx, audit};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// One of the ends that its provider told, such as `delivered` or `returned`.
    pub status: String,
    /// Why, in words: it is shown and kept.
    pub reason: String,
    /// Whose telling is decided about, where the delivery was given to several.
    pub provider: Option<String>,
}

/// A decision as it stands in the log.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    decision: String,
    reference: String,
    at: Micros,
    by: String,
    status: State,
    over: Vec<State>,
    reason: String,
}

/// Decides; the delivery as it stands with its provider then. Deciding the same again changes
/// nothing.
///
/// Errors: [`AppError::Invalid`] where nobody told of that end, [`AppError::Refused`]
/// `not_disputed` where there is nothing to decide.
pub fn decide(
    app: &App,
    delivery: &str,
    new: &NewDecision,
    actor: &str,
) -> Result<FollowedView, AppError> {
    let end = new.status.parse().map_err(|reason| AppError::invalid("/status", reason))?;
    check_reason(&new.reason)?;
    let (row, timeline) = app.store.read(|tx| disputed(tx, delivery, new.provider.as_deref()))?;
    let over = match provider::rule(&timeline, end) {
        Ruling::New(over) => over,
        Ruling::Repeated => {
            return app
                .store
                .read(|tx| Ok(FollowedView::of(tx, &row, &timeline, &fold(&timeline))?));
        }
        Ruling::NothingToDecide => {
            let reason = format!("{} told of no two ends of {delivery}", row.provider);
            return Err(AppError::Refused { code: "not_disputed", reason });
        }
        Ruling::NotTold(told) => {
            let told: Vec<&str> = told.iter().map(State::as_str).collect();
            let reason = format!("{end} was not told, but {}", told.join(", "));
            return Err(AppError::invalid("/status", reason));
        }
    };
    let now = app.clock.now();
    // Their clock may be ahead of ours, and what was told is what is decided over.
    let newest = timeline.events().iter().map(|event| event.at).max();
    let made = Decision {
        key: format!("decision:{}", random_hex::<8>()?).into(),
        at: newest.map_or(now, |newest| newest.max(now)),
        by: actor.into(),
        end,
        over,
        reason: new.reason.as_str().into(),
    };
    joins(app, row, made, now)
}

/// Durable first, for whoever reads the log; then it takes effect.
fn joins(
    app: &App,
    row: BookingRow,
    made: Decision,
    now: Micros,
) -> Result<FollowedView, AppError> {
    let reference = row.reference.clone().unwrap_or_default();
    let body = serde_json::to_vec(&written(&made, &reference))
        .map_err(|error| AppError::machine("a decision", error))?;
    let record = Envelope::of_decision(&row.provider, now).record(&body);
    app.log.append(PROVIDER_EVENTS, vec![record], now.0)?;
    let told = Told { ours: None, event: Event::from(made) };
    let told = BTreeMap::from([((row.provider.clone(), reference.into_boxed_str()), vec![told])]);
    app.store.lane(&lane()?, move |tx| {
        apply(tx, &told, now)?;
        let (row, timeline) = disputed(tx, &row.delivery, Some(&row.provider))?;
        Ok::<_, AppError>(FollowedView::of(tx, &row, &timeline, &fold(&timeline))?)
    })
}

/// The booking that is to be decided about: the named provider's, or else the last that is in
/// conflict, or the last.
fn disputed(
    tx: &mut dyn Tx,
    delivery: &str,
    provider: Option<&str>,
) -> Result<(BookingRow, Timeline), AppError> {
    let mut found = None;
    for row in booking::of_delivery(tx, delivery)? {
        if provider.is_some_and(|provider| provider != row.provider) {
            continue;
        }
        let timeline = timeline_of(tx, &row)?;
        let is_disputed = fold(&timeline).conflict;
        if is_disputed || !matches!(found, Some((_, _, true))) {
            found = Some((row, timeline, is_disputed));
        }
    }
    match (found, provider) {
        (Some((row, timeline, _)), _) => Ok((row, timeline)),
        (None, Some(provider)) => {
            let reason = format!("{provider:?} was never given {delivery}");
            Err(AppError::invalid("/provider", reason))
        }
        (None, None) => {
            let what = "delivery of a provider";
            Err(AppError::NotFound { what, id: delivery.to_owned() })
        }
    }
}

fn check_reason(reason: &str) -> Result<(), AppError> {
    let wrong = |what: String| Err(AppError::invalid("/reason", what));
    if reason.trim().is_empty() {
        return wrong("is empty: say why".to_owned());
    }
    if reason.len() > WORDS_BYTES_MAX {
        return wrong(format!("is longer than {WORDS_BYTES_MAX} bytes"));
    }
    if reason.contains(char::is_control) {
        return wrong("contains a control character".to_owned());
    }
    Ok(())
}

fn written(made: &Decision, reference: &str) -> Written {
    Written {
        decision: made.key.clone().into(),
        reference: reference.to_owned(),
        at: made.at,
        by: made.by.clone().into(),
        status: made.end,
        over: made.over.iter().collect(),
        reason: made.reason.clone().into(),
    }
}

/// What a message says that [`decide`] wrote.
pub(super) fn read(body: &[u8]) -> Result<provider::Told, serde_json::Error> {
    let written: Written = serde_json::from_slice(body)?;
    let made = Decision {
        key: written.decision.into(),
        at: written.at,
        by: written.by.into(),
        end: written.status,
        over: written.over.into_iter().collect(),
        reason: written.reason.into(),
    };
    let reference = written.reference.into();
    Ok(provider::Told { reference, ours: None, event: Event::from(made) })
}

/// Notes in the audit trail what was decided about a delivery of ours, once: where it joins.
pub(super) fn record(
    tx: &mut LaneTx<'_>,
    row: &BookingRow,
    (before, after): (&Standing, &Standing),
    decisions: &[Event],
    now: Micros,
) -> Result<(), AppError> {
    for event in decisions {
        let stood = |standing: &Standing| {
            let (status, conflict) = (standing.state, standing.conflict);
            json!({ "status": status, "conflict": conflict })
        };
        let mut then = stood(after);
        then["reason"] = json!(event.reason);
        then["decided"] = json!(event.status);
        let states = (stood(before).to_string(), then.to_string());
        let subject = format!("{}/{}", row.provider, row.delivery);
        audit::add(tx, now, &event.name, "delivery.decide", &subject, (&states.0, &states.1))?;
    }
    Ok(())
}
