//! What has become of the deliveries that a city asked for.

use super::super::figures::Latency;
use serde_json::{Value, json};

/// What has become of all of them so far.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Couriers whose stream is open.
    pub(crate) listening: u64,
    /// Streams that had to be opened again.
    pub(crate) reopened: u64,
    /// Deliveries asked for, each once.
    pub(crate) asked: u64,
    /// Those that were answered for: they are durable.
    pub(crate) answered: u64,
    /// Offers that couriers have seen.
    pub(crate) offers: u64,
    /// Deliveries that somebody has taken on.
    pub(crate) assigned: u64,
    /// Deliveries that are there.
    pub(crate) delivered: u64,
    /// Accepts that came too late.
    pub(crate) refused: u64,
    /// Orders of which nothing was left.
    pub(crate) short: u64,
    /// Orders that got a part of what they wanted.
    pub(crate) in_part: u64,
    /// Requests of customers without an answer that makes sense.
    pub(crate) failed: u64,
    /// The same of couriers.
    pub(crate) failed_of_couriers: u64,
    /// What the first of those said.
    pub(crate) first_failure: Option<String>,
    /// Each delivery, by the number of its request.
    pub(super) orders: Vec<Order>,
    /// From when a request was due to its answer.
    pub(super) request: Latency,
    /// From when a request was due to when the first courier saw an offer of it.
    pub(super) offered: Latency,
    /// From when a courier would accept to the answer.
    pub(super) accept: Latency,
    /// From when a request was due to when its courier knew that it was theirs.
    pub(super) assigned_after: Latency,
    /// From when a courier would say that they have it, or have brought it, to the answer.
    pub(super) status: Latency,
}

/// What is known of one delivery.
#[derive(Debug, Clone, Default)]
pub(super) struct Order {
    /// Its name, once it was answered for.
    pub(super) delivery: Option<String>,
    pub(super) is_offered: bool,
    pub(super) is_assigned: bool,
    pub(super) is_delivered: bool,
}

impl Told {
    /// Of so many requests, none of which was made.
    pub(super) fn of(count: u64) -> Told {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Told { orders: vec![Order::default(); count], ..Told::default() }
    }

    /// A courier's stream is open, or open again.
    pub(super) fn listens(&mut self, again: bool) {
        self.listening += 1;
        self.reopened += u64::from(again);
    }

    /// Somebody has seen an offer; the first one of a delivery is measured.
    pub(super) fn sees(&mut self, order: Option<usize>, since_due_us: impl Fn(usize) -> i64) {
        self.offers += 1;
        if let Some((number, order)) = order.and_then(|n| Some((n, self.orders.get_mut(n)?)))
            && !std::mem::replace(&mut order.is_offered, true)
        {
            self.offered.add(since_due_us(number));
        }
    }

    /// Somebody has taken a delivery on. Of another run's nothing is counted.
    pub(super) fn assigns(&mut self, order: Option<usize>, since_due_us: impl Fn(usize) -> i64) {
        if let Some((number, order)) = order.and_then(|n| Some((n, self.orders.get_mut(n)?)))
            && !std::mem::replace(&mut order.is_assigned, true)
        {
            self.assigned += 1;
            self.assigned_after.add(since_due_us(number));
        }
    }

    /// A delivery is there.
    pub(super) fn delivers(&mut self, order: Option<usize>) {
        if let Some(order) = order.and_then(|number| self.orders.get_mut(number))
            && !std::mem::replace(&mut order.is_delivered, true)
        {
            self.delivered += 1;
        }
    }

    /// A customer's request came to nothing.
    pub(super) fn fails(&mut self, why: String) {
        self.failed += 1;
        self.first_failure.get_or_insert(why);
    }

    /// A courier's request came to nothing.
    pub(super) fn fails_a_courier(&mut self, why: String) {
        self.failed_of_couriers += 1;
        self.first_failure.get_or_insert(why);
    }

    /// Whether everything that was answered for is there.
    pub(super) fn is_settled(&self) -> bool {
        self.delivered >= self.answered
    }

    /// Each latency by its name.
    pub(crate) fn latencies(&self) -> Value {
        json!({
            "request": self.request.to_json(),
            "first_offer": self.offered.to_json(),
            "assigned": self.assigned_after.to_json(),
            "accept": self.accept.to_json(),
            "status": self.status.to_json(),
        })
    }

    /// The latency of answers to requests so far.
    pub(crate) fn request(&self) -> &Latency {
        &self.request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_delivery_counts_once_and_another_runs_not_at_all() {
        let mut told = Told::of(2);
        let since_us = |number: usize| (number as i64 + 1) * 1_000;
        for order in [Some(1), Some(1), None, Some(7)] {
            told.sees(order, since_us);
            told.assigns(order, since_us);
            told.delivers(order);
        }
        assert_eq!((told.offers, told.assigned, told.delivered), (4, 1, 1));
        let most = &told.latencies()["first_offer"]["most"];
        assert_eq!(most.as_f64().unwrap().round(), 2.0);
    }
}
