//! Facts are exchanged over a line that is cut and mended.

use super::line::Line;
use super::{Node, exchange, pair};
use crate::dispatch::{Network, parcel};
use crate::owed::{differences, owed, owed_by};
use crate::world::{SF, day, delivery, event};
use doorstep_domain::time::Zone;
use doorstep_server::check::check;
use doorstep_server::workers;
use doorstep_sim::book::{Book, BookTerms};
use doorstep_sim::city::{CityPlan, city};
use doorstep_sim::dirt::{Faults, soil};
use serde_json::{Value, json};
use std::sync::Arc;

const DAYS: [&str; 3] = ["2008-05-19", "2008-05-20", "2008-05-21"];

/// A soiled city of two days, line by line, and the terms it is paid by.
fn soiled(seed: u64) -> (Vec<Vec<u8>>, BookTerms) {
    let zone: Zone = "America/Los_Angeles".parse().unwrap();
    let terms = BookTerms::example("sf", zone.clone(), "2008-05-25T19:00:00Z".parse().unwrap());
    let plan = CityPlan {
        seed,
        couriers: 10,
        deliveries_per_courier: 10,
        days: 2,
        first_day: day(DAYS[0]),
        zone,
        market: "sf".to_owned(),
        currency: "USD".to_owned(),
    };
    (soil(city(plan), Faults::bad_day(seed)).collect(), terms)
}

/// Everything that two nodes must say alike: settlements, pay, conflicts.
fn all(node: &Node) -> Vec<String> {
    let of_days = DAYS.iter().flat_map(|day| {
        [
            node.says(&format!("/v1/settlements/sf/{day}")),
            node.says(&format!("/v1/pay?market=sf&day={day}&explain=true")),
        ]
    });
    of_days.chain([node.says("/v1/conflicts")]).collect()
}

fn is_told(node: &Node, lines: &[Vec<u8>]) {
    node.world().is_told_lines(lines.iter().map(Vec::as_slice));
}

/// E6: two nodes on a cut line are told overlapping and different parts of a bad day, some of them
/// of one delivery. Once the line is mended both say the same, byte for byte, which is what the
/// second book says of all of it; and so it stays after both have closed the days, whatever comes.
#[test]
fn after_the_line_is_mended_both_say_the_same() {
    for seed in 0..2 {
        let (lines, terms) = soiled(seed);
        let (west, east) = pair(&terms.to_toml());
        let nodes = [&west, &east];
        let (first, rest) = lines.split_at(lines.len() / 4);
        is_told(&west, first);
        exchange(&nodes);
        assert_eq!(all(&east), all(&west), "before the line is cut");

        nodes.iter().for_each(|node| node.line.is_cut());
        let (timely, late) = rest.split_at(rest.len() * 3 / 4);
        let told_to = |remainder: usize| -> Vec<Vec<u8>> {
            let lines = timely.iter().enumerate();
            lines.filter(|(n, _)| n % 3 != remainder).map(|(_, line)| line.clone()).collect()
        };
        is_told(&west, &told_to(0));
        is_told(&east, &told_to(1));
        nodes.iter().for_each(|node| cannot_pull(node));
        assert_ne!(all(&east), all(&west), "each knows a part");

        nodes.iter().for_each(|node| node.line.is_mended());
        nodes.iter().for_each(|node| pulls_again(node));
        exchange(&nodes);
        assert_eq!(all(&east), all(&west));
        assert_eq!(west.following()[0]["problem"], Value::Null);
        assert_eq!(west.following()[0]["behind_records"], 0);
        let book = Book::of(&lines[..lines.len() - late.len()], &terms);
        let different = differences(&owed(west.world()), &owed_by(&book));
        assert!(different.is_empty(), "{different:#?}");

        let ends = nodes.map(Node::records);
        exchange(&nodes);
        assert_eq!(nodes.map(Node::records), ends, "nothing goes in circles");

        for (day_of, node) in DAYS.iter().flat_map(|day| nodes.map(|node| (day, node))) {
            node.world().closes(day_of);
        }
        assert_eq!(all(&east), all(&west), "closed, digests and all");
        let (one, other) = late.split_at(late.len() / 2);
        is_told(&west, one);
        is_told(&east, other);
        exchange(&nodes);
        let book = owed_by(&Book::of(&lines, &terms));
        for node in nodes {
            let different = differences(&owed(node.world()), &book);
            assert!(different.is_empty(), "{different:#?}");
            workers::tell_waiting(&node.world().app).unwrap();
            let report = check(&node.world().app);
            assert_eq!(report.violations, 0, "{report:#?}");
        }
    }
}

fn cannot_pull(node: &Node) {
    assert!(node.tries().is_err());
    let problem = node.following()[0]["problem"].clone();
    assert!(problem.as_str().is_some_and(|why| why.starts_with("following http")), "{problem}");
}

/// Whoever failed is left alone for a second.
fn pulls_again(node: &Node) {
    while node.tries().is_err() {
        std::thread::yield_now();
    }
}

