//! Figures for Prometheus, each named `doorstep_…`; `docs/how-to/alerts.md` says what to watch.

use crate::accounting::intake::Taken;
use crate::app::App;
use crate::check;
use crate::error::AppError;
use crate::notifications;
use crate::status;
use crate::workers::accountant::ACCOUNTANT;
use axum::http::Method;
use metrics::{
    Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// Seconds; the aims of the interface are 50 ms and less.
const SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Records or commands that shared one commit.
const SIZES: [f64; 9] = [1.0, 4.0, 16.0, 64.0, 256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0];

const HTTP_SECONDS: &str = "doorstep_http_request_duration_seconds";
const EVENTS_TAKEN: &str = "doorstep_events_taken_total";
const EVENTS_REFUSED: &str = "doorstep_events_refused_total";
const LAG: &str = "doorstep_consumer_lag_records";

/// What [`crate::check`] found, by invariant.
pub(crate) const INVARIANT_VIOLATIONS: &str = "doorstep_invariant_violations";

/// What [`crate::reconcile`] found, by market.
pub(crate) const RECONCILE_DELTA: &str = "doorstep_reconcile_delta_minor_units";

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to record; once per process, further calls change nothing.
pub fn start() {
    RECORDER.get_or_init(|| {
        let recorder = builder().build_recorder();
        let handle = recorder.handle();
        // Another recorder stands where a host program has set its own: that one is used then.
        let _ = metrics::set_global_recorder(recorder);
        describe();
        handle
    });
}

fn builder() -> PrometheusBuilder {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let sizes = ["_records", "_commands", "_batch_size"];
    // Setting buckets fails only where there are none.
    let mut builder = PrometheusBuilder::new()
        .set_buckets_for_metric(seconds, &SECONDS)
        .unwrap_or_else(|_| PrometheusBuilder::new());
    for suffix in sizes {
        let matcher = Matcher::Suffix(suffix.to_owned());
        builder = builder
            .set_buckets_for_metric(matcher, &SIZES)
            .unwrap_or_else(|_| PrometheusBuilder::new());
    }
    builder
}

fn describe() {
    notifications::describe();
    describe_histogram!(HTTP_SECONDS, Unit::Seconds, "From request to answer, by route and status");
    describe_counter!(EVENTS_TAKEN, Unit::Count, "Events made durable, new or not");
    describe_counter!(EVENTS_REFUSED, Unit::Count, "Events refused at the door, by code");
    describe_gauge!(LAG, Unit::Count, "Records the consumer has not yet counted, by partition");
    crate::dispatch::metric::describe();
    crate::stock::metric::describe();
    crate::orders::metric::describe();
    crate::follow::metric::describe();
    crate::provider::metric::describe();
    crate::provider::outbound::metric::describe();
    describe_gauge!(
        INVARIANT_VIOLATIONS,
        Unit::Count,
        "Violations found by the last check, by invariant"
    );
    describe_gauge!(
        RECONCILE_DELTA,
        Unit::Count,
        "Minor units by which log and store differed in the last reconciliation, by market"
    );
}

/// A request was answered.
pub(crate) fn answered(method: &Method, route: &str, status: u16, seconds: f64) {
    // Before the recorder stands, what is looked up is none.
    if let Some(place) = USUAL.iter().position(|usual| *usual == (method, route, status))
        && RECORDER.get().is_some()
    {
        static OF_USUAL: [OnceLock<Histogram>; USUAL.len()] = [const { OnceLock::new() }; 2];
        let usual = OF_USUAL[place].get_or_init(|| durations(method, route, status));
        return usual.record(seconds);
    }
    durations(method, route, status).record(seconds);
}

/// What is answered thousands of times a second: its figure is looked up once.
const USUAL: [(&Method, &str, u16); 2] =
    [(&Method::POST, "/v1/pings", 202), (&Method::GET, "/v1/availability", 200)];

fn durations(method: &Method, route: &str, status: u16) -> Histogram {
    let labels = [
        ("method", method.as_str().to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    histogram!(HTTP_SECONDS, &labels)
}

/// Events were taken.
pub(crate) fn taken(taken: &Taken) {
    counter!(EVENTS_TAKEN).increment(taken.accepted);
    for refused in &taken.rejected {
        counter!(EVENTS_REFUSED, "code" => refused.code.clone()).increment(1);
    }
}

/// Folds what was recorded since the last time.
pub(crate) fn upkeep() {
    if let Some(handle) = RECORDER.get() {
        handle.run_upkeep();
    }
}

/// Makes the figures of checks known before the first check: an alert cannot tell a figure that
/// is missing from one that is well.
fn begin_checks(app: &App) {
    for name in check::names() {
        gauge!(INVARIANT_VIOLATIONS, "invariant" => name).increment(0.0);
    }
    for market in app.markets.keys() {
        gauge!(RECONCILE_DELTA, "market" => market.to_string()).increment(0.0);
    }
}

/// Everything as Prometheus reads it, with what is only known by looking.
pub(crate) fn render(app: &App) -> Result<String, AppError> {
    for partition in status::partitions(app)? {
        let number = partition.partition.to_string();
        gauge!(LAG, "consumer" => ACCOUNTANT, "partition" => number)
            .set(as_figure(partition.lag_records));
    }
    begin_checks(app);
    crate::stock::metric::look(app);
    notifications::begin(app)?;
    Ok(RECORDER.get().map(PrometheusHandle::render).unwrap_or_default())
}

/// Counts beyond 2^53 lose their last digits, which no alert asks for.
fn as_figure(count: u64) -> f64 {
    count as f64
}
