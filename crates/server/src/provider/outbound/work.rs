//! Booking and cancelling, as durable tasks: made of what the lane of a market announces, tried
//! until somebody knows how it went.

use super::metric;
use super::{Api, Booked, Names, Wanted};
use crate::app::{App, terms_of};
use crate::calls::CallError;
use crate::dispatch::handing;
use crate::dispatch::told::{DELIVERY, DeliveryTold, HANDED, HandedTold};
use crate::error::AppError;
use crate::notifications::message_id;
use crate::notifications::report::{End, Failed, Report};
use crate::provider::{apply, lane, polled};
use doorstep_domain::dispatch::Status;
use doorstep_domain::notify::PROVIDER;
use doorstep_domain::pay::Tips;
use doorstep_domain::provider::fold;
use doorstep_domain::time::Micros;
use doorstep_store::dispatch::{self, DispatchRow};
use doorstep_store::outbox::Announced;
use doorstep_store::package::{self, PackageRow};
use doorstep_store::provider;
use doorstep_store::provider::booking::{self, BookingRow, BookingState};
use doorstep_store::task::{NewTask, TaskRow};
use doorstep_store::{LaneId, StoreError, Tx};
use serde::{Deserialize, Serialize};

/// Kind of a task that has a delivery brought.
const BOOK: &str = "provider.book";

/// Kind of a task that has a delivery left.
const CANCEL: &str = "provider.cancel";

/// What such a task needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Work {
    provider: String,
    delivery_id: String,
    /// Counts the providers that it was handed to, from 1; 0 where that does not matter.
    number: i64,
}

/// Whether tasks of this kind are these.
pub(crate) fn is_kind(kind: &str) -> bool {
    kind == BOOK || kind == CANCEL
}

/// The task that an announcement asks for: a delivery handed over is booked, one called off that a
/// provider has is cancelled there. What cannot be read must not keep others from being booked: it
/// is logged, and passed over.
pub(crate) fn of_announcement(lane: &LaneId, row: &Announced, now: Micros) -> Option<NewTask> {
    match wish(row).and_then(|wish| wish.map(|wish| task(lane, row, wish, now)).transpose()) {
        Ok(task) => task,
        Err(error) => {
            tracing::error!(%lane, seq = row.seq, %error, "it cannot be read");
            None
        }
    }
}

/// What is to be done by an announcement, and its kind.
fn wish(row: &Announced) -> Result<Option<(&'static str, Work)>, serde_json::Error> {
    let is_called_off = row.kind.strip_prefix(DELIVERY) == Some(Status::Cancelled.as_str());
    if row.kind == HANDED {
        let told: HandedTold = serde_json::from_slice(&row.payload)?;
        let (delivery_id, number) = (told.delivery_id, told.number);
        let work = |provider| (BOOK, Work { provider, delivery_id, number });
        return Ok(told.provider.map(work));
    }
    if !is_called_off {
        return Ok(None);
    }
    let told: DeliveryTold = serde_json::from_slice(&row.payload)?;
    let delivery_id = told.delivery_id;
    Ok(told.provider.map(|provider| (CANCEL, Work { provider, delivery_id, number: 0 })))
}

fn task(
    lane: &LaneId,
    row: &Announced,
    (kind, work): (&'static str, Work),
    now: Micros,
) -> Result<NewTask, serde_json::Error> {
    let dedupe_key = format!("{lane}#{}#{kind}", row.seq);
    Ok(NewTask {
        task_id: message_id(Micros(row.announced_at_us), &dedupe_key),
        kind: kind.to_owned(),
        owner: format!("provider/{}", work.provider),
        dedupe_key,
        // What is booked is known before it is cancelled.
        order_key: Some(format!("provider/{}/{}", work.provider, work.delivery_id)),
        place: row.seq,
        payload: serde_json::to_vec(&work)?,
        due_at_us: now.0,
        attempts_max: PROVIDER.attempts_max(),
        created_at_us: now.0,
    })
}

/// One attempt. Errors: of our engines; the lease ends, and somebody tries again.
pub(crate) fn run(app: &App, task: &TaskRow) -> Result<Report, AppError> {
    let work: Work = match serde_json::from_slice(&task.payload) {
        Ok(work) => work,
        Err(error) => return Ok(Report::new(End::Refused, format!("the task: {error}"))),
    };
    let (row, package) = app.store.read(|tx| {
        let row = dispatch::load(tx, &work.delivery_id)?;
        Ok::<_, StoreError>((row, package::load(tx, &work.delivery_id)?))
    })?;
    let (Some(row), Some(mut package)) = (row, package) else {
        return Ok(Report::new(End::Dropped, "the delivery is not known"));
    };
    // Who is promised a tip that the plan keeps back would charge us for it.
    if keeps_tips(app, &row.market)? {
        package.tip_minor = 0;
    }
    let Some(api) = app.outbound.get(&work.provider) else {
        let reason = format!("there is no [providers.{}] with a url", work.provider);
        handing::refused(app, &work.delivery_id, &work.provider, &reason)?;
        return Ok(Report::new(End::Refused, reason));
    };
    let asking = Asking { app, api, work: &work, row: &row, package: &package };
    match task.kind.as_str() {
        BOOK => asking.book(task.fence > 1),
        _ => asking.cancel(),
    }
}

/// Whether a market's plan withholds tips by now.
fn keeps_tips(app: &App, market: &str) -> Result<bool, AppError> {
    let Some(market) = app.markets.get(market) else {
        return Ok(false);
    };
    let history = app.store.read(|tx| terms_of(tx, market))?;
    let terms = history.at(app.clock.now()).map(|version| version.terms.pay.tips);
    Ok(terms == Some(Tips::Withheld))
}

/// What one attempt is about.
struct Asking<'a> {
    app: &'a App,
    api: &'a Api,
    work: &'a Work,
    row: &'a DispatchRow,
    package: &'a PackageRow,
}

