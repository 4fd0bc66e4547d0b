//! Providers: what others tell of deliveries comes in however it likes, and one thing comes out.

mod following;
mod golden;
mod inbox;
mod payloads;
mod replaying;
mod telling;

use crate::served::{Answer, Served, Visitor};
use crate::world::{SF, World};
use doorstep_domain::provider::{Origin, Reading, Source, Timeline, fold};
use doorstep_server::provider::normalizer;
use doorstep_store::provider::Kept;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

static FOLLOWED: AtomicU64 = AtomicU64::new(0);

/// The tests' secret of every provider.
const SECRET: &str = "0123456789abcdef";

/// A market that follows what these providers carry. Their secrets lie in a folder that goes with
/// the story.
pub(crate) struct Others {
    pub(crate) served: Served,
    _secrets: tempfile::TempDir,
}

/// A configuration of providers: name, adapter, and more lines.
fn configured(folder: &tempfile::TempDir, providers: &[(&str, &str, &str)]) -> String {
    let path = folder.path().join("secret");
    std::fs::write(&path, SECRET).unwrap();
    let one = |(name, adapter, more): &(&str, &str, &str)| {
        let path = path.display();
        format!("[providers.{name}]\nadapter = \"{adapter}\"\nsecret_file = \"{path}\"\n{more}\n")
    };
    format!("{SF}{}", providers.iter().map(one).collect::<String>())
}

impl Others {
    /// Providers whose messages are taken as they come.
    pub(crate) fn trusted(adapters: &[&str]) -> Others {
        let named = |adapter: &&'static str| (*adapter, *adapter, "verify = \"none\"");
        let adapters: Vec<&'static str> = adapters.iter().map(|name| known(name)).collect();
        Others::with(&adapters.iter().map(named).collect::<Vec<_>>())
    }

    pub(crate) fn with(providers: &[(&str, &str, &str)]) -> Others {
        let folder = tempfile::TempDir::new().unwrap();
        let config = configured(&folder, providers);
        let world = World::with(&config);
        world.clock.set("2026-06-02T20:00:00Z");
        Others { served: Served::new(world), _secrets: folder }
    }

    /// A provider sends a payload.
    pub(crate) fn sends(&self, provider: &str, payload: &Value) {
        let answer = self.posts(provider, &[], &payload.to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(crate) fn posts(&self, provider: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let path = format!("/v1/providers/{provider}/events");
        self.served.stranger.asks("POST", &path, headers, body)
    }

    /// What came is read; how many messages.
    pub(crate) fn reads(&self) -> u64 {
        normalizer::catch_up(&self.served.world.app).unwrap()
    }

    /// Somebody follows a delivery; our name of it.
    pub(crate) fn follows(&self, provider: &str, reference: &str) -> String {
        let new = json!({ "reference": reference, "merchant_id": "m8" });
        let answer = self.asks_to_follow(&self.served.operator, provider, &new);
        assert_eq!(answer.status, 201, "{:?}", String::from_utf8_lossy(&answer.body));
        answer.json()["delivery_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn asks_to_follow(&self, who: &Visitor, provider: &str, new: &Value) -> Answer {
        let key = format!("follow-{}", FOLLOWED.fetch_add(1, Relaxed));
        who.posts(&format!("/v1/providers/{provider}/deliveries"), &key, &new.to_string())
    }

    pub(crate) fn shows(&self, delivery: &str) -> Value {
        self.gets(&format!("/v1/deliveries/{delivery}"))
    }

    pub(crate) fn gets(&self, path: &str) -> Value {
        let answer = self.served.operator.gets(path);
        assert_eq!(answer.status, 200, "{path}: {:?}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }
}

/// Something was told of a delivery of a provider, and is kept.
pub(crate) fn is_known(world: &World) {
    let adapter = world.app.providers.adapters.find("uber_direct").unwrap();
    let received_at = world.app.clock.now();
    let source = Source { provider: "uber", origin: Origin::Webhook, received_at };
    let payload = json!({ "id": "evt_1", "data": { "id": "del_1", "status": "pickup" } });
    let Reading::Told(told) = adapter.read(source, &payload).unwrap() else { panic!("{payload}") };
    let timeline: Timeline = told.into_iter().map(|told| told.event).collect();
    let kept = move |tx: &mut doorstep_store::LaneTx<'_>| {
        let standing = fold(&timeline);
        let (provider, reference) = ("uber", "del_1");
        let kept = Kept { provider, reference, timeline: &timeline, standing: &standing };
        doorstep_store::provider::save(tx, &[kept])
    };
    world.app.store.lane(&doorstep_server::provider::lane().unwrap(), kept).unwrap();
}

fn known(name: &str) -> &'static str {
    let all =
        ["aftership", "doordash_drive", "easypost", "onfleet", "shipday", "stuart", "uber_direct"];
    all.into_iter().find(|known| *known == name).unwrap()
}

/// A file of the payloads that providers really send, where they are at hand.
fn captured(path: &str) -> Option<Vec<u8>> {
    let Some(folder) = std::env::var_os("DOORSTEP_DATA") else {
        println!("skipped: DOORSTEP_DATA says where the payloads are");
        return None;
    };
    Some(std::fs::read(PathBuf::from(folder).join("providers").join(path)).unwrap())
}

fn captured_json(path: &str) -> Option<Value> {
    captured(path).map(|bytes| serde_json::from_slice(&bytes).unwrap())
}
