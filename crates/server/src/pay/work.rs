//! A courier's day, put together from what the store keeps.

use super::PricedDay;
use crate::error::AppError;
use doorstep_domain::delivery::{self, Attempt};
use doorstep_domain::id::DeliveryId;
use doorstep_domain::limits::{INTERVAL_US_MAX, OPEN_INTERVAL_US_MAX};
use doorstep_domain::pay::{
    Completion, DayRates, Delivered, IntervalDefinition, Presence, Work, online_intervals,
};
use doorstep_domain::time::{Micros, Span};
use doorstep_store::interval::IntervalRow;
use doorstep_store::presence::PresenceRow;
use doorstep_store::{StoreError, Tx, delivery as kept};

/// The intervals and completions of one courier's day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DayWork {
    /// Intervals, which may reach beyond the day.
    pub work: Vec<Work>,
    /// What was delivered on the day.
    pub delivered: Vec<Delivered>,
}

impl DayWork {
    /// The work that a day's rows say, by the plan's definition of an interval.
    pub fn of_rows(
        rows: &[IntervalRow],
        definition: IntervalDefinition,
    ) -> Result<DayWork, StoreError> {
        let mut day = DayWork::default();
        for row in rows {
            let delivery: DeliveryId = row
                .delivery
                .parse()
                .map_err(|error| StoreError::Invalid { detail: format!("delivery id: {error}") })?;
            if let Some(completion) = &row.completion {
                let completion = Completion {
                    at: row.delivered,
                    distance_m: completion.distance_m,
                    tip_minor: completion.tip_minor,
                };
                day.delivered.push(Delivered { completion, delivery: delivery.clone() });
            }
            let start = start(definition, row.assigned, row.picked_up);
            let span = start.map(|start| Span::new(start, row.delivered));
            if let Some(span) = span.filter(|span| span.length_us() <= INTERVAL_US_MAX) {
                day.work.push(Work { span, delivery: Some(delivery) });
            }
        }
        Ok(day)
    }

    /// Adds the time online of one courier.
    pub(super) fn add_presence(&mut self, told: &[PresenceRow], now: Option<Micros>) {
        let facts = told.iter().map(|row| Presence { at: Micros(row.at_us), online: row.online });
        let spans = online_intervals(facts, now);
        self.work.extend(spans.into_iter().map(|span| Work { span, delivery: None }));
    }
}

/// When an interval begins, by the plan's definition; none where that was never told.
fn start(
    definition: IntervalDefinition,
    assigned: Option<Micros>,
    picked_up: Option<Micros>,
) -> Option<Micros> {
    match definition {
        IntervalDefinition::AssignedToDelivered => assigned,
        IntervalDefinition::PickedUpToDelivered => picked_up,
        IntervalDefinition::Online => None,
    }
}

/// Where facts about time online may lie that matter to a day.
pub(super) fn reach(rates: &DayRates) -> Span {
    let day = rates.span();
    Span::new(day.start.plus(-INTERVAL_US_MAX), day.end.plus(INTERVAL_US_MAX))
}

impl PricedDay<'_> {
    /// Adds what a courier carries right now, up to now.
    pub(super) fn add_open(
        &self,
        tx: &mut dyn Tx,
        courier: &str,
        work: &mut DayWork,
    ) -> Result<(), AppError> {
        for (delivery, attempt) in self.open_attempts(tx, Some(courier))? {
            if let Some(span) = self.open_span(&attempt) {
                let delivery = delivery.parse().ok();
                work.work.push(Work { span, delivery });
            }
        }
        Ok(())
    }

    /// Every open interval, with its courier.
    pub(super) fn open_spans(&self, tx: &mut dyn Tx) -> Result<Vec<(String, Span)>, AppError> {
        let attempts = self.open_attempts(tx, None)?;
        let spans = attempts.into_iter().filter_map(|(_, attempt)| {
            self.open_span(&attempt).map(|span| (attempt.courier.into(), span))
        });
        Ok(spans.collect())
    }

    fn open_attempts(
        &self,
        tx: &mut dyn Tx,
        courier: Option<&str>,
    ) -> Result<Vec<(String, Attempt)>, AppError> {
        if self.now.is_none() {
            return Ok(Vec::new());
        }
        let market = self.market;
        let open = match courier {
            Some(courier) => kept::open_of_courier(tx, market.id.as_str(), courier)?,
            None => kept::open(tx, market.id.as_str())?,
        };
        let attempts = open.into_iter().filter_map(|(delivery, facts)| {
            let attempt = delivery::fold(&facts, market.rules(), None).open?;
            Some((delivery, attempt))
        });
        Ok(attempts.collect())
    }

    /// An attempt under way counts up to now, unless it was abandoned long ago.
    fn open_span(&self, attempt: &Attempt) -> Option<Span> {
        let definition = self.rates.rules().interval;
        let start = start(definition, attempt.assigned, attempt.picked_up)?;
        let span = Span::new(start, self.now?);
        (span.length_us() <= OPEN_INTERVAL_US_MAX).then_some(span)
    }
}
