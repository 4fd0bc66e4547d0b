//! Log and store, line by line: the figures, the rows of the day, and the facts behind them.

use super::figures::{self, Figures};
use super::kept::{Flaw, KeptBooks};
use super::{DIFFERENCES_MAX, Difference, is_by_presence};
use crate::accounting::change::rows_of;
use crate::error::AppError;
use crate::pay::PricedDay;
use doorstep_domain::delivery::{FactSet, fold};
use doorstep_domain::limits::INTERVAL_US_MAX;
use doorstep_domain::settlement::Party;
use doorstep_domain::time::Span;
use doorstep_store::interval::{ChargedRow, CompletedRow, IntervalRow, NOBODY};
use doorstep_store::presence::PresenceRow;
use doorstep_store::{Tx, conflict, delivery, interval, presence};
use std::collections::{BTreeMap, BTreeSet};

/// Couriers and deliveries looked at between two queries.
const AT_ONCE: i64 = 512;

/// Deliveries repaired in one run: it bounds memory when a whole day is lost.
const REPAIRED_MAX: usize = 100_000;

/// What differs, and what it takes to repair it.
#[derive(Default)]
pub(super) struct Found {
    pub(super) differences: Vec<Difference>,
    pub(super) differences_found: u64,
    pub(super) delta_minor: i64,
    pub(super) deliveries: u64,
    /// Deliveries whose facts or rows of the day are wrong.
    pub(super) wrong: BTreeMap<String, Wrong>,
    /// Who came online or went offline by the log, but not in the store; and the reverse.
    pub(super) presence_missing: Vec<PresenceRow>,
    pub(super) presence_invented: Vec<PresenceRow>,
    /// Couriers and merchants of a closed day who were settled differently.
    pub(super) unsettled: BTreeSet<Party>,
    /// What is no longer whole of what the close has kept.
    pub(super) flaws: Vec<Flaw>,
    /// There are more than [`REPAIRED_MAX`] wrong deliveries.
    pub(super) unfinished: bool,
}

/// One delivery that is wrong in the store.
#[derive(Default)]
pub(super) struct Wrong {
    /// Where they differ, its facts by the log, and in the store when it was compared.
    pub(super) facts: Option<(FactSet, FactSet)>,
    /// Its rows of the day in the store, where they differ from the log's.
    pub(super) kept: Vec<IntervalRow>,
}

/// Compares `main` with what the log says, on one day; `digest` is that of a closed one.
pub(super) fn compare(
    main: &mut dyn Tx,
    log: &mut dyn Tx,
    priced: &PricedDay<'_>,
    digest: Option<&str>,
) -> Result<Found, AppError> {
    let mut found = Found::default();
    let expected = figures::of_facts(log, priced)?;
    if let Some(digest) = digest {
        let kept = KeptBooks::read(main, priced, digest)?;
        found.flaws = kept.flaws(priced);
        found.flawed();
        let settled = figures::money_only(figures::as_settled(main, priced, &kept)?);
        found.unsettled = found.figures(&figures::money_only(expected), &settled);
    } else {
        found.figures(&expected, &figures::of_facts(main, priced)?);
    }
    rows(main, log, priced, &mut found)?;
    facts(main, log, priced, &mut found)?;
    facts_of_invented(main, log, priced, &mut found)?;
    presences(main, log, priced, &mut found)?;
    Ok(found)
}

