//! Providers that do not exist: what they are asked, what becomes of it, and what they tell.

use doorstep_domain::time::{Micros, SECOND_US};
use doorstep_sim::provider::{Answered, Asked, Dirt, Kind, Odds, Plan, Provider, Stage, Telling};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const NOW: Micros = Micros(1_700_000_000_000_000);

/// Long after any life is over.
const LATER: Micros = Micros(NOW.0 + 4 * 3_600 * SECOND_US);

/// HS256 of `{"aud":"doordash","iss":"dev","kid":"key","exp":4102444800}` under `secret`.
const TOKEN: &str = "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImRkLXZlciI6IkRELUpXVC1WMSJ9.\
    eyJhdWQiOiJkb29yZGFzaCIsImlzcyI6ImRldiIsImtpZCI6ImtleSIsImV4cCI6NDEwMjQ0NDgwMH0.\
    VBFqdRtbBTAA3cWnrjcNgZLvA3OKoGy84EYWDZGsgR8";

const KINDS: [Kind; 3] = [Kind::UberDirect, Kind::DoordashDrive, Kind::Onfleet];

fn plan(kind: Kind) -> Plan {
    Plan {
        kind,
        seed: 7,
        speed: 1,
        secret: "0011aabb".to_owned(),
        credential: match kind {
            Kind::UberDirect => "client:word",
            Kind::DoordashDrive => "dev:key:c2VjcmV0",
            Kind::Onfleet => "apikey",
        }
        .to_owned(),
        account: "cus_1".to_owned(),
        calls_per_second: 1_000_000,
        lost_answers_bp: 0,
        odds: Odds::default(),
        dirt: Dirt::default(),
    }
}

/// Whoever books with a provider.
struct Client {
    provider: Provider,
    authorization: String,
}

impl Client {
    fn of(plan: Plan) -> Client {
        let mut client = Client { provider: Provider::new(plan), authorization: String::new() };
        client.authorization = match client.provider.plan().kind {
            Kind::DoordashDrive => TOKEN.to_owned(),
            Kind::Onfleet => "Basic YXBpa2V5Og==".to_owned(),
            Kind::UberDirect => {
                let form = "client_id=client&client_secret=word&grant_type=client_credentials";
                let asked = Asked {
                    method: "POST",
                    path: "/oauth/v2/token",
                    query: "",
                    authorization: "",
                    body: form.as_bytes(),
                };
                let answered = client.provider.ask(&asked, NOW);
                format!("Bearer {}", answered.body["access_token"].as_str().unwrap())
            }
        };
        client
    }

    fn asks(&mut self, method: &str, path: &str, body: &Value, now: Micros) -> Answered {
        let body = body.to_string();
        let authorization = &self.authorization;
        let asked = Asked { method, path, query: "", authorization, body: body.as_bytes() };
        self.provider.ask(&asked, now)
    }

    /// Books a delivery under a name.
    fn books(&mut self, ours: &str) -> Answered {
        match self.provider.plan().kind {
            Kind::UberDirect => {
                let body = json!({
                    "pickup_name": "m8", "pickup_address": "1 A St", "external_id": ours,
                    "pickup_phone_number": "+1", "dropoff_name": "c", "dropoff_address": "2 B St",
                    "dropoff_phone_number": "+2", "manifest_items": [{ "name": "box" }],
                    "idempotency_key": ours,
                });
                self.asks("POST", "/v1/customers/cus_1/deliveries", &body, NOW)
            }
            Kind::DoordashDrive => {
                let body = json!({
                    "external_delivery_id": ours, "pickup_address": "1 A St",
                    "dropoff_address": "2 B St", "dropoff_phone_number": "+2",
                });
                self.asks("POST", "/drive/v2/deliveries", &body, NOW)
            }
            Kind::Onfleet => {
                let mut body = json!({
                    "destination": { "address": { "unparsed": "1 A St" } }, "pickupTask": true,
                    "metadata": [{ "name": "delivery_id", "type": "string", "value": ours }],
                    "recipients": [{ "name": "c", "phone": "+2" }],
                });
                let pickup = self.asks("POST", "/api/v2/tasks", &body, NOW);
                body["pickupTask"] = json!(false);
                body["dependencies"] = json!([pickup.body["id"]]);
                self.asks("POST", "/api/v2/tasks", &body, NOW)
            }
        }
    }

    fn looks(&mut self, ours: &str, booked: &Answered, now: Micros) -> Answered {
        let path = match self.provider.plan().kind {
            Kind::UberDirect => {
                format!("/v1/customers/cus_1/deliveries/{}", booked.body["id"].as_str().unwrap())
            }
            Kind::DoordashDrive => format!("/drive/v2/deliveries/{ours}"),
            Kind::Onfleet => format!("/api/v2/tasks/{}", booked.body["id"].as_str().unwrap()),
        };
        self.asks("GET", &path, &Value::Null, now)
    }

