//! Changes of deliveries as they happen: who listens is told, and the rest when they come back.

use super::{HERE, does, network};
use crate::dispatch::{Network, sf};
use crate::live::socket::Socket;
use crate::live::stream::Stream;
use crate::notifications::listener::Listener;
use crate::served::{Served, Visitor};
use crate::world::{SF, World};
use doorstep_server::dispatch::dispatch_lane;
use doorstep_server::dispatch::relay::{self, RELAY};
use doorstep_server::dispatch::told::{DELIVERY, DeliveryTold};
use doorstep_server::notifications::NOTIFIER;
use serde_json::{Value, json};

const ALL: &str = "/v1/deliveries/events?market=sf";

impl Network {
    fn cancels(&self, delivery: &str) {
        let path = format!("/v1/deliveries/{delivery}/cancel");
        let answer = self.served.operator.asks("POST", &path, &[], "{\"reason\":\"closed\"}");
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// What everybody has read, and what is older than ten minutes, is forgotten.
    fn forgets(&self) -> u64 {
        self.tells();
        self.settles();
        relay::forget(&self.world().app, &sf(), &[RELAY, NOTIFIER], i64::MAX).unwrap()
    }

    /// Another process on the same store announces changes, of which this one hears nothing.
    fn announces_elsewhere(&self, numbers: std::ops::Range<i64>, reason: &str) {
        let (now, reason) = (self.world().app.clock.now(), reason.to_owned());
        let told = move |number: i64| DeliveryTold {
            withdraws: false,
            delivery_id: format!("del_{number}"),
            market: "sf".to_owned(),
            merchant_id: "m8".to_owned(),
            reference: None,
            status: doorstep_domain::dispatch::Status::Requested,
            revision: 1,
            courier_id: None,
            provider: None,
            at: now,
            recorded_at: now,
            reason: Some(reason.clone()),
            ended: false,
            freed: Vec::new(),
            withdrawn: Vec::new(),
            wanted: None,
            completion: None,
        };
        let lane = dispatch_lane(&sf()).unwrap();
        let announced = self.world().app.store.lane(&lane, move |tx| {
            for told in numbers.clone().map(&told) {
                let payload = serde_json::to_vec(&told).unwrap();
                let kind = format!("{DELIVERY}{}", told.status);
                tx.announce(&kind, &told.delivery_id, &payload, now.0)?;
            }
            Ok::<_, doorstep_store::StoreError>(())
        });
        announced.unwrap();
    }
}

/// The delivery and the state of the next event.
fn next(stream: &mut Stream) -> (String, String) {
    let event = stream.next().unwrap();
    assert_eq!(event.body["type"], event.name);
    let content = &event.body["data"];
    let text = |field: &str| content[field].as_str().unwrap().to_owned();
    assert_eq!(event.name, format!("delivery.{}", text("status")));
    (text("delivery_id"), text("status"))
}

fn is(delivery: &str, status: &str) -> (String, String) {
    (delivery.to_owned(), status.to_owned())
}

/// E3: whoever listens is told what webhooks are told, at once and in the same words: operators
/// everything, merchants their own, of the types they name.
#[test]
fn who_listens_is_told_what_webhooks_are_told() {
    let network = network("", "");
    let hook = Listener::new();
    network.subscribes(&network.served.operator, &hook, json!({}));
    let mut all = Stream::of(&network.served.operator, "/v1/deliveries/events", "");
    for line in ["content-type: text/event-stream", "cache-control: no-store"] {
        assert!(all.head.iter().any(|head| head == line), "{line} in {:?}", all.head);
    }
    let types = format!("{ALL}&types=delivery.cancelled,delivery.delivered");
    let mut ended = Stream::of(&network.merchant("m8"), &types, "");
    let mut others = Stream::of(&network.merchant("m9"), "/v1/deliveries/events", "");
    let mut named = Stream::of(&network.served.operator, &format!("{ALL}&merchant_id=m9"), "");
    let (own, other) = (network.is_asked_by("m8"), network.is_asked_by("m9"));
    network.cancels(&own);
    let told: Vec<Value> = (0..3).map(|_| all.next().unwrap().body).collect();
    network.tells();
    let mut hooked: Vec<Value> = hook.heard().iter().map(|heard| heard.json()).collect();
    hooked.sort_by_key(|body| (body["data"]["revision"].as_i64(), body.to_string()));
    let mut sorted = told.clone();
    sorted.sort_by_key(|body| (body["data"]["revision"].as_i64(), body.to_string()));
    assert_eq!(sorted, hooked);
    let link = told[0]["data"]["tracking_url"].as_str().unwrap();
    assert!(link.starts_with("https://track.example/track/del_"), "{link}");
    assert_eq!(next(&mut ended), is(&own, "cancelled"));
    assert_eq!(next(&mut others), is(&other, "requested"));
    assert_eq!(next(&mut named), is(&other, "requested"));
    network.cancels(&other);
    assert_eq!(next(&mut all), is(&other, "cancelled"));
    assert_eq!(next(&mut others), is(&other, "cancelled"));
}

/// E3: whoever comes back with the last id is told exactly the rest, after a restart as well; the
/// id moves on with signs of life where nothing is for them.
#[test]
fn who_comes_back_is_told_the_rest() {
    let network = network("", "");
    let (mut all, merchant) =
        (Stream::of(&network.served.operator, ALL, ""), network.merchant("m8"));
    let first = network.is_asked_by("m8");
    assert_eq!(next(&mut all), is(&first, "requested"));
    let (id, before) = (all.id.clone(), all);
    drop(before);
    let second = network.is_asked_by("m8");
    network.cancels(&first);
    let network = Network { served: Served::new(network.served.ended().restarted()) };
    let here =
        |visitor: &Visitor| Visitor { url: network.served.stranger.url.clone(), ..visitor.clone() };
    let mut all = Stream::of(&network.served.operator, ALL, &id);
    assert_eq!(next(&mut all), is(&second, "requested"));
    assert_eq!(next(&mut all), is(&first, "cancelled"));
    let by_query = format!("{ALL}&types=delivery.cancelled&last_event_id={id}");
    let mut own = Stream::of(&here(&merchant), &by_query, "");
    assert_eq!(next(&mut own), is(&first, "cancelled"));
    network.announces_elsewhere(0..3, "busy");
    for number in 0..3 {
        assert_eq!(next(&mut all), is(&format!("del_{number}"), "requested"));
    }
    let newest = all.id.clone();
    own.waits_for_id(&newest);
}

/// E3: where the history is gone, or was never of this store, that is said, and what is left
/// follows.
#[test]
fn a_history_that_is_gone_is_said_to_be() {
    let network = network("", "");
    let first = network.is_asked_by("m8");
    network.passes(601);
    let second = network.is_asked_by("m8");
    network.passes(1);
    assert_eq!(network.forgets(), 1);
    let reset = json!({ "type": "reset", "data": { "reason": "history_gone" } });
    for last in ["0", "99", "-1", "18c7-4", "nonsense"] {
        let mut stream = Stream::of(&network.served.operator, ALL, last);
        assert_eq!(stream.expects("reset"), reset, "{last}");
        assert_eq!(stream.id, "1", "{last}: where it goes on");
        assert_eq!(next(&mut stream), is(&second, "requested"), "{last}");
    }
    let mut stream = Stream::of(&network.served.operator, ALL, "1");
    assert_eq!(next(&mut stream), is(&second, "requested"));
    network.cancels(&first);
    assert_eq!(next(&mut stream), is(&first, "cancelled"));
}

/// E3: the same over a WebSocket, whose messages say the id to come back with.
#[test]
fn a_socket_tells_what_the_events_tell() {
    let network = network("", "");
    let path = "/v1/deliveries/socket?market=sf";
    let mut stream = Stream::of(&network.served.operator, ALL, "");
    let mut socket = Socket::at(&network.merchant("m8"), path);
    let first = network.is_asked_by("m8");
    let (told, mut said) = (stream.next().unwrap().body, socket.text());
    let id = said.as_object_mut().unwrap().remove("id").unwrap();
    assert_eq!((&said, id.as_str().unwrap()), (&told, stream.id.as_str()));
    drop(socket);
    network.cancels(&first);
    let id = id.as_str().unwrap();
    let mut socket = Socket::at(&network.merchant("m8"), &format!("{path}&after={id}"));
    assert_eq!(socket.text()["type"], "delivery.cancelled");
    let mut gone = Socket::at(&network.served.operator, &format!("{path}&after=77"));
    let said = gone.text();
    assert_eq!((&said["type"], &said["id"]), (&json!("reset"), &json!("0")));
    assert_eq!(gone.text()["type"], "delivery.requested", "what is left follows");
    network.served.api.drain();
    assert_eq!(socket.end(), (1001, "the server is stopping".to_owned()));
}

/// E3: whoever does not keep up is dropped and told so, and what they missed is there for them.
#[test]
fn a_client_that_does_not_keep_up_is_dropped() {
    let network = network("", "");
    let (path, words) = ("/v1/deliveries/socket?market=sf", "x".repeat(8_000));
    let mut socket = Socket::at(&network.served.operator, path);
    network.announces_elsewhere(0..1, "first");
    assert_eq!(socket.text()["data"]["delivery_id"], "del_0");
    let mut quick =
        Stream::of(&network.served.operator, &format!("{ALL}&types=delivery.failed"), "");
    for chunk in 0..8 {
        network.announces_elsewhere(1 + chunk * 1_000..1 + (chunk + 1) * 1_000, &words);
    }
    quick.waits_for_id("8001");
    let (mut last, mut told) = (0, Value::Null);
    while told["code"] != "too_slow" {
        last = told["id"].as_str().map_or(last, |id| id.parse().unwrap());
        told = socket.text();
    }
    assert!((1..8_001).contains(&last), "{last}");
    assert_eq!(socket.end(), (1013, "too slow: come again with the last id".to_owned()));
    let mut socket = Socket::at(&network.served.operator, &format!("{path}&after={last}"));
    for number in last..8_001 {
        assert_eq!(socket.text()["data"]["delivery_id"], format!("del_{number}"));
    }
}

/// E3: operators and merchants may; a merchant only their own; a key that is revoked ends it.
#[test]
fn who_may_listen_and_until_when() {
    let config = format!(
        "[notifications]\n{HERE}{SF}[markets.oak]\ntime_zone = \"UTC\"\ncurrency = \"USD\"\n"
    );
    let network = Network { served: Served::new(World::with(&config)) };
    let operator = &network.served.operator;
    for visitor in [&network.served.finance, &network.served.courier("anna")] {
        assert_eq!(visitor.gets(ALL).status, 403);
    }
    let cases = [
        (operator, "/v1/deliveries/events", "market"),
        (operator, "/v1/deliveries/events?market=sf&types=delivery.eaten", "types"),
        (&network.merchant("m8"), "/v1/deliveries/events?market=sf&merchant_id=m9", "merchant_id"),
    ];
    for (visitor, path, pointer) in cases {
        let problem = visitor.gets(path).problem();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{path}");
    }
    assert_eq!(operator.gets("/v1/deliveries/events?market=moon").status, 404);
    let problem = operator.gets("/v1/deliveries/socket?market=sf").problem();
    assert_eq!(problem["code"], "not_a_websocket");
    let new = json!({ "role": "operator", "label": "for now" });
    let (_, key) = does(operator, "/v1/keys", &new);
    let guest = network.served.stranger.with_key(key["secret"].as_str().unwrap());
    let mut streams = [ALL, "/v1/watch?market=sf"].map(|path| Stream::of(&guest, path, ""));
    let mut sockets = ["/v1/deliveries/socket?market=sf", "/v1/watch/socket?market=sf"]
        .map(|path| Socket::at(&guest, path));
    let path = format!("/v1/keys/{}", key["key_id"].as_str().unwrap());
    assert_eq!(operator.asks("DELETE", &path, &[], "").status, 200);
    for stream in &mut streams {
        assert_eq!(stream.expects("end"), json!({ "code": "unauthorized" }));
        assert!(stream.next().is_none());
    }
    for socket in &mut sockets {
        assert_eq!(socket.end(), (1008, "the key was revoked".to_owned()));
    }
}
