//! Where pulling begins: where it stopped, or anew where that would be wrong.

use super::line::Line;
use super::{KEY, Node, exchange, pair};
use crate::world::{SF, delivery};
use doorstep_server::follow::{self, Source};
use doorstep_server::wire::EVENTS;
use doorstep_server::workers;
use serde_json::Value;

const SETTLED: &str = "/v1/settlements/sf/2008-05-25";

const OAK: &str = "[markets.oak]\ntime_zone = \"UTC\"\ncurrency = \"USD\"\n\
                   [markets.oak.pay]\nper_hour_minor = 1000\n";

fn deliveries(node: &Node, name: &str, count: usize) {
    let (from, to) = ("2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z");
    let told: Vec<Value> =
        (0..count).flat_map(|n| delivery(&format!("{name}{n}"), "anna", from, to)).collect();
    node.world().is_told(&told);
}

/// E6: a node that ends between two pages goes on with the second: nothing is pulled twice.
#[test]
fn a_restart_goes_on_where_it_stopped() {
    let (west, east) = pair(SF);
    deliveries(&west, "d", 1_600);
    assert!((1_000..=4_000).contains(&east.tries().unwrap()), "a page of each partition");
    let behind = east.following()[0]["behind_records"].as_u64().unwrap();
    assert_eq!(behind, 6_400 - east.records());
    let east = east.restarts(None);
    exchange(&[&west, &east]);
    assert_eq!((east.records(), west.records()), (6_400, 6_400));
    assert_eq!(east.says(SETTLED), west.says(SETTLED));
    let west = west.restarts(None);
    assert_eq!((west.pulls(), east.pulls()), (0, 0));
}

/// E6: a node that ends after it appended a page and before it noted that: the page is there twice,
/// is given on once, and changes nothing.
#[test]
fn a_page_that_was_not_noted_merges() {
    let (west, east) = pair(SF);
    deliveries(&west, "d", 5);
    assert_eq!(east.appends_and_ends(&west, EVENTS), 20);
    let east = east.restarts(None);
    exchange(&[&west, &east]);
    assert_eq!((east.records(), west.records()), (40, 40), "given on once");
    assert_eq!(east.says(SETTLED), west.says(SETTLED));
    let settled: Value = serde_json::from_str(&west.says(SETTLED)).unwrap();
    assert_eq!(settled["couriers"][0]["deliveries"], 5);
}

/// E6: where another node answers than before, it is pulled from its beginning, though its log is
/// longer than what was pulled.
#[test]
fn another_log_is_pulled_from_its_beginning() {
    let (west, east) = pair(SF);
    deliveries(&west, "d", 5);
    exchange(&[&east]);
    let line = std::sync::Arc::clone(&west.line);
    drop(west);
    let west = Node::new(&line, &[&east.line], SF);
    deliveries(&west, "e", 20);
    exchange(&[&west, &east]);
    let settled: Value = serde_json::from_str(&east.says(SETTLED)).unwrap();
    assert_eq!(settled["couriers"][0]["deliveries"], 25);
    let settled: Value = serde_json::from_str(&west.says(SETTLED)).unwrap();
    assert_eq!(settled["couriers"][0]["deliveries"], 20, "what was pulled is not given on");
}

/// E6: one is lost for good: the other answers everything it was told, and a new one in its place
/// begins with all of it.
#[test]
fn the_other_answers_everything_the_lost_one_was_told() {
    let (west, east) = pair(SF);
    deliveries(&west, "w", 3);
    deliveries(&east, "e", 4);
    exchange(&[&west, &east]);
    let answered = east.says(SETTLED);
    let line = std::sync::Arc::clone(&east.line);
    drop(east);
    assert_eq!(west.says(SETTLED), answered);
    let new = Node::new(&line, &[&west.line], SF);
    let app = &new.world().app;
    let everything = Source::new(&west.line.url, KEY, true).unwrap();
    while follow::step(app, &everything).unwrap() > 0 {}
    workers::catch_up(app, &|_| {}).unwrap();
    assert_eq!(new.says(SETTLED), answered);
    let before = west.records();
    exchange(&[&west, &new]);
    assert_eq!(west.records(), before, "it gives nothing back");
    deliveries(&new, "n", 1);
    exchange(&[&west, &new]);
    assert_eq!(west.says(SETTLED), new.says(SETTLED));
}

/// E6: facts of a market that is not known here are passed over, and pulled once it is.
#[test]
fn a_market_that_is_configured_later_is_pulled_then() {
    let (to_west, to_east) = (Line::new(), Line::new());
    let west = Node::new(&to_west, &[], &format!("{SF}{OAK}"));
    let east = Node::new(&to_east, &[&to_west], SF);
    deliveries(&west, "d", 3);
    let mut of_oak = delivery("o1", "olga", "2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z");
    of_oak.iter_mut().for_each(|event| event["market"] = "oak".into());
    west.world().is_told(&of_oak);
    assert_eq!(east.pulls(), 16);
    assert_eq!(east.records(), 12);
    assert_eq!(east.says("/v1/dead-letters"), west.says("/v1/dead-letters"), "none of them");
    assert_eq!(east.says(SETTLED), west.says(SETTLED));
    let east = east.restarts(Some((&[&to_west], &format!("{SF}{OAK}"))));
    exchange(&[&east]);
    for path in [SETTLED, "/v1/pay?market=oak&day=2008-05-25"] {
        assert_eq!(east.says(path), west.says(path), "{path}");
    }
}