    fn told(&self, telling: &Telling) -> Value {
        serde_json::from_slice(&self.provider.message(telling).unwrap().body).unwrap()
    }
}

/// What a message calls the state of its delivery.
fn word(kind: Kind, message: &Value) -> String {
    let word = match kind {
        Kind::UberDirect => &message["status"],
        Kind::DoordashDrive => &message["event_name"],
        Kind::Onfleet => &message["triggerName"],
    };
    word.as_str().unwrap().to_owned()
}

/// E8: each is asked and tells in its own words, from the booking to the end.
#[test]
fn a_delivery_is_told_in_the_words_of_whoever_brings_it() {
    let cases: [(Kind, &[&str]); 3] = [
        (
            Kind::UberDirect,
            &["pending", "pickup", "pickup", "pickup_complete", "dropoff", "dropoff", "delivered"],
        ),
        (
            Kind::DoordashDrive,
            &[
                "DELIVERY_CREATED",
                "DASHER_CONFIRMED",
                "DASHER_ENROUTE_TO_PICKUP",
                "DASHER_CONFIRMED_PICKUP_ARRIVAL",
                "DASHER_PICKED_UP",
                "DASHER_ENROUTE_TO_DROPOFF",
                "DASHER_CONFIRMED_DROPOFF_ARRIVAL",
                "DASHER_DROPPED_OFF",
            ],
        ),
        (
            Kind::Onfleet,
            &[
                "taskCreated",
                "taskAssigned",
                "taskStarted",
                "taskArrival",
                "taskCompleted",
                "taskStarted",
                "taskArrival",
                "taskCompleted",
            ],
        ),
    ];
    for (kind, expected) in cases {
        let mut client = Client::of(plan(kind));
        let booked = client.books("del_1");
        assert_eq!((booked.status, booked.booked), (200, Some(0)), "{kind:?} {}", booked.body);
        let told: Vec<String> =
            booked.tellings.iter().map(|telling| word(kind, &client.told(telling))).collect();
        assert_eq!(told, expected, "{kind:?}");
        let truth = client.provider.truth(LATER);
        assert_eq!(truth["deliveries"][0]["status"], "delivered", "{kind:?}");
        assert_eq!(truth["bookings"], json!({ "del_1": 1 }), "{kind:?}");
        assert_eq!(client.looks("del_1", &booked, LATER).status, 200, "{kind:?}");
    }
}

/// E9: what was booked under a name is not booked again: the second one is told of the first.
#[test]
fn a_repeated_booking_is_refused_and_the_first_can_be_found() {
    for kind in [Kind::UberDirect, Kind::DoordashDrive] {
        let mut client = Client::of(plan(kind));
        let first = client.books("del_1");
        let again = client.books("del_1");
        assert_eq!((again.status, again.booked), (409, None), "{kind:?}");
        if kind == Kind::UberDirect {
            assert_eq!(again.body["metadata"]["delivery_id"], first.body["id"]);
        }
        assert_eq!(client.provider.truth(NOW)["bookings"]["del_1"], 1, "{kind:?}");
    }
    // Onfleet knows no such name: whoever asks must look first.
    let mut client = Client::of(plan(Kind::Onfleet));
    client.books("del_1");
    let wanted = json!([{ "name": "delivery_id", "type": "string", "value": "del_1" }]);
    let found = client.asks("POST", "/api/v2/tasks/metadata", &wanted, NOW);
    assert_eq!(found.body.as_array().unwrap().len(), 2, "{}", found.body);
    client.books("del_1");
    assert_eq!(client.provider.truth(NOW)["bookings"]["del_1"], 2);
}

/// E9: a cancellation ends it before the pickup and is refused afterwards.
#[test]
fn what_is_with_a_courier_cannot_be_cancelled() {
    for kind in KINDS {
        let mut client = Client::of(plan(kind));
        for (ours, at, expected) in [("del_1", NOW, "canceled"), ("del_2", LATER, "delivered")] {
            let booked = client.books(ours);
            let reference = booked.body["id"].as_str().unwrap_or(ours);
            let (method, path) = match kind {
                Kind::UberDirect => {
                    ("POST", format!("/v1/customers/cus_1/deliveries/{reference}/cancel"))
                }
                Kind::DoordashDrive => ("PUT", format!("/drive/v2/deliveries/{ours}/cancel")),
                Kind::Onfleet => ("DELETE", format!("/api/v2/tasks/{reference}")),
            };
            let answered = client.asks(method, &path, &Value::Null, at);
            let is_taken = expected == "canceled";
            assert_eq!(answered.status == 200, is_taken, "{kind:?} {}", answered.body);
            assert_eq!(answered.tellings.len(), usize::from(is_taken), "{kind:?}");
            let truth = client.provider.truth(LATER);
            let number = booked.booked.unwrap();
            assert_eq!(truth["deliveries"][number]["status"], expected, "{kind:?}");
        }
    }
}