impl Found {
    fn add(&mut self, difference: Difference) {
        self.differences_found += 1;
        self.delta_minor = self.delta_minor.saturating_add(difference.delta_minor.saturating_abs());
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(difference);
        }
    }

    fn flawed(&mut self) {
        for flaw in self.flaws.clone() {
            let (kind, party_id) = flaw.account.split_once(':').unwrap_or_default();
            let party_kind = match kind {
                "courier" => "courier",
                "merchant" => "merchant",
                "provider" => "provider",
                _ => "day",
            };
            self.add(Difference {
                party_kind,
                party_id: party_id.to_owned(),
                figure: flaw.figure,
                log: flaw.log,
                store: flaw.store,
                delta_minor: flaw.delta_minor,
            });
        }
    }

    /// Compares figures and answers whose differ.
    fn figures(&mut self, log: &Figures, store: &Figures) -> BTreeSet<Party> {
        let mut differing = BTreeSet::new();
        let nothing = BTreeMap::new();
        let parties: BTreeSet<&Party> = log.keys().chain(store.keys()).collect();
        for party in parties {
            let by_log = log.get(party).unwrap_or(&nothing);
            let by_store = store.get(party).unwrap_or(&nothing);
            let names: BTreeSet<&&str> = by_log.keys().chain(by_store.keys()).collect();
            for figure in names {
                let amount = |side: &BTreeMap<&str, i64>| side.get(figure).copied().unwrap_or(0);
                let (by_log, by_store) = (amount(by_log), amount(by_store));
                if by_log == by_store {
                    continue;
                }
                differing.insert(party.clone());
                let delta = by_log.saturating_sub(by_store);
                self.add(Difference {
                    party_kind: party.kind(),
                    party_id: party.id().to_owned(),
                    figure,
                    log: by_log.to_string(),
                    store: by_store.to_string(),
                    delta_minor: if figures::is_money(figure) { delta } else { 0 },
                });
            }
        }
        differing
    }

    fn delivery(&mut self, delivery: &str, figure: &'static str, (log, store): (String, String)) {
        let party_id = delivery.to_owned();
        let party_kind = "delivery";
        self.add(Difference { party_kind, party_id, figure, log, store, delta_minor: 0 });
    }

    /// What is known to be wrong about a delivery; `None` beyond [`REPAIRED_MAX`].
    fn wrong(&mut self, delivery: &str) -> Option<&mut Wrong> {
        if self.wrong.len() >= REPAIRED_MAX && !self.wrong.contains_key(delivery) {
            self.unfinished = true;
            return None;
        }
        Some(self.wrong.entry(delivery.to_owned()).or_default())
    }
}

/// Compares the rows of the day: those of providers, then courier by courier.
fn rows(
    main: &mut dyn Tx,
    log: &mut dyn Tx,
    priced: &PricedDay<'_>,
    found: &mut Found,
) -> Result<(), AppError> {
    let (market, day) = (priced.market.id.as_str(), priced.day.number());
    let kept = interval::of_courier(main, market, day, NOBODY)?;
    found.rows(kept, interval::of_courier(log, market, day, NOBODY)?);
    let mut after = String::new();
    loop {
        let kept = interval::couriers_of_day(main, market, day, &after, AT_ONCE)?;
        let expected = interval::couriers_of_day(log, market, day, &after, AT_ONCE)?;
        let couriers: BTreeSet<String> = kept.into_iter().chain(expected).collect();
        // Each side told its first ones: among those the least are the first of both.
        let couriers: Vec<String> = couriers.into_iter().take(AT_ONCE as usize).collect();
        let Some(last) = couriers.last().cloned() else {
            return Ok(());
        };
        for courier in couriers {
            let kept = interval::of_courier(main, market, day, &courier)?;
            let expected = interval::of_courier(log, market, day, &courier)?;
            found.rows(kept, expected);
        }
        after = last;
    }
}

impl Found {
    fn rows(&mut self, kept: Vec<IntervalRow>, expected: Vec<IntervalRow>) {
        let mut both: BTreeMap<String, (Option<IntervalRow>, Option<IntervalRow>)> =
            BTreeMap::new();
        for row in expected {
            let delivery = row.delivery.clone();
            both.entry(delivery).or_default().0 = Some(row);
        }
        for row in kept {
            let delivery = row.delivery.clone();
            both.entry(delivery).or_default().1 = Some(row);
        }
        for (delivery, (expected, kept)) in both {
            if expected == kept {
                continue;
            }
            let shown = (shown(expected.as_ref()), shown(kept.as_ref()));
            self.delivery(&delivery, "work_interval", shown);
            if let Some(wrong) = self.wrong(&delivery) {
                wrong.kept.extend(kept);
            }
        }
    }
}

/// Compares the facts of every recomputed delivery that touches the day on either side.
fn facts(
    main: &mut dyn Tx,
    log: &mut dyn Tx,
    priced: &PricedDay<'_>,
    found: &mut Found,
) -> Result<(), AppError> {
    let market = priced.market.id.as_str();
    let mut after = String::new();
    loop {
        let page = delivery::page(log, market, &after, AT_ONCE)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after.clone_from(last);
        found.deliveries += page.len() as u64;
        let ids: Vec<&str> = page.iter().map(|(id, _)| id.as_str()).collect();
        let mut kept = delivery::load(main, market, &ids)?;
        for (id, expected) in page {
            let kept = kept.remove(&id).unwrap_or_default();
            if expected == kept {
                continue;
            }
            if touches(main, priced, &id, &expected)? || touches(main, priced, &id, &kept)? {
                found.facts(&id, expected, kept);
            }
        }
    }
}

