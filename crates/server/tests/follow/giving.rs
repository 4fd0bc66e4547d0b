//! The log as others pull it, and who may.

use super::{Node, pair};
use crate::world::{SF, World, delivery};
use doorstep_server::app::App;
use doorstep_server::config::Config;
use doorstep_server::follow::LogPage;
use serde_json::{Value, json};
use std::sync::Arc;

fn page(node: &Node, path: &str) -> LogPage {
    serde_json::from_str(&node.says(path)).unwrap()
}

/// E6: a page is what was told here, from an offset on; it names what stands before it and where it
/// goes on.
#[test]
fn a_page_goes_on_where_the_one_before_ended() {
    let (west, east) = pair(&format!("event_partitions = 1\n{SF}"));
    let told = |node: &Node, id: &str| {
        let (from, to) = ("2008-05-25T18:00:00Z", "2008-05-25T18:30:00Z");
        node.world().is_told(&delivery(id, "anna", from, to));
    };
    // West's log: four records of its own, four that it pulled, four of its own.
    told(&west, "d1");
    told(&east, "d2");
    west.pulls();
    told(&west, "d3");
    let offsets = |page: &LogPage| page.data.iter().map(|one| one.offset).collect::<Vec<_>>();
    let first = page(&west, "/v1/log/events/0?limit=3");
    assert_eq!((offsets(&first), first.next, first.end), (vec![0, 1, 2], 3, 12));
    assert_eq!((&first.previous, first.partitions), (&None, 1));
    let second = page(&west, "/v1/log/events/0?from=3&limit=3");
    assert_eq!((offsets(&second), second.next), (vec![3, 8, 9], 10));
    assert_eq!(second.previous, first.last);
    let third = page(&west, &format!("/v1/log/events/0?from={}", second.next));
    assert_eq!((offsets(&third), third.next), (vec![10, 11], 12));
    assert_eq!(third.previous, second.last);
    let last = page(&west, "/v1/log/events/0?from=12");
    assert_eq!((offsets(&last), last.next, last.previous), (vec![], 12, third.last));
    let beyond = page(&west, "/v1/log/events/0?from=99");
    assert_eq!((offsets(&beyond), beyond.previous, beyond.end), (vec![], None, 12));
    let all = page(&west, "/v1/log/events/0?pulled=true");
    assert_eq!(offsets(&all), (0..12).collect::<Vec<_>>());
    let within = page(&west, "/v1/log/events/0?from=6&limit=1");
    assert_eq!((offsets(&within), within.next), (vec![8], 9));
}

/// E6: only operators may, of what is exchanged only.
#[test]
fn who_may_pull_what() {
    let (west, _east) = pair(SF);
    assert_eq!(west.served.finance.gets("/v1/log/events/0").status, 403);
    assert_eq!(west.served.stranger.gets("/v1/log/events/0").status, 401);
    let cases = [
        ("/v1/log/pings/0", 404),
        ("/v1/log/events/4", 404),
        ("/v1/log/events/x", 400),
        ("/v1/log/events/0?limit=0", 400),
        ("/v1/log/events/0?from=-1", 400),
    ];
    for (path, status) in cases {
        assert_eq!(west.served.operator.gets(path).status, status, "{path}");
    }
}

/// F3: a node that cannot be followed is refused by its key of the configuration; one that does not
/// take the key, or does not answer, is named in the status.
#[test]
fn what_is_configured_wrongly_is_said() {
    let cases = [
        ("follow = [\"https://b\"]\n", "follow_key_file: is missing"),
        ("follow = [\"ftp://b\"]\nfollow_key_file = \"/dev/null\"\n", "follow: \"ftp://b\""),
        (
            "follow = [\"http://b/?x\"]\nfollow_key_file = \"/dev/null\"\n",
            "follow: \"http://b/?x\"",
        ),
        ("follow = [\"http://b\"]\nfollow_key_file = \"/nobody\"\n", "reading /nobody: "),
    ];
    for (config, expected) in cases {
        let directory = tempfile::TempDir::new().unwrap();
        let clock = Arc::new(crate::world::HandClock::default());
        let config = Config::parse(&format!("{config}{SF}")).unwrap();
        let refused = App::open(config, directory.path(), clock).err().unwrap().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let served = crate::served::Served::new(World::new());
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "dsk_wrong").unwrap();
    let config =
        format!("follow = [{:?}]\nfollow_key_file = {:?}\n{SF}", served.stranger.url, key.path());
    let world = World::with(&config);
    let source = &world.app.following.sources()[0];
    assert!(doorstep_server::follow::step(&world.app, source).is_err());
    let following = crate::served::Served::new(world).operator.gets("/v1/status").json();
    let shown = &following["following"][0];
    assert!(shown["problem"].as_str().unwrap().contains("status 401"), "{shown}");
    assert_eq!((&shown["behind_records"], &shown["answered_at"]), (&json!(0), &Value::Null));
}
