//! Of two ends that a provider told, a person says which is true: everything follows it.

use super::settling::{TODAY, TOMORROW, brought_by_doordash, later, one_delivery};
use super::{Handing, Other, plan};
use crate::served::Answer;
use doorstep_sim::provider::{Kind, Message};
use serde_json::{Value, json};

impl Handing {
    /// Finance decides, under a key.
    fn decides(&self, delivery: &str, once: &str, body: &Value) -> Answer {
        let path = format!("/v1/deliveries/{delivery}/decision");
        let answer = self.network.served.finance.posts(&path, once, &body.to_string());
        self.reads();
        answer
    }

    /// What the audit trail has of decisions, the newest first.
    fn decisions(&self) -> Vec<Value> {
        let trail = self.network.served.finance.gets("/v1/audit?limit=100").json();
        let entries = trail["data"].as_array().unwrap().iter();
        entries.filter(|entry| entry["action"] == "delivery.decide").cloned().collect()
    }
}

/// What a person has to decide about, as finance is told.
fn undecided(handing: &Handing) -> Vec<(Value, Value)> {
    let listed = handing.network.served.finance.gets("/v1/providers/other/disputed").json();
    let lines = listed["data"].as_array().unwrap().iter();
    lines.map(|line| (line["delivery_id"].clone(), line["status"].clone())).collect()
}

fn ended(status: &str) -> Value {
    json!({ "status": status, "reason": "the customer has sent a photograph" })
}

/// Brought, and told to have come back at 23:00 as well.
fn disputed() -> (Handing, String, Message) {
    let (handing, id, last) = brought_by_doordash();
    handing.passes(3_600);
    let back = later(&last, "DELIVERY_RETURNED", "2008-05-25T23:00:00Z");
    assert_eq!(handing.hears("other", &back), 200);
    handing.reads();
    assert_eq!(handing.status(&id), "returned");
    assert_eq!(handing.network.shows(&id)["needs_attention"], "provider_contradicts");
    (handing, id, last)
}

/// E9, A7, B6, B16: what is decided becomes the state and is settled: at once on an open day, by
/// adjustments after the close; decided otherwise later, that counts. A restart changes nothing.
#[test]
fn what_is_decided_is_settled() {
    for is_closed in [false, true] {
        let (mut handing, id, _) = disputed();
        assert_eq!(handing.owed(), []);
        if is_closed {
            handing.passes(24 * 3_600);
            handing.closes(TODAY);
        }
        for (number, status) in ["delivered", "returned", "delivered"].into_iter().enumerate() {
            handing.passes(60);
            let decided = handing.decides(&id, &format!("decided-{number}"), &ended(status));
            assert_eq!(decided.status, 200, "{decided:?}");
            let provider = &decided.json()["provider"];
            assert_eq!(
                (&provider["conflict"], &provider["decided"]),
                (&json!(false), &json!(true))
            );
            assert_eq!(handing.network.shows(&id)["needs_attention"], Value::Null, "{status}");
            for _ in 0..2 {
                assert_eq!(handing.status(&id), status, "{is_closed}");
                let expected = if status == "delivered" { one_delivery() } else { Vec::new() };
                assert_eq!(handing.owed(), expected, "{is_closed}: {status}");
                handing.agrees();
                handing = handing.restarts();
                handing.reads();
            }
        }
        let trail = handing.decisions();
        assert_eq!(trail.len(), 3, "{trail:?}");
        let adjustments = handing.settlement(TOMORROW)["adjustments"].as_array().unwrap().len();
        assert_eq!(adjustments, if is_closed { 12 } else { 0 });
    }
}

