//! Runners: take a task that is due, try it, and note how it went.

use super::customers::CustomerWork;
use super::message::WEBHOOK_KIND;
use super::report::{End, Report};
use super::{metric, webhook};
use crate::app::App;
use crate::error::AppError;
use crate::payments::sending::{self, PAYMENT_KIND, REFUND_KIND};
use crate::provider::outbound::work;
use crate::wire;
use doorstep_domain::notify::{CUSTOMER, Channel, PAYMENT, PROVIDER, WEBHOOK, owner_rest_us};
use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_store::task::{self, Attempted, Claim, Pool, Settled, TaskRow};
use doorstep_store::{LaneId, LaneTx, StoreError, subscription};

/// How long a task is its runner's, in microseconds: longer than anything takes that it may do. It
/// is how long a task waits whose process was killed.
const LEASE_US: i64 = 120 * SECOND_US;

/// The same of a task that asks a provider: some three calls of ten seconds, each in its turn.
const LEASE_OF_A_CALL_US: i64 = 60 * SECOND_US;

/// How long a task rests at least for which there was no room, in microseconds.
const LATER_US: i64 = SECOND_US / 5;

/// Leases ended in one go.
const LEASES_AT_ONCE: u32 = 100;

/// Tasks forgotten in one go.
const FORGOTTEN_AT_ONCE: u32 = 1_000;

/// Longest that somebody who is told may put us off, in microseconds.
const RETRY_AFTER_US_MAX: i64 = 24 * 3_600 * SECOND_US;

/// The lane in which subscriptions change.
pub(super) const SUBSCRIPTIONS: &str = "subscriptions";

/// Takes the task of a pool that is due the longest and tries it; false where there was none.
pub fn run_next(app: &App, pool: Pool, worker: &str) -> Result<bool, AppError> {
    let Some(task) = first(app, pool, worker)? else {
        return Ok(false);
    };
    let began = app.clock.now();
    let report = tried(app, &task, began)?;
    note(app, task, report, began, None)?;
    Ok(true)
}

/// Tries tasks of a pool as long as some are due and `goes_on`; how many that were. How one went is
/// noted in the transaction in which the next one is taken.
pub fn run_while(
    app: &App,
    pool: Pool,
    worker: &str,
    goes_on: impl Fn() -> bool,
) -> Result<u64, AppError> {
    let (mut attempts, mut next) = (0, first(app, pool, worker)?);
    while let Some(task) = next {
        let began = app.clock.now();
        let report = tried(app, &task, began)?;
        let taker = goes_on().then_some((pool, worker));
        next = note(app, task, report, began, taker)?;
        attempts += 1;
    }
    Ok(attempts)
}

/// Takes the task that is due the longest, where one is.
fn first(app: &App, pool: Pool, worker: &str) -> Result<Option<TaskRow>, AppError> {
    let now = app.clock.now();
    let due = app.store.read(|tx| task::next_due_us(tx, pool).map_err(AppError::from))?;
    if due.is_none_or(|due_us| due_us > now.0) {
        return Ok(None);
    }
    let take = taking(app, pool, worker, now);
    app.store.lane(&LaneId::new(task::LANE)?, move |tx| take(tx).map_err(AppError::from))
}

