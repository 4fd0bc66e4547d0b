//! What each completed delivery adds to its courier's and its merchant's day.

use super::clock::day_of;
use super::delivery::Done;
use super::terms::BookTerms;
use super::{Book, nearest_even};

/// A delivery counts on the local day on which it was delivered.
pub(super) fn count(book: &mut Book, terms: &BookTerms, done: &Done) {
    let day = day_of(done.delivered_s, terms);
    let courier = book.couriers.entry((day, done.courier.clone())).or_default();
    courier.deliveries += 1;
    courier.tip_minor += done.completed.tip_minor;
    let merchant = book.merchants.entry((day, done.completed.merchant.clone())).or_default();
    merchant.deliveries += 1;
    merchant.sales_minor += done.completed.order_minor;
}

/// Charges every merchant's day, rounded once.
pub(super) fn charge(book: &mut Book, terms: &BookTerms) {
    for merchant in book.merchants.values_mut() {
        let commission = i128::from(merchant.sales_minor) * i128::from(terms.commission_bp);
        let fixed = i128::from(merchant.deliveries) * i128::from(terms.fixed_minor);
        merchant.fee_minor = nearest_even(commission + fixed * 10_000, 10_000);
    }
}