impl Asking<'_> {
    /// `is_repeated`: an earlier attempt may have booked it without our knowing.
    fn book(&self, is_repeated: bool) -> Result<Report, AppError> {
        let provider = &self.work.provider;
        let is_theirs = self.row.provider.as_ref() == Some(provider);
        let is_wanted = is_theirs && self.row.ended_at_us.is_none();
        if !is_wanted && (!is_repeated || self.is_over()?) {
            return Ok(Report::new(End::Dropped, "it is not to be brought any more"));
        }
        self.note(BookingState::Wanted, None)?;
        match self.asks_for_it(is_repeated) {
            Ok(booked) => {
                self.note(BookingState::Booked, Some(&booked))?;
                polled::append(self.app, provider, booked.told)?;
                metric::asked(provider, "book", "ok");
                if self.is_to_be_left()? {
                    return self.cancel();
                }
                Ok(Report::new(End::Told, format!("booked as {}", booked.reference)))
            }
            Err(CallError::Refused(reason)) => {
                self.note(BookingState::Refused, None)?;
                handing::refused(self.app, &self.work.delivery_id, provider, &reason)?;
                metric::asked(provider, "book", "refused");
                Ok(Report::new(End::Dropped, format!("refused: {reason}")))
            }
            Err(error) => {
                metric::asked(provider, "book", error.outcome());
                Ok(failed(error))
            }
        }
    }

    /// Whether it was called off or taken back while they were asked: whoever did so may have found
    /// nothing there to cancel.
    fn is_to_be_left(&self) -> Result<bool, AppError> {
        let row = self.app.store.read(|tx| dispatch::load(tx, &self.work.delivery_id))?;
        let is_theirs = |row: &DispatchRow| row.provider.as_ref() == Some(&self.work.provider);
        Ok(!row.is_some_and(|row| is_theirs(&row) && row.status != Status::Cancelled))
    }

    /// Whether they are known to have it no longer.
    fn is_over(&self) -> Result<bool, AppError> {
        Ok(self.booking()?.is_some_and(|known| known.state.is_over()))
    }

    fn asks_for_it(&self, is_repeated: bool) -> Result<Booked, CallError> {
        let currency = self.currency();
        let wanted = Wanted {
            package: self.package,
            pickup_phone: &self.api.pickup_phone,
            currency: &currency,
        };
        self.api.outbound.book(&wanted, is_repeated)
    }

    /// ISO 4217, of its market.
    fn currency(&self) -> String {
        let market = self.app.markets.get(self.row.market.as_str());
        market.map(|market| market.currency.to_string()).unwrap_or_default()
    }

    /// What a booking costs in the currency of its market, where they said so.
    fn price(&self, booked: &Booked) -> Option<i64> {
        let fee = booked.fee.as_ref()?;
        let minor = fee.in_currency(&self.currency());
        if minor.is_none() {
            let Work { provider, delivery_id, .. } = self.work;
            tracing::warn!(provider, delivery_id, ?fee, "its price is in another currency");
        }
        minor
    }

    fn cancel(&self) -> Result<Report, AppError> {
        let provider = &self.work.provider;
        let Some(known) = self.booking()? else {
            return Ok(Report::new(End::Dropped, "it was never booked"));
        };
        if known.state.is_over() {
            return Ok(Report::new(End::Dropped, "they do not have it"));
        }
        let booked = match self.named(known.reference) {
            Ok(booked) => booked,
            Err(CallError::Refused(reason)) => {
                return Ok(Report::new(End::Dropped, format!("they never took it: {reason}")));
            }
            Err(error) => return Ok(failed(error)),
        };
        let names = Names { delivery: &self.work.delivery_id, reference: &booked.reference };
        match self.api.outbound.cancel(names) {
            Ok(()) => {
                metric::asked(provider, "cancel", "ok");
                self.note(BookingState::Ended, Some(&booked))?;
                Ok(Report::new(End::Told, "cancelled"))
            }
            Err(CallError::Refused(reason)) => {
                metric::asked(provider, "cancel", "refused");
                Ok(Report::new(End::Refused, format!("too late: {reason}")))
            }
            Err(error) => {
                metric::asked(provider, "cancel", error.outcome());
                Ok(failed(error))
            }
        }
    }

    /// Their name of it. Whether an attempt that nobody knows the end of has booked it, only asking
    /// once more can tell: then it is booked now, and cancelled.
    fn named(&self, known: Option<String>) -> Result<Booked, CallError> {
        match known {
            Some(reference) => Ok(Booked { reference, told: Vec::new(), fee: None }),
            None => self.asks_for_it(true),
        }
    }

    /// What is kept of it with this provider.
    fn booking(&self) -> Result<Option<BookingRow>, AppError> {
        let (delivery, provider) = (&self.work.delivery_id, &self.work.provider);
        let rows =
            self.app.store.read(|tx| booking::of_delivery(tx, delivery).map_err(AppError::from))?;
        Ok(rows.into_iter().rfind(|row| row.provider == *provider))
    }

    /// Notes how it stands with the booking, by what is kept of it now: they were asked meanwhile,
    /// and others were heard. What was told under their name of it before waits for it, and is
    /// announced now.
    fn note(&self, state: BookingState, booked: Option<&Booked>) -> Result<(), AppError> {
        let now = self.app.clock.now();
        let new = BookingRow {
            delivery: self.work.delivery_id.clone(),
            number: self.work.number,
            provider: self.work.provider.clone(),
            reference: None,
            market: self.row.market.clone(),
            merchant: self.row.merchant.clone(),
            state,
            told_status: None,
            revision: 0,
            created_at_us: now.0,
            created_by: "dispatch".to_owned(),
            changed_at_us: now.0,
            fee_minor: None,
        };
        let reference = booked.map(|booked| booked.reference.clone());
        let fee_minor = booked.and_then(|booked| self.price(booked));
        self.app.store.lane(&lane()?, move |tx| {
            let known = booking::of_delivery(tx, &new.delivery)?;
            let known = known.into_iter().rfind(|known| known.provider == new.provider);
            let known = known.unwrap_or_else(|| new.clone());
            let reference = match &reference {
                Some(name) if takes_name(tx, name, &known, now)? => reference.clone(),
                _ => known.reference.clone(),
            };
            let state = known.state.then(state);
            let fee_minor = fee_minor.or(known.fee_minor);
            let row = BookingRow { state, reference, fee_minor, changed_at_us: now.0, ..known };
            booking::save(tx, &row)?;
            if let Some(reference) = &row.reference {
                let mut timelines = provider::load(tx, &row.provider, &[reference])?;
                let timeline = timelines.remove(reference).unwrap_or_default();
                apply::tell(tx, row.clone(), (&timeline, &fold(&timeline)), now)?;
            }
            Ok::<_, AppError>(())
        })
    }
}

