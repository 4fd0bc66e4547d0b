//! Two nodes, one truth: each is told a part, and after they have exchanged it both say the same.

mod beginning;
mod giving;
mod line;
mod providers;
mod pulling;

use crate::served::Served;
use crate::world::World;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_log::Record;
use doorstep_server::config::Config;
use doorstep_server::error::AppError;
use doorstep_server::follow::{LogPage, LogRecord};
use doorstep_server::wire::EVENTS;
use doorstep_server::{follow, keys, workers};
use line::Line;
use serde_json::Value;
use std::fs;
use std::sync::Arc;
use tempfile::TempDir;

/// The key that every node of these stories takes.
const KEY: &str = "a-secret-of-every-node";

/// A node, and the line that leads to it.
pub(crate) struct Node {
    pub(crate) served: Served,
    line: Arc<Line>,
    _key_file: TempDir,
}

impl Node {
    /// A node with this configuration, at the end of its line, that follows these.
    fn new(line: &Arc<Line>, follows: &[&Arc<Line>], config: &str) -> Node {
        let key_file = TempDir::new().unwrap();
        let config = following(&key_file, follows, config);
        Node::of(World::with(&config), line, key_file)
    }

    fn of(world: World, line: &Arc<Line>, key_file: TempDir) -> Node {
        keys::admin(&world.app, Some(KEY)).unwrap();
        let served = Served::new(world);
        line.leads_to(served.address());
        Node { served, line: Arc::clone(line), _key_file: key_file }
    }

    /// The process ends and begins again, with another configuration where one is given.
    fn restarts(self, config: Option<(&[&Arc<Line>], &str)>) -> Node {
        let Node { served, line, _key_file: key_file } = self;
        let mut world = served.ended();
        if let Some((follows, config)) = config {
            let store = world.config.store;
            world.config = Config::parse(&following(&key_file, follows, config)).unwrap();
            world.config.store = store;
        }
        Node::of(world.restarted(), &line, key_file)
    }

    fn world(&self) -> &World {
        &self.served.world
    }

    /// One page of each partition of each node that it follows; how many records that were.
    fn tries(&self) -> Result<u64, AppError> {
        let app = &self.world().app;
        app.following.sources().iter().map(|source| follow::step(app, source)).sum()
    }

    /// Pulls until there is nothing more, and counts it; how many records that were.
    fn pulls(&self) -> u64 {
        let mut pulled = 0;
        loop {
            match self.tries().unwrap() {
                0 => break,
                records => pulled += records,
            }
        }
        workers::catch_up(&self.world().app, &|_| {}).unwrap();
        pulled
    }

    /// The first pages of another node are durable here, and nothing is noted of them; how many
    /// records that were.
    fn appends_and_ends(&self, other: &Node, topic: &str) -> u64 {
        let log = &self.world().app.log;
        let mut appended = 0;
        for partition in 0..log.partitions(topic).unwrap() {
            let page = other.says(&format!("/v1/log/{topic}/{partition}"));
            let page: LogPage = serde_json::from_str(&page).unwrap();
            let decode = |text: &String| STANDARD.decode(text).unwrap();
            let record =
                |one: &LogRecord| Record { key: decode(&one.key), value: decode(&one.value) };
            let records: Vec<Record> = page.data.iter().map(record).collect();
            appended += records.len() as u64;
            if !records.is_empty() {
                log.append(topic, records, 1).unwrap();
            }
        }
        appended
    }

    /// What it answers at a path, byte for byte.
    fn says(&self, path: &str) -> String {
        let answer = self.served.operator.gets(path);
        let body = String::from_utf8(answer.body).unwrap();
        assert_eq!(answer.status, 200, "{path}: {body}");
        body
    }

    /// How it follows others, as the status shows it.
    fn following(&self) -> Vec<Value> {
        let status: Value = serde_json::from_str(&self.says("/v1/status")).unwrap();
        status["following"].as_array().unwrap().clone()
    }

    /// Records in its log.
    fn records(&self) -> u64 {
        let log = &self.world().app.log;
        let partitions = 0..log.partitions(EVENTS).unwrap();
        partitions.map(|partition| log.bounds(EVENTS, partition).unwrap().end).sum()
    }
}

fn following(key_file: &TempDir, follows: &[&Arc<Line>], config: &str) -> String {
    let path = key_file.path().join("key");
    fs::write(&path, format!("{KEY}\n")).unwrap();
    let urls: Vec<&str> = follows.iter().map(|line| line.url.as_str()).collect();
    format!("follow = {urls:?}\nfollow_key_file = {path:?}\n{config}")
}

/// Two nodes that follow each other.
fn pair(config: &str) -> (Node, Node) {
    let (to_west, to_east) = (Line::new(), Line::new());
    let west = Node::new(&to_west, &[&to_east], config);
    let east = Node::new(&to_east, &[&to_west], config);
    (west, east)
}

/// Everybody pulls from everybody they follow, until nobody learns anything.
fn exchange(nodes: &[&Node]) {
    while nodes.iter().map(|node| node.pulls()).sum::<u64>() > 0 {}
}
