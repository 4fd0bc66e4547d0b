//! Keys seen lately: a device that pings does not cost a look into the store each time.

use super::{Principal, Secret, principal_of};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::time::Micros;
use doorstep_store::key::{self, Revocations};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// How long what is known is relied on without asking the store whether a key was revoked, in
/// microseconds: how long a key opens after another process has revoked it.
const RELIED_ON_US: i64 = 2_000_000;

/// After how long somebody asks, while the others still rely on what is known, in microseconds.
const ASKED_AFTER_US: i64 = 1_000_000;

/// Most keys remembered: some tens of megabytes.
const KEYS_MAX: usize = 262_144;

/// Principals by the hash of their secret, as long as no key was revoked. Keys that open nothing
/// are not remembered: strangers could fill it with them.
#[derive(Debug, Default)]
pub struct Recent {
    seen: RwLock<Seen>,
    asking: AtomicBool,
}

#[derive(Debug, Default)]
struct Seen {
    principals: HashMap<[u8; 32], Arc<Principal>>,
    revocations: Revocations,
    asked_at: Option<Micros>,
    /// Grows whenever everything is forgotten, so that what was read before is not kept after.
    epoch: u64,
}

impl Recent {
    /// Whose secret it is, from memory alone. `None`: [`Recent::look`] must be asked.
    pub fn find(&self, secret: &Secret, now: Micros) -> Option<Arc<Principal>> {
        let seen = self.read();
        let age_us = now.0.checked_sub(seen.asked_at?.0)?;
        if !(0..RELIED_ON_US).contains(&age_us) {
            return None;
        }
        if age_us >= ASKED_AFTER_US && !self.asking.swap(true, Ordering::AcqRel) {
            return None;
        }
        seen.principals.get(&secret.hash()).cloned()
    }

    /// Whose secret it is; nobody where it is unknown or revoked. It blocks.
    pub fn look(&self, app: &App, secret: &Secret) -> Result<Option<Arc<Principal>>, AppError> {
        self.ask(app)?;
        let epoch = self.read().epoch;
        if let Some(known) = self.read().principals.get(&secret.hash()).cloned() {
            return Ok(Some(known));
        }
        let Some(found) = principal_of(app, secret)?.map(Arc::new) else {
            return Ok(None);
        };
        let mut seen = self.write();
        if seen.epoch == epoch {
            if seen.principals.len() >= KEYS_MAX {
                seen.principals.clear();
            }
            seen.principals.insert(secret.hash(), Arc::clone(&found));
        }
        Ok(Some(found))
    }

    /// Forgets everything: a key was revoked here.
    pub fn forget(&self) {
        let mut seen = self.write();
        seen.principals.clear();
        seen.epoch += 1;
    }

    /// Asks the store whether any key was revoked, where that is due.
    fn ask(&self, app: &App) -> Result<(), AppError> {
        let now = app.clock.now();
        let due = |asked_at: Micros| !(0..ASKED_AFTER_US).contains(&now.0.wrapping_sub(asked_at.0));
        if !self.read().asked_at.is_none_or(due) {
            return Ok(());
        }
        let revocations = app.stock.read_common(app, key::revocations)?;
        let mut seen = self.write();
        if seen.revocations != revocations {
            seen.principals.clear();
            seen.revocations = revocations;
            seen.epoch += 1;
        }
        seen.asked_at = Some(now);
        self.asking.store(false, Ordering::Release);
        Ok(())
    }

    /// A poisoned lock is taken all the same: no code can fail between two changes of [`Seen`].
    fn read(&self) -> RwLockReadGuard<'_, Seen> {
        self.seen.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Seen> {
        self.seen.write().unwrap_or_else(PoisonError::into_inner)
    }
}
