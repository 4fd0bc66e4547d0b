//! Deliveries that are watched: how each stands, and where its courier is. The store is asked
//! again where the accountant has touched a delivery, and now and then since another process's
//! accountant may have.

use super::super::view::{self, DeliveryStanding};
use super::news::DeliveryNews;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::{DeliveryId, MarketId};
use doorstep_domain::time::{Micros, SECOND_US};

/// How long a reading is believed where nobody tells of a change.
const BELIEVED_US: i64 = 5 * SECOND_US;

/// A delivery to follow, in one market or in whichever has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Which.
    pub delivery: DeliveryId,
    /// Where, if that was said.
    pub market: Option<MarketId>,
}

/// A delivery that one connection follows.
#[derive(Debug)]
pub(super) struct Delivery {
    named: Named,
    /// `None` as long as nobody has told of it.
    standing: Option<DeliveryStanding>,
    /// When it was read, and where the board of notices stood before.
    read: Option<(Micros, u64)>,
    /// The standing has changed since it was last told.
    is_news: bool,
    /// The version of the courier's position told last.
    seen: u64,
}

/// A delivery to be read.
#[derive(Debug)]
pub struct Due {
    place: usize,
    named: Named,
}

/// What was read of one.
#[derive(Debug)]
pub struct Reading {
    place: usize,
    standing: Option<DeliveryStanding>,
    at: Micros,
    noticed: u64,
}

impl Reading {
    pub(super) fn place(&self) -> usize {
        self.place
    }
}

/// Reads deliveries from the store, on a thread that may block.
pub fn read(app: &App, due: Vec<Due>) -> Result<Vec<Reading>, AppError> {
    let reading = |Due { place, named }: Due| {
        // The board first: what is touched meanwhile is read again.
        let (noticed, at) = (app.tracked.notices.now(), app.clock.now());
        let id = named.delivery.as_str();
        let standing = view::delivery_standing(app, id, named.market.as_ref())?;
        Ok(Reading { place, standing, at, noticed })
    };
    due.into_iter().map(reading).collect()
}

impl Delivery {
    pub(super) fn new(named: Named) -> Delivery {
        Delivery { named, standing: None, read: None, is_news: false, seen: 0 }
    }

    pub(super) fn due(&self, app: &App, place: usize, now: Micros) -> Option<Due> {
        let due = self.read.is_none_or(|(at, noticed)| {
            now.0.saturating_sub(at.0) >= BELIEVED_US
                || app.tracked.notices.is_touched_since(self.named.delivery.as_str(), noticed)
        });
        due.then(|| Due { place, named: self.named.clone() })
    }

    pub(super) fn learn(&mut self, reading: Reading) {
        self.is_news |= self.read.is_none() || self.standing != reading.standing;
        self.read = Some((reading.at, reading.noticed));
        self.standing = reading.standing;
    }

    /// What there is to tell: it stands otherwise, or its courier has moved.
    pub(super) fn look(&mut self, app: &App) -> Option<DeliveryNews> {
        self.read?;
        let standing = self.standing.as_ref();
        let carried_by = standing.filter(|standing| standing.open).and_then(|s| s.courier.as_ref());
        let position = carried_by.and_then(|courier| app.live.position(courier));
        let version = position.as_ref().map_or(0, |seen| seen.version);
        if !self.is_news && version <= self.seen {
            return None;
        }
        (self.is_news, self.seen) = (false, version);
        Some(DeliveryNews {
            delivery: self.named.delivery.clone(),
            status: standing.map_or("unknown", |standing| standing.status),
            courier: standing.and_then(|standing| standing.courier.clone()),
            position,
        })
    }
}