/// Deliveries that are in the store's rows alone: the log may know nothing of them at all.
fn facts_of_invented(
    main: &mut dyn Tx,
    log: &mut dyn Tx,
    priced: &PricedDay<'_>,
    found: &mut Found,
) -> Result<(), AppError> {
    let market = priced.market.id.as_str();
    let rows_only = found.wrong.iter().filter(|(_, wrong)| wrong.facts.is_none());
    let ids: Vec<String> = rows_only.map(|(id, _)| id.clone()).collect();
    for id in ids {
        let by_log = delivery::load(log, market, &[&id])?.remove(&id);
        let kept = delivery::load(main, market, &[&id])?.remove(&id).unwrap_or_default();
        if by_log.is_none() && !kept.is_empty() {
            found.facts(&id, FactSet::default(), kept);
        }
    }
    Ok(())
}

impl Found {
    fn facts(&mut self, delivery: &str, expected: FactSet, kept: FactSet) {
        let shown = (format!("{} facts", expected.len()), format!("{} facts", kept.len()));
        self.delivery(delivery, "facts", shown);
        if let Some(wrong) = self.wrong(delivery) {
            wrong.facts = Some((expected, kept));
        }
    }
}

/// Whether a delivery with these facts has a row on the day.
fn touches(
    main: &mut dyn Tx,
    priced: &PricedDay<'_>,
    delivery: &str,
    facts: &FactSet,
) -> Result<bool, AppError> {
    let market = priced.market;
    let decision =
        conflict::load(main, market.id.as_str(), delivery)?.and_then(|conflict| conflict.decision);
    let lifecycle = fold(facts, market.rules(), decision.as_ref());
    let day = priced.day.number();
    Ok(rows_of(market, delivery, &lifecycle).iter().any(|row| row.day == day))
}

/// Compares who came online and went offline around the day, where that was recomputed.
fn presences(
    main: &mut dyn Tx,
    log: &mut dyn Tx,
    priced: &PricedDay<'_>,
    found: &mut Found,
) -> Result<(), AppError> {
    if !is_by_presence(priced) {
        return Ok(());
    }
    let (market, day) = (priced.market.id.as_str(), priced.rates.span());
    let around = Span::new(day.start.plus(-INTERVAL_US_MAX), day.end.plus(INTERVAL_US_MAX));
    let expected = presence::within(log, market, None, around)?;
    let kept = presence::within(main, market, None, around)?;
    let lacking = |rows: &[PresenceRow], of: &[PresenceRow]| -> Vec<PresenceRow> {
        let key = |row: &PresenceRow| {
            (row.courier.clone(), row.at_us, row.source.clone(), row.event_id.clone(), row.online)
        };
        let there: BTreeSet<_> = rows.iter().map(key).collect();
        of.iter().filter(|row| !there.contains(&key(row))).cloned().collect()
    };
    found.presence_missing = lacking(&kept, &expected);
    found.presence_invented = lacking(&expected, &kept);
    let missing = found.presence_missing.iter().map(|row| (row.clone(), true));
    let invented = found.presence_invented.iter().map(|row| (row.clone(), false));
    for (row, in_log) in missing.chain(invented).collect::<Vec<_>>() {
        let said = format!("{} {}", row.event_id, if row.online { "online" } else { "offline" });
        let none = "nothing".to_owned();
        let (log, store) = if in_log { (said, none) } else { (none, said) };
        let party_id = row.courier;
        let (party_kind, figure) = ("courier", "presence");
        found.add(Difference { party_kind, party_id, figure, log, store, delta_minor: 0 });
    }
    Ok(())
}

/// A row in a line.
pub(super) fn shown(row: Option<&IntervalRow>) -> String {
    let Some(row) = row else {
        return "nothing".to_owned();
    };
    let begun = row.picked_up.or(row.assigned).unwrap_or(row.delivered);
    let Some(completion) = &row.completion else {
        return format!("{} {begun} to {}", row.courier, row.delivered);
    };
    let carried = match &completion.provider {
        None => format!("{} {begun} to {}", row.courier, row.delivered),
        Some(ChargedRow { provider, cost_minor: Some(cost) }) => {
            format!("{provider} for {cost} at {}", row.delivered)
        }
        Some(ChargedRow { provider, .. }) => format!("{provider} at {}", row.delivered),
    };
    let CompletedRow { merchant, order_minor, tip_minor, distance_m, .. } = completion;
    format!("{carried}, {merchant} {order_minor} tip {tip_minor} over {distance_m} m")
}
