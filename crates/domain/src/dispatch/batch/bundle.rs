//! Deliveries of one origin, in the order in which they are delivered.

use super::scene::Scene;
use crate::time::Micros;

/// What is picked up together. Stops are indices of the scene's deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bundle {
    pub(super) origin: usize,
    pub(super) stops: Vec<usize>,
    /// Microseconds from the pickup to each delivery.
    pub(super) after_us: Vec<i64>,
    /// Microseconds from the pickup until the courier is free.
    pub(super) total_us: i64,
    /// Microseconds of the way back that count as work.
    pub(super) back_us: i64,
    /// When the last one is ready.
    pub(super) ready_at: Micros,
    pub(super) size: u32,
}

impl<P: Copy, T: Fn(P, P) -> i64> Scene<'_, P, T> {
    /// The bundle of these deliveries in this order.
    pub(super) fn bundle(&self, origin: usize, stops: Vec<usize>) -> Bundle {
        let settings = self.settings;
        let half_us = settings.dropoff_us / 2;
        let (mut at_us, mut place) = (settings.pickup_us / 2, self.origins[origin].place);
        let mut after_us = Vec::with_capacity(stops.len());
        for stop in &stops {
            let to = self.waiting[*stop].to;
            at_us += (self.travel)(place, to) + half_us;
            after_us.push(at_us);
            at_us += half_us;
            place = to;
        }
        let back_us = (self.travel)(place, self.origins[origin].place);
        let of = stops.iter().map(|stop| self.waiting[*stop]);
        Bundle {
            origin,
            after_us,
            total_us: at_us,
            back_us: back_us * settings.back_percent / 100,
            ready_at: of.clone().map(|delivery| delivery.ready_at).max().unwrap_or(self.now),
            size: of.map(|delivery| delivery.size).fold(0, u32::saturating_add),
            stops,
        }
    }

    /// Both together: each stop of the other goes where it costs least (cheapest insertion).
    pub(super) fn merged(&self, bundle: &Bundle, other: &Bundle) -> Bundle {
        let mut merged = bundle.clone();
        for stop in &other.stops {
            merged = self.with(&merged, *stop);
        }
        merged
    }

    fn with(&self, bundle: &Bundle, stop: usize) -> Bundle {
        // Of equal places the last: who was there stays before who comes.
        let places = (0..=bundle.stops.len()).rev().map(|place| {
            let mut stops = bundle.stops.clone();
            stops.insert(place, stop);
            self.bundle(bundle.origin, stops)
        });
        let wait_us = |bundle: &Bundle| bundle.after_us.iter().sum::<i64>() + bundle.total_us;
        places.min_by_key(wait_us).unwrap_or_else(|| bundle.clone())
    }

    /// What is left of a bundle without one of its stops.
    pub(super) fn without(&self, bundle: &Bundle, place: usize) -> Bundle {
        let mut stops = bundle.stops.clone();
        stops.remove(place);
        self.bundle(bundle.origin, stops)
    }

    /// From the pickup to the door, if it is delivered alone, in microseconds.
    pub(super) fn after_pickup_us(&self, stop: usize) -> i64 {
        self.alone_us[stop]
    }
}
