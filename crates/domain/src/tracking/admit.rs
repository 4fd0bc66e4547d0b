//! Admission: can this ping be, now?

use super::Ping;
use crate::event::{Rejection, RejectionCode};
use crate::limits;
use crate::time::Micros;

/// Refuses what no device can have seen: null island, a time ahead of our clock or too long ago.
///
/// `max_age_us` is how long phones are given to send what they kept while they had no network.
/// Errors: the first [`Rejection`] found.
pub fn admit(ping: &Ping, now: Micros, max_age_us: i64) -> Result<(), Rejection> {
    let near_zero = |e7: i32| e7.unsigned_abs() <= limits::NULL_ISLAND_E7.unsigned_abs();
    if near_zero(ping.position.lat_e7) && near_zero(ping.position.lng_e7) {
        let reason = "is 0°, 0°: the device has no fix";
        return Err(Rejection::new(RejectionCode::ImplausiblePosition, "/lat", reason));
    }
    let at = ping.at;
    let refused = |code, reason| Err(Rejection::new(code, "/at", reason));
    if at < limits::EVENT_TIME_MIN {
        let reason = format!("{at} is before the year 2000");
        return refused(RejectionCode::ImplausibleTime, reason);
    }
    if at > now.plus(limits::PING_AHEAD_MAX_US) {
        let reason = format!("{at} is more than a minute ahead of {now}");
        return refused(RejectionCode::ImplausibleTime, reason);
    }
    if at < now.plus(max_age_us.saturating_neg()) {
        let reason = format!("{at} is more than {} s before {now}", max_age_us / 1_000_000);
        return refused(RejectionCode::TooOld, reason);
    }
    Ok(())
}
