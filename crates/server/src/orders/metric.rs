//! Figures of orders, each named `doorstep_…`.

use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

const ORDERS: &str = "doorstep_orders_total";
const RETURNED: &str = "doorstep_order_parts_returned_total";
const EXPIRED_LATE: &str = "doorstep_reservation_expiry_late_seconds";
const HANDED_OVER: &str = "doorstep_order_deliveries_total";

/// Says what the figures are.
pub(crate) fn describe() {
    describe_counter!(
        ORDERS,
        "Orders by outcome: placed, reserved, confirmed, released, cancelled, and refusals by code"
    );
    describe_counter!(RETURNED, "Parts whose stock came back because their delivery had ended");
    describe_histogram!(
        EXPIRED_LATE,
        Unit::Seconds,
        "From the end of a reservation until its stock was back"
    );
    describe_counter!(HANDED_OVER, "Deliveries made of orders");
}

/// What became of an order.
pub(super) fn decided(outcome: &'static str) {
    counter!(ORDERS, "outcome" => outcome).increment(1);
}

pub(super) fn returned(parts: u64) {
    counter!(RETURNED).increment(parts);
}

pub(super) fn expired(late_us: i64) {
    histogram!(EXPIRED_LATE).record(late_us.max(0) as f64 / 1e6);
}

pub(super) fn handed_over(deliveries: u64) {
    counter!(HANDED_OVER).increment(deliveries);
}
