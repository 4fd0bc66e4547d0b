//! Days of meals: a small one whose answer is known, what is wrong with files, what the checker
//! finds.

mod faults;
mod files;

use doorstep_domain::dispatch::batch::plan;
use doorstep_domain::time::Micros;
use doorstep_sim::mdrp::day::{MINUTE_US, run, settings};
use doorstep_sim::mdrp::nearest::nearest;
use doorstep_sim::mdrp::{Instance, Place, Solution, check};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A street: one restaurant, two orders up the street, a courier three minutes away.
const STREET: [(&str, &str); 4] = [
    ("restaurants.txt", "restaurant\tx\ty\nr1\t1000\t0\n"),
    (
        "orders.txt",
        "order\tx\ty\tplacement_time\trestaurant\tready_time\n\
         o1\t1500\t0\t10\tr1\t20\no2\t1700\t0\t12\tr1\t20\n",
    ),
    ("couriers.txt", "courier\tx\ty\ton_time\toff_time\nc1\t1300\t0\t0\t100\n"),
    (
        "instance_parameters.txt",
        "meters_per_minute\tpickup service minutes\tdropoff service minutes\t\
         target click-to-door\tmaximum click-to-door\tpay per order\tguaranteed pay per hour\n\
         100\t4\t4\t40\t90\t10\t15\n",
    ),
];

/// The street as files, with some of what is written there changed.
fn street(changes: &[(&str, &str, &str)]) -> TempDir {
    let directory = TempDir::new().unwrap();
    for (name, text) in STREET {
        let of = changes.iter().filter(|(file, _, _)| *file == name);
        let text = of.fold(text.to_owned(), |text, (_, from, to)| {
            assert!(text.contains(from), "{name} has no {from:?}");
            text.replace(from, to)
        });
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn dispatched(directory: &Path) -> Solution {
    let instance = Instance::read(directory).unwrap();
    let (settings, parameters) = (settings(&instance, 1), instance.parameters);
    let travel = |from, to| parameters.travel_min(from, to) * MINUTE_US;
    run(&instance, 1, &mut |snapshot, now: Micros| plan(snapshot, &settings, travel, now))
}

fn rows(solution: &Solution) -> [String; 3] {
    solution.texts().map(|text| text.lines().skip(1).collect::<Vec<_>>().join("\n"))
}

/// C6: the courier leaves at 14, in time for 20 with a minute to spare, waits, and brings both.
#[test]
fn a_day_goes_as_worked_out_by_hand() {
    let directory = street(&[]);
    let [assignments, orders, couriers] = rows(&dispatched(directory.path()));
    assert_eq!(assignments, "14\t20\tc1\to1\to2");
    assert_eq!(orders, "o1\t10\t20\t20\t29\tc1\no2\t12\t20\t20\t35\tc1");
    assert_eq!(couriers, "c1\t14\t0\tr1\nc1\t22\tr1\to1\nc1\t31\to1\to2");
}

/// C6: an order that is placed while the courier is on the way joins when they have arrived, at
/// 17; one that is placed after the pickup waits until the courier is back.
#[test]
fn what_is_picked_up_may_change_until_the_pickup_and_not_later() {
    let cases = [
        ("15", "17\t20\tc1\to1\to2"),
        ("19", "19\t20\tc1\to1\to2"),
        ("21", "14\t20\tc1\to1\n31\t38\tc1\to2"),
    ];
    for (placed, expected) in cases {
        let ready = if placed == "21" { "25" } else { "20" };
        let row = format!("{placed}\tr1\t{ready}");
        let directory = street(&[("orders.txt", "12\tr1\t20", &row)]);
        let [assignments, ..] = rows(&dispatched(directory.path()));
        assert_eq!(assignments, expected, "placed at {placed}");
    }
}

/// C6: nothing is picked up after the off-time, but brought. Columns: off-time, orders delivered.
#[test]
fn couriers_who_are_off_pick_nothing_up() {
    for (off, delivered) in [("20", 2), ("19", 0)] {
        let directory = street(&[("couriers.txt", "\t100\n", &format!("\t{off}\n"))]);
        let solution = dispatched(directory.path());
        assert_eq!(solution.deliveries.len(), delivered, "off at {off}");
    }
}

/// The nearest at once: nobody waits for a second order, and the second waits for the courier.
#[test]
fn the_nearest_go_at_once_and_carry_one() {
    let directory = street(&[]);
    let instance = Instance::read(directory.path()).unwrap();
    let (settings, parameters) = (settings(&instance, 1), instance.parameters);
    let travel = |from: Place, to: Place| parameters.travel_min(from, to) * MINUTE_US;
    let solution =
        run(&instance, 1, &mut |snapshot, now| nearest(snapshot, &settings, travel, now));
    let [assignments, ..] = rows(&solution);
    assert_eq!(assignments, "10\t20\tc1\to1\n31\t38\tc1\to2");
}

/// Times of the paper: distance over speed, rounded up. Columns: metres east, north, minutes.
#[test]
fn ways_take_whole_minutes() {
    let directory = street(&[]);
    let parameters = Instance::read(directory.path()).unwrap().parameters;
    let cases = [(0, 0, 0), (1, 0, 1), (100, 0, 1), (101, 0, 2), (300, 400, 5), (300, 401, 6)];
    for (x_m, y_m, minutes) in cases {
        let from = Place { x_m: 7, y_m: 9 };
        let to = Place { x_m: 7 + x_m, y_m: 9 + y_m };
        assert_eq!(parameters.travel_min(from, to), minutes, "{x_m} {y_m}");
        assert_eq!(parameters.travel_min(to, from), minutes, "{x_m} {y_m} back");
    }
}
