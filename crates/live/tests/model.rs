//! The same engine, written so plainly that it must be right.

use doorstep_domain::tracking::motion::{Step, step};
use doorstep_domain::tracking::{Ping, Position};
use doorstep_live::{Bbox, CourierState};
use std::collections::BTreeMap;

/// One courier.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub(crate) market: String,
    pub(crate) ping: Ping,
    pub(crate) state: CourierState,
    pub(crate) doubt: Option<Ping>,
    pub(crate) number: u32,
}

/// All couriers, by name.
#[derive(Default)]
pub(crate) struct Model {
    pub(crate) couriers: BTreeMap<String, Known>,
    states: BTreeMap<String, CourierState>,
}

impl Model {
    pub(crate) fn apply(&mut self, market: &str, courier: &str, ping: Ping) {
        let number = self.couriers.len() as u32;
        let Some(known) = self.couriers.get_mut(courier) else {
            let state = self.states.get(courier).copied().unwrap_or_default();
            let known = Known { market: market.into(), ping, state, doubt: None, number };
            self.couriers.insert(courier.to_owned(), known);
            return;
        };
        match step(Some(&known.ping), known.doubt.as_ref(), &ping) {
            Step::Stale => {}
            Step::First | Step::Moves => {
                (known.market, known.ping, known.doubt) = (market.into(), ping, None);
            }
            Step::Implausible { .. } => {
                let newest = known.doubt.filter(|doubt| doubt.at > ping.at);
                known.doubt = Some(newest.unwrap_or(ping));
            }
        }
    }

    pub(crate) fn set_state(&mut self, courier: &str, state: CourierState) {
        self.states.insert(courier.to_owned(), state);
        if let Some(known) = self.couriers.get_mut(courier) {
            known.state = state;
        }
    }

    pub(crate) fn within(&self, bbox: &Bbox, market: Option<&str>) -> BTreeMap<String, Known> {
        let inside = |known: &Known| {
            market.is_none_or(|market| known.market == market) && bbox.contains(known.ping.position)
        };
        let found = self.couriers.iter().filter(|(_, known)| inside(known));
        found.map(|(courier, known)| (courier.clone(), known.clone())).collect()
    }

    /// The nearest of a market: distance in metres and number.
    pub(crate) fn nearest(
        &self,
        market: &str,
        at: Position,
        count: usize,
        radius_m: f64,
    ) -> Vec<(f64, u32)> {
        let couriers = self.couriers.values().filter(|known| known.market == market);
        let mut near: Vec<(f64, u32)> = couriers
            .map(|known| (at.distance_m(known.ping.position), known.number))
            .filter(|(distance_m, _)| *distance_m <= radius_m)
            .collect();
        near.sort_by(|one, other| one.partial_cmp(other).expect("no distance is NaN"));
        near.truncate(count);
        near
    }
}
