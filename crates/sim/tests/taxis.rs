//! The real days: counted, in order, dirty. Without the data this says so and passes, unless
//! `DOORSTEP_DATA_REQUIRED=1`.

use crate::trips::folder;
use doorstep_domain::time::{Day, Zone};
use doorstep_sim::taxis::{DAYS, TaxiPing, real_pings};
use doorstep_sim::trips::ZONE;
use std::collections::BTreeSet;

#[test]
fn a_day_of_pings_is_read_whole_and_in_order() {
    let Some(folder) = folder() else { return };
    let day: Day = DAYS[0].parse().unwrap();
    let zone: Zone = ZONE.parse().unwrap();
    let pings: Vec<TaxiPing> = real_pings(&folder, day).unwrap().map(Result::unwrap).collect();
    assert_eq!(pings.len(), 477_668);
    assert!(pings.is_sorted_by_key(|told| told.ping.at));
    assert!(pings.iter().all(|told| zone.day(told.ping.at) == day));
    let couriers: BTreeSet<&str> = pings.iter().map(|told| told.courier.as_str()).collect();
    assert!((480..=540).contains(&couriers.len()), "{}", couriers.len());
    let first = &pings[0];
    assert_eq!((first.courier.as_str(), first.carrying), ("cab-aniajcr", true));
    let at = (first.ping.position.lat_e7, first.ping.position.lng_e7);
    assert_eq!(at, (377_611_600, -1_224_308_100));
}

#[test]
fn a_day_that_is_not_there_is_named() {
    let Some(folder) = folder() else { return };
    let told = real_pings(&folder, "2008-05-22".parse().unwrap()).err().unwrap().to_string();
    assert!(told.contains("pings_2008-05-22.csv.zst"), "{told}");
}
