//! Handing over: what no courier of ours takes is brought by somebody else, and followed to its
//! end.

mod booking;
mod contested;
mod deciding;
mod following;
mod one_timeline;
mod other;
mod refusing;
mod settling;
mod silence;

use crate::dispatch::{Network, parcel, sf};
use crate::served::Served;
use crate::world::{SF, World};
use doorstep_domain::time::Clock;
use doorstep_server::notifications;
use doorstep_server::provider::verify::sign;
use doorstep_server::provider::{following as follower, normalizer};
use doorstep_sim::provider::{Dirt, Kind, Message, Odds, Plan};
use doorstep_store::cursor::{self, Advance, CursorId};
use doorstep_store::{LaneId, LaneTx};
use other::Other;
use serde_json::{Value, json};
use std::fmt::Write;
use tempfile::TempDir;

/// What their messages are signed with.
const SECRET: &str = "0011aabbccdd";

const KINDS: [Kind; 3] = [Kind::UberDirect, Kind::DoordashDrive, Kind::Onfleet];

/// A provider that does everything right.
fn plan(kind: Kind) -> Plan {
    Plan {
        kind,
        seed: 11,
        speed: 1,
        secret: SECRET.to_owned(),
        credential: match kind {
            Kind::UberDirect => "client:secret",
            Kind::DoordashDrive => "developer:key:c2VjcmV0",
            Kind::Onfleet => "key",
        }
        .to_owned(),
        account: "cus_1".to_owned(),
        calls_per_second: 1_000,
        lost_answers_bp: 0,
        odds: Odds::default(),
        dirt: Dirt::default(),
    }
}

/// A network that hands over to others.
struct Handing {
    network: Network,
    others: Vec<Other>,
    _files: TempDir,
}

impl Handing {
    /// To these, in this order.
    fn to(others: Vec<Other>) -> Handing {
        let files = TempDir::new().unwrap();
        let mut config = SF.to_owned();
        let names: Vec<String> = others.iter().map(|other| format!("{:?}", other.name)).collect();
        writeln!(config, "[markets.sf.dispatch]\nhand_over = [{}]", names.join(", ")).unwrap();
        for other in &others {
            let file = |what: &str, content: &str| {
                let path = files.path().join(format!("{}-{what}", other.name));
                std::fs::write(&path, content).unwrap();
                path.display().to_string()
            };
            let (secret, credential) =
                (file("secret", SECRET), file("key", &plan(other.kind).credential));
            writeln!(
                config,
                "[providers.{}]\nadapter = {:?}\nsecret_file = {secret:?}\nurl = {:?}\n\
                 credential_file = {credential:?}\naccount = \"cus_1\"\n\
                 per_second = 100\nat_once = 32\n\
                 pickup_phone = \"+14155550100\"",
                other.name,
                other.kind.as_str(),
                other.url,
            )
            .unwrap();
        }
        let network = Network { served: Served::new(World::with(&config)) };
        let handing = Handing { network, others, _files: files };
        handing.passes(0);
        handing
    }

    /// The process ends and begins again.
    fn restarts(self) -> Handing {
        let Handing { network, others, _files } = self;
        let network = Network { served: Served::new(network.served.ended().restarted()) };
        Handing { network, others, _files }
    }

    /// The clock moves on, everywhere.
    fn passes(&self, seconds: i64) {
        self.network.passes(seconds);
        let now = self.network.world().clock.now();
        self.others.iter().for_each(|other| other.is_at(now));
    }

    /// Somebody asks for a delivery that nobody takes.
    fn is_handed_over(&self) -> String {
        let id = self.network.is_asked(&parcel());
        self.network.matches();
        self.passes(301);
        self.network.matches();
        id
    }

    /// Tasks that are due are tried, and what came of it is read; how many attempts.
    fn asks(&self) -> u64 {
        let app = &self.network.world().app;
        while notifications::step(app, &sf()).unwrap() > 0 {}
        let attempts = notifications::run_due(app, "story").unwrap();
        self.reads();
        attempts
    }

    /// What was told is read, and followed.
    fn reads(&self) {
        let app = &self.network.world().app;
        normalizer::catch_up(app).unwrap();
        while follower::step(app).unwrap() > 0 {}
    }

    /// Somebody says something; how it is answered.
    fn hears(&self, provider: &str, message: &Message) -> u16 {
        let path = format!("/v1/providers/{provider}/events");
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(message.headers.iter().map(|(name, value)| (*name, value.as_str())));
        let body = String::from_utf8(message.body.clone()).unwrap();
        self.network.served.stranger.asks("POST", &path, &headers, body).status
    }

    /// Everybody says what they have to say by now.
    fn hears_all(&self) {
        for other in &self.others {
            for message in other.says() {
                assert_eq!(self.hears(other.name, &message), 200);
            }
        }
        self.reads();
    }

    /// The first of them tells how its first delivery stands since so many minutes ago.
    fn uber_says(&self, status: &str, minutes: i64) {
        let reference = self.others[0].truth()["deliveries"][0]["reference"].clone();
        let at = self.network.world().clock.now().0 / 1_000_000 - minutes * 60;
        let told = json!({
            "kind": "event.delivery_status", "id": format!("evt_{at}"), "status": status,
            "data": { "id": reference, "status": status, "updated": at },
        });
        let body = told.to_string().into_bytes();
        let headers = vec![("x-uber-signature", sign(SECRET.as_bytes(), &body))];
        assert_eq!(self.hears(self.others[0].name, &Message { headers, body }), 200);
        self.reads();
    }

    /// As whoever stopped before they noted how far they had followed.
    fn forgets_what_it_followed(&self) {
        let app = &self.network.world().app;
        let forget = |tx: &mut LaneTx<'_>| {
            let topic = doorstep_server::provider::LANE;
            let id = CursorId { consumer: follower::FOLLOWER, topic, partition: 0 };
            let expected_offset = cursor::load(tx, id)?.next_offset;
            let back =
                Advance { expected_offset, next_offset: 0, newest_event_time_us: None, now_us: 1 };
            cursor::set_back(tx, id, back)
        };
        app.store.lane(&LaneId::new(follower::FOLLOWER).unwrap(), forget).unwrap();
    }

    fn status(&self, delivery: &str) -> Value {
        self.network.shows(delivery)["status"].clone()
    }

    /// Each state with who said so.
    fn steps(&self, delivery: &str) -> Vec<String> {
        let shown = self.network.shows(delivery);
        let step = |step: &Value| {
            format!("{} {}", step["status"].as_str().unwrap(), step["by"].as_str().unwrap())
        };
        shown["timeline"].as_array().unwrap().iter().map(step).collect()
    }

    /// The end of a story: everything holds.
    fn holds(&self) {
        self.network.settles();
        let found = doorstep_server::check::check(&self.network.world().app);
        assert_eq!(found.violations, 0, "{found:?}");
    }
}
