//! Couriers who are listening: each is woken at once when something of theirs has changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Who listens, by courier.
#[derive(Debug, Default)]
pub struct Streams(Arc<Mutex<HashMap<String, Vec<Arc<Notify>>>>>);

/// One connection that listens, until it is dropped.
#[derive(Debug)]
pub struct Listening {
    streams: Streams,
    courier: String,
    bell: Arc<Notify>,
}

impl Streams {
    /// Listens for a courier. What is told between two waits is not lost.
    pub fn listen(&self, courier: &str) -> Listening {
        let bell = Arc::new(Notify::new());
        self.held().entry(courier.to_owned()).or_default().push(Arc::clone(&bell));
        Listening { streams: Streams(Arc::clone(&self.0)), courier: courier.to_owned(), bell }
    }

    /// Wakes whoever listens for these couriers.
    pub(super) fn tell(&self, couriers: &[String]) {
        let held = self.held();
        for bell in couriers.iter().filter_map(|courier| held.get(courier)).flatten() {
            bell.notify_one();
        }
    }

    /// Whether anybody listens for a courier: their device is there then.
    pub(super) fn is_listened_to(&self, courier: &str) -> bool {
        self.held().contains_key(courier)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Vec<Arc<Notify>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listening {
    /// Waits until something has changed.
    pub async fn changed(&self) {
        self.bell.notified().await;
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut held = self.streams.held();
        if let Some(bells) = held.get_mut(&self.courier) {
            bells.retain(|bell| !Arc::ptr_eq(bell, &self.bell));
            if bells.is_empty() {
                held.remove(&self.courier);
            }
        }
    }
}