/// Whether a booking can have their name of it, which belongs to one alone: whoever only follows
/// it has it no longer once it is known to be this booking's.
fn takes_name(
    tx: &mut dyn Tx,
    reference: &str,
    row: &BookingRow,
    now: Micros,
) -> Result<bool, AppError> {
    for other in booking::of_references(tx, &row.provider, &[reference])? {
        if (&other.delivery, other.number) == (&row.delivery, row.number) {
            continue;
        }
        let (delivery, holder) = (row.delivery.as_str(), other.delivery.as_str());
        if other.state != BookingState::Followed {
            tracing::error!(row.provider, reference, delivery, holder, "two have one name");
            return Ok(false);
        }
        tracing::warn!(row.provider, reference, delivery, holder, "it is followed no longer");
        let state = BookingState::Ended;
        let freed = BookingRow { reference: None, state, changed_at_us: now.0, ..other };
        booking::save(tx, &freed)?;
    }
    Ok(true)
}

/// The breaker and the rate keep others off by themselves: no other task rests for it, and what was
/// never sent counts for nothing.
fn failed(error: CallError) -> Report {
    let end = match &error {
        CallError::Limited { retry_after_us } | CallError::Open { retry_after_us } => {
            End::Later(*retry_after_us)
        }
        CallError::Full => End::Later(0),
        CallError::Failed { retry_after_us, .. } => {
            End::Failed(Failed { retry_after_us: *retry_after_us, ..Failed::default() })
        }
        _ => End::Failed(Failed::default()),
    };
    Report::new(end, error.to_string())
}
