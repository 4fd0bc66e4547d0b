//! Figures of dispatch, each named `doorstep_…`.

use super::claims::Claimed;
use crate::error::AppError;
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

const REQUESTED: &str = "doorstep_deliveries_requested_total";
const OFFERS: &str = "doorstep_offer_outcomes_total";
const MATCHED: &str = "doorstep_match_duration_seconds";
const OFFERED: &str = "doorstep_first_offer_seconds";
const ATTENTION: &str = "doorstep_deliveries_for_a_person_total";
const WAITING: &str = "doorstep_deliveries_waiting";
const BEHIND: &str = "doorstep_matcher_behind_seconds";
const PLANS: &str = "doorstep_plans_total";
const PLANNED: &str = "doorstep_plan_batch_size";
const RELOADS: &str = "doorstep_boards_loaded_total";
const HANDED: &str = "doorstep_deliveries_handed_over_total";
const GIVEN_BACK: &str = "doorstep_deliveries_given_back_total";
const RELAYED: &str = "doorstep_dispatch_events_relayed_total";

/// Says what the figures are.
pub(crate) fn describe() {
    describe_counter!(REQUESTED, "Deliveries asked for");
    describe_counter!(
        OFFERS,
        "Offers by outcome: made, accepted, declined, expired, lost; and refused, who came too late"
    );
    describe_histogram!(MATCHED, Unit::Seconds, "From the beginning of a search to a courier");
    describe_histogram!(
        OFFERED,
        Unit::Seconds,
        "From the beginning of a search to its first offer"
    );
    describe_counter!(ATTENTION, "Deliveries that a person was told of, by why");
    describe_gauge!(WAITING, "Deliveries that nobody has yet, by market");
    describe_gauge!(BEHIND, Unit::Seconds, "How late the matcher looks at what is due, by market");
    describe_counter!(PLANS, "Plans made for all that waits");
    describe_histogram!(PLANNED, "Couriers that a plan matched, and deliveries it left");
    describe_counter!(RELOADS, "How often a board was loaded anew");
    describe_counter!(HANDED, "Deliveries handed to a provider, by provider");
    describe_counter!(GIVEN_BACK, "Deliveries that no provider brings, looked for by us again");
    describe_counter!(RELAYED, "Events of deliveries handed to the log");
}

pub(super) fn requested() {
    counter!(REQUESTED).increment(1);
}

pub(super) fn offers(outcome: &'static str, count: u64) {
    if count > 0 {
        counter!(OFFERS, "outcome" => outcome).increment(count);
    }
}

/// What became of a claim on a delivery.
pub(super) fn answered(claimed: &Result<Claimed, AppError>) {
    match claimed {
        Ok(claimed) if !claimed.repeated => {
            offers("accepted", 1);
            let row = &claimed.row;
            let waited_us = row.assigned_at_us.unwrap_or_default() - row.search_since_us;
            histogram!(MATCHED).record(waited_us.max(0) as f64 / 1e6);
        }
        Err(AppError::Refused { .. }) => offers("refused", 1),
        _ => {}
    }
}

pub(super) fn first_offer(waited_us: i64) {
    histogram!(OFFERED).record(waited_us.max(0) as f64 / 1e6);
}

pub(super) fn attention(why: &str) {
    counter!(ATTENTION, "why" => why.to_owned()).increment(1);
}

pub(super) fn waiting(market: &str, count: usize, behind_us: i64) {
    gauge!(WAITING, "market" => market.to_owned()).set(count as f64);
    gauge!(BEHIND, "market" => market.to_owned()).set(behind_us.max(0) as f64 / 1e6);
}

/// A plan was made.
pub(super) fn planned(matched: usize, left: usize) {
    counter!(PLANS).increment(1);
    histogram!(PLANNED, "what" => "matched").record(matched as f64);
    histogram!(PLANNED, "what" => "left").record(left as f64);
}

pub(super) fn loaded() {
    counter!(RELOADS).increment(1);
}

pub(super) fn handed_over(provider: &str) {
    counter!(HANDED, "provider" => provider.to_owned()).increment(1);
}

pub(super) fn given_back() {
    counter!(GIVEN_BACK).increment(1);
}

pub(super) fn relayed(count: u64) {
    counter!(RELAYED).increment(count);
}
