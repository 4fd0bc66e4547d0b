//! Everything that goes wrong has one shape.

use crate::served::Served;
use crate::world::World;

/// What is asked | status, code, and the field at fault where there is one.
const WRONG: &str = r#"
GET /v1/nothing                                  | 404 not_found
GET /assets/nothing.js                           | 404 not_found
GET /v1/map/streets                              | 400 invalid market
POST /v1/streets?market=sf&replace=perhaps       | 400 invalid replace
PUT /v1/status                                   | 405 method_not_allowed
GET /v1/pay?market=sf&day=today                  | 400 invalid day
GET /v1/pay?market=sf&dya=2008-05-19             | 400 invalid dya
GET /v1/pay                                      | 400 invalid market
GET /v1/pay?market=sf&explain=perhaps            | 400 invalid explain
GET /v1/pay?market=xx                            | 404 not_found
GET /v1/settlements/sf/2008-02-31                | 400 invalid path
GET /v1/dead-letters?state=lost                  | 400 invalid state
GET /v1/dead-letters?limit=0                     | 400 invalid limit
GET /v1/dead-letters/dl_0                        | 404 not_found
GET /v1/conflicts?cursor=zz                      | 400 invalid cursor
POST /v1/keys {                                  | 400 malformed
POST /v1/keys {"role":"finance","rule":1}        | 400 invalid
"#;

#[test]
fn what_cannot_be_read_is_answered_with_the_field_and_the_reason() {
    let served = Served::new(World::new());
    for case in WRONG.trim().lines() {
        let (asked, expected) = case.split_once('|').unwrap();
        let mut asked = asked.split_whitespace();
        let (method, path) = (asked.next().unwrap(), asked.next().unwrap());
        let answer = served.operator.asks(method, path, &[], asked.next().unwrap_or(""));
        let problem = answer.problem();
        let mut expected = expected.split_whitespace();
        assert_eq!(answer.status.to_string(), expected.next().unwrap(), "{case}");
        assert_eq!(problem["code"], expected.next().unwrap(), "{problem}");
        assert_eq!(problem["instance"], path.split('?').next().unwrap());
        if answer.status == 400 {
            let field = &problem["errors"][0];
            assert_eq!(field["pointer"], expected.next().unwrap_or(""), "{problem}");
            assert!(!field["reason"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn a_method_that_is_not_taken_is_told_which_are() {
    let served = Served::new(World::new());
    let answer = served.operator.asks("PUT", "/livez", &[], "");
    assert_eq!(answer.status, 405);
    assert!(answer.header("allow").contains("GET"));
}

#[test]
fn a_caller_s_trace_is_kept() {
    let served = Served::new(World::new());
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let answer = served.operator.asks("GET", "/v1/nothing", &[("traceparent", &parent)], "");
    assert_eq!(answer.problem()["trace_id"], trace);
}
