//! The real week: counted, whole, repeatable. Without the data this says so and passes, unless
//! `DOORSTEP_DATA_REQUIRED=1`.

use doorstep_domain::time::{Day, Zone};
use doorstep_sim::book::{Book, BookTerms};
use doorstep_sim::event::{Kind, SimEvent};
use doorstep_sim::trips::{MARKET, ZONE, data_folder, real_trips};
use std::collections::{BTreeMap, BTreeSet};
use std::{env, path::Path, path::PathBuf};

pub(crate) fn folder() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = data_folder(&workspace);
    if folder.is_none() {
        let required = env::var_os("DOORSTEP_DATA_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "DOORSTEP_DATA_REQUIRED=1, but the real data is not there");
        println!("skipped: the real data is not there; DOORSTEP_DATA says where it is");
    }
    folder
}

fn count(events: &[SimEvent], kind: Kind) -> usize {
    events.iter().filter(|event| event.kind == kind).count()
}

#[test]
fn the_week_has_every_trip_once() {
    let Some(folder) = folder() else { return };
    let events = real_trips(&folder, 1, None).unwrap();
    for kind in [Kind::Requested, Kind::Assigned, Kind::PickedUp, Kind::Delivered] {
        assert_eq!(count(&events, kind), 97_424, "{kind:?}");
    }
    assert!(events.is_sorted_by_key(|event| event.at));
    let names: BTreeSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(names.len(), events.len());
    let completed = || events.iter().filter_map(|event| event.completed.as_ref());
    let merchants: BTreeSet<&str> = completed().map(|it| it.merchant_id.as_str()).collect();
    assert_eq!(merchants.len(), 60);
    let metres = completed().map(|it| it.distance_m);
    assert_eq!((metres.clone().min(), metres.max()), (Some(349), Some(47_087)));
    assert_eq!(count(&events, Kind::Online), count(&events, Kind::Offline));
}

#[test]
fn a_day_is_told_whole_and_alike_each_time() {
    let Some(folder) = folder() else { return };
    let day: Day = "2008-05-19".parse().unwrap();
    let events = real_trips(&folder, 1, Some(day)).unwrap();
    assert_eq!(events, real_trips(&folder, 1, Some(day)).unwrap());
    assert_ne!(events, real_trips(&folder, 2, Some(day)).unwrap());
    let zone: Zone = ZONE.parse().unwrap();
    let on_day = events.iter().filter(|e| e.kind == Kind::Delivered && zone.day(e.at) == day);
    assert_eq!(on_day.count(), 12_319);
    let mut lives: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events.iter().filter(|event| event.id.starts_with("trip-")) {
        *lives.entry(&event.subject).or_default() += 1;
    }
    assert!(lives.values().all(|steps| *steps == 4));
}

#[test]
fn a_cab_is_online_whenever_it_carries() {
    let Some(folder) = folder() else { return };
    let day: Day = "2008-05-21".parse().unwrap();
    let mut online: BTreeSet<String> = BTreeSet::new();
    for event in real_trips(&folder, 1, Some(day)).unwrap() {
        match event.kind {
            Kind::Online => assert!(online.insert(event.subject), "online twice"),
            Kind::Offline => assert!(online.remove(&event.subject), "offline twice"),
            _ => {
                let courier = event.courier_id.as_ref();
                assert!(courier.is_none_or(|courier| online.contains(courier)), "{}", event.id);
            }
        }
    }
}

#[test]
fn a_real_day_can_be_kept_in_the_second_book() {
    let Some(folder) = folder() else { return };
    let day: Day = "2008-05-19".parse().unwrap();
    let events = real_trips(&folder, 1, Some(day)).unwrap();
    let now = "2008-06-01T00:00:00Z".parse().unwrap();
    let terms = BookTerms::example(MARKET, ZONE.parse().unwrap(), now);
    let book = Book::of(events.iter().map(SimEvent::to_line), &terms);
    let couriers = book.couriers_of(day);
    let deliveries: i64 = couriers.values().map(|row| row.deliveries).sum();
    let charged: i64 = book.merchants_of(day).values().map(|row| row.deliveries).sum();
    assert_eq!((deliveries, charged, book.rejected, book.repeated), (12_319, 12_319, 0, 0));
    assert!(book.conflicts.is_empty() && book.waiting.is_empty());
    for row in couriers.values() {
        let base_minor = row.worked_seconds * 2_400 / 3_600;
        assert!((base_minor..=2 * base_minor + 1).contains(&row.pay_minor), "{row:?}");
    }
}
