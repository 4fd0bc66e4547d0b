//! Centres: where they are and whose for good, the rest as it is said last.

use super::super::catalogue::{CENTERS, payload};
use super::super::catalogue_lane;
use super::Put;
use super::items::short;
use crate::app::App;
use crate::error::AppError;
use doorstep_domain::id::{CenterId, MarketId, MerchantId};
use doorstep_domain::stock::Hours;
use doorstep_domain::tracking::Position;
use doorstep_store::LaneTx;
use doorstep_store::center::{self, CenterForm, CenterRow};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// What is said of a centre.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CenterSaid {
    /// Which, where that is not said elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub center_id: Option<CenterId>,
    /// Where, for good.
    #[schema(value_type = String)]
    pub market: MarketId,
    /// Whose goods it sells, for good.
    #[schema(value_type = String)]
    pub merchant_id: MerchantId,
    /// As customers read it.
    pub name: String,
    /// Its address, in words.
    #[serde(default)]
    pub address: Option<String>,
    /// Degrees north, for good.
    pub lat: f64,
    /// Degrees east, for good.
    pub lng: f64,
    /// Its week, by the market's clock; always open where left out.
    #[serde(default)]
    pub hours: String,
    /// Whether nothing is sold there now, whatever the hours.
    #[serde(default)]
    pub closed: bool,
}

/// What one command answers of each centre: whether it has changed, or why it cannot.
type Kept = Vec<Result<bool, AppError>>;

/// Puts centres in place. Saying the same again changes nothing.
pub fn put_centers(app: &App, centers: &[(CenterId, CenterSaid)]) -> Result<Put, AppError> {
    let (mut put, mut forms, mut places) = (Put::default(), Vec::new(), Vec::new());
    for (place, (id, said)) in centers.iter().enumerate() {
        match form(app, id, said) {
            Err(error) => put.refused.push((place, error)),
            Ok(form) => {
                forms.push(form);
                places.push(place);
            }
        }
    }
    if forms.is_empty() {
        return Ok(put);
    }
    let now = app.clock.now();
    let kept = app.store.lane(&catalogue_lane()?, move |tx| keep(tx, &forms, now.0))?;
    app.stock.catalogue().follow()?;
    for (place, kept) in places.into_iter().zip(kept) {
        match kept {
            Ok(true) => put.changed += 1,
            Ok(false) => put.known += 1,
            Err(error) => put.refused.push((place, error)),
        }
    }
    put.refused.sort_unstable_by_key(|(place, _)| *place);
    Ok(put)
}

fn keep(tx: &mut LaneTx<'_>, forms: &[CenterForm], now_us: i64) -> Result<Kept, AppError> {
    let ids = forms.iter().map(|form| form.center.as_str());
    let mut known: HashMap<String, CenterRow> = center::by_ids(tx, ids)?;
    let (mut outcomes, mut changed) = (Vec::with_capacity(forms.len()), Vec::new());
    for form in forms {
        let kept = known.get(&form.center);
        let outcome = match kept {
            Some(kept) if kept.form == *form => Ok(false),
            Some(kept) => fixed(&kept.form, form).map(|()| true),
            None => Ok(true),
        };
        if let Ok(true) = outcome {
            let row = center::put(tx, kept, form.clone())?;
            changed.push(row.center_no);
            known.insert(form.center.clone(), row);
        }
        outcomes.push(outcome);
    }
    changed.sort_unstable();
    changed.dedup();
    if !changed.is_empty() {
        tx.announce(CENTERS, "catalog", &payload(&changed), now_us)?;
    }
    Ok(outcomes)
}

/// Errors: [`AppError::Refused`] `center_fixed` where something would change that stays for good.
fn fixed(kept: &CenterForm, said: &CenterForm) -> Result<(), AppError> {
    let is_there = kept.position == said.position;
    let fields = [
        ("market", kept.market == said.market, kept.market.clone()),
        ("merchant_id", kept.merchant == said.merchant, kept.merchant.clone()),
        ("lat and lng", is_there, format!("{}, {}", kept.position.lat(), kept.position.lng())),
    ];
    match fields.into_iter().find(|(_, is_same, _)| !is_same) {
        None => Ok(()),
        Some((field, _, is)) => Err(AppError::Refused {
            code: "center_fixed",
            reason: format!(
                "{field} of centre {:?} is {is} for good: put another centre in place",
                kept.center
            ),
        }),
    }
}

/// Errors: [`AppError::Invalid`] of the first field that cannot be.
fn form(app: &App, id: &CenterId, said: &CenterSaid) -> Result<CenterForm, AppError> {
    if said.center_id.as_ref().is_some_and(|said| said != id) {
        return Err(AppError::invalid("/center_id", "is not the one of the path"));
    }
    if !app.markets.contains_key(&said.market) {
        return Err(AppError::invalid("/market", "is not a configured market"));
    }
    short("/name", &said.name)?;
    if let Some(address) = &said.address {
        short("/address", address)?;
    }
    let position = Position::from_degrees(said.lat, said.lng);
    let off = || AppError::invalid("/lat", "lat and lng are not on the globe");
    let hours: Hours = said.hours.parse().map_err(|error| AppError::invalid("/hours", error))?;
    Ok(CenterForm {
        center: id.to_string(),
        market: said.market.to_string(),
        merchant: said.merchant_id.to_string(),
        name: said.name.clone(),
        address: said.address.clone(),
        position: position.ok_or_else(off)?,
        hours: hours.to_string(),
        is_closed: said.closed,
    })
}
