//! Everything that goes wrong has one shape.

use crate::served::Served;
use crate::world::World;

#[test]
fn what_cannot_be_read_is_answered_with_the_field_and_the_reason() {
    let served = Served::new(World::new());
    let cases = [
        // (method, path, body, status, code, pointer)
        ("GET", "/v1/nothing", "", 404, "not_found", ""),
        ("GET", "/", "", 404, "not_found", ""),
        ("PUT", "/v1/status", "", 405, "method_not_allowed", ""),
        (
            "GET",
            "/v1/pay?market=sf&day=today",
            "",
            400,
            "invalid",
            "day",
        ),
        (
            "GET",
            "/v1/pay?market=sf&dya=2008-05-19",
            "",
            400,
            "invalid",
            "dya",
        ),
        ("GET", "/v1/pay", "", 400, "invalid", "market"),
        (
            "GET",
            "/v1/pay?market=sf&explain=perhaps",
            "",
            400,
            "invalid",
            "explain",
        ),
        ("GET", "/v1/pay?market=xx", "", 404, "not_found", ""),
        (
            "GET",
            "/v1/settlements/sf/2008-02-31",
            "",
            400,
            "invalid",
            "path",
        ),
        (
            "GET",
            "/v1/dead-letters?state=lost",
            "",
            400,
            "invalid",
            "state",
        ),
        (
            "GET",
            "/v1/dead-letters?limit=0",
            "",
            400,
            "invalid",
            "limit",
        ),
        ("GET", "/v1/dead-letters/dl_0", "", 404, "not_found", ""),
        (
            "GET",
            "/v1/conflicts?cursor=zz",
            "",
            400,
            "invalid",
            "cursor",
        ),
        ("POST", "/v1/keys", "{", 400, "malformed", ""),
        (
            "POST",
            "/v1/keys",
            "{\"role\":\"finance\",\"rule\":1}",
            400,
            "invalid",
            "",
        ),
    ];
    for (method, path, body, status, code, pointer) in cases {
        let answer = served.operator.asks(method, path, &[], body);
        assert_eq!(answer.status, status, "{method} {path}");
        let problem = answer.problem();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["instance"], path.split('?').next().unwrap());
        if status == 400 {
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
            assert!(!problem["errors"][0]["reason"].as_str().unwrap().is_empty());
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
    let answer = served
        .operator
        .asks("GET", "/v1/nothing", &[("traceparent", &parent)], "");
    assert_eq!(answer.problem()["trace_id"], trace);
}
