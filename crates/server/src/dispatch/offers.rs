//! Offers: the matcher has decided whom to ask; here it becomes so, for many deliveries at once.

use super::handing;
use super::told::{self, ATTENTION, OFFERS, OffersTold};
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::dispatch::Status;
use doorstep_domain::id::MarketId;
use doorstep_domain::time::Micros;
use doorstep_store::dispatch::{self, DispatchRow};
use doorstep_store::offer::{self, OfferRow, OfferState};
use doorstep_store::{LaneTx, StoreError};

/// Why a person should look at a delivery: nobody has taken it for too long.
pub const NO_COURIER: &str = "no_courier";

/// Why a person should look at a delivery: whoever has the package has not been heard of.
pub const COURIER_SILENT: &str = "courier_silent";

/// What the matcher has decided about a delivery that it looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Round {
    /// Which.
    pub delivery: String,
    /// The state it looked at: a delivery that has gone on since is left alone.
    pub revision: i64,
    /// Whose offers of it stood when it looked.
    pub standing: Vec<String>,
    /// What whoever is asked may be asked about beside: what is to be picked up together.
    pub together: Vec<String>,
    /// Who is asked now.
    pub asked: Vec<Asked>,
    /// When to look again.
    pub next_at: Micros,
    /// Whether a ring was asked, or one nobody is in.
    pub is_ring: bool,
    /// Why a person should look.
    pub attention: Option<&'static str>,
}

/// Somebody who is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// Who.
    pub courier: String,
    /// Metres to the package.
    pub distance_m: f64,
    /// Seconds to the package.
    pub seconds: f64,
}

/// Makes the offers of many rounds in one command, each for itself: one that has come too late
/// changes nothing.
pub(super) fn make(
    app: &App,
    market: &MarketId,
    rounds: Vec<Round>,
    offer_for_us: i64,
) -> Result<(), AppError> {
    let (now, hand_over) = (app.clock.now(), super::configured(app, market)?.hand_over.clone());
    let made = app.store.lane(&super::dispatch_lane(market)?, move |tx| {
        let mut made = (0, 0);
        for round in &rounds {
            let (offers, expired) = play(tx, round, (offer_for_us, &hand_over), now)?;
            made = (made.0 + offers, made.1 + expired);
        }
        Ok::<_, AppError>(made)
    })?;
    super::metric::offers("made", made.0);
    super::metric::offers("expired", made.1);
    Ok(())
}

fn play(
    tx: &mut LaneTx<'_>,
    round: &Round,
    (offer_for_us, hand_over): (i64, &[String]),
    now: Micros,
) -> Result<(u64, u64), AppError> {
    let Some(mut row) = dispatch::load(tx, &round.delivery)? else {
        return Ok((0, 0));
    };
    let is_gone = row.ended_at_us.is_some() || row.provider.is_some();
    if row.revision != round.revision || is_gone {
        return Ok((0, 0));
    }
    if round.attention == Some(NO_COURIER)
        && let Some(provider) = handing::next(&row, hand_over)
    {
        handing::hand_over(tx, &mut row, provider, "no courier has taken it", now)?;
        return Ok((0, 0));
    }
    let is_news = row.attention.is_none() && round.attention.is_some();
    let expired = offer::expire_of_delivery(tx, &round.delivery, now.0)?;
    let (asked, unasked) = askable(tx, &row, round, now)?;
    let was_asked = unasked.is_empty() || !asked.is_empty();
    row.due_at_us = Some(round.next_at.0);
    row.attention = round.attention.map(str::to_owned);
    row.rings += i64::from(round.is_ring && was_asked);
    dispatch::save(tx, &row)?;
    let made = ask(tx, &round.delivery, &asked, (now, offer_for_us))?;
    let counts = (made.len() as u64, expired.len() as u64);
    let freed = expired.into_iter().chain(unasked).collect();
    announce(tx, now, &told(&row, made, freed))?;
    if is_news {
        escalate(tx, &row, now)?;
    }
    Ok(counts)
}

/// Whom of a round to ask, and whom not: a board trails by moments, and another process has one
/// too. Nobody is asked where others were meanwhile, and nobody who is asked about something else.
fn askable<'r>(
    tx: &mut LaneTx<'_>,
    row: &DispatchRow,
    round: &'r Round,
    now: Micros,
) -> Result<(Vec<&'r Asked>, Vec<String>), StoreError> {
    if round.asked.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let couriers: Vec<&str> = round.asked.iter().map(|asked| asked.courier.as_str()).collect();
    let standing = offer::standing(tx, &round.delivery, &couriers, now.0)?;
    let is_overtaken = standing.iter().any(|(delivery, courier)| {
        *delivery == round.delivery && !round.standing.contains(courier)
    });
    let is_searched = row.status == Status::Requested && !is_overtaken;
    let is_free = |asked: &&Asked| {
        let mut others = standing.iter().filter(|(delivery, _)| {
            *delivery != round.delivery && !round.together.contains(delivery)
        });
        is_searched && !others.any(|(_, courier)| *courier == asked.courier)
    };
    let (asked, unasked): (Vec<&Asked>, Vec<&Asked>) = round.asked.iter().partition(is_free);
    Ok((asked, unasked.into_iter().map(|asked| asked.courier.clone()).collect()))
}

/// Makes offers of a delivery; answers to whom, and until when.
fn ask(
    tx: &mut LaneTx<'_>,
    delivery: &str,
    asked: &[&Asked],
    (now, offer_for_us): (Micros, i64),
) -> Result<Vec<(String, Micros)>, StoreError> {
    let expires_at = now.plus(offer_for_us);
    let offers: Vec<OfferRow> = asked
        .iter()
        .map(|asked| OfferRow {
            delivery: delivery.to_owned(),
            courier: asked.courier.clone(),
            state: OfferState::Open,
            offered_at_us: now.0,
            expires_at_us: expires_at.0,
            answered_at_us: None,
            // Metres and seconds within a city.
            distance_m: asked.distance_m.round() as i64,
            pickup_s: asked.seconds.round() as i64,
            asked: 1,
        })
        .collect();
    if offers.is_empty() {
        return Ok(Vec::new());
    }
    offer::make(tx, &offers)?;
    Ok(offers.into_iter().map(|offer| (offer.courier, expires_at)).collect())
}

fn told(row: &DispatchRow, made: Vec<(String, Micros)>, freed: Vec<String>) -> OffersTold {
    OffersTold {
        delivery_id: row.delivery.clone(),
        rings: row.rings,
        due_at: Micros(row.due_at_us.unwrap_or_default()),
        for_a_person: row.attention.is_some(),
        made,
        freed,
        declined: None,
    }
}

/// Announces what became of the offers of a delivery.
pub(super) fn announce(
    tx: &mut LaneTx<'_>,
    now: Micros,
    told: &OffersTold,
) -> Result<(), AppError> {
    told::announce(tx, OFFERS, &told.delivery_id, told, now)
}

/// Tells whoever listens that a person, or a provider, must see to a delivery (C13, E9).
pub(super) fn escalate(
    tx: &mut LaneTx<'_>,
    row: &DispatchRow,
    now: Micros,
) -> Result<(), AppError> {
    let why = row.attention.as_deref().unwrap_or(NO_COURIER);
    tracing::warn!(delivery = row.delivery, why, "a delivery needs attention");
    let needed = serde_json::json!({
        "delivery_id": row.delivery, "market": row.market, "merchant_id": row.merchant,
        "status": row.status, "needs_attention": why, "at": now,
    });
    told::announce(tx, ATTENTION, &row.delivery, &needed, now)?;
    super::metric::attention(why);
    Ok(())
}
