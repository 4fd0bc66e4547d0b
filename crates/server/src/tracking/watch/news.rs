//! What a watcher is told, and how it is written as JSON.

use super::super::metric;
use super::super::view::{FixView, PositionView, state_name};
use super::resume::EventId;
use super::{Reset, seconds_since};
use crate::app::App;
use doorstep_domain::id::DeliveryId;
use doorstep_domain::time::Micros;
use doorstep_live::{Change, Cluster, Seen};
use serde::Serialize;
use std::hash::{Hash, Hasher};

/// What is new for one watcher.
#[derive(Debug)]
pub struct News {
    /// Forget everything known; this is the whole.
    pub reset: Option<Reset>,
    /// Of the map.
    pub dots: Dots,
    /// Deliveries that stand otherwise, or whose courier has moved.
    pub deliveries: Vec<DeliveryNews>,
    /// The map's epoch.
    pub epoch: u64,
    /// The version that the watcher had seen.
    pub since: u64,
    /// The version it has seen with this.
    pub version: u64,
}

/// What is new of the map.
#[derive(Debug)]
pub enum Dots {
    /// Couriers of whom something changed, each as it is now.
    Moved(Vec<Change>),
    /// Too many to be shown one by one: all of them, counted by place.
    Crowd(Vec<Cluster>),
}

/// What is new of a delivery.
#[derive(Debug)]
pub struct DeliveryNews {
    /// Which.
    pub delivery: DeliveryId,
    /// How it stands.
    pub status: &'static str,
    /// Who carries it, or did.
    pub courier: Option<String>,
    /// Where that courier is, while they carry it.
    pub position: Option<Seen>,
}

impl News {
    pub(super) fn new(epoch: u64, version: u64) -> News {
        let (dots, deliveries) = (Dots::Moved(Vec::new()), Vec::new());
        News { reset: None, dots, deliveries, epoch, since: 0, version }
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        let nothing_moved = matches!(&self.dots, Dots::Moved(changes) if changes.is_empty());
        self.reset.is_none() && nothing_moved && self.deliveries.is_empty()
    }

    /// The word to come back with.
    pub fn id(&self) -> EventId {
        EventId { epoch: self.epoch, version: self.version }
    }

    /// Records how old positions are on their way out: one of every few, at most.
    pub fn measure(&self, app: &App) {
        /// Positions of one piece of news whose age is recorded.
        const SAMPLES: usize = 8;
        let Dots::Moved(changes) = &self.dots else {
            return;
        };
        if self.reset.is_some() || changes.is_empty() {
            return;
        }
        let now = app.clock.now();
        for change in changes.iter().step_by(changes.len().div_ceil(SAMPLES)) {
            metrics::histogram!(metric::WATCH_LATENCY).record(seconds_since(now, change.ping.at));
        }
    }
}

/// The hash of clusters, to know them again.
pub(super) fn hash_of(clusters: &[Cluster]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    for cluster in clusters {
        (cluster.center, cluster.count).hash(&mut hasher);
    }
    hasher.finish()
}

/// A courier in an event `positions`.
#[derive(Serialize)]
pub struct DotView<'a> {
    courier_id: &'a str,
    #[serde(flatten)]
    fix: FixView,
    state: &'static str,
    implausible: bool,
}

impl<'a> From<&'a Change> for DotView<'a> {
    fn from(change: &'a Change) -> DotView<'a> {
        let state = state_name(change.state);
        let (fix, implausible) = ((&change.ping).into(), change.implausible);
        DotView { courier_id: &change.courier, fix, state, implausible }
    }
}

/// A crowd in an event `clusters`.
#[derive(Serialize)]
pub struct ClusterView {
    lat: f64,
    lng: f64,
    count: usize,
}

impl From<&Cluster> for ClusterView {
    fn from(cluster: &Cluster) -> ClusterView {
        let (lat, lng) = (cluster.center.lat(), cluster.center.lng());
        ClusterView { lat, lng, count: cluster.count }
    }
}

/// An event `delivery`.
#[derive(Serialize)]
pub struct DeliveryView<'a> {
    delivery_id: &'a str,
    status: &'static str,
    courier_id: Option<&'a str>,
    position: Option<PositionView>,
}

impl<'a> From<&'a DeliveryNews> for DeliveryView<'a> {
    fn from(news: &'a DeliveryNews) -> DeliveryView<'a> {
        DeliveryView {
            delivery_id: news.delivery.as_str(),
            status: news.status,
            courier_id: news.courier.as_deref(),
            position: news.position.clone().map(PositionView::from),
        }
    }
}

/// One event: its name and the members of its JSON object, without the braces.
pub struct Event {
    /// `reset`, `positions`, `clusters` or `delivery`.
    pub name: &'static str,
    /// Such as `"positions":[…]`.
    pub members: String,
    /// Whether whoever has read up to here has read all there is.
    pub is_last: bool,
}

/// Bytes of positions after which a further event is begun: a WebSocket's message must fit its
/// buffer, and nobody should have to wait for the end of a megabyte.
const MEMBERS_BYTES: usize = 40 << 10;

impl News {
    /// The events that say it, in order.
    pub fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut push = |name, members| events.push(Event { name, members, is_last: false });
        if let Some(reset) = self.reset {
            push("reset", format!("\"reason\":\"{}\"", reset.as_str()));
        }
        match &self.dots {
            Dots::Moved(changes) => {
                for members in lists("positions", changes.iter().map(DotView::from)) {
                    push("positions", members);
                }
            }
            Dots::Crowd(clusters) => {
                // In one: each list of clusters replaces the one before. A thousand fit.
                let clusters: Vec<_> = clusters.iter().map(ClusterView::from).collect();
                push("clusters", format!("\"clusters\":{}", json(&clusters)));
            }
        }
        for delivery in &self.deliveries {
            let object = json(&DeliveryView::from(delivery));
            let members = object.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            push("delivery", members.unwrap_or_default().to_owned());
        }
        if let Some(last) = events.last_mut() {
            last.is_last = true;
        }
        events
    }
}

/// `"name":[…]`, as often as needed so that none is much longer than [`MEMBERS_BYTES`].
fn lists<T: Serialize>(name: &str, items: impl Iterator<Item = T>) -> Vec<String> {
    let mut lists: Vec<String> = Vec::new();
    for item in items {
        match lists.last_mut().filter(|list| list.len() < MEMBERS_BYTES) {
            Some(list) => list.push(','),
            None => lists.push(format!("\"{name}\":[")),
        }
        if let Some(list) = lists.last_mut() {
            list.push_str(&json(&item));
        }
    }
    for list in &mut lists {
        list.push(']');
    }
    lists
}

/// What is written here has no part that could not be JSON.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// When it was asked for the time, for [`super::frame`].
pub(super) fn age_ms(now: Micros, at: Micros) -> u32 {
    u32::try_from(now.0.saturating_sub(at.0).max(0) / 1_000).unwrap_or(u32::MAX)
}
