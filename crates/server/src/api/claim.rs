//! Claims that wait for their lane and not on a thread.

use super::Api;
use doorstep_store::{Decide, LaneId, Store, StoreError};
use tokio::sync::oneshot;

impl Api {
    /// Runs a command in its lanes, together with others of its kind: as many may wait as the
    /// lanes' queues hold, and beyond that [`StoreError::Busy`] is answered at once.
    ///
    /// The command must not hold the application: it may be the last to let go of it, on a lane's
    /// own thread.
    pub(super) async fn claim<C: Decide>(
        &self,
        store: &Store,
        lanes: &[LaneId],
        command: C,
    ) -> Result<C::Outcome, C::Error> {
        let (sender, receiver) = oneshot::channel();
        // Whoever waited may have gone; the outcome stands all the same.
        let answer = move |outcome| drop(sender.send(outcome));
        store.submit_together(lanes, command, answer)?;
        receiver.await.unwrap_or_else(|_| {
            let detail = "the lane ended without an answer".to_owned();
            Err(StoreError::Unknown { detail }.into())
        })
    }
}