/// Whoever shows nothing, or something else, is told nothing.
#[test]
fn strangers_are_turned_away() {
    for kind in KINDS {
        let mut client = Client::of(plan(kind));
        for wrong in ["", "Bearer guess", "Basic Z3Vlc3M6"] {
            client.authorization = wrong.to_owned();
            let path = match kind {
                Kind::UberDirect => "/v1/customers/cus_1/deliveries",
                Kind::DoordashDrive => "/drive/v2/deliveries",
                Kind::Onfleet => "/api/v2/tasks",
            };
            let answered = client.asks("POST", path, &json!({}), NOW);
            assert_eq!(answered.status, 401, "{kind:?} {wrong:?}");
        }
    }
}

/// B11: above its limit it says so, and when to come again.
#[test]
fn above_the_limit_one_is_told_to_wait() {
    for kind in KINDS {
        let limit = 5;
        let mut client = Client::of(Plan { calls_per_second: limit, ..plan(kind) });
        let at = NOW.plus(10 * SECOND_US);
        let answers: Vec<u16> =
            (0..8).map(|_| client.asks("GET", "/nothing", &Value::Null, at).status).collect();
        assert_eq!(answers.iter().filter(|status| **status == 429).count(), 3, "{answers:?}");
        let next = client.asks("GET", "/nothing", &Value::Null, at.plus(SECOND_US));
        assert_eq!(next.status, 404);
    }
}

/// E1, E2: dirt is what was asked for, the same for the same seed, and what is left tells the end.
#[test]
fn messages_are_repeated_reordered_lost_and_forged_as_asked() {
    let dirt = Dirt {
        duplicated_bp: 2_000,
        reordered_bp: 2_000,
        late_bp: 500,
        lost_bp: 1_000,
        silent_bp: 500,
        forged_bp: 500,
    };
    for kind in KINDS {
        let tellings = |seed| {
            let mut client = Client::of(Plan { seed, dirt, ..plan(kind) });
            let mut tellings = Vec::new();
            for number in 0..400 {
                let booked = client.books(&format!("del_{number}"));
                tellings.extend(booked.tellings);
            }
            let bodies: Vec<_> =
                tellings.iter().map(|telling| client.provider.message(telling)).collect();
            (tellings, bodies)
        };
        let (told, bodies) = tellings(3);
        assert_eq!((&told, &bodies), (&tellings(3).0, &tellings(3).1), "{kind:?}");
        assert_ne!(told, tellings(4).0, "{kind:?}");
        let true_ones: Vec<&Telling> = told.iter().filter(|telling| !telling.is_forged).collect();
        let distinct: BTreeSet<(usize, usize)> =
            true_ones.iter().map(|telling| (telling.delivery, telling.step)).collect();
        let repeated = true_ones.len() - distinct.len();
        let share = repeated as f64 / distinct.len() as f64;
        assert!((0.15..0.25).contains(&share), "{kind:?}: {share} repeated");
        let backwards = true_ones
            .windows(2)
            .filter(|pair| pair[0].delivery == pair[1].delivery)
            .filter(|pair| pair[0].step < pair[1].step && pair[0].due > pair[1].due)
            .count();
        assert!(backwards > distinct.len() / 10, "{kind:?}: {backwards} in the wrong order");
        assert!(told.len() > true_ones.len(), "{kind:?}: nobody forges");
    }
}

/// What becomes of deliveries is drawn as asked, and every life has an end.
#[test]
fn some_are_refused_called_off_given_back_and_brought_back() {
    let odds = Odds {
        refused_bp: 1_000,
        canceled_bp: 1_000,
        reassigned_bp: 2_000,
        undeliverable_bp: 1_000,
    };
    for kind in KINDS {
        let mut client = Client::of(Plan { odds, ..plan(kind) });
        let refused =
            (0..500).filter(|n| client.books(&format!("del_{n}")).booked.is_none()).count();
        assert!((25..90).contains(&refused), "{kind:?}: {refused}");
        let truth = client.provider.truth(LATER);
        let ends: Vec<&str> = truth["deliveries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|delivery| delivery["status"].as_str().unwrap())
            .collect();
        let count = |end: Stage| ends.iter().filter(|told| **told == end.canonical()).count();
        let brought_back = if kind == Kind::Onfleet { Stage::Failed } else { Stage::Returned };
        assert!((20..90).contains(&count(Stage::Canceled)), "{kind:?}: {ends:?}");
        assert!((20..90).contains(&count(brought_back)), "{kind:?}: {ends:?}");
        let over = [Stage::Delivered, Stage::Canceled, brought_back].map(count);
        assert_eq!(over.iter().sum::<usize>(), ends.len(), "{kind:?}");
    }
}
