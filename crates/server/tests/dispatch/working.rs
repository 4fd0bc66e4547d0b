//! A courier's stream: told at once.

use super::{Network, parcel};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::time::Duration;

/// Events of a stream, as they come.
struct Stream(BufReader<Box<dyn std::io::Read + Send + Sync>>);

impl Stream {
    fn of(visitor: &crate::served::Visitor, path: &str) -> Stream {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_recv_body(Some(Duration::from_secs(20)))
            .build();
        let agent: ureq::Agent = config.into();
        let key = visitor.key.clone().unwrap_or_default();
        let request = agent.get(format!("{}{path}", visitor.url));
        let answer = request.header("authorization", format!("Bearer {key}")).call().unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Stream(BufReader::new(Box::new(answer.into_body().into_reader())))
    }

    /// The next event: its name, and what it says.
    fn next(&mut self) -> (String, Value) {
        let (mut name, mut line) = (String::new(), String::new());
        loop {
            line.clear();
            assert!(self.0.read_line(&mut line).unwrap() > 0, "the stream has ended");
            if let Some(event) = line.strip_prefix("event: ") {
                event.trim().clone_into(&mut name);
            } else if let Some(said) = line.strip_prefix("data: ") {
                return (name, serde_json::from_str(said).unwrap());
            }
        }
    }
}

/// C6: an offer is there as soon as it is made, and gone as soon as it is lost; polled as well.
#[test]
fn offers_come_and_go_at_once() {
    let network = Network::new();
    let anna = network.hires("anna", 37.7645, -122.466);
    let bea = network.hires("bea", 37.7650, -122.466);
    let mut told = Stream::of(&anna.visitor, "/v1/couriers/anna/work/events");
    let (name, work) = told.next();
    assert_eq!((name.as_str(), &work["offers"]), ("work", &Value::Array(vec![])));
    assert_eq!(work["server_time"], "2008-05-25T19:00:00Z");
    let id = network.is_asked(&parcel());
    network.matches();
    assert_eq!(told.next().1["offers"][0]["delivery_id"], id);
    bea.accepts(&id);
    network.matches();
    assert_eq!(told.next().1["offers"], Value::Array(vec![]));
    let polled = anna.visitor.gets("/v1/couriers/anna/work");
    let tag = polled.header("etag").to_owned();
    network.passes(5);
    let path = "/v1/couriers/anna/work";
    let again = anna.visitor.asks("GET", path, &[("if-none-match", &tag)], "");
    assert_eq!(again.status, 304, "the clock alone is no news");
    assert_eq!(anna.visitor.gets("/v1/couriers/bea/work/events").status, 403);
    assert_eq!(anna.visitor.gets("/v1/couriers/bea/work").status, 403);
    let unknown = network.served.operator.gets("/v1/couriers/nobody/work/events");
    assert_eq!(unknown.status, 404);
}

/// C7: a customer's stream tells of a new state within its second, and of each move.
#[test]
fn customers_are_told_as_it_happens() {
    let network = Network::new();
    let anna = network.hires("anna", 37.7645, -122.466);
    let asked = network.asks(&parcel()).json();
    let id = asked["delivery_id"].as_str().unwrap();
    let link = asked["tracking_url"].as_str().unwrap().replace("/track/", "/v1/track/");
    let mut told = Stream::of(&network.served.stranger, &format!("{link}/events"));
    assert_eq!(told.next().1["status"], "requested");
    anna.accepts(id);
    network.matches();
    let (name, seen) = told.next();
    assert_eq!((name.as_str(), &seen["status"]), ("tracking", &Value::from("assigned")));
    network.passes(5);
    network.sees("anna", 37.7660, -122.466);
    assert_eq!(told.next().1["courier_location"]["lat"], 37.7660);
    let forged = format!("{}0/events", link.trim_end_matches(|c| c != '.'));
    assert_eq!(network.served.stranger.gets(&forged).status, 404);
}