/// A7: a decision is made once, is shown to whoever asks why, and stands in the audit trail with
/// who made it and why; an end that was not decided over is for a person again.
#[test]
fn a_decision_is_shown_and_kept() {
    let (handing, id, last) = disputed();
    assert_eq!(undecided(&handing), [(json!(id), json!("returned"))]);
    let first = handing.decides(&id, "once", &ended("delivered"));
    for once in ["once", "again"] {
        assert_eq!(handing.decides(&id, once, &ended("delivered")).json(), first.json(), "{once}");
    }
    let [entry] = handing.decisions().try_into().unwrap();
    assert_eq!(entry["subject"], format!("other/{id}"), "{entry}");
    let states = format!("{} {}", entry["before"], entry["after"]);
    for word in ["returned", "delivered", "photograph"] {
        assert!(states.contains(word), "{word}: {entry}");
    }
    let explained = handing.network.served.operator.gets(&format!("/v1/deliveries/{id}/explain"));
    let explained = explained.json();
    let of = |verdict: &str| {
        let all = explained["data"].as_array().unwrap().iter();
        all.filter(|one| one["verdict"] == verdict).cloned().collect::<Vec<_>>()
    };
    let [decided] = of("decided").try_into().unwrap();
    assert_eq!((&decided["origin"], &decided["status"]), (&json!("person"), &json!("delivered")));
    assert_eq!(decided["reason"], "the customer has sent a photograph");
    let [overruled] = of("overruled").try_into().unwrap();
    assert_eq!(overruled["status"], "returned", "{explained}");

    handing.hears("other", &later(&last, "DELIVERY_RETURNED", "2008-05-25T23:00:00Z"));
    handing.reads();
    assert_eq!(handing.network.shows(&id)["provider"]["conflict"], false, "they repeat themselves");
    assert_eq!(undecided(&handing), []);
    handing.passes(12 * 3_600);
    let at = "2008-05-26T08:00:00Z";
    handing.hears("other", &later(&last, "DELIVERY_CANCELLED", at));
    handing.reads();
    let shown = handing.network.shows(&id);
    assert_eq!(shown["provider"]["conflict"], true, "{shown}");
    assert_eq!(shown["status"], "delivered", "what was decided stands meanwhile");
    assert_eq!(undecided(&handing), [(json!(id), json!("delivered"))]);
    assert_eq!(handing.owed(), one_delivery());
    assert_eq!(handing.decides(&id, "anew", &ended("canceled")).status, 200);
    assert_eq!(handing.status(&id), "failed");
    assert_eq!(handing.owed(), []);
    handing.agrees();
}

/// A7: what we called off and they say they brought, and then that they did not, is theirs to pay
/// for or ours as a person decides.
#[test]
fn what_was_called_off_follows_the_decision() {
    let handing = Handing::to(vec![Other::new("other", plan(Kind::DoordashDrive))]);
    let id = handing.is_handed_over();
    handing.asks();
    let path = format!("/v1/deliveries/{id}/cancel");
    assert_eq!(handing.network.served.operator.posts(&path, "off", "{}").status, 200);
    handing.passes(super::settling::A_LIFE);
    let messages = handing.others[0].says();
    for message in &messages {
        assert_eq!(handing.hears("other", message), 200);
    }
    let off = later(messages.last().unwrap(), "DELIVERY_CANCELLED", "2008-05-25T22:50:00Z");
    assert_eq!(handing.hears("other", &off), 200);
    handing.reads();
    let open = |handing: &Handing| {
        handing.network.settles();
        let open = handing.network.served.finance.gets("/v1/conflicts?state=open").json();
        open["data"].as_array().unwrap().len()
    };
    assert_eq!(open(&handing), 0);
    for (once, status, conflicts) in [("a", "delivered", 1), ("b", "canceled", 0)] {
        handing.passes(60);
        assert_eq!(handing.decides(&id, once, &ended(status)).status, 200);
        assert_eq!(handing.status(&id), "cancelled");
        assert_eq!(open(&handing), conflicts, "{status}");
        assert_eq!(handing.owed(), []);
        handing.agrees();
    }
}

