//! Handing over: a delivery that no courier of ours takes goes to the providers that its market
//! names, one after another; what the one who has it says becomes its state (E9).
//!
//! Whose it is, is decided in the market's lane like everything else: from the moment that it is a
//! provider's no courier can accept it. Booking it there is a task that follows the announcement.

use super::change::{self, Said, Terms};
use super::claims::{Claimed, in_lane};
use super::readers::{self, Mark};
use super::told::{ENDED_THERE, EndedThereTold, HANDED, HandedTold, Wanted, announce};
use super::{metric, offers, terms_of};
use crate::app::App;
use crate::error::AppError;
use crate::provider;
use crate::provider::following::FOLLOWER;
use doorstep_domain::dispatch::Status;
use doorstep_domain::dispatch::handing::{self, Following, Says};
use doorstep_domain::provider::State;
use doorstep_domain::time::Micros;
use doorstep_store::dispatch::{self, DispatchRow};
use doorstep_store::offer::{self, OfferState};
use doorstep_store::{LaneId, LaneTx, StoreError, package};

/// A provider says of a delivery what contradicts what was decided of it by what was told before.
pub const PROVIDER_CONTRADICTS: &str = "provider_contradicts";

/// How the actor of a step begins that a provider said; its name follows.
pub(crate) const PROVIDER_ACTOR: &str = "provider:";

/// What a provider says of a delivery that it brings for us.
#[derive(Debug, Clone)]
pub struct ProviderSays {
    /// Its number among what was announced of providers.
    pub seq: i64,
    /// Ours.
    pub delivery: String,
    /// Who.
    pub provider: String,
    /// How it stands, by all that they told.
    pub says: Says,
    /// Since when, by their clock.
    pub at: Micros,
    /// Why, in their words.
    pub reason: Option<String>,
    /// What they charge for it in minor units, where they said so.
    pub fee_minor: Option<i64>,
}

/// Lets what providers say become the state of a market's deliveries, in the order in which it is
/// said, once: how far that is done moves in the same transaction. Answers how much of it changed
/// something. A provider that has a delivery no longer changes nothing, and neither does one that
/// only tells of it.
pub fn follow(app: &App, market: &str, says: Vec<ProviderSays>) -> Result<usize, AppError> {
    let Some((market, _)) = app.markets.get_key_value(market) else {
        tracing::warn!(market, "a provider speaks of a market that is not configured");
        return Ok(0);
    };
    let (terms, now) = (terms_of(app, market)?, app.clock.now());
    let heard = LaneId::new(format!("{}/{market}", provider::LANE))?;
    let changed = app.store.lane(&super::dispatch_lane(market)?, move |tx| {
        let (done, mut changed) = (readers::read_to(tx, &heard, FOLLOWER)?, 0);
        for says in says.iter().filter(|says| says.seq > done) {
            changed += usize::from(apply(tx, says, &terms, now)?);
        }
        let to = says.last().map_or(done, |last| last.seq.max(done));
        Mark::new(FOLLOWER, heard.clone(), done, to).advance(tx, now)?;
        Ok::<_, AppError>(changed)
    })?;
    app.dispatch.ring(market);
    Ok(changed)
}

fn apply(
    tx: &mut LaneTx<'_>,
    says: &ProviderSays,
    terms: &Terms,
    now: Micros,
) -> Result<bool, AppError> {
    let Some(mut row) = dispatch::load(tx, &says.delivery)? else {
        return Ok(false);
    };
    let is_theirs = row.provider.as_ref() == Some(&says.provider);
    let changed = is_theirs && comes_to(tx, &mut row, says, terms, now)?;
    if handing::is_contradicted(row.status, &says.says, is_theirs) {
        contradict(tx, &mut row, says, now)?;
    } else if is_theirs && says.says.is_decided {
        let is_mended = row.attention.take_if(|why| why == PROVIDER_CONTRADICTS).is_some();
        if is_mended {
            dispatch::save(tx, &row)?;
        }
    }
    Ok(changed)
}

/// Lets what the provider says who has a delivery become its state; whether that is new.
fn comes_to(
    tx: &mut LaneTx<'_>,
    row: &mut DispatchRow,
    says: &ProviderSays,
    terms: &Terms,
    now: Micros,
) -> Result<bool, AppError> {
    let is_priced = says.fee_minor.is_some() && says.fee_minor != row.fee_minor;
    if is_priced {
        row.fee_minor = says.fee_minor;
        dispatch::save(tx, row)?;
    }
    match handing::follow(row.status, says.says.state) {
        Following::Nothing if is_priced && row.status == Status::Delivered => {
            ends_there(tx, row, says, terms, now)?;
        }
        Following::Nothing => return Ok(is_priced),
        Following::DeliveredAnyway => ends_there(tx, row, says, terms, now)?,
        // Only where they told of two ends one may have been told to whoever settles.
        Following::CalledOff if says.says.is_disputed || says.says.is_decided => {
            ends_there(tx, row, says, terms, now)?;
        }
        Following::CalledOff => return Ok(is_priced),
        Following::Becomes(way) => {
            for to in way {
                let said = said(&says.provider, to, (says.at, now), says.reason.clone());
                change::change(tx, row, &said, None, terms)?;
            }
        }
        Following::GivenUp => {
            let reason = says.reason.clone().unwrap_or_else(|| says.says.state.to_string());
            pass_on(tx, row, &says.provider, &reason, terms, now)?;
        }
    }
    Ok(true)
}