/// How a task is taken in the lane of tasks.
fn taking(
    app: &App,
    pool: Pool,
    worker: &str,
    now: Micros,
) -> impl Fn(&mut LaneTx<'_>) -> Result<Option<TaskRow>, StoreError> + Send + 'static {
    let (worker, per_owner) = (worker.to_owned(), app.config.notifications.at_once);
    let lease_us = match pool {
        Pool::Telling => LEASE_US,
        Pool::Asking => LEASE_OF_A_CALL_US,
    };
    move |tx| {
        task::end_leases(tx, now.0, LEASES_AT_ONCE)?;
        let claim = Claim { worker: &worker, pool, now_us: now.0, lease_us, limit: 1, per_owner };
        Ok(task::claim(tx, claim)?.pop())
    }
}

/// Tries all that is due now, one after another; answers how many attempts that were.
pub fn run_due(app: &App, worker: &str) -> Result<u64, AppError> {
    let mut attempts = 0;
    for pool in [Pool::Asking, Pool::Telling] {
        while run_next(app, pool, worker)? {
            attempts += 1;
        }
    }
    Ok(attempts)
}

/// Ends the leases of whoever was at work here before: nobody else can be, where the store is a
/// file of this data directory. Answers how many tasks may be taken again.
pub fn take_over(app: &App) -> Result<u64, AppError> {
    if !wire::is_store_ours_alone(&app.config) {
        return Ok(0);
    }
    let (now, mut ended) = (app.clock.now(), 0);
    loop {
        let some = app.store.lane(&LaneId::new(task::LANE)?, move |tx| {
            task::end_all_leases(tx, now.0, LEASES_AT_ONCE).map_err(AppError::from)
        })?;
        ended += some;
        if some < u64::from(LEASES_AT_ONCE) {
            return Ok(ended);
        }
    }
}

/// Forgets tasks that were done long enough ago; answers how many.
pub fn keep(app: &App) -> Result<u64, AppError> {
    let before_us = app.clock.now().0.saturating_sub(app.config.notifications.keep.0);
    app.store.lane(&LaneId::new(task::LANE)?, move |tx| {
        task::forget(tx, before_us, FORGOTTEN_AT_ONCE).map_err(AppError::from)
    })
}

/// One attempt. Errors: of our engines; the lease ends, and somebody tries again.
fn tried(app: &App, task: &TaskRow, now: Micros) -> Result<Report, AppError> {
    let channel = match task.kind.as_str() {
        WEBHOOK_KIND => return webhook::send(app, task, now),
        PAYMENT_KIND | REFUND_KIND => return sending::send(app, task, now),
        kind if work::is_kind(kind) => return work::run(app, task),
        kind => [Channel::Mail, Channel::Sms, Channel::Push]
            .into_iter()
            .find(|channel| channel.as_str() == kind),
    };
    let work: Result<CustomerWork, _> = serde_json::from_slice(&task.payload);
    let (channel, work) = match (channel, work) {
        (Some(channel), Ok(work)) => (channel, work),
        (None, _) => return Ok(Report::new(End::Refused, "nobody knows how to do this")),
        (_, Err(error)) => return Ok(Report::new(End::Refused, format!("the task: {error}"))),
    };
    if now.0 - work.at.0 > app.config.notifications.tell_within.0 {
        return Ok(Report::new(End::Dropped, "it is too late to tell"));
    }
    let notifications = &app.notifications;
    let told = match (channel, notifications.gateway(channel), &notifications.mail) {
        (Channel::Mail, _, Some(mail)) => Some(mail.send(&task.task_id, &work, now)),
        (_, Some(gateway), _) => Some(gateway.send(&notifications.outside, &task.task_id, &work)),
        _ => None,
    };
    let unconfigured = || format!("there is no [notifications.{channel}]");
    Ok(told.unwrap_or_else(|| Report::new(End::Refused, unconfigured())))
}

/// Notes how it went, and what follows for the task and its owner; and takes the next one, where
/// there is somebody to try it.
fn note(
    app: &App,
    task: TaskRow,
    report: Report,
    began: Micros,
    taker: Option<(Pool, &str)>,
) -> Result<Option<TaskRow>, AppError> {
    let (now, outcome, kind) = (app.clock.now(), report.outcome(), task.kind.clone());
    if !matches!(report.end, End::Told | End::Later(_)) {
        let (task_id, detail) = (&task.task_id, &report.detail);
        tracing::warn!(task_id, kind, outcome, detail, "a task was tried in vain");
    }
    let mut lanes = vec![LaneId::new(task::LANE)?];
    if report.end == End::Gone {
        lanes.push(LaneId::new(SUBSCRIPTIONS)?);
    }
    let settled = settled(&task, &report, now);
    let take = taker.map(|(pool, worker)| taking(app, pool, worker, now));
    let (noted, next) = app.store.lanes(&lanes, move |tx| {
        let attempted =
            Attempted { began_at_us: began.0, ended_at_us: now.0, outcome, detail: &report.detail };
        let is_ours = task::settle(tx, &task.task_id, task.fence, settled, &attempted)?;
        if is_ours {
            follow(tx, &task, &report, now)?;
        }
        let next = take.as_ref().map(|take| take(tx)).transpose()?.flatten();
        Ok::<_, AppError>((is_ours, next))
    })?;
    metric::attempted(&kind, if noted { outcome } else { "lost" });
    Ok(next)
}

/// What becomes of the task.
fn settled(task: &TaskRow, report: &Report, now: Micros) -> Settled {
    let schedule = match task.kind.as_str() {
        WEBHOOK_KIND | REFUND_KIND => WEBHOOK,
        PAYMENT_KIND => PAYMENT,
        kind if work::is_kind(kind) => PROVIDER,
        _ => CUSTOMER,
    };
    match report.end {
        End::Told => Settled::Done,
        End::Dropped | End::Gone => Settled::Dropped,
        End::Refused => Settled::Parked,
        End::Later(rest_us) => Settled::Untried(now.plus(rest_us.max(LATER_US)).0),
        End::Failed(failed) => match schedule.rest_us(task.attempts, &task.task_id) {
            None => Settled::Parked,
            Some(rest_us) => {
                let told_us = failed.retry_after_us.unwrap_or(0).min(RETRY_AFTER_US_MAX);
                Settled::Again(now.plus(rest_us.max(told_us)).0)
            }
        },
    }
}

/// What becomes of the owner's other tasks.
fn follow(
    tx: &mut LaneTx<'_>,
    task: &TaskRow,
    report: &Report,
    now: Micros,
) -> Result<(), StoreError> {
    match report.end {
        End::Told => task::recovered(tx, &task.owner),
        End::Failed(failed) if failed.is_of_the_owner => {
            task::rest_after_failure(tx, &task.owner, now.0, owner_rest_us)?;
            match failed.retry_after_us {
                None => Ok(()),
                Some(told_us) => {
                    let until = now.plus(told_us.min(RETRY_AFTER_US_MAX));
                    task::rest(tx, &task.owner, until.0)
                }
            }
        }
        End::Gone => {
            let because = "its endpoint answered 410 Gone";
            subscription::disable(tx, &task.owner, because, now.0).map(drop)
        }
        End::Dropped | End::Refused | End::Failed(_) | End::Later(_) => Ok(()),
    }
}