/// Of people who decide at once each is heard and one stands, and whoever sends the same twice has
/// decided once; whoever follows stands still meanwhile, and comes to the same after a restart.
#[test]
fn who_decides_at_once_is_heard_once() {
    let (handing, id, _) = disputed();
    let path = format!("/v1/deliveries/{id}/decision");
    std::thread::scope(|scope| {
        for (once, status) in [("a", "delivered"), ("b", "returned"), ("a", "delivered")] {
            let (finance, path) = (&handing.network.served.finance, &path);
            scope.spawn(move || {
                // Whoever sends while the same is under way is told so, and may send it again.
                let decides = || finance.posts(path, once, &ended(status).to_string()).status;
                let answers: Vec<u16> = std::iter::repeat_with(decides).take(9).collect();
                assert!(answers.iter().all(|status| [200, 409].contains(status)), "{answers:?}");
                assert!(answers.contains(&200), "{answers:?}");
            });
        }
    });
    let handing = handing.restarts();
    handing.reads();
    let explained = handing.network.served.operator.gets(&format!("/v1/deliveries/{id}/explain"));
    let explained = explained.json();
    let all = explained["data"].as_array().unwrap().iter();
    let made: Vec<&Value> = all.filter(|one| one["origin"] == "person").collect();
    assert_eq!(made.len(), 2, "{explained}");
    assert_eq!(handing.decisions().len(), made.len());
    let last = made.iter().find(|one| one["verdict"] == "decided").unwrap();
    assert_eq!(handing.status(&id), last["status"]);
    let expected = if last["status"] == "delivered" { one_delivery() } else { Vec::new() };
    assert_eq!(handing.owed(), expected);
    handing.agrees();
}

/// A refusal names what is wrong, and has written nothing.
#[test]
fn what_cannot_be_decided_is_refused() {
    let (handing, id, _) = disputed();
    let calm = handing.network.is_asked(&crate::dispatch::parcel());
    let with = |field: &str, value: Value| {
        let mut body = ended("delivered");
        body[field] = value;
        body
    };
    // delivery, what is sent, answer, which field is wrong
    let cases = [
        (id.as_str(), with("status", json!("failed")), 400, "/status"),
        (&id, with("status", json!("picked_up")), 400, "/status"),
        (&id, with("status", json!("teleported")), 400, "/status"),
        (&id, with("reason", json!(" ")), 400, "/reason"),
        (&id, with("reason", json!("a\u{7}b")), 400, "/reason"),
        (&id, with("reason", json!("x".repeat(10_000))), 400, "/reason"),
        (&id, with("provider", json!("nobody")), 400, "/provider"),
        (&id, with("surprise", json!(1)), 400, ""),
        (&calm, ended("delivered"), 404, ""),
        ("nothing", ended("delivered"), 404, ""),
    ];
    for (number, (delivery, body, status, field)) in cases.into_iter().enumerate() {
        let answer = handing.decides(delivery, &format!("case-{number}"), &body);
        let problem = answer.problem();
        assert_eq!(answer.status, status, "{body}: {problem}");
        assert!(problem.to_string().contains(field), "{field}: {problem}");
    }
    let path = format!("/v1/deliveries/{id}/decision");
    let body = ended("delivered").to_string();
    let courier = handing.network.served.courier("mallory");
    assert_eq!(courier.posts(&path, "mallory", &body).status, 403);
    let headers = [("content-type", "application/json")];
    let keyless = handing.network.served.finance.asks("POST", &path, &headers, &body);
    assert_eq!(keyless.status, 400, "{keyless:?}");
    assert_eq!(handing.decisions(), [] as [Value; 0]);
    assert_eq!(handing.network.shows(&id)["provider"]["decided"], false);

    let (peaceful, id, _) = brought_by_doordash();
    let answer = peaceful.decides(&id, "calm", &ended("delivered"));
    assert_eq!((answer.status, &answer.problem()["code"]), (409, &json!("not_disputed")));
}
