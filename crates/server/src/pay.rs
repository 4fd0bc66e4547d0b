//! Pay of couriers' days: read from the facts while a day is open, from its statement after.

mod view;
mod work;

pub use view::{PayView, Query, list};
pub use work::DayWork;

use crate::error::AppError;
use doorstep_domain::market::{Market, TermsHistory};
use doorstep_domain::pay::{
    Completion, DayPay, DayRates, IntervalDefinition, Line, explain, price,
};
use doorstep_domain::settlement::FeePlan;
use doorstep_domain::time::{Day, Micros, Span};
use doorstep_store::{Tx, interval, presence};
use std::collections::BTreeSet;

/// A market's day as pricing sees it: its rates, and until when open intervals run.
pub struct PricedDay<'a> {
    /// Where.
    pub market: &'a Market,
    /// When.
    pub day: Day,
    /// What is paid for at each instant of it.
    pub rates: DayRates,
    /// What merchants are charged on it: the terms in force when it starts.
    pub fees: FeePlan,
    /// Open intervals count up to here; `None` counts only what has ended.
    pub now: Option<Micros>,
}

/// Hears of one courier's work after another.
pub type EachCourier<'e> = &'e mut dyn FnMut(&mut dyn Tx, &str, DayWork) -> Result<(), AppError>;

/// Most couriers priced between two reads of the store: what bounds the memory of a whole day.
const COURIERS_AT_ONCE: i64 = 512;

impl<'a> PricedDay<'a> {
    /// The day under the terms of a history.
    pub fn new(
        market: &'a Market,
        day: Day,
        history: &TermsHistory,
        now: Option<Micros>,
    ) -> Result<PricedDay<'a>, AppError> {
        let rates = DayRates::new(&market.time_zone, day, &history.pay_plans())
            .map_err(|error| AppError::invalid("day", error))?;
        let running = now.filter(|now| rates.span().start <= *now);
        let terms = history.at(rates.span().start);
        let fees = terms.map(|version| version.terms.fees).unwrap_or_default();
        Ok(PricedDay { market, day, rates, fees, now: running })
    }

    /// What a courier's work comes to.
    pub fn price(&self, work: &DayWork) -> DayPay {
        let mut spans: Vec<_> = work.work.iter().map(|work| work.span).collect();
        let completions: Vec<Completion> =
            work.delivered.iter().map(|delivered| delivered.completion).collect();
        price(&self.rates, &mut spans, &completions)
    }

    /// The lines that the price is the sum of.
    pub fn explain(&self, work: &DayWork) -> Vec<Line> {
        explain(&self.rates, &work.work, &work.delivered)
    }

    /// The work of one courier on the day.
    pub fn work_of(&self, tx: &mut dyn Tx, courier: &str) -> Result<DayWork, AppError> {
        let market = self.market.id.as_str();
        let rows = interval::of_courier(tx, market, self.day.number(), courier)?;
        let mut work = DayWork::of_rows(&rows, self.rates.rules().interval)?;
        if self.is_by_presence() {
            let told = presence::within(tx, market, Some(courier), work::reach(&self.rates))?;
            work.add_presence(&told, self.now);
        } else {
            self.add_open(tx, courier, &mut work)?;
        }
        Ok(work)
    }

    /// Hands over every courier's work on the day, in the order of their identifiers; of those in
    /// `besides` also where there is none. Memory is bounded by [`COURIERS_AT_ONCE`].
    pub fn each_courier(
        &self,
        tx: &mut dyn Tx,
        besides: impl IntoIterator<Item = String>,
        each: EachCourier<'_>,
    ) -> Result<(), AppError> {
        let mut others = self.couriers_without_rows(tx)?;
        others.extend(besides);
        let (market, day) = (self.market.id.as_str(), self.day.number());
        let mut after = String::new();
        loop {
            let mut couriers =
                interval::couriers_of_day(tx, market, day, &after, COURIERS_AT_ONCE)?;
            let last = couriers.last().cloned();
            let later = last.as_ref().map_or_else(BTreeSet::new, |last| others.split_off(last));
            couriers.extend(std::mem::replace(&mut others, later));
            couriers.sort_unstable();
            couriers.dedup();
            for courier in couriers {
                let work = self.work_of(tx, &courier)?;
                each(tx, &courier, work)?;
            }
            match last {
                Some(last) => {
                    others.remove(&last);
                    after = last;
                }
                None => return Ok(()),
            }
        }
    }

    fn is_by_presence(&self) -> bool {
        self.rates.rules().interval == IntervalDefinition::Online
    }

    /// Couriers who may have work on the day although nothing they delivered touches it.
    fn couriers_without_rows(&self, tx: &mut dyn Tx) -> Result<BTreeSet<String>, AppError> {
        if !self.is_by_presence() {
            let spans = self.open_spans(tx)?;
            let today = |span: &Span| !span.intersection(self.rates.span()).is_empty();
            return Ok(spans.into_iter().filter(|(_, span)| today(span)).map(|(c, _)| c).collect());
        }
        let market = self.market.id.as_str();
        let told = presence::within(tx, market, None, work::reach(&self.rates))?;
        Ok(told.into_iter().map(|row| row.courier).collect())
    }
}