/// A provider says what cannot be where it was decided otherwise, by what was told before: a
/// person is told, once.
fn contradict(
    tx: &mut LaneTx<'_>,
    row: &mut DispatchRow,
    says: &ProviderSays,
    now: Micros,
) -> Result<(), AppError> {
    if row.attention.as_deref() == Some(PROVIDER_CONTRADICTS) {
        return Ok(());
    }
    row.attention = Some(PROVIDER_CONTRADICTS.to_owned());
    dispatch::save(tx, row)?;
    let (provider, state) = (&says.provider, says.says.state);
    let delivery = &row.delivery;
    tracing::warn!(delivery, provider, %state, %row.status, "it was decided otherwise");
    offers::escalate(tx, row, now)
}

/// Tells whoever settles how a provider ended a delivery, where that is no new state of it.
fn ends_there(
    tx: &mut LaneTx<'_>,
    row: &DispatchRow,
    says: &ProviderSays,
    terms: &Terms,
    now: Micros,
) -> Result<(), AppError> {
    let package = package::load(tx, &row.delivery)?.ok_or(StoreError::NoRow)?;
    let (is_delivered, at) = (says.says.state == State::Delivered, says.at.min(now));
    let told = EndedThereTold {
        delivery_id: row.delivery.clone(),
        merchant_id: row.merchant.clone(),
        provider: says.provider.clone(),
        at,
        completion: is_delivered.then(|| change::completion(row, &package, at, terms)),
    };
    announce(tx, ENDED_THERE, &row.delivery, &told, now)
}

/// A provider will not bring a delivery: the next one is asked, and our couriers again. Whether it
/// was theirs.
pub fn refused(app: &App, delivery: &str, provider: &str, reason: &str) -> Result<bool, AppError> {
    // Their words, and not every engine keeps control characters.
    let reason = reason.replace(char::is_control, " ");
    let provider = provider.to_owned();
    let passed = in_lane(app, delivery, move |tx, mut row, terms, now| {
        let is_theirs = row.provider.as_deref() == Some(provider.as_str());
        if is_theirs && row.status.is_before_pickup() {
            pass_on(tx, &mut row, &provider, &reason, terms, now)?;
            return Ok(Claimed { row, repeated: false });
        }
        Ok(Claimed { row, repeated: true })
    })?;
    Ok(!passed.repeated)
}

/// The provider that comes next; none where all that a market names were asked.
pub(super) fn next<'a>(row: &DispatchRow, hand_over: &'a [String]) -> Option<&'a String> {
    let was_asked = |provider: &str| row.handed_to.split(' ').any(|asked| asked == provider);
    hand_over.iter().find(|provider| !was_asked(provider))
}

/// Hands a delivery that nobody has to a provider: the offers of it end, and no courier can take
/// it.
pub(super) fn hand_over(
    tx: &mut LaneTx<'_>,
    row: &mut DispatchRow,
    provider: &str,
    reason: &str,
    now: Micros,
) -> Result<(), AppError> {
    let freed = offer::end_of_delivery(tx, &row.delivery, OfferState::Lost, now.0)?;
    (row.provider, row.fee_minor) = (Some(provider.to_owned()), None);
    if !row.handed_to.is_empty() {
        row.handed_to.push(' ');
    }
    row.handed_to.push_str(provider);
    (row.attention, row.due_at_us) = (None, None);
    dispatch::save(tx, row)?;
    tracing::info!(delivery = row.delivery, provider, reason, "a delivery is handed over");
    metric::handed_over(provider);
    announce(tx, HANDED, &row.delivery, &told(row, freed, None, reason, now), now)
}

/// The provider that has it does not bring it.
fn pass_on(
    tx: &mut LaneTx<'_>,
    row: &mut DispatchRow,
    provider: &str,
    reason: &str,
    terms: &Terms,
    now: Micros,
) -> Result<(), AppError> {
    let because = format!("{provider}: {reason}");
    if row.status != Status::Requested {
        let said = said(provider, Status::Requested, (now, now), Some(reason.to_owned()));
        change::change(tx, row, &said, None, terms)?;
    }
    match next(row, &terms.hand_over) {
        Some(next) => hand_over(tx, row, &next.clone(), &because, now),
        None => give_back(tx, row, &because, now),
    }
}

/// Our couriers are asked again, from the first ring on.
fn give_back(
    tx: &mut LaneTx<'_>,
    row: &mut DispatchRow,
    reason: &str,
    now: Micros,
) -> Result<(), AppError> {
    let package = package::load(tx, &row.delivery)?.ok_or(StoreError::NoRow)?;
    (row.provider, row.fee_minor, row.attention) = (None, None, None);
    (row.search_since_us, row.rings, row.due_at_us) = (now.0, 0, Some(now.0));
    dispatch::save(tx, row)?;
    tracing::info!(delivery = row.delivery, reason, "couriers are asked again");
    metric::given_back();
    let wanted = Wanted::of(&package, now, now);
    announce(tx, HANDED, &row.delivery, &told(row, Vec::new(), Some(wanted), reason, now), now)
}

fn told(
    row: &DispatchRow,
    freed: Vec<String>,
    wanted: Option<Wanted>,
    reason: &str,
    now: Micros,
) -> HandedTold {
    let asked = row.handed_to.split(' ').filter(|provider| !provider.is_empty());
    HandedTold {
        delivery_id: row.delivery.clone(),
        market: row.market.clone(),
        merchant_id: row.merchant.clone(),
        provider: row.provider.clone(),
        number: asked.count() as i64,
        revision: row.revision,
        freed,
        wanted,
        reason: Some(reason.to_owned()),
        at: now,
    }
}

fn said(provider: &str, to: Status, (at, now): (Micros, Micros), reason: Option<String>) -> Said {
    Said { to, at: at.min(now), now, actor: format!("{PROVIDER_ACTOR}{provider}"), reason }
}
