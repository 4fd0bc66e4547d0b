//! Watching: what one connection follows, and what is new in it since it looked last.
//!
//! Nothing is queued for anybody. A watcher looks once a second and is told what is newest; one
//! that is slow looks later. So there is no order to lose, and what a watcher has seen is one
//! number (C7, C15).

pub mod deliveries;
pub mod frame;
pub mod news;
pub mod resume;
pub mod scope;

mod entrance;

pub use entrance::{Entered, Watchers};
pub use news::{Dots, News};
pub use scope::{Asked, Followed};

use crate::app::App;
use deliveries::{Delivery, Due, Reading};
use doorstep_domain::time::Micros;
use doorstep_live::{Bbox, Cluster, Scope, Within};
use resume::EventId;

/// Why a watcher is told to forget what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// It comes for the first time, or looks elsewhere now.
    Begin,
    /// What has changed since it was here is not known any more.
    HistoryGone,
}

impl Reset {
    /// As it stands in a `reset` event.
    pub fn as_str(self) -> &'static str {
        match self {
            Reset::Begin => "begin",
            Reset::HistoryGone => "history_gone",
        }
    }
}

/// What one connection follows and what it has seen: all that is kept between two looks.
#[derive(Debug)]
pub struct Watch {
    map: Option<Scope>,
    deliveries: Box<[Delivery]>,
    seen: Seen,
    /// Couriers shown one by one; beyond it there are clusters.
    dots_max: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// Nothing that counts, and why.
    Nothing(Reset),
    /// The map as it was in this version.
    Version(u64),
    /// A crowd, whose clusters had this hash.
    Crowd(u64),
}

impl Watch {
    /// Begins to follow.
    pub fn begin(followed: Followed, dots_max: usize) -> Watch {
        Watch {
            map: followed.map,
            deliveries: followed.deliveries.into_iter().map(Delivery::new).collect(),
            seen: Seen::Nothing(Reset::Begin),
            dots_max,
        }
    }

    /// Goes on from what the watcher has seen before, if that is of this map; else everything is
    /// told anew.
    pub fn resume(&mut self, app: &App, from: Option<EventId>) {
        let is_known =
            |from: &EventId| from.epoch == app.live.epoch() && from.version <= app.live.version();
        self.seen = match from.filter(is_known) {
            Some(from) => Seen::Version(from.version),
            None => Seen::Nothing(Reset::HistoryGone),
        };
    }

    /// Looks elsewhere from now on.
    pub fn turn_to(&mut self, map: Scope) {
        self.map = Some(map);
        self.seen = Seen::Nothing(Reset::Begin);
    }

    /// The deliveries that must be read from the store before the next look.
    pub fn due(&self, app: &App) -> Vec<Due> {
        let now = app.clock.now();
        let deliveries = (0..).zip(&self.deliveries);
        deliveries.filter_map(|(place, delivery)| delivery.due(app, place, now)).collect()
    }

    /// Takes what was read of deliveries.
    pub fn learn(&mut self, readings: Vec<Reading>) {
        for reading in readings {
            if let Some(delivery) = self.deliveries.get_mut(reading.place()) {
                delivery.learn(reading);
            }
        }
    }

    /// What is new since the last look.
    pub fn look(&mut self, app: &App) -> News {
        // Before anything is looked at: what comes meanwhile is told again, not missed.
        let mut news = News::new(app.live.epoch(), app.live.version());
        for delivery in &mut self.deliveries {
            news.deliveries.extend(delivery.look(app));
        }
        if let Some(map) = self.map.take() {
            self.look_at(app, &map, &mut news);
            self.map = Some(map);
        } else if let Seen::Nothing(reset) = self.seen {
            news.reset = Some(reset);
            self.seen = Seen::Version(news.version);
        }
        news
    }

    fn look_at(&mut self, app: &App, map: &Scope, news: &mut News) {
        if let Seen::Version(since) = self.seen {
            let mut changes = Vec::new();
            if let Ok(version) = app.live.changes(map, since, &mut changes) {
                (news.since, news.version) = (since, version);
                news.dots = Dots::Moved(changes);
                self.seen = Seen::Version(version);
                return;
            }
            self.seen = Seen::Nothing(Reset::HistoryGone);
        }
        let reset = match self.seen {
            Seen::Nothing(reset) => reset,
            Seen::Version(_) | Seen::Crowd(_) => Reset::Begin,
        };
        match self.crowd(app, map) {
            Some(crowd) => {
                let hash = news::hash_of(&crowd);
                if self.seen != Seen::Crowd(hash) {
                    (news.reset, news.dots) = (Some(reset), Dots::Crowd(crowd));
                }
                self.seen = Seen::Crowd(hash);
            }
            None => {
                let mut all = Vec::new();
                // From 0 there is no history that could be gone.
                news.version = app.live.changes(map, 0, &mut all).unwrap_or(news.version);
                (news.reset, news.dots) = (Some(reset), Dots::Moved(all));
                self.seen = Seen::Version(news.version);
            }
        }
    }

    /// The clusters of what is followed where it is too many to be shown one by one.
    fn crowd(&self, app: &App, map: &Scope) -> Option<Vec<Cluster>> {
        let (bbox, market) = match map {
            Scope::Couriers(_) => return None,
            Scope::Box(bbox, market) => (bbox, market.as_ref()),
            Scope::Market(market) => (&Bbox::GLOBE, Some(market)),
        };
        match app.live.within(bbox, market, self.dots_max) {
            Within::Clusters(clusters) => Some(clusters),
            Within::Couriers(_) => None,
        }
    }
}

/// How long ago something was, in seconds; what is ahead of the clock was just now.
pub fn seconds_since(now: Micros, at: Micros) -> f64 {
    let us = u64::try_from(now.0.saturating_sub(at.0)).unwrap_or(0);
    std::time::Duration::from_micros(us).as_secs_f64()
}
