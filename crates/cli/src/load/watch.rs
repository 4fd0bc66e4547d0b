//! A crowd of watchers: what each is shown, how old it is by then, and whether it goes back.

use super::figures::Latency;
use super::frame::{self, Frame};
use super::socket::{Message, Socket};
use super::target::Target;
use doorstep_domain::tracking::Position;
use doorstep_sim::fleet::name;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Watchers that connect at the same time: fewer than a server lets wait.
const CONNECTING_MAX: usize = 200;

/// How long one may take to be let in.
const CONNECT: Duration = Duration::from_secs(30);

/// What each watcher looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    /// One courier of so many, its own.
    Couriers(u32),
    /// A small box of its own around this place.
    Boxes(Position),
}

/// What a crowd has been shown so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Watchers that were let in.
    pub(crate) watching: u64,
    /// Those that were not, or whose connection has ended.
    pub(crate) lost: u64,
    /// What the first of them said.
    pub(crate) first_failure: Option<String>,
    /// Messages with positions.
    pub(crate) messages: u64,
    /// Positions in them that were news.
    pub(crate) updates: u64,
    /// Positions older than one that the same watcher had seen of the same courier: must be none.
    pub(crate) out_of_order: u64,
    /// From when a courier was there to when it was shown, by this machine's clock.
    pub(crate) latency: Latency,
}

/// Watchers under way.
pub(crate) struct Crowd {
    target: Target,
    seen: Mutex<Seen>,
    door: Semaphore,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn new(target: Target) -> Arc<Crowd> {
        let door = Semaphore::new(CONNECTING_MAX);
        Arc::new(Crowd { target, seen: Mutex::default(), door })
    }

    /// Lets so many watchers begin; they go on until the set is dropped.
    pub(crate) fn begin(self: &Arc<Crowd>, count: u32, scope: Scope) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for index in 0..count {
            let (crowd, path) = (Arc::clone(self), path(scope, index));
            tasks.spawn(async move { crowd.watches(&path).await });
        }
        tasks
    }

    /// What was shown so far.
    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn watches(&self, path: &str) {
        let ended = match self.opens(path).await {
            Ok(socket) => {
                self.seen().watching += 1;
                self.looks(socket).await
            }
            Err(error) => Err(error),
        };
        let why = ended.err().map_or_else(|| "closed by the server".to_owned(), |e| e.to_string());
        let mut seen = self.seen();
        seen.lost += 1;
        seen.first_failure.get_or_insert(why);
    }

    async fn opens(&self, path: &str) -> io::Result<Socket> {
        let _turn = self.door.acquire().await;
        timeout(CONNECT, Socket::open(&self.target, path)).await?
    }

    async fn looks(&self, mut socket: Socket) -> io::Result<()> {
        let mut newest = HashMap::default();
        loop {
            let frame = match socket.next().await? {
                Message::Closed => return Ok(()),
                Message::Text(text) => frame::read_event(&text),
                Message::Binary(bytes) => frame::read(&bytes),
            };
            let frame = frame.ok_or_else(|| io::Error::other("a message that makes no sense"))?;
            self.takes_in(&frame, &mut newest);
        }
    }

    fn takes_in(&self, frame: &Frame, newest: &mut Newest) {
        let now_ms = super::now().0 / 1_000;
        let mut seen = self.seen();
        seen.messages += u64::from(!frame.couriers.is_empty());
        if frame.is_reset {
            newest.clear();
        }
        for told in &frame.couriers {
            // Whoever is seen for the first time may have been there for long.
            let Some(before) = newest.insert(told.who, told.at_ms) else { continue };
            // The server rounds both its time and an age to milliseconds.
            seen.out_of_order += u64::from(told.at_ms + 1 < before);
            if told.at_ms > before + 1 {
                seen.updates += 1;
                seen.latency.add((now_ms - told.at_ms) * 1_000);
            }
        }
    }
}

/// When each courier was last seen; their numbers need no hash that nobody can foresee.
type Newest = HashMap<u64, i64, BuildHasherDefault<DefaultHasher>>;

/// Where one watcher looks.
fn path(scope: Scope, index: u32) -> String {
    let what = match scope {
        Scope::Couriers(of) => {
            format!("format=json&couriers={}", name(index % of.max(1)).as_str())
        }
        Scope::Boxes(center) => {
            // Boxes of some 500 m, a hundred of them beside each other around the centre.
            let aside = |place: u32| (f64::from(place % 10) - 5.0) * 0.005;
            let south = f64::from(center.lat_e7) / 1e7 + aside(index / 10);
            let west = f64::from(center.lng_e7) / 1e7 + aside(index);
            let (east, north) = (west + 0.005, south + 0.005);
            format!("format=binary&bbox={west:.5},{south:.5},{east:.5},{north:.5}")
        }
    };
    format!("/v1/watch/socket?{what}")
}

#[cfg(test)]
mod tests {
    use super::frame::Told;
    use super::*;

    #[test]
    fn each_watcher_has_a_path_of_its_own() {
        let center = Position { lat_e7: 377_700_000, lng_e7: -1_224_300_000 };
        let cases = [
            (Scope::Couriers(3), 4, "format=json&couriers=courier-2"),
            (
                Scope::Boxes(center),
                12,
                "format=binary&bbox=-122.44500,37.75000,-122.44000,37.75500",
            ),
        ];
        for (scope, index, what) in cases {
            assert_eq!(path(scope, index), format!("/v1/watch/socket?{what}"));
        }
    }

    #[test]
    fn going_back_is_noticed_and_what_is_not_new_is_no_update() {
        let crowd = Crowd::new(Target { authority: String::new(), key: None });
        let (mut newest, now_ms) = (HashMap::default(), super::super::now().0 / 1_000);
        let cases = [
            // (reset, how old, updates by then, out of order by then)
            (true, 9_000, 0, 0),
            (false, 100, 1, 0),
            (false, 100, 1, 0),
            (false, 5_000, 1, 1),
            (true, 6_000, 1, 1),
            (false, 4_000, 2, 1),
        ];
        for (is_reset, age_ms, updates, out_of_order) in cases {
            let couriers = vec![Told { who: 1, at_ms: now_ms - age_ms }];
            crowd.takes_in(&Frame { is_reset, couriers }, &mut newest);
            let seen = crowd.seen();
            assert_eq!((seen.updates, seen.out_of_order), (updates, out_of_order), "{age_ms}");
        }
        assert!(crowd.seen().latency.quantile_ms(1.0) >= 4_000.0);
    }
}