/// E6: one delivery whose parts were told to two nodes, and one that was completed differently at
/// each: both pay the one, and raise the other.
#[test]
fn parts_of_one_delivery_become_whole() {
    let (west, east) = pair(SF);
    let parts = delivery("d1", "anna", "2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z");
    west.world().is_told(&parts[..2]);
    east.world().is_told(&parts[2..]);
    let done = |courier: &str| {
        let mut parts = delivery("d2", courier, "2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z");
        for part in &mut parts {
            part["source"] = format!("/of/{courier}").into();
        }
        parts
    };
    west.world().is_told(&done("anna"));
    east.world().is_told(&done("bea"));
    let online = |to: &str, at: &str| {
        let mut told = event("x", "x", at, json!({}));
        told["type"] = format!("courier.{to}").into();
        told["subject"] = "anna".into();
        told
    };
    west.world().is_told(&[online("online", "2008-05-25T17:00:00Z")]);
    east.world().is_told(&[online("offline", "2008-05-25T18:50:00Z")]);
    let nodes = [&west, &east];
    exchange(&nodes);
    let paths = ["/v1/pay?market=sf&day=2008-05-25&explain=true", "/v1/conflicts"];
    for path in paths {
        assert_eq!(east.says(path), west.says(path), "{path}");
    }
    let conflicts: Value = serde_json::from_str(&west.says(paths[1])).unwrap();
    assert_eq!(conflicts["data"][0]["delivery_id"], "d2");
    for node in nodes {
        node.world().app.tracked.states.load(&node.world().app, &|| false).unwrap();
        let told: Value = serde_json::from_str(&node.says("/v1/deliveries/d1/position")).unwrap();
        assert_eq!((&told["status"], &told["courier_id"]), (&json!("delivered"), &json!("anna")));
    }
}

/// E6: what couriers of this node carried by its own dispatch is paid at the other as well.
#[test]
fn what_dispatch_decided_is_a_fact_at_the_other() {
    let (west, east) = pair(&format!("{SF}[markets.sf.dispatch]\n"));
    let Node { served, line, _key_file: key_file } = west;
    let network = Network { served };
    let anna = network.hires("anna", 37.7640, -122.4660);
    let id = network.is_asked(&parcel());
    assert_eq!(anna.accepts(&id).status, 200);
    for status in ["picked_up", "delivered"] {
        network.passes(600);
        assert_eq!(anna.tells(&id, status).status, 200, "{status}");
    }
    network.settles();
    east.world().clock.set(&network.world().app.clock.now().to_string());
    let west = Node { served: network.served, line, _key_file: key_file };
    exchange(&[&west, &east]);
    let path = "/v1/pay?market=sf&day=2008-05-25";
    let pay: Value = serde_json::from_str(&east.says(path)).unwrap();
    assert_eq!(pay[0]["courier_id"], "anna");
    let total = |pay: &Value| pay[0]["total_minor"].clone();
    assert_eq!(total(&pay), total(&serde_json::from_str(&west.says(path)).unwrap()));
}

/// E6: three nodes, each of which follows both others, say the same, and each record is in each log
/// once.
#[test]
fn three_nodes_that_follow_each_other_are_told_everything_once() {
    let lines: [Arc<Line>; 3] = std::array::from_fn(|_| Line::new());
    let node = |own: usize| {
        let others: Vec<_> = (0..3).filter(|n| *n != own).map(|n| &lines[n]).collect();
        Node::new(&lines[own], &others, SF)
    };
    let nodes = [node(0), node(1), node(2)];
    let (from, to) = ("2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z");
    for (n, node) in nodes.iter().enumerate() {
        for number in 0..5 {
            node.world().is_told(&delivery(&format!("d{n}-{number}"), "anna", from, to));
        }
    }
    let nodes = nodes.each_ref();
    exchange(&nodes);
    let path = "/v1/settlements/sf/2008-05-25";
    for node in nodes {
        assert_eq!(node.says(path), nodes[0].says(path));
        assert_eq!(node.records(), 3 * 5 * 4);
    }
}

/// E6: the threads of serving processes do it by themselves, and go on by themselves after the
/// line was cut.
#[test]
fn serving_processes_follow_unasked() {
    let (west, east) = pair(SF);
    let running: Vec<_> =
        [&west, &east].map(|node| workers::start(&node.world().app, true).unwrap()).into();
    let tells = |node: &Node, id: &str| {
        let told = delivery(id, "anna", "2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z");
        node.world().is_told(&told);
    };
    let knows = |node: &Node, deliveries: i64| {
        let pay = || node.says("/v1/pay?market=sf&day=2008-05-25");
        while serde_json::from_str::<Value>(&pay()).unwrap()[0]["deliveries"] != deliveries {
            std::thread::yield_now();
        }
    };
    tells(&west, "d1");
    knows(&east, 1);
    west.line.is_cut();
    tells(&west, "d2");
    tells(&east, "d3");
    knows(&west, 3);
    knows(&east, 2);
    west.line.is_mended();
    knows(&east, 3);
    drop(running);
    let path = "/v1/settlements/sf/2008-05-25";
    assert_eq!(east.says(path), west.says(path));
}
